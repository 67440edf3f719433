//! The names of keys and channels. The keys of one login share a hash tag, so that a cluster keeps them together.

use saoma_protocol::{LoginId, UserCode};

use crate::store::NodeId;

/// The hash that is a login.
pub(super) fn login(id: LoginId) -> String {
    format!("saoma:login:{{{id}}}")
}

/// Returns the key that leads from a user code to its login.
pub(super) fn user_code(code: UserCode) -> String {
    format!("saoma:code:{code}")
}

/// The channel on which a node hears. The scripts make the same name.
pub(super) fn inbox(node: &NodeId) -> String {
    format!("saoma:inbox:{node}")
}
