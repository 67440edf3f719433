//! Why the service did not do what was asked.

use std::borrow::Cow;
use std::time::Duration;

use saoma_protocol::ErrorCode;

use crate::identity::IdentityError;
use crate::store::StoreError;

/// Time after which a caller may ask again when a store or backend did not answer.
pub(crate) const RETRY_AFTER_OUTAGE: Duration = Duration::from_secs(5);

/// A refusal in the terms of the wire: each door turns it into its own form.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {detail}", .error.as_str())]
pub(crate) struct ApiError {
    /// What went wrong, for programs.
    pub error: ErrorCode,
    /// What happened and what to do.
    pub detail: Cow<'static, str>,
    /// When it is worth trying again.
    pub retry_after: Option<Duration>,
    /// Why an identity may not log in, in the words of the app's backend.
    pub reason: Option<String>,
}

impl ApiError {
    /// A refusal that trying again does not change.
    pub(crate) fn new(error: ErrorCode, detail: impl Into<Cow<'static, str>>) -> Self {
        Self {
            error,
            detail: detail.into(),
            retry_after: None,
            reason: None,
        }
    }

    /// A limit was reached.
    pub(crate) fn too_many_requests(retry_after: Duration) -> Self {
        Self {
            retry_after: Some(retry_after),
            ..Self::new(
                ErrorCode::TooManyRequests,
                "too many attempts: wait as long as retry_after says",
            )
        }
    }

    /// Something that the gateway needs is down. Nothing has changed.
    pub(crate) fn unavailable(detail: impl Into<Cow<'static, str>>) -> Self {
        Self {
            retry_after: Some(RETRY_AFTER_OUTAGE),
            ..Self::new(ErrorCode::TemporarilyUnavailable, detail)
        }
    }

    /// The same, with at least this long to wait.
    #[must_use]
    pub(crate) fn for_at_least(self, wait: Duration) -> Self {
        Self {
            retry_after: self.retry_after.max(Some(wait)),
            ..self
        }
    }

    /// Whole seconds to wait, rounded up, at least one.
    pub(crate) fn retry_after_seconds(&self) -> Option<u32> {
        self.retry_after
            .map(|wait| u32::try_from(wait.as_millis().div_ceil(1000).max(1)).unwrap_or(u32::MAX))
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        tracing::warn!(%error, "the store did not answer");
        Self::unavailable(error.advice())
    }
}

impl From<IdentityError> for ApiError {
    fn from(error: IdentityError) -> Self {
        match error {
            IdentityError::InvalidToken => Self::new(
                ErrorCode::InvalidToken,
                "the app's access token is missing, unknown or ended: log in again in the app",
            ),
            IdentityError::Unavailable(_) => {
                tracing::warn!(%error, "the identity backend did not answer");
                Self::unavailable(
                    "the app's backend cannot be asked who this is: try again shortly",
                )
            }
        }
    }
}
