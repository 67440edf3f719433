//! Browsers that come back to their logins, and the connection that each login belongs to.

use saoma_protocol::{Digest, LoginId};

use super::{LoginRecord, NodeId, StoredChange};

/// A browser's attempt to come back to a login.
#[derive(Debug, Clone, Copy)]
pub struct ResumeAttempt<'a> {
    /// The login.
    pub id: LoginId,
    /// The digest of its receive key.
    pub receive_key: Digest,
    /// Node that holds the browser from now on.
    pub node: &'a NodeId,
    /// Newest sequence number that the browser knows.
    pub last_seq: u32,
    /// Number of the browser's connection, by its own count.
    pub attempt: Option<u32>,
}

/// An answer to [`super::Store::attach`].
#[derive(Debug, Clone)]
pub enum Attached {
    /// The browser is back.
    Here(Box<Attachment>),
    /// A later connection of the same browser has attached before this one.
    Stale,
    /// No such login, or the receive key is not its own.
    Unknown,
}

/// A browser's return. The store sends the login's changes to the new node from this answer on.
#[derive(Debug, Clone)]
pub struct Attachment {
    /// Number of this attachment of the login; the opening is number 1, and the greatest holds the login.
    pub number: u64,
    /// The login, read in the same step.
    pub record: LoginRecord,
    /// Changes after the sequence number that the browser knew, in order.
    pub missed: Vec<StoredChange>,
}
