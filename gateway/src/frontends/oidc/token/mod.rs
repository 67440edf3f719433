//! The token endpoint (RFC 6749 §3.2): the client proves itself, and one file for each grant type does the rest.

mod code;
mod response;

use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};

use self::response::TokenResponse;
use super::Provider;
use super::client_auth::Form;
use super::oauth_error::OauthError;
use crate::http::body::{self, BodyError};
use crate::http::json::Json;

const MAX_FORM_BYTES: usize = 8 * 1024;

/// Answers `POST /oauth2/token`.
pub(super) async fn token(State(provider): State<Provider>, request: Request) -> Response {
    match provider.exchange(request).await {
        Ok(response) => ([(CACHE_CONTROL, "no-store")], Json(response)).into_response(),
        Err(error) => {
            error.log("token", provider.logins.log_throttle());
            error.into_response()
        }
    }
}

impl Provider {
    async fn exchange(&self, request: Request) -> Result<TokenResponse, OauthError> {
        let address = self.trusted_proxies.address_of(&request)?;
        let (parts, body) =
            body::read(request, MAX_FORM_BYTES)
                .await
                .map_err(|error| match error {
                    BodyError::TooLarge => OauthError::InvalidRequest("the body is too large"),
                    BodyError::TooSlow => {
                        OauthError::InvalidRequest("the body did not come in time")
                    }
                })?;
        let media_type = parts
            .headers
            .get(CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        if !media_type.starts_with("application/x-www-form-urlencoded") {
            return Err(OauthError::InvalidRequest(
                "send application/x-www-form-urlencoded",
            ));
        }
        let form = Form::parse(&body)?;
        let client = self.authenticate(&parts.headers, &form, &address).await?;
        self.redeem_code(&client, &form, &address).await
    }
}
