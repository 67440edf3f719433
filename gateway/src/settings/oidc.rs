//! Settings of the OpenID provider.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// `[oidc]`: the OpenID provider.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Oidc {
    /// File with the key that signs ID tokens, in PKCS#8 PEM: RSA signs by RS256, P-256 by ES256.
    /// `saoma generate-key` makes one. Without it the node makes an RSA key at each start, which
    /// only a single node on the memory store may do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signing_key: Option<PathBuf>,
}
