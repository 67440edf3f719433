//! Announcements of the nodes on a store.

/// Announcements, oldest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Announcements {
    /// The announcements of all nodes.
    pub all: Vec<String>,
    /// Number of those that were made before this one.
    pub earlier: usize,
}
