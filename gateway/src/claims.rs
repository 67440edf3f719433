//! Claims about a person that relying parties may be told, beside the name and the identity; the scope that releases
//! each, and the claims that a login keeps.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Authentication context of every login: a person confirmed on their phone what a browser showed (OIDC Core §2).
pub(crate) const ACR: &str = "urn:saoma:acr:qr";

/// Maximum size of a `claims` parameter, in bytes: it goes into URLs.
const MAX_REQUEST_BYTES: usize = 1024;

/// The form of a claim's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClaimKind {
    /// A text.
    Text,
    /// `true` or `false`.
    Flag,
    /// Seconds since 1970.
    Time,
    /// A postal address (OIDC Core §5.1.1).
    Address,
    /// A list of texts.
    Texts,
}

/// A claim that the gateway knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownClaim {
    /// Name of the claim.
    pub name: &'static str,
    /// Scope that releases it.
    pub scope: &'static str,
    /// Form of its value.
    pub kind: ClaimKind,
}

const fn known(name: &'static str, scope: &'static str, kind: ClaimKind) -> KnownClaim {
    KnownClaim { name, scope, kind }
}

/// The claims of OpenID Connect Core §5.1 and §5.4 but for `sub` and `name`, which every login has, and `groups`.
pub const KNOWN_CLAIMS: [KnownClaim; 19] = [
    known("given_name", "profile", ClaimKind::Text),
    known("family_name", "profile", ClaimKind::Text),
    known("middle_name", "profile", ClaimKind::Text),
    known("nickname", "profile", ClaimKind::Text),
    known("preferred_username", "profile", ClaimKind::Text),
    known("profile", "profile", ClaimKind::Text),
    known("picture", "profile", ClaimKind::Text),
    known("website", "profile", ClaimKind::Text),
    known("gender", "profile", ClaimKind::Text),
    known("birthdate", "profile", ClaimKind::Text),
    known("zoneinfo", "profile", ClaimKind::Text),
    known("locale", "profile", ClaimKind::Text),
    known("updated_at", "profile", ClaimKind::Time),
    known("email", "email", ClaimKind::Text),
    known("email_verified", "email", ClaimKind::Flag),
    known("phone_number", "phone", ClaimKind::Text),
    known("phone_number_verified", "phone", ClaimKind::Flag),
    known("address", "address", ClaimKind::Address),
    known("groups", "groups", ClaimKind::Texts),
];

/// Returns the known claim of this name.
pub fn known_claim(name: &str) -> Option<&'static KnownClaim> {
    KNOWN_CLAIMS.iter().find(|claim| claim.name == name)
}

/// Claims of one person, by name.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Claims(BTreeMap<String, Value>);

impl Claims {
    /// Returns true if nothing is known.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds a claim.
    pub fn insert(&mut self, claim: &KnownClaim, value: Value) {
        self.0.insert(claim.name.to_owned(), value);
    }

    /// Returns the claims that a login with this request can be asked for, or `None` if there are none: no others are kept.
    pub fn wanted(&self, scope: &str, requested: Option<&ClaimsRequest>) -> Option<Box<Self>> {
        let wanted = self.iter().filter(|(claim, _)| {
            let is_named = |requested: &ClaimsRequest| requested.names(claim.name);
            claim.is_released_by(scope) || requested.is_some_and(is_named)
        });
        let wanted: BTreeMap<_, _> = wanted
            .map(|(claim, value)| (claim.name.to_owned(), value.clone()))
            .collect();
        (!wanted.is_empty()).then(|| Box::new(Self(wanted)))
    }

    /// Returns all claims.
    pub fn iter(&self) -> impl Iterator<Item = (&'static KnownClaim, &Value)> {
        let all = self.0.iter();
        all.filter_map(|(name, value)| Some((known_claim(name)?, value)))
    }

    /// Returns each claim with the scope that releases it and its value as JSON, for a script that keeps those that are
    /// wanted without reading them.
    pub fn by_scope(&self) -> BTreeMap<&str, (&'static str, String)> {
        let all = self.iter();
        all.map(|(claim, value)| (claim.name, (claim.scope, value.to_string())))
            .collect()
    }
}

impl KnownClaim {
    /// Returns true if a space-separated scope releases the claim (OIDC Core §5.4).
    pub fn is_released_by(&self, scope: &str) -> bool {
        scope.split(' ').any(|word| word == self.scope)
    }
}

impl fmt::Debug for Claims {
    /// Without the values, which are personal data.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// Single claims that a relying party asks for (OIDC Core §5.5). Names that the gateway does not know are not kept, and a
/// claim that is essential is told like any other: if it is known.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClaimsRequest {
    /// Claims for the userinfo endpoint.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub userinfo: BTreeSet<String>,
    /// Claims for the ID token.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub id_token: BTreeSet<String>,
}

/// Reasons for a `claims` parameter to be refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ClaimsRequestError {
    /// It is too large.
    #[error("claims holds at most 1024 bytes")]
    TooLarge,
    /// It lets certain persons log in only. `id_token_hint` is the way to ask for one.
    #[error("a value of sub in claims is not supported")]
    Person,
    /// The ID token must hold another `acr` than all of them do (OpenID Connect Core §5.5.1.1).
    #[error("the only acr is urn:saoma:acr:qr")]
    AnotherAcr,
    /// It is not of the form of OpenID Connect Core §5.5.
    #[error("claims must be a JSON object whose userinfo and id_token are objects of claims")]
    Malformed,
}

