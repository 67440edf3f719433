//! Settings of the OpenID provider.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// `[oidc]`: the OpenID provider.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Oidc {
    /// Files with the keys that sign tokens, in PKCS#8 PEM: RSA for RS256, P-256 for ES256, Ed25519
    /// for `EdDSA`; `saoma generate-key` makes them. All are published, and the first of each
    /// algorithm signs. An RSA key must be among them, because every relying party knows RS256.
    /// Without a file the node makes an RSA key at each start, which only a single node on the memory
    /// store may do.
    pub signing_keys: Vec<PathBuf>,
    /// Folder in which each `*.toml` is one more client, with the members of `[[clients]]`. `SIGHUP`
    /// reads it again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clients_folder: Option<PathBuf>,
    /// File with the secret that makes pairwise subjects; `saoma generate-secret` makes one. All nodes
    /// have the same, and it never changes: with another one every person is a stranger to every
    /// client with `subject_type = "pairwise"`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pairwise_secret_file: Option<PathBuf>,
}

/// Algorithms of tokens' signatures.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum SigningAlgorithm {
    /// RSA with SHA-256 (RFC 7518 §3.3).
    #[default]
    #[serde(rename = "RS256")]
    Rs256,
    /// ECDSA on P-256 with SHA-256 (RFC 7518 §3.4).
    #[serde(rename = "ES256")]
    Es256,
    /// Ed25519 (RFC 8037 §3.1).
    #[serde(rename = "EdDSA")]
    EdDsa,
}

impl SigningAlgorithm {
    /// Returns the name, as `alg` has it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Es256 => "ES256",
            Self::EdDsa => "EdDSA",
        }
    }
}
