//! Settings of the relying parties.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Secret, SigningAlgorithm, off_or_duration};
use crate::jose::PublishedKeys;

/// `[[clients]]`: a relying party.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ClientSettings {
    /// Id in requests: printable ASCII, unique.
    pub client_id: String,
    /// Name that the phone shows before the person confirms.
    pub name: String,
    /// Secret, not empty. A client without `secret`, `secret_file` and `secret_hash` is public and
    /// authenticates by PKCE alone; at most one of them is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<Secret>,
    /// File that holds the secret; one newline at its end does not count. `SIGHUP` reads it again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_file: Option<PathBuf>,
    /// Hash of the secret, as `saoma hash-secret` prints it: `sha256:` and 64 hexadecimal digits for a
    /// secret that `saoma generate-secret` has made, and an Argon2 hash for any other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_hash: Option<Secret>,
    /// File with its public keys, a JWK set (RFC 7517), in place of a secret: the client proves itself by
    /// `private_key_jwt` (RFC 7523).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jwks_file: Option<PathBuf>,
    /// Addresses to which its browsers may be sent, compared exactly: at least one, `http` or
    /// `https`, without a fragment (RFC 6749 §3.1.2). A client with `native` has others too, and one
    /// with `device` needs none.
    pub redirect_uris: Vec<String>,
    /// States that the client is an app on the browser's own machine (RFC 8252); `false` by default.
    /// Its redirect URIs may be `http://127.0.0.1/…` and `http://[::1]/…`, where the app takes any
    /// port, or have a scheme of its own with a dot in it, such as `com.example.app:/callback`.
    #[serde(default)]
    pub native: bool,
    /// Origins of its pages that show a code; none by default, when only the hosted login page
    /// shows it.
    #[serde(default)]
    pub origins: Vec<String>,
    /// Names of the `[[apps]]` that its hosted login page offers on a phone's own screen, the first of them there; all by
    /// default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub apps: Option<Vec<String>>,
    /// Question to a browser when a person new to it scans its code: it names the person, and its
    /// user agrees or says "not me". With `off` a stranger who scans a code on a screen logs that
    /// browser in as themselves.
    #[serde(default)]
    pub agree: AgreeSetting,
    /// Proof Key for Code Exchange (RFC 7636). `optional` is for a client with a secret whose library cannot send it: a
    /// request without `code_challenge` is then accepted, and one with it must be redeemed by its verifier. Without a
    /// challenge only `nonce` shows the client that a stolen code was brought into its session (RFC 9700 §2.1.1).
    #[serde(default)]
    pub pkce: PkceSetting,
    /// Authentication requests only by reference, after the client has sent them itself (RFC 9126). Its logins are opened
    /// by the hosted login page alone, and no page of its own shows a code.
    #[serde(default, skip_serializing_if = "is_false")]
    pub require_par: bool,
    /// Logins of its devices, which show a code and poll the token endpoint (RFC 8628). The app must
    /// show the device's code before its person confirms.
    #[serde(default, skip_serializing_if = "is_false")]
    pub device: bool,
    /// Algorithm that signs its ID tokens; `RS256` by default, which every library knows. The first
    /// key of this algorithm among `oidc.signing_keys` signs.
    #[serde(default)]
    pub id_token_signed_response_alg: SigningAlgorithm,
    /// Single sign-on: the time for which a browser that was logged in by the hosted login page is
    /// logged in again without a phone, by this client's requests and within it by those of others
    /// that have this setting; from 1 minute to 30 days. `off` by default: on a shared computer the
    /// next person would be logged in as the one before.
    #[serde(
        default,
        with = "off_or_duration",
        skip_serializing_if = "Option::is_none"
    )]
    #[cfg_attr(test, schemars(with = "Option<Duration>"))]
    pub sso: Option<Duration>,
    /// Refresh tokens: the time within which each must be used. `off` by default. The client asks
    /// for them by the scope `offline_access`. Each use gives a new token, and asks
    /// `identity.standing`.
    #[serde(
        default,
        with = "off_or_duration",
        skip_serializing_if = "Option::is_none"
    )]
    #[cfg_attr(test, schemars(with = "Option<Duration>"))]
    pub refresh_tokens: Option<Duration>,
    /// Time after a login at which its refresh tokens end, however often they are used; 90 days by
    /// default, at least as long as `refresh_tokens`, at most 366 days.
    #[serde(default)]
    #[cfg_attr(test, schemars(with = "Duration"))]
    pub refresh_tokens_end: RefreshTokensEnd,
    /// Refresh tokens without the scope `offline_access` too, for a client that cannot ask for it;
    /// `false` by default.
    #[serde(default)]
    pub refresh_tokens_always: bool,
    /// Addresses to which its browsers may be sent after a logout, compared exactly (OpenID Connect
    /// RP-Initiated Logout 1.0); none by default.
    #[serde(default)]
    pub post_logout_redirect_uris: Vec<String>,
    /// Address to which the gateway sends logout tokens when a session of the client's ends, as when
    /// the person ends it on their phone (OpenID Connect Back-Channel Logout 1.0): `https`, or on this
    /// machine. The nodes must reach it; redirects are not followed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backchannel_logout_uri: Option<String>,
    /// Name of the source of persons who may log in; those of any by default. See
    /// `[[identity.sources]]`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Claims of the granted scope in the ID token too, for a client that does not ask the userinfo
    /// endpoint; `false` by default.
    #[serde(default)]
    pub id_token_claims: bool,
    /// What `sub` stands for: with `identity` a person who acts for a unit is another account at the
    /// site than the same person for themselves.
    #[serde(default)]
    pub subject: SubjectSetting,
    /// `pairwise` gives each person another `sub` at each site (OIDC Core §8.1), made with
    /// `oidc.pairwise_secret_file`.
    #[serde(default)]
    pub subject_type: SubjectTypeSetting,
    /// Sites with the same one have pairwise subjects in common; by default the host of the redirect
    /// URIs. Required where they have several hosts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sector_identifier: Option<String>,
}

