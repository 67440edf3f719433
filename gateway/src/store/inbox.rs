//! Inboxes of nodes: how a node hears of changes to the logins whose browsers it holds.

use std::fmt;

use saoma_protocol::LoginId;
use serde::{Deserialize, Serialize};

use super::StoredChange;

/// One gateway process, as the store knows it: the name of its inbox.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct NodeId(String);

impl NodeId {
    /// Creates an id; it must be unique among the processes on one store.
    pub fn new(name: impl Into<String>) -> Self {
        Self(name.into())
    }

    /// Returns the name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A message to a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InboxEvent {
    /// A login whose browser this node holds has changed.
    Changed {
        /// The login.
        login_id: LoginId,
        /// The change.
        change: StoredChange,
    },
    /// A login's browser has attached elsewhere.
    Superseded {
        /// The login.
        login_id: LoginId,
        /// Number of the attachment that holds the login now.
        number: u64,
    },
    /// The subscription has begun, for the first time or again. Earlier messages may be lost, so the node reads the
    /// state of every waiter again.
    Listening,
}

/// The receiving end of a node's inbox.
pub trait Inbox: fmt::Debug + Send + Sync + 'static {
    /// Takes one event. The store calls it in order; it must not block.
    fn deliver(&self, event: InboxEvent);
}
