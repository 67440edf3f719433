//! The authorization code grant: a code becomes an ID token and an access token, once (RFC 6749 §4.1.3).

use super::response::TokenResponse;
use crate::client_address::ClientAddress;
use crate::frontends::oidc::Provider;
use crate::frontends::oidc::client_auth::Form;
use crate::frontends::oidc::oauth_error::OauthError;
use crate::logins::{PresentedCode, RedeemError};
use crate::relying_parties::Client;

impl Provider {
    /// Redeems an authorization code (RFC 6749 §4.1.3). A request of another grant type that shows a code comes here too: it
    /// is refused, after the store has seen the code.
    pub(super) async fn redeem_code(
        &self,
        client: &Client,
        form: &Form,
        address: &ClientAddress,
    ) -> Result<TokenResponse, OauthError> {
        let fault = fault_of(form, client.needs_pkce());
        let Some(code) = form.value("code") else {
            return Err(fault.unwrap_or(OauthError::InvalidGrant));
        };
        let Ok(code) = code.parse() else {
            self.logins.count_unknown(address)?;
            return Err(OauthError::InvalidGrant);
        };
        let presented = PresentedCode {
            code,
            redirect_uri: form.value("redirect_uri"),
            verifier: form.value("code_verifier"),
            is_complete: fault.is_none(),
        };
        let redeemed = match self.logins.redeem(client, &presented, address).await {
            // Told after the store has seen the code: a used one ends its access token also in an incomplete request or one of
            // another grant type (row A18).
            Err(RedeemError::InvalidCode) => {
                return Err(fault.unwrap_or(OauthError::InvalidGrant));
            }
            redeemed => redeemed?,
        };
        self.tokens_of(client, redeemed).await
    }
}

/// Returns the first thing that a request to redeem a code lacks (RFC 6749 §4.1.3, RFC 7636 §4.5). Where the client may do
/// without PKCE, only the store knows whether this login needs a verifier.
fn fault_of(form: &Form, needs_verifier: bool) -> Option<OauthError> {
    match form.value("grant_type") {
        None => return Some(OauthError::InvalidRequest("grant_type is missing")),
        Some("authorization_code") => {}
        Some(_) => return Some(OauthError::UnsupportedGrantType),
    }
    let parts = [
        ("code", "code is missing"),
        ("redirect_uri", "redirect_uri is missing"),
        ("code_verifier", "code_verifier is missing"),
    ];
    parts
        .into_iter()
        .filter(|(part, _)| *part != "code_verifier" || needs_verifier)
        .find_map(|(part, missing)| form.required(part, missing).err())
}
