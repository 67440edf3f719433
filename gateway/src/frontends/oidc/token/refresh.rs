//! The refresh token grant: a refresh token becomes its successor, an access token and an ID token (RFC 6749 §6).

use std::sync::Arc;

use super::response::TokenResponse;
use crate::client_address::ClientAddress;
use crate::frontends::oidc::Provider;
use crate::frontends::oidc::client_auth::Form;
use crate::frontends::oidc::oauth_error::OauthError;
use crate::logins::RefreshRequest;
use crate::relying_parties::Client;

/// The value of `grant_type`.
pub(super) const GRANT_TYPE: &str = "refresh_token";

impl Provider {
    /// Answers a refresh. The ID token has the session and the time of the login, and no nonce (OIDC Core §12.2). If it
    /// cannot be signed, the client repeats the request within the grace of the token.
    pub(super) async fn refresh(
        &self,
        client: &Client,
        form: &Form,
        address: &ClientAddress,
    ) -> Result<TokenResponse, OauthError> {
        if client.refresh_tokens().is_none() {
            return Err(OauthError::UnauthorizedClient);
        }
        let token = form.required("refresh_token", "refresh_token is missing")?;
        let Ok(token) = token.parse() else {
            self.logins.count_unknown(address)?;
            return Err(OauthError::InvalidGrant);
        };
        let request = RefreshRequest {
            token,
            scope: form.value("scope"),
        };
        let refreshed = self
            .logins
            .refresh_tokens(client, &request, address)
            .await?;
        let access_token = refreshed.access_token.to_string();
        let session = Some(refreshed.session);
        let id_token = self.id_token(client, &refreshed.grant, session, &access_token);
        let id_token = id_token.await;
        let id_token = id_token.map_err(|error| OauthError::ServerError(Arc::new(error)))?;
        Ok(TokenResponse {
            access_token,
            token_type: "Bearer",
            expires_in: refreshed.lifetime.as_secs(),
            id_token,
            refresh_token: Some(refreshed.refresh_token.to_string()),
            scope: refreshed.grant.scope,
        })
    }
}
