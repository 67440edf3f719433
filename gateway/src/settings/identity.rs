//! Settings of the app's backend, which knows the persons.

use std::time::Duration;

use saoma_protocol::Digest;
use serde::{Deserialize, Serialize};

use super::Secret;

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
    /// Lets the app's backend end sessions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub events: Option<EventsSettings>,
}

/// `[identity.events]`: the credentials by which the app's backend ends sessions at the gateway; see
/// `docs/protocol.md` §5. Without them no backend can.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct EventsSettings {
    /// The backend's client id at the gateway.
    pub client_id: String,
    /// The backend's client secret at the gateway: one of its own.
    pub client_secret: Secret,
}

impl EventsSettings {
    /// Returns true if these are the backend's credentials. Both are compared, in constant time.
    pub(crate) fn admits(&self, client_id: &str, secret: &str) -> bool {
        let digest = |text: &str| Digest::of(text.as_bytes());
        let is_id = digest(client_id) == digest(&self.client_id);
        let is_secret = digest(secret) == digest(self.client_secret.expose());
        is_id & is_secret
    }
}

/// `[identity.introspection]`: the app's backend answers by token introspection (RFC 7662).
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct IntrospectionSettings {
    /// Introspection endpoint: `https:`, or `http:` on this machine.
    pub url: String,
    /// The gateway's client id there.
    pub client_id: String,
    /// The gateway's client secret there.
    pub client_secret: Secret,
    /// The gateway's name at the backend: `aud` of an answer must be it or contain it. At least one
    /// of `audience`, `scope` and `client` is required; see `docs/protocol.md` §5.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audience: Option<String>,
    /// Scopes, separated by spaces, that an answer must all have in `scope`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// Client ids of the apps whose tokens are accepted; any by default.
    #[serde(default)]
    pub client: Vec<String>,
    /// States that the endpoint answers `active` only for tokens that are meant for this gateway;
    /// `false` by default. It stands in place of `audience`, `scope` and `client`, for an endpoint
    /// that answers none of them.
    #[serde(default)]
    pub trust_introspection: bool,
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
            audience: None,
            scope: None,
            client: Vec::new(),
            trust_introspection: false,
            timeout: two_seconds(),
        }
    }
}

/// `[identity.jwks]`: the gateway verifies the app's JWTs by its backend's keys (RFC 7517).
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct JwksSettings {
    /// Address of the keys: `https:`, `http:` on this machine, or `file:`. Redirects are not followed.
    pub url: String,
    /// Required value of `iss`.
    pub issuer: String,
    /// The gateway's name at the backend: `aud` must be it or contain it.
    pub audience: String,
    /// Types of tokens that are accepted, as `typ` in their header names them, without case and
    /// without `application/`; `at+jwt` by default (RFC 9068). Keycloak, Entra ID and the older
    /// profile of Auth0 issue `JWT`; see `docs/protocol.md` §5.
    #[serde(default = "at_jwt")]
    pub types: Vec<String>,
    /// Scopes, separated by spaces, that a token must all have in `scope` or `scp`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// Client ids of the apps whose tokens are accepted; any by default.
    #[serde(default)]
    pub client: Vec<String>,
    /// Maximum lifetime of a token, from `iat` to `exp` and from now to `exp`; 1 h by default, from
    /// 1 min to 30 days. A person's standing is as old as their token.
    #[serde(with = "humantime_serde", default = "one_hour")]
    #[cfg_attr(test, schemars(with = "Duration"))]
    pub max_lifetime: Duration,
    /// Time for which keys are kept; 5 min by default, from 1 s to 24 h. A withdrawn key is trusted
    /// for as long, and up to 15 min longer while the keys cannot be fetched. A failed fetch is
    /// repeated after 5 s to 1 min.
    #[serde(with = "humantime_serde", default = "five_minutes")]
    #[cfg_attr(test, schemars(with = "Duration"))]
    pub refresh: Duration,
}

const fn two_seconds() -> Duration {
    Duration::from_secs(2)
}

impl JwksSettings {
    /// The keys at `url`, of tokens by this issuer for this audience, with defaults for the rest.
    pub fn at(url: String, issuer: String, audience: String) -> Self {
        Self {
            url,
            issuer,
            audience,
            types: at_jwt(),
            scope: None,
            client: Vec::new(),
            max_lifetime: one_hour(),
            refresh: five_minutes(),
        }
    }
}

const fn one_hour() -> Duration {
    Duration::from_secs(3600)
}

const fn five_minutes() -> Duration {
    Duration::from_secs(5 * 60)
}

fn at_jwt() -> Vec<String> {
    vec!["at+jwt".into()]
}
