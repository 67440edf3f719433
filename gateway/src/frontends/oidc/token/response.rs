//! The answer of the token endpoint.

use std::sync::Arc;

use saoma_protocol::LoginId;
use serde::Serialize;

use crate::frontends::oidc::Provider;
use crate::frontends::oidc::claims::IdTokenClaims;
use crate::frontends::oidc::keys::TokenError;
use crate::frontends::oidc::oauth_error::OauthError;
use crate::logins::{Grant, RedeemedCode};
use crate::relying_parties::Client;
use crate::wall_clock;

/// A successful answer (RFC 6749 §5.1, OIDC Core §3.1.3.3).
#[derive(Serialize)]
pub(super) struct TokenResponse {
    pub(super) access_token: String,
    pub(super) token_type: &'static str,
    pub(super) expires_in: u64,
    pub(super) id_token: String,
    /// For a client with refresh tokens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) refresh_token: Option<String>,
    pub(super) scope: String,
}

impl Provider {
    /// Returns the tokens for a redeemed code.
    ///
    /// # Errors
    /// The ID token cannot be signed. The code is given back then.
    pub(super) async fn tokens_of(
        &self,
        client: &Client,
        redeemed: RedeemedCode,
    ) -> Result<TokenResponse, OauthError> {
        let access_token = redeemed.access_token.to_string();
        let id_token = self.id_token(client, &redeemed.grant, redeemed.session, &access_token);
        let id_token = match id_token.await {
            Ok(id_token) => id_token,
            Err(error) => {
                // The fault is the gateway's, so it must not cost the client its code.
                self.logins.undo_redemption(&redeemed).await;
                return Err(OauthError::ServerError(Arc::new(error)));
            }
        };
        Ok(TokenResponse {
            access_token,
            token_type: "Bearer",
            expires_in: redeemed.lifetime.as_secs(),
            id_token,
            refresh_token: redeemed.refresh_token.map(|token| token.to_string()),
            scope: redeemed.grant.scope,
        })
    }

    /// Returns the ID token beside this access token.
    ///
    /// # Errors
    /// The key does not sign.
    pub(super) async fn id_token(
        &self,
        client: &Client,
        grant: &Grant,
        session: Option<LoginId>,
        access_token: &str,
    ) -> Result<String, TokenError> {
        let now = wall_clock::since_epoch().as_secs();
        let algorithm = client.id_token_algorithm().as_str();
        let claims = IdTokenClaims::new(
            grant,
            client,
            self.subject(client, grant),
            session,
            access_token,
            &self.issuer,
            now,
        );
        let keys = self.keys.current();
        keys.sign(algorithm, "JWT", &claims).await
    }
}
