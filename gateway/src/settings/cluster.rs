//! Settings that nodes on one store share.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// `[cluster]`: the nodes on one store.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Cluster {
    /// Files with the secrets that the nodes share, each of 64 hexadecimal digits; `saoma
    /// generate-secret` makes one. The first seals, all open, so that a secret can be changed. On
    /// Redis at least one is required; on the memory store a node without one makes a secret at
    /// each start, and browsers then forget the persons whom they know. A node that cannot open what
    /// the running nodes on its store seal, or they what it seals, does not start.
    pub secret_files: Vec<PathBuf>,
}
