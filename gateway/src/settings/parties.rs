//! Settings of the relying parties, and the key by which they know the gateway.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::Secret;

/// `[[clients]]`: a relying party.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ClientSettings {
    /// Id in requests: printable ASCII, unique.
    pub client_id: String,
    /// Name that the phone shows before the person confirms.
    pub name: String,
    /// Secret, not empty. A client without one is public and authenticates by PKCE alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<Secret>,
    /// Addresses to which its browsers may be sent, compared exactly: at least one, `http` or
    /// `https`, without a fragment (RFC 6749 §3.1.2).
    pub redirect_uris: Vec<String>,
    /// Origins of its pages that show a code; none by default, when only the hosted login page
    /// shows it.
    #[serde(default)]
    pub origins: Vec<String>,
}

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
