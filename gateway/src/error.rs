//! Refusals in the terms of the protocol.

use std::borrow::Cow;
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use saoma_protocol::ErrorCode;

use crate::identity::IdentityError;
use crate::store::StoreError;

/// Time after which a caller may ask again when a store or backend did not answer.
pub(crate) const RETRY_AFTER_OUTAGE: Duration = Duration::from_secs(5);

/// A refusal of the login service. Each front end turns it into its own form, and logs it if it has a cause.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{}: {detail}", .error.as_str())]
pub(crate) struct ApiError {
    /// Error code, for programs.
    pub(crate) error: ErrorCode,
    /// Description of the problem, with advice.
    pub(crate) detail: Cow<'static, str>,
    /// Time after which it is worth trying again.
    pub(crate) retry_after: Option<Duration>,
    /// Reason why an identity may not log in, in the words of the app's backend.
    pub(crate) reason: Option<String>,
    /// True if the person may confirm with another identity.
    pub(crate) may_choose_again: bool,
    /// The failure behind it, if something that the gateway needs has failed.
    #[source]
    pub(crate) cause: Option<Arc<dyn Error + Send + Sync>>,
}

impl ApiError {
    /// Creates a refusal that trying again does not change.
    pub(crate) fn new(error: ErrorCode, detail: impl Into<Cow<'static, str>>) -> Self {
        Self {
            error,
            detail: detail.into(),
            retry_after: None,
            reason: None,
            may_choose_again: false,
            cause: None,
        }
    }

    /// Creates the refusal of an attempt over its limit.
    pub(crate) fn too_many_requests(retry_after: Duration) -> Self {
        Self {
            retry_after: Some(retry_after),
            ..Self::new(
                ErrorCode::TooManyRequests,
                "too many attempts: wait as long as retry_after says",
            )
        }
    }

    /// Creates the refusal of a request that needs something which is down.
    pub(crate) fn unavailable(detail: impl Into<Cow<'static, str>>) -> Self {
        Self {
            retry_after: Some(RETRY_AFTER_OUTAGE),
            ..Self::new(ErrorCode::TemporarilyUnavailable, detail)
        }
    }

    /// Adds the failure behind the refusal.
    #[must_use]
    fn caused_by(self, cause: impl Error + Send + Sync + 'static) -> Self {
        Self {
            cause: Some(Arc::new(cause)),
            ..self
        }
    }

    /// Makes the time to wait at least this long.
    #[must_use]
    pub(crate) fn for_at_least(self, wait: Duration) -> Self {
        Self {
            retry_after: self.retry_after.max(Some(wait)),
            ..self
        }
    }

    /// Returns the time to wait in whole seconds, rounded up, at least one.
    pub(crate) fn retry_after_seconds(&self) -> Option<u32> {
        self.retry_after
            .map(|wait| u32::try_from(wait.as_millis().div_ceil(1000).max(1)).unwrap_or(u32::MAX))
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        Self::unavailable(error.advice()).caused_by(error)
    }
}

impl From<IdentityError> for ApiError {
    fn from(error: IdentityError) -> Self {
        match error {
            IdentityError::Refused(_) => Self::new(
                ErrorCode::InvalidToken,
                "the app's access token is missing, unknown, ended or not for this service: log in again in the app",
            ),
            IdentityError::KeyUnknown { retry_after, .. } => Self {
                retry_after: Some(retry_after),
                ..Self::unavailable(
                    "the key of the app's access token is not known yet: try again shortly",
                )
            },
            IdentityError::Unavailable(_) => Self::unavailable(
                "the app's backend does not answer as it should: try again shortly",
            )
            .caused_by(error),
        }
    }
}
