//! Settings of the app's backend, which knows the persons.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{EventsSettings, Secret};

/// `[identity]`: the source of a phone's person. Give exactly one of introspection and jwks.
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
    /// Asks the app's backend about a person without a token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub standing: Option<StandingSettings>,
    /// Place of each claim in the backend's answers.
    pub claims: ClaimsSettings,
    /// Several sources, each with a name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<IdentitySourceSettings>,
}

/// `[[identity.sources]]`: one of several sources of persons. Beside these members it has the
/// sections of `[identity]`: `introspection` or `jwks`, `events`, `standing` and `claims`. A token
/// goes to the source whose issuer it names; see `docs/openid.md`.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct IdentitySourceSettings {
    /// Name, of lower-case letters, digits and hyphens: it is part of the ids of the source's
    /// persons, and never changes.
    pub name: String,
    /// Issuer of the tokens that `introspection` knows; `jwks` has its own. One source alone may have
    /// none, and gets all tokens of other issuers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    /// Asks the app's backend each time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub introspection: Option<IntrospectionSettings>,
    /// Verifies the app's tokens offline.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jwks: Option<JwksSettings>,
    /// Lets the source's backend end sessions of its persons.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub events: Option<EventsSettings>,
    /// Asks the app's backend about a person without a token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standing: Option<StandingSettings>,
    /// Place of each claim in the backend's answers.
    #[serde(default, skip_serializing_if = "is_default")]
    pub claims: ClaimsSettings,
}

fn is_default(claims: &ClaimsSettings) -> bool {
    *claims == ClaimsSettings::default()
}

/// Between a source's name and a person's id there. Names of sources do not hold it.
pub(crate) const SOURCE_SEPARATOR: char = ':';

/// A source of persons, with or without a name, and the path of its settings.
#[derive(Debug)]
pub(crate) struct IdentitySource<'a> {
    pub path: String,
    pub name: Option<&'a str>,
    pub issuer: Option<&'a str>,
    pub introspection: Option<&'a IntrospectionSettings>,
    pub jwks: Option<&'a JwksSettings>,
    pub events: Option<&'a EventsSettings>,
    pub standing: Option<&'a StandingSettings>,
    pub claims: &'a ClaimsSettings,
}

impl IdentitySettings {
    /// Returns all sources, first the one without a name, which may be empty.
    pub(crate) fn all_sources(&self) -> Vec<IdentitySource<'_>> {
        let unnamed = IdentitySource {
            path: "identity".to_owned(),
            name: None,
            issuer: self.jwks.as_ref().map(|jwks| jwks.issuer.as_str()),
            introspection: self.introspection.as_ref(),
            jwks: self.jwks.as_ref(),
            events: self.events.as_ref(),
            standing: self.standing.as_ref(),
            claims: &self.claims,
        };
        let named = self.sources.iter().map(|source| IdentitySource {
            path: format!("identity.sources.{}", source.name),
            name: Some(&source.name),
            issuer: source
                .jwks
                .as_ref()
                .map(|jwks| jwks.issuer.as_str())
                .or(source.issuer.as_deref()),
            introspection: source.introspection.as_ref(),
            jwks: source.jwks.as_ref(),
            events: source.events.as_ref(),
            standing: source.standing.as_ref(),
            claims: &source.claims,
        });
        std::iter::once(unnamed).chain(named).collect()
    }

    /// Returns the secrets of the sources with names, to be replaced.
    pub(crate) fn source_secrets_mut(&mut self) -> impl Iterator<Item = &mut Secret> {
        self.sources.iter_mut().flat_map(|source| {
            let introspection = source
                .introspection
                .as_mut()
                .map(|own| &mut own.client_secret);
            let standing = source.standing.as_mut().map(|own| &mut own.client_secret);
            let events = source.events.as_mut().map(|own| &mut own.client_secret);
            introspection.into_iter().chain(standing).chain(events)
        })
    }
}

