//! The device authorization grant: a device polls with its code until its person has decided (RFC 8628 §3.4).

use super::response::TokenResponse;
use crate::client_address::ClientAddress;
use crate::frontends::oidc::Provider;
use crate::frontends::oidc::client_auth::Form;
use crate::frontends::oidc::oauth_error::OauthError;
use crate::relying_parties::Client;

/// Name of the grant type.
pub(in crate::frontends::oidc) const GRANT_TYPE: &str =
    "urn:ietf:params:oauth:grant-type:device_code";

impl Provider {
    /// Answers a poll.
    pub(super) async fn redeem_device_code(
        &self,
        client: &Client,
        form: &Form,
        address: &ClientAddress,
    ) -> Result<TokenResponse, OauthError> {
        if !client.has_devices() {
            return Err(OauthError::UnauthorizedClient);
        }
        let code = form.required("device_code", "device_code is missing")?;
        let Ok(code) = code.parse() else {
            self.logins.count_unknown(address)?;
            return Err(OauthError::InvalidGrant);
        };
        let redeemed = self.logins.poll_device(client, &code, address).await?;
        self.tokens_of(client, redeemed).await
    }
}
