//! Parts of the requests about a login over plain HTTP: its id, its receive key, and the query of how to follow it.

use axum::extract::Query;
use http::header::CACHE_CONTROL;
use http::{HeaderMap, Uri};
use saoma_protocol::{ErrorCode, LoginId, RECEIVE_KEY_HEADER, ReceiveKey, ResumeRequest};
use serde::Deserialize;

use crate::error::ApiError;
use crate::logins::Logins;

/// What a browser without a socket comes back by.
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

/// What the query says of how to follow.
#[derive(Debug, Clone, Copy, Deserialize)]
pub(super) struct Following {
    /// The newest message that the browser has, which makes the request a poll.
    pub(super) after: Option<u32>,
    /// How long a poll waits, in seconds.
    pub(super) wait: Option<u32>,
    /// The number of this connection among the browser's.
    pub(super) attempt: Option<u32>,
}

impl Following {
    pub(super) fn of(uri: &Uri) -> Result<Self, ApiError> {
        let Query(following) = Query::try_from_uri(uri).map_err(|_| {
            let detail =
                "after must be the seq of a message, wait a number of seconds, attempt a count";
            ApiError::new(ErrorCode::InvalidRequest, detail)
        })?;
        Ok(following)
    }
}

pub(super) fn read_login_id(text: &str) -> Result<LoginId, ApiError> {
    text.parse().map_err(|_| Logins::unknown_login())
}

/// A key that is none gets the answer of a wrong one.
pub(super) fn receive_key(headers: &HeaderMap) -> Result<ReceiveKey, ApiError> {
    let key = headers
        .get(RECEIVE_KEY_HEADER)
        .and_then(|key| key.to_str().ok());
    key.and_then(|key| key.parse().ok())
        .ok_or_else(Logins::unknown_login)
}

/// Answers hold secrets, and what comes after a `seq` changes.
pub(super) const NO_STORE: [(http::HeaderName, &str); 1] = [(CACHE_CONTROL, "no-store")];
