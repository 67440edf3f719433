//! The revocation endpoint: a client gives a token up (RFC 7009).

use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::CACHE_CONTROL;

use super::Provider;
use super::form_request::{ClientRequest, MAX_FORM_BYTES};
use super::oauth_error::OauthError;

/// Answers `POST /oauth2/revoke`.
pub(super) async fn revoke(State(provider): State<Provider>, request: Request) -> Response {
    match provider.revoke(request).await {
        Ok(()) => (StatusCode::OK, [(CACHE_CONTROL, "no-store")]).into_response(),
        Err(error) => provider.refuse("revoke", error),
    }
}

impl Provider {
    /// Ends the token, if it is the client's. A token that is unknown or another client's is answered alike (RFC 7009 §2.2),
    /// and `token_type_hint` is not needed: a token shows by itself which kind it is.
    async fn revoke(&self, request: Request) -> Result<(), OauthError> {
        let ClientRequest {
            client,
            form,
            address,
            ..
        } = self.read_client_request(request, MAX_FORM_BYTES).await?;
        let token = form.required("token", "token is missing")?;
        self.logins.revoke_token(&client, token, &address).await?;
        Ok(())
    }
}
