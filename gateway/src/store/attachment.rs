//! How a browser comes back to its login, and to which of its connections the login belongs.

use saoma_protocol::{Digest, LoginId};

use super::{LoginRecord, NodeId, StoredChange};

/// A browser that comes back to a login.
#[derive(Debug, Clone, Copy)]
pub struct Return<'a> {
    /// The login.
    pub id: LoginId,
    /// The digest of its receive key.
    pub receive_key: Digest,
    /// The node that holds the browser from now on.
    pub node: &'a NodeId,
    /// The newest sequence number that the browser knows.
    pub last_seq: u32,
    /// The number of its connection, by its own count.
    pub attempt: Option<u32>,
}

/// An answer to [`Store::attach`].
#[derive(Debug, Clone)]
pub enum Attached {
    /// The browser is back.
    Here(Box<Attachment>),
    /// A later attempt of the same browser came before this one.
    Outrun,
    /// No such login, or the receive key is not its own.
    Unknown,
}

/// A browser's return: it is waited for at its new node from the moment of the answer.
#[derive(Debug, Clone)]
pub struct Attachment {
    /// Counts the attachments of this login, of which its opening is the first: the greatest is the one that holds.
    pub number: u64,
    /// The login, read in the same step.
    pub record: LoginRecord,
    /// What happened after the sequence number that the browser knew, in order.
    pub missed: Vec<StoredChange>,
}
