//! The hosted login page's last step where a client has single sign-on: the browser gets the session's cookie.
//!
//! The page proves itself by the login's receive key. It stands in a header that only pages of the gateway's own origin can
//! send here, so no other site can put a session of its choice into a browser (session fixation).

use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, ORIGIN, SET_COOKIE};
use http::{HeaderMap, StatusCode};
use saoma_protocol::{ErrorCode, LoginId, RECEIVE_KEY_HEADER, ReceiveKey};

use super::Provider;
use super::session_cookie::SessionCookie;
use crate::client_address::ClientAddress;
use crate::error::ApiError;
use crate::http::problem::ApiProblem;

/// Answers `POST /oauth2/sessions/{login_id}`: 204, with the cookie if the browser has a session from now on.
pub(super) async fn begin_session(
    State(provider): State<Provider>,
    Path(login_id): Path<String>,
    request: Request,
) -> Result<Response, ApiProblem> {
    let address = provider.trusted_proxies.address_of(&request)?;
    let headers = request.headers().clone();
    let begun = provider.begin_session(&login_id, &headers, &address).await;
    let response = begun.inspect_err(|error| provider.logins.refused("session", error))?;
    Ok(response)
}

impl Provider {
    async fn begin_session(
        &self,
        login_id: &str,
        headers: &HeaderMap,
        address: &ClientAddress,
    ) -> Result<Response, ApiError> {
        // A browser names the origin of the page in each such request, and no script can change that.
        if headers
            .get(ORIGIN)
            .is_none_or(|origin| origin.as_bytes() != self.issuer.as_bytes())
        {
            return Err(ApiError::new(
                ErrorCode::OriginNotAllowed,
                "only the gateway's own login page begins sessions",
            ));
        }
        let (id, key) = proof(login_id, headers)?;
        let begun = self.logins.begin_session(id, &key, address).await?;
        let mut response = (StatusCode::NO_CONTENT, [(CACHE_CONTROL, "no-store")]).into_response();
        if let Some(begun) = begun {
            let record = &begun.record;
            let lifetime = record.now.until(record.expires_at);
            if let Some(cookie) = SessionCookie::of(&self.issuer).set(&begun.secret, lifetime) {
                response.headers_mut().insert(SET_COOKIE, cookie);
            }
        }
        Ok(response)
    }
}

fn proof(login_id: &str, headers: &HeaderMap) -> Result<(LoginId, ReceiveKey), ApiError> {
    let key = headers.get(RECEIVE_KEY_HEADER);
    let key = key.and_then(|key| key.to_str().ok()?.parse().ok());
    let id = login_id.parse().ok();
    id.zip(key).ok_or_else(|| {
        ApiError::new(
            ErrorCode::InvalidRequest,
            "name the login in the path, and its receive key in the header saoma-receive-key",
        )
    })
}
