//! Findings of a look at a store before a node runs on it.

/// Something that is wrong with a store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreFinding {
    /// What is wrong, and what to do.
    pub problem: String,
    /// Logins fail, or a node does not start. Otherwise they are at risk.
    pub is_fatal: bool,
}
