//! Errors of the token and userinfo endpoints, in OAuth 2.0's own form (RFC 6749 §5.2).

use std::time::Duration;

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};
use serde_json::json;

use crate::error::RETRY_AFTER_OUTAGE;
use crate::store::StoreError;

/// An error answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum OauthError {
    /// A parameter is missing, repeated or malformed.
    InvalidRequest(&'static str),
    /// The client is unknown, or did not prove itself.
    InvalidClient {
        /// Whether it tried by `Authorization`, and so has to be told how to.
        challenge: bool,
    },
    /// The code is unknown, out of time, used, another client's, or not proved by its verifier. Which of these is for
    /// the log: a thief should not be told.
    InvalidGrant,
    /// Not `authorization_code`.
    UnsupportedGrantType,
    /// Too many requests.
    TooManyRequests(Duration),
    /// The store is down, or too many want something of it.
    TemporarilyUnavailable(&'static str),
    /// A fault of the gateway.
    ServerError,
}

impl From<StoreError> for OauthError {
    fn from(error: StoreError) -> Self {
        tracing::warn!(%error, "the store did not answer");
        Self::TemporarilyUnavailable(error.advice())
    }
}

impl OauthError {
    /// The code on the wire.
    pub(super) const fn code(&self) -> &'static str {
        match self {
            Self::InvalidRequest(_) => "invalid_request",
            Self::InvalidClient { .. } => "invalid_client",
            Self::InvalidGrant => "invalid_grant",
            Self::UnsupportedGrantType => "unsupported_grant_type",
            Self::TooManyRequests(_) => "too_many_requests",
            Self::TemporarilyUnavailable(_) => "temporarily_unavailable",
            Self::ServerError => "server_error",
        }
    }

    const fn status(&self) -> StatusCode {
        match self {
            Self::InvalidRequest(_) | Self::InvalidGrant | Self::UnsupportedGrantType => {
                StatusCode::BAD_REQUEST
            }
            Self::InvalidClient { .. } => StatusCode::UNAUTHORIZED,
            Self::TooManyRequests(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::TemporarilyUnavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::ServerError => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    const fn description(&self) -> &'static str {
        match self {
            Self::InvalidRequest(what) | Self::TemporarilyUnavailable(what) => what,
            Self::InvalidClient { .. } => "the client is not registered, or did not prove itself",
            Self::InvalidGrant => "the code cannot be redeemed: start a new login",
            Self::UnsupportedGrantType => "grant_type must be authorization_code",
            Self::TooManyRequests(_) => "too many requests: wait as long as Retry-After says",
            Self::ServerError => "a fault of the gateway",
        }
    }

    const fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::TooManyRequests(wait) => Some(*wait),
            Self::TemporarilyUnavailable(_) => Some(RETRY_AFTER_OUTAGE),
            _ => None,
        }
    }
}

impl IntoResponse for OauthError {
    fn into_response(self) -> Response {
        let body = json!({ "error": self.code(), "error_description": self.description() });
        let mut response =
            (self.status(), [(CACHE_CONTROL, "no-store")], Json(body)).into_response();
        if let Some(wait) = self.retry_after() {
            response
                .headers_mut()
                .insert(RETRY_AFTER, wait.as_secs().max(1).into());
        }
        if matches!(self, Self::InvalidClient { challenge: true }) {
            response.headers_mut().insert(
                WWW_AUTHENTICATE,
                HeaderValue::from_static("Basic realm=\"token\""),
            );
        }
        response
    }
}
