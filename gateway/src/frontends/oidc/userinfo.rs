//! The userinfo endpoint (OIDC Core §5.3).

use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::{CACHE_CONTROL, WWW_AUTHENTICATE};
use saoma_protocol::AccessToken;

use super::Provider;
use super::claims::PersonClaims;
use super::oauth_error::OauthError;
use crate::http::bearer_token::bearer_token;
use crate::http::json::Json;
use crate::http::problem::ApiProblem;

/// Answers `GET` and `POST /oauth2/userinfo`.
pub(super) async fn userinfo(State(provider): State<Provider>, request: Request) -> Response {
    let Some(token) = bearer_token(request.headers()) else {
        // RFC 6750 §3.1: without a token no error code is told.
        return (StatusCode::UNAUTHORIZED, [(WWW_AUTHENTICATE, "Bearer")]).into_response();
    };
    let address = match provider.trusted_proxies.address_of(&request) {
        Ok(address) => address,
        Err(error) => return ApiProblem::from(error).into_response(),
    };
    let access = match token.parse::<AccessToken>() {
        Ok(token) => provider.logins.access(&token, &address).await,
        Err(_) => provider.logins.count_unknown(&address).map(|()| None),
    };
    match access {
        Ok(Some(grant)) => (
            [(CACHE_CONTROL, "no-store")],
            Json(PersonClaims::new(&grant)),
        )
            .into_response(),
        Ok(None) => {
            let challenge = "Bearer error=\"invalid_token\", error_description=\"the access token is unknown or ended\"";
            (StatusCode::UNAUTHORIZED, [(WWW_AUTHENTICATE, challenge)]).into_response()
        }
        Err(error) => {
            let error = OauthError::from(error);
            error.log("userinfo", provider.logins.log_throttle());
            error.into_response()
        }
    }
}
