//! Errors of a store.

use std::error::Error;
use std::sync::Arc;

/// Reasons for a store not to answer. Cheap to clone: of several callers that wait for one connection each gets the
/// error.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The store cannot be reached. The command may or may not have taken effect.
    #[error("the store cannot be reached")]
    Unavailable(#[source] Arc<dyn Error + Send + Sync>),
    /// The store did not answer in time. The command has taken effect by now, or it never will.
    #[error("the store did not answer in time")]
    Timeout,
    /// The store answers others, but too many commands are in flight. This one was not sent.
    #[error("the store is busy: too many commands are in flight")]
    Busy,
    /// The store's replicas did not have a change in time that is only told of once they have it. It may be kept or lost.
    #[error("the store's replicas did not have the change in time")]
    Unreplicated,
    /// The store's answer is not one that this version understands.
    #[error("the store holds data that this version does not understand")]
    Corrupt(#[source] Arc<dyn Error + Send + Sync>),
}

impl StoreError {
    /// Creates an [`StoreError::Unavailable`] from its cause.
    pub(crate) fn unavailable(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Unavailable(cause.into().into())
    }

    /// Creates a [`StoreError::Corrupt`] from its cause, which must not quote the data: that may hold a code.
    pub(crate) fn corrupt(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Corrupt(cause.into().into())
    }

    /// Returns the advice for the client whose request needed the store.
    pub(crate) const fn advice(&self) -> &'static str {
        match self {
            Self::Busy => "too many requests at once: try again shortly",
            Self::Unavailable(_) | Self::Timeout | Self::Unreplicated | Self::Corrupt(_) => {
                "the store of logins is down: try again shortly"
            }
        }
    }
}