impl IdentitySource<'_> {
    /// Returns true if nothing says how persons are known here.
    pub(crate) const fn is_empty(&self) -> bool {
        self.introspection.is_none() && self.jwks.is_none()
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
    /// The gateway's client secret there. Give it, or `client_secret_file`.
    #[serde(default, skip_serializing_if = "Secret::is_empty")]
    pub client_secret: Secret,
    /// File that holds the client secret; one newline at its end does not count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_secret_file: Option<PathBuf>,
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
            client_secret: Secret::default(),
            client_secret_file: None,
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

/// `[identity.standing]`: the app's backend says whether a person may still act as an identity,
/// without a token of theirs. It is asked while a login lasts at the gateway; see
/// `docs/protocol.md` §5.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct StandingSettings {
    /// Standing endpoint: `https:`, or `http:` on this machine.
    pub url: String,
    /// The gateway's client id there.
    pub client_id: String,
    /// The gateway's client secret there. It may be that of `[identity.introspection]`.
    pub client_secret: Secret,
    /// Time limit for an answer; 2 s by default, from 10 ms to 1 min.
    #[serde(with = "humantime_serde", default = "two_seconds")]
    #[cfg_attr(test, schemars(with = "Duration"))]
    pub timeout: Duration,
}

impl StandingSettings {
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

/// `[identity.claims]`: where the backend's answer or the JWT holds each claim that relying parties
/// may be told: the name of a member, or with `/` before it a JSON pointer (RFC 6901). With an empty
/// text no relying party is told the claim. See `docs/openid.md` for the scope that releases each.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct ClaimsSettings {
    /// Given name.
    pub given_name: String,
    /// Family name.
    pub family_name: String,
    /// Middle name.
    pub middle_name: String,
    /// Nickname.
    pub nickname: String,
    /// Name by which the person is known at relying parties; `username` where the backend
    /// answers as RFC 7662 §2.2 names it.
    pub preferred_username: String,
    /// Address of the person's page.
    pub profile: String,
    /// Address of the person's picture.
    pub picture: String,
    /// Address of the person's website.
    pub website: String,
    /// Gender.
    pub gender: String,
    /// Birthday, as `YYYY-MM-DD`.
    pub birthdate: String,
    /// Time zone, such as `Asia/Shanghai`.
    pub zoneinfo: String,
    /// Language, such as `zh-CN`.
    pub locale: String,
    /// Time of the last change, in Unix seconds.
    pub updated_at: String,
    /// E-mail address.
    pub email: String,
    /// Statement that the e-mail address is the person's: `true` or `false`.
    pub email_verified: String,
    /// Phone number.
    pub phone_number: String,
    /// Statement that the phone number is the person's: `true` or `false`.
    pub phone_number_verified: String,
    /// Postal address (OIDC Core §5.1.1).
    pub address: String,
    /// List of groups; `/realm_access/roles` are the realm's roles of Keycloak.
    pub groups: String,
}

impl Default for ClaimsSettings {
    fn default() -> Self {
        let own = str::to_owned;
        Self {
            given_name: own("given_name"),
            family_name: own("family_name"),
            middle_name: own("middle_name"),
            nickname: own("nickname"),
            preferred_username: own("preferred_username"),
            profile: own("profile"),
            picture: own("picture"),
            website: own("website"),
            gender: own("gender"),
            birthdate: own("birthdate"),
            zoneinfo: own("zoneinfo"),
            locale: own("locale"),
            updated_at: own("updated_at"),
            email: own("email"),
            email_verified: own("email_verified"),
            phone_number: own("phone_number"),
            phone_number_verified: own("phone_number_verified"),
            address: own("address"),
            groups: own("groups"),
        }
    }
}

impl ClaimsSettings {
    /// Returns the place of a claim in an answer; `None` if no relying party is told it.
    pub(crate) fn place_of(&self, claim: &str) -> Option<&str> {
        let place = match claim {
            "given_name" => &self.given_name,
            "family_name" => &self.family_name,
            "middle_name" => &self.middle_name,
            "nickname" => &self.nickname,
            "preferred_username" => &self.preferred_username,
            "profile" => &self.profile,
            "picture" => &self.picture,
            "website" => &self.website,
            "gender" => &self.gender,
            "birthdate" => &self.birthdate,
            "zoneinfo" => &self.zoneinfo,
            "locale" => &self.locale,
            "updated_at" => &self.updated_at,
            "email" => &self.email,
            "email_verified" => &self.email_verified,
            "phone_number" => &self.phone_number,
            "phone_number_verified" => &self.phone_number_verified,
            "address" => &self.address,
            "groups" => &self.groups,
            _ => return None,
        };
        (!place.is_empty()).then_some(place.as_str())
    }
}
