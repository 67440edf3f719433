//! Settings of the other parties: relying parties, the app's backend, and the key by which both know the gateway.

use std::path::PathBuf;
use std::time::Duration;

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
    /// Question to a browser when a person new to it scans its code: it names the person, and its
    /// user agrees or says "not me". With `off` a stranger who scans a code on a screen logs that
    /// browser in as themselves.
    #[serde(default)]
    pub agree: AgreeSetting,
}

/// The persons for whom a client's browsers are asked to agree.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum AgreeSetting {
    /// Persons whom the browser does not know.
    #[default]
    New,
    /// No one.
    Off,
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

/// `[identity]`: the source of a phone's person. Give exactly one of the two sections.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct IdentitySettings {
    /// Asks the app's backend each time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub introspection: Option<IntrospectionSettings>,
    /// Verifies the app's tokens offline.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jwks: Option<JwksSettings>,
}

/// `[identity.introspection]`: the app's backend answers by token introspection (RFC 7662).
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct IntrospectionSettings {
    /// Introspection endpoint.
    pub url: String,
    /// The gateway's client id there.
    pub client_id: String,
    /// The gateway's client secret there.
    pub client_secret: Secret,
    /// Time limit for an answer; 2 s by default, from 10 ms to 1 min. Phones wait as long at scan
    /// and confirm.
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

/// `[identity.jwks]`: the gateway verifies the app's JWTs by its backend's keys (RFC 7517).
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct JwksSettings {
    /// Address of the keys: `https:`, `http:` or `file:`.
    pub url: String,
    /// Required value of `iss`.
    pub issuer: String,
    /// Value that `aud` must contain.
    pub audience: String,
    /// Time for which keys are kept; 1 h by default, from 1 s to 24 h. A revoked key is trusted for
    /// as long, and up to 1 h longer while the keys cannot be fetched. A failed fetch is repeated
    /// after 5 s to 1 min.
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