/// Requests for which a client must use PKCE.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum PkceSetting {
    /// All requests.
    #[default]
    Required,
    /// None.
    Optional,
}

impl ClientSettings {
    /// Reads the keys of the client, if it has any.
    ///
    /// # Errors
    /// Returns the problem if the file cannot be read, if a key in it cannot be used, or if it has none.
    pub(crate) fn keys(&self) -> Result<Option<PublishedKeys>, String> {
        let Some(path) = &self.jwks_file else {
            return Ok(None);
        };
        let shown = path.display();
        let text = std::fs::read(path).map_err(|error| format!("cannot read {shown}: {error}"))?;
        let keys = PublishedKeys::read(&text)
            .map_err(|problem| format!("{shown}: invalid JWK set: {problem}"))?;
        match keys.problems() {
            (0, problems) if problems.is_empty() => Err(format!("{shown} holds no key")),
            (_, problems) if !problems.is_empty() => {
                let problems = problems.join("; ");
                Err(format!(
                    "{shown} holds a key that cannot be used: {problems}"
                ))
            }
            _ => Ok(Some(keys)),
        }
    }
}

/// Returns true for the value that a member stands for when it is left out.
const fn is_false(value: &bool) -> bool {
    !*value
}

/// Time after a login at which its refresh tokens end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RefreshTokensEnd(
    #[serde(
        serialize_with = "in_days",
        deserialize_with = "humantime_serde::deserialize"
    )]
    pub Duration,
);

/// Writes whole days as such: the usual form has months of 30.44 days.
fn in_days<S: serde::Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    let seconds = duration.as_secs();
    if seconds.is_multiple_of(DAY) && duration.subsec_nanos() == 0 {
        serializer.collect_str(&format_args!("{}days", seconds / DAY))
    } else {
        humantime_serde::serialize(duration, serializer)
    }
}

const DAY: u64 = 24 * 3600;

impl Default for RefreshTokensEnd {
    fn default() -> Self {
        Self(Duration::from_secs(90 * DAY))
    }
}

/// The persons for whom a client's browsers are asked to agree.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum AgreeSetting {
    /// Persons whom the browser does not know.
    #[default]
    New,
    /// None.
    Off,
}

/// What a client's subjects stand for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum SubjectSetting {
    /// A person.
    #[default]
    Person,
    /// A person as one identity.
    Identity,
}

/// The relying parties that are told the same subject (OIDC Core §8).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum SubjectTypeSetting {
    /// All.
    #[default]
    Public,
    /// Those of one sector.
    Pairwise,
}