impl ClaimsRequest {
    /// Reads a `claims` parameter.
    ///
    /// # Errors
    /// Returns an error if it is too large or malformed.
    pub fn parse(text: &str) -> Result<Self, ClaimsRequestError> {
        if text.len() > MAX_REQUEST_BYTES {
            return Err(ClaimsRequestError::TooLarge);
        }
        let parameter: Map<String, Value> =
            serde_json::from_str(text).map_err(|_| ClaimsRequestError::Malformed)?;
        let mut request = Self::default();
        for (member, names) in [
            ("userinfo", &mut request.userinfo),
            ("id_token", &mut request.id_token),
        ] {
            let requested = match parameter.get(member) {
                None | Some(Value::Null) => continue,
                Some(Value::Object(requested)) => requested,
                Some(_) => return Err(ClaimsRequestError::Malformed),
            };
            for (name, wish) in requested {
                if !matches!(wish, Value::Null | Value::Object(_)) {
                    return Err(ClaimsRequestError::Malformed);
                }
                if name == "name" || known_claim(name).is_some() {
                    names.insert(name.clone());
                }
                let has = |member| wish.get(member).is_some_and(|value| !value.is_null());
                if name == "sub" && (has("value") || has("values")) {
                    return Err(ClaimsRequestError::Person);
                }
                if name == "acr" && member == "id_token" && demands_another_acr(wish) {
                    return Err(ClaimsRequestError::AnotherAcr);
                }
            }
        }
        Ok(request)
    }

    /// Returns true if it asks for nothing that the gateway knows.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    fn names(&self, name: &str) -> bool {
        self.userinfo.contains(name) || self.id_token.contains(name)
    }
}

/// Returns true if no ID token of this gateway has the `acr` that a request insists on. Wishes are not insisted on.
fn demands_another_acr(wish: &Value) -> bool {
    if wish.get("essential") != Some(&Value::Bool(true)) {
        return false;
    }
    let present = |member| wish.get(member).filter(|value| !value.is_null());
    match (present("value"), present("values")) {
        (Some(value), _) => value != ACR,
        (None, Some(Value::Array(values))) => values.iter().all(|value| value != ACR),
        (None, _) => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn claims() -> Claims {
        let mut claims = Claims::default();
        for claim in &KNOWN_CLAIMS {
            claims.insert(claim, json!(claim.name));
        }
        claims
    }

    fn names(claims: Option<Box<Claims>>) -> Vec<String> {
        claims.map_or_else(Vec::new, |claims| claims.0.into_keys().collect())
    }

    #[test]
    fn each_scope_releases_its_own_claims() {
        let claims = claims();
        assert_eq!(names(claims.wanted("openid", None)), [""; 0]);
        assert_eq!(
            names(claims.wanted("openid email made_up", None)),
            ["email", "email_verified"]
        );
        assert_eq!(
            names(claims.wanted("phone openid", None)),
            ["phone_number", "phone_number_verified"]
        );
        assert_eq!(names(claims.wanted("openid groups", None)), ["groups"]);
        assert_eq!(names(claims.wanted("openid address", None)), ["address"]);
        assert_eq!(names(claims.wanted("openid profile", None)).len(), 13);
    }

    #[test]
    fn single_claims_are_asked_for_by_name() {
        let parameter = r#"{"userinfo":{"email":{"essential":true},"made_up":null,"name":null},
            "id_token":{"groups":{"values":["a"]},"acr":{"essential":true}}}"#;
        let request = ClaimsRequest::parse(parameter).expect("a request");
        assert_eq!(
            names(claims().wanted("openid", Some(&request))),
            ["email", "groups"]
        );
        assert!(request.userinfo.contains("name") && !request.id_token.contains("acr"));
        let expecting = r#"{"id_token":{"sub":{"value":"c-1"}}}"#;
        assert_eq!(
            ClaimsRequest::parse(expecting),
            Err(ClaimsRequestError::Person)
        );
        assert!(ClaimsRequest::parse("{}").expect("a request").is_empty());
    }

    #[test]
    fn an_essential_acr_is_the_one_that_every_login_has() {
        for (wish, admitted) in [
            (r#"{"essential":true}"#, true),
            (r#"{"essential":true,"value":"urn:saoma:acr:qr"}"#, true),
            (
                r#"{"essential":true,"values":["urn:a","urn:saoma:acr:qr"]}"#,
                true,
            ),
            (r#"{"value":"urn:a"}"#, true),
            ("null", true),
            (r#"{"essential":true,"value":"urn:a"}"#, false),
            (r#"{"essential":true,"values":["urn:a"]}"#, false),
            (r#"{"essential":true,"values":[]}"#, false),
        ] {
            let request = ClaimsRequest::parse(&format!(r#"{{"id_token":{{"acr":{wish}}}}}"#));
            let expected = if admitted {
                Ok(ClaimsRequest::default())
            } else {
                Err(ClaimsRequestError::AnotherAcr)
            };
            assert_eq!(request, expected, "{wish}");
        }
    }

    #[test]
    fn a_parameter_of_another_form_is_refused() {
        for malformed in [
            "",
            "[]",
            "email",
            r#"{"userinfo":[]}"#,
            r#"{"id_token":{"email":true}}"#,
        ] {
            let refused = ClaimsRequest::parse(malformed);
            assert_eq!(refused, Err(ClaimsRequestError::Malformed), "{malformed}");
        }
        let large = format!("{{\"x\":\"{}\"}}", "x".repeat(MAX_REQUEST_BYTES));
        assert_eq!(
            ClaimsRequest::parse(&large),
            Err(ClaimsRequestError::TooLarge)
        );
    }
}
