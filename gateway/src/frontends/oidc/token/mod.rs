//! The token endpoint (RFC 6749 §3.2): the client proves itself, and one file for each grant type does the rest.

mod code;
mod device;
mod refresh;
mod response;

use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::header::CACHE_CONTROL;

pub(super) use self::device::GRANT_TYPE as DEVICE_GRANT_TYPE;
use self::response::TokenResponse;
use super::Provider;
use super::form_request::{ClientRequest, MAX_FORM_BYTES};
use super::oauth_error::OauthError;
use crate::http::json::Json;

/// Answers `POST /oauth2/token`.
pub(super) async fn token(State(provider): State<Provider>, request: Request) -> Response {
    match provider.exchange(request).await {
        Ok(response) => ([(CACHE_CONTROL, "no-store")], Json(response)).into_response(),
        Err(error) => provider.refuse("token", error),
    }
}

impl Provider {
    async fn exchange(&self, request: Request) -> Result<TokenResponse, OauthError> {
        let ClientRequest {
            client,
            form,
            address,
            ..
        } = self.read_client_request(request, MAX_FORM_BYTES).await?;
        // The rare grants are boxed: each request holds room for the largest of the futures that are not.
        match form.value("grant_type") {
            // A request of this type that shows an authorization code instead is one that shows a code of another grant.
            Some(device::GRANT_TYPE) if form.value("code").is_none() => {
                Box::pin(self.redeem_device_code(&client, &form, &address)).await
            }
            Some(refresh::GRANT_TYPE) if form.value("code").is_none() => {
                Box::pin(self.refresh(&client, &form, &address)).await
            }
            _ => self.redeem_code(&client, &form, &address).await,
        }
    }
}
