//! Errors of a store.

/// Reasons for a store not to answer.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The store cannot be reached. The command may or may not have taken effect.
    #[error("the store cannot be reached: {0}")]
    Unavailable(String),
    /// The store did not answer in time. The command may or may not have taken effect.
    #[error("the store did not answer in time")]
    Timeout,
    /// The store answers others, but too many commands are in flight. This one was not sent.
    #[error("the store is busy: too many commands are in flight")]
    Busy,
    /// The store's answer is not one that this version understands.
    #[error("the store holds data that this version does not understand: {0}")]
    Corrupt(String),
}

impl StoreError {
    /// Returns the advice for the client whose request needed the store.
    pub(crate) const fn advice(&self) -> &'static str {
        match self {
            Self::Busy => "too many requests at once: try again shortly",
            Self::Unavailable(_) | Self::Timeout | Self::Corrupt(_) => {
                "the store of logins is down: try again shortly"
            }
        }
    }
}
