//! Errors of the endpoints for clients, in OAuth 2.0's own form (RFC 6749 §5.2).

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};
use saoma_protocol::ErrorCode;
use serde_json::json;

use crate::error::{ApiError, RETRY_AFTER_OUTAGE};
use crate::error_chain::chain;
use crate::http::json::Json;
use crate::log_throttle::LogThrottle;
use crate::logins::{DeviceError, RedeemError, RefreshError};

/// An error answer.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{}: {}", self.code(), self.description())]
pub(super) enum OauthError {
    /// A parameter is missing, repeated or malformed.
    InvalidRequest(&'static str),
    /// The client is unknown, or did not prove itself.
    InvalidClient {
        /// The client used `Authorization`, and so is told the schemes (RFC 6749 §5.2).
        challenge: bool,
    },
    /// The code or token is unknown, out of time, used, another client's, or not proved by its verifier. The answer does not
    /// say which: it would help a thief.
    InvalidGrant,
    /// The grant type is not one of this provider's.
    UnsupportedGrantType,
    /// The client may not use this grant type.
    UnauthorizedClient,
    /// The scope is not one that can be granted.
    InvalidScope(&'static str),
    /// A pushed request or a device's is refused, as it would be at the authorization endpoint (RFC 9126 §2.3).
    Refused {
        /// The error code.
        error: &'static str,
        /// The same for people who read logs.
        description: &'static str,
    },
    /// The device's person has not decided yet (RFC 8628 §3.5).
    AuthorizationPending,
    /// The same, and the device polls too often: it waits five seconds longer between two polls from now on.
    SlowDown,
    /// The device's person has declined, or may not log in.
    AccessDenied,
    /// The device code is out of time.
    ExpiredToken,
    /// The client asks too often.
    TooManyRequests(Duration),
    /// The node has no room, or the store or the app's backend does not answer.
    TemporarilyUnavailable {
        /// Advice for the client.
        advice: &'static str,
        /// Time after which the client may try again.
        retry_after: Duration,
        /// The store's error.
        #[source]
        cause: Arc<dyn Error + Send + Sync>,
    },
    /// The gateway has failed.
    ServerError(#[source] Arc<dyn Error + Send + Sync>),
}

impl From<RedeemError> for OauthError {
    fn from(error: RedeemError) -> Self {
        match error {
            RedeemError::InvalidCode => Self::InvalidGrant,
            RedeemError::TooManyRequests { retry_after } => Self::TooManyRequests(retry_after),
            RedeemError::Store(error) => Self::TemporarilyUnavailable {
                advice: error.advice(),
                retry_after: RETRY_AFTER_OUTAGE,
                cause: Arc::new(error),
            },
        }
    }
}

impl From<DeviceError> for OauthError {
    fn from(error: DeviceError) -> Self {
        match error {
            DeviceError::Pending => Self::AuthorizationPending,
            DeviceError::TooSoon => Self::SlowDown,
            DeviceError::Denied => Self::AccessDenied,
            DeviceError::Expired => Self::ExpiredToken,
            DeviceError::Redeem(error) => error.into(),
        }
    }
}

impl From<RefreshError> for OauthError {
    fn from(error: RefreshError) -> Self {
        match error {
            RefreshError::InvalidToken => Self::InvalidGrant,
            RefreshError::ScopeExceeded => {
                Self::InvalidScope("the scope goes beyond what was granted")
            }
            RefreshError::TooManyRequests { retry_after } => Self::TooManyRequests(retry_after),
            RefreshError::Backend(error) => Self::TemporarilyUnavailable {
                advice: "the app's backend cannot be asked about the person: try again shortly",
                retry_after: RETRY_AFTER_OUTAGE,
                cause: Arc::new(error),
            },
            RefreshError::Store(error) => RedeemError::Store(error).into(),
        }
    }
}

impl From<ApiError> for OauthError {
    /// Converts the refusal of a request whose address is not known, that is over a limit, or for which there is no room.
    fn from(error: ApiError) -> Self {
        match error.error {
            ErrorCode::InvalidRequest => {
                Self::InvalidRequest("a proxy forwards a malformed address")
            }
            ErrorCode::TooManyRequests => {
                Self::TooManyRequests(error.retry_after.unwrap_or_default())
            }
            ErrorCode::TemporarilyUnavailable => Self::TemporarilyUnavailable {
                advice: "the gateway has no room or its store is down: wait as long as Retry-After says",
                // A full node spreads the times, so that those whom it has refused do not come back at once.
                retry_after: error.retry_after.unwrap_or(RETRY_AFTER_OUTAGE),
                cause: Arc::new(error),
            },
            _ => Self::ServerError(Arc::new(error)),
        }
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
            Self::UnauthorizedClient => "unauthorized_client",
            Self::InvalidScope(_) => "invalid_scope",
            Self::Refused { error, .. } => error,
            Self::AuthorizationPending => "authorization_pending",
            Self::SlowDown => "slow_down",
            Self::AccessDenied => "access_denied",
            Self::ExpiredToken => "expired_token",
            Self::TooManyRequests(_) => "too_many_requests",
            Self::TemporarilyUnavailable { .. } => "temporarily_unavailable",
            Self::ServerError(_) => "server_error",
        }
    }

    /// Logs the error, one of each kind in a while: a refusal for information, a failure as a warning with its cause.
    pub(super) fn log(&self, request: &'static str, throttle: &LogThrottle) {
        // A device that waits is not refused.
        if matches!(self, Self::AuthorizationPending | Self::SlowDown) {
            return;
        }
        let error = self.code();
        let Some(left_out) = throttle.admit((request, error)) else {
            return;
        };
        match self.source() {
            Some(cause) => {
                tracing::warn!(request, error, cause = %chain(cause), left_out, "could not serve a request");
            }
            None => tracing::info!(request, error, left_out, "a request was refused"),
        }
    }

    const fn status(&self) -> StatusCode {
        match self {
            Self::InvalidRequest(_)
            | Self::InvalidGrant
            | Self::UnsupportedGrantType
            | Self::UnauthorizedClient
            | Self::InvalidScope(_)
            | Self::Refused { .. }
            | Self::AuthorizationPending
            | Self::SlowDown
            | Self::AccessDenied
            | Self::ExpiredToken => StatusCode::BAD_REQUEST,
            Self::InvalidClient { .. } => StatusCode::UNAUTHORIZED,
            Self::TooManyRequests(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::TemporarilyUnavailable { .. } => StatusCode::SERVICE_UNAVAILABLE,
            Self::ServerError(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    const fn description(&self) -> &'static str {
        match self {
            Self::InvalidRequest(what)
            | Self::InvalidScope(what)
            | Self::TemporarilyUnavailable { advice: what, .. } => what,
            Self::InvalidClient { .. } => "the client is not registered, or did not prove itself",
            Self::InvalidGrant => {
                "the code or token is not good, or not any more: start a new login"
            }
            Self::UnsupportedGrantType => {
                "grant_type must be one of the discovery document's grant_types_supported"
            }
            Self::Refused { description, .. } => description,
            Self::UnauthorizedClient => "the client is not registered for this grant type",
            Self::AuthorizationPending => {
                "no person has decided yet: poll again after the interval"
            }
            Self::SlowDown => {
                "no person has decided yet: wait five seconds longer between two polls from now on"
            }
            Self::AccessDenied => "the login was declined: start a new one",
            Self::ExpiredToken => "the time to log in is over: start a new login",
            Self::TooManyRequests(_) => "too many requests: wait as long as Retry-After says",
            Self::ServerError(_) => "a fault of the gateway",
        }
    }

    const fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::TooManyRequests(wait) => Some(*wait),
            Self::TemporarilyUnavailable { retry_after, .. } => Some(*retry_after),
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
            // Rounded up: a client that comes back a moment too soon is refused once more.
            let seconds = u64::try_from(wait.as_millis().div_ceil(1000)).unwrap_or(u64::MAX);
            response
                .headers_mut()
                .insert(RETRY_AFTER, seconds.max(1).into());
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
