//! Parts of requests about a login over plain HTTP: its id, its receive key, and how to follow it.

use axum::extract::Query;
use http::header::CACHE_CONTROL;
use http::{HeaderMap, Uri};
use saoma_protocol::{ErrorCode, LoginId, RECEIVE_KEY_HEADER, ReceiveKey, ResumeRequest};
use serde::Deserialize;

use crate::error::ApiError;
use crate::logins::Logins;
use crate::request_id;

/// Forbids caching: answers hold secrets, and later messages change the answer for a `seq`.
pub(super) const NO_STORE: [(http::HeaderName, &str); 1] = [(CACHE_CONTROL, "no-store")];

/// Reads a request to resume a login from its path and headers.
pub(super) fn resume_request(
    login_id: &str,
    headers: &HeaderMap,
    last_seq: u32,
    attempt: Option<u32>,
) -> Result<ResumeRequest, ApiError> {
    Ok(ResumeRequest {
        login_id: read_login_id(login_id)?,
        receive_key: receive_key(headers)?,
        last_seq,
        attempt,
    })
}

/// The query of a request for a login's messages.
#[derive(Debug, Clone, Copy, Deserialize)]
pub(super) struct FollowQuery {
    /// Newest message that the browser has; makes the request a poll.
    pub(super) after: Option<u32>,
    /// Maximum wait of a poll, in seconds.
    pub(super) wait: Option<u32>,
    /// Number of this connection among the browser's connections to the login.
    pub(super) attempt: Option<u32>,
}

impl FollowQuery {
    pub(super) fn from_uri(uri: &Uri) -> Result<Self, ApiError> {
        let Query(query) = Query::try_from_uri(uri).map_err(|_| {
            let detail =
                "after must be the seq of a message, wait a number of seconds, attempt a count";
            ApiError::new(ErrorCode::InvalidRequest, detail)
        })?;
        Ok(query)
    }
}

pub(super) fn read_login_id(text: &str) -> Result<LoginId, ApiError> {
    let id = text.parse().map_err(|_| Logins::unknown_login())?;
    request_id::concerns(id);
    Ok(id)
}

/// Reads the receive key. A missing or malformed key gets the same answer as a wrong one.
pub(super) fn receive_key(headers: &HeaderMap) -> Result<ReceiveKey, ApiError> {
    let key = headers
        .get(RECEIVE_KEY_HEADER)
        .and_then(|key| key.to_str().ok());
    key.and_then(|key| key.parse().ok())
        .ok_or_else(Logins::unknown_login)
}

/// Reads the newest message that a returning event stream has; zero without the header.
pub(super) fn last_event_id(headers: &HeaderMap) -> Result<u32, ApiError> {
    match headers.get("last-event-id") {
        None => Ok(0),
        Some(id) => id
            .to_str()
            .ok()
            .and_then(|id| id.parse().ok())
            .ok_or_else(|| {
                ApiError::new(
                    ErrorCode::InvalidRequest,
                    "Last-Event-ID must be the seq of a message",
                )
            }),
    }
}
