//! Who the gateway deals with: relying parties, the app's backend, and the key by which both know the gateway.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Secret;

/// `[[clients]]`: a relying party.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ClientSettings {
    /// Its id, as it stands in requests: printable ASCII, unique.
    pub client_id: String,
    /// Its name, as people read it on their phones before they confirm.
    pub name: String,
    /// Its secret, not empty; a client without one is public and proves itself by PKCE alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<Secret>,
    /// Where its browsers may be sent, exactly: one at least, `http` or `https`, without a fragment (RFC 6749 §3.1.2).
    pub redirect_uris: Vec<String>,
    /// The origins of its pages that show a code; none by default, when only the hosted login page shows it.
    #[serde(default)]
    pub origins: Vec<String>,
}

/// `[oidc]`: the OpenID provider.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Oidc {
    /// A file with the key that signs ID tokens, PKCS#8 PEM: RSA signs by RS256, P-256 by ES256; `saoma generate-key`
    /// makes one. Without it an RSA key is made at each start, which only a single node on the memory store can do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signing_key: Option<PathBuf>,
}

/// `[identity]`: exactly one of the two.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct IdentitySettings {
    /// Ask the app's backend each time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub introspection: Option<IntrospectionSettings>,
    /// Verify the app's tokens offline.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jwks: Option<JwksSettings>,
}

/// `[identity.introspection]`: RFC 7662.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct IntrospectionSettings {
    /// The endpoint.
    pub url: String,
    /// The gateway's name there.
    pub client_id: String,
    /// Its secret.
    pub client_secret: Secret,
    /// How long an answer may take; 2 s by default, from 10 ms to 1 min. Phones wait as long at scan and confirm.
    #[serde(with = "humantime_serde", default = "two_seconds")]
    #[cfg_attr(test, schemars(with = "Duration"))]
    pub timeout: Duration,
}

impl IntrospectionSettings {
    /// The endpoint at `url`, with defaults for the rest.
    pub fn at(url: String) -> Self {
        Self {
            url,
            client_id: String::new(),
            client_secret: Secret::from(""),
            timeout: two_seconds(),
        }
    }
}

/// `[identity.jwks]`: RFC 7517.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct JwksSettings {
    /// Where the keys are: `https:`, `http:` or `file:`.
    pub url: String,
    /// What `iss` must say.
    pub issuer: String,
    /// What `aud` must contain.
    pub audience: String,
    /// How long keys are kept; 1 h by default, from 1 s to 24 h. As long an ended key is still believed, and up to 1 h
    /// longer while the keys cannot be fetched. After a fetch that failed the next begins 5 s to 1 min later.
    #[serde(with = "humantime_serde", default = "one_hour")]
    #[cfg_attr(test, schemars(with = "Duration"))]
    pub refresh: Duration,
}

pub(super) const fn two_seconds() -> Duration {
    Duration::from_secs(2)
}

pub(super) const fn one_hour() -> Duration {
    Duration::from_secs(3600)
}
