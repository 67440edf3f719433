//! The answer of an app's backend about a person, read member by member: a fault in one identity costs that identity, and
//! the others are offered.

use std::collections::HashSet;
use std::net::IpAddr;

use saoma_protocol::{
    Identity, IdentityKind, IdentityRole, OfferedIdentity, PersonId, SteeringChar, is_plain_id,
};
use serde_json::{Map, Value};

use super::claim_map::ClaimMap;
use super::conditions::Conditions;
use super::member_error::{MemberError, ignored};
use super::{IdentityError, Person};
use crate::jose::{RefusalReason, TokenRefusal, UniqueObject};
use crate::shown_text::{MAX_CHARS, shown};

/// Identities that are read of one answer. The rest is ignored.
pub(super) const MAX_IDENTITIES: usize = 100;

/// Maximum number of characters of an id (OpenID Connect Core §2, `sub`).
pub(super) const MAX_ID_CHARS: usize = 255;

/// The problem of an id that is refused. It is not cut, because two persons could become one.
pub(super) const NOT_AN_ID: &str =
    "more than 255 characters, a space around it, or a character that cannot be seen";

/// Returns true if a text can be an id: it goes to the store, to relying parties, to pages and logs as it is.
pub(super) fn is_id(text: &str) -> bool {
    text.chars().count() <= MAX_ID_CHARS && is_plain_id(text)
}

/// The members of a backend's answer, not read yet: `null` counts as absent.
#[derive(Debug)]
pub(super) struct BackendAnswer {
    members: Map<String, Value>,
}

type Member<T> = Result<T, MemberError>;

impl BackendAnswer {
    /// Reads an answer.
    ///
    /// # Errors
    /// Returns the problem, which quotes nothing of the answer.
    pub(super) fn read(json: &[u8]) -> Result<Self, String> {
        let members = UniqueObject::read(json)?.0;
        Ok(Self { members })
    }

    /// Returns the answer of a token that needs no `active`, because its signature was verified.
    pub(super) fn of_verified_token(mut claims: Map<String, Value>) -> Self {
        claims.insert("active".to_owned(), Value::Bool(true));
        Self { members: claims }
    }

    /// Checks that the token is active and meant for this gateway, at `now` in Unix seconds.
    ///
    /// # Errors
    /// Returns the check that failed, or an error if `active` has the wrong type.
    pub(super) fn check(&self, conditions: &Conditions, now: f64) -> Result<(), IdentityError> {
        // Decided first: other members of an inactive token may be anything (RFC 7662 §2.2).
        if !is_active(self.members.get("active"))? {
            return Err(TokenRefusal::new(RefusalReason::Inactive).into());
        }
        Ok(conditions.check(&self.members, now)?)
    }

    /// Returns the person. Names and reasons are shown to people: characters that steer the screen are taken out, and long
    /// texts are cut (threat T17).
    ///
    /// # Errors
    /// Returns an error if the token is not active, if the answer has no `sub` or one that is no id, if two identities share an id, or if
    /// `active`, `sub` or `refusal` has the wrong type: a refusal that cannot be read must not pass for good standing.
    pub(super) fn person(mut self, claims: &ClaimMap) -> Result<Person, IdentityError> {
        if !is_active(self.members.get("active"))? {
            return Err(TokenRefusal::new(RefusalReason::Inactive).into());
        }
        let members = &mut self.members;
        let claims = claims.read(members);
        let sub = id_text("sub", take(members, "sub"))?;
        let mut name = shown(&optional_text("name", take(members, "name")).unwrap_or_default());
        let refusal = text("refusal", take(members, "refusal"))?;
        // A server that knows nothing of identities leaves the member out. One that offers none, or none that can be read,
        // must not be taken for it.
        let identities = if members.contains_key("identities") || refusal.is_some() {
            offered(take(members, "identities"))
        } else {
            let personal = personal(&name, members, &sub);
            if name.is_empty() {
                name.clone_from(&personal.name);
            }
            vec![personal.into()]
        };
        let mut ids = HashSet::new();
        if !identities
            .iter()
            .all(|offered| ids.insert(offered.identity.id.as_str()))
        {
            return Err(MemberError::new("identities", "two have the same id").into());
        }
        let phone_address = phone_address(take(members, "phone_address"));
        Ok(Person {
            id: PersonId::new(sub),
            source: None,
            name,
            identities,
            ineligible_reason: refusal.as_deref().map(shown),
            phone_address,
            claims,
        })
    }
}

fn is_active(active: Option<&Value>) -> Member<bool> {
    match active {
        None | Some(Value::Null) => Ok(false),
        Some(Value::Bool(active)) => Ok(*active),
        Some(other) => Err(MemberError::wrong_type("active", "true or false", other)),
    }
}

/// Returns a text that a person can do without. One of the wrong type is ignored, with one line in the log.
fn optional_text(member: &'static str, value: Option<Value>) -> Option<String> {
    text(member, value).unwrap_or_else(|error| {
        ignored(&error);
        None
    })
}

/// Returns the phone's own address.
fn phone_address(value: Option<Value>) -> Option<IpAddr> {
    let address = optional_text("phone_address", value)?;
    let ip = address.parse().ok();
    if ip.is_none() {
        ignored(&MemberError::new("phone_address", "expected an IP address"));
    }
    ip
}

/// Returns the identity of a person whose backend knows nothing of identities: the person, by the first name that the
/// answer of a common server has.
fn personal(name: &str, members: &mut Map<String, Value>, sub: &str) -> Identity {
    let mut names = ["preferred_username", "username"].into_iter();
    let name = std::iter::once(name.to_owned())
        .chain(std::iter::from_fn(|| {
            let member = names.next()?;
            let name = optional_text(member, take(members, member));
            Some(shown(&name.unwrap_or_default()))
        }))
        .find(|name| !name.is_empty());
    Identity {
        id: "personal".to_owned(),
        kind: IdentityKind::PERSONAL,
        name: name.unwrap_or_else(|| shown(sub)),
        role: None,
    }
}

/// Reads the identities, and leaves out each that cannot be read, with one line in the log.
fn offered(identities: Option<Value>) -> Vec<OfferedIdentity> {
    let identities = match identities {
        None => return Vec::new(),
        Some(Value::Array(identities)) => identities,
        Some(other) => {
            ignored(&MemberError::wrong_type("identities", "an array", &other));
            return Vec::new();
        }
    };
    let read = |(index, identity)| match identity_of(identity) {
        Ok(offered) => Some(offered),
        Err(error) => {
            tracing::warn!(
                identity = index,
                member = error.member,
                problem = error.problem,
                "left out an identity of the app backend's answer"
            );
            None
        }
    };
    let identities = identities.into_iter().take(MAX_IDENTITIES);
    identities.enumerate().filter_map(read).collect()
}

fn identity_of(identity: Value) -> Member<OfferedIdentity> {
    let Value::Object(mut members) = identity else {
        return Err(MemberError::wrong_type(
            "identities",
            "an object",
            &identity,
        ));
    };
    let id = id_text("id", take(&mut members, "id"))?;
    let name = required("name", take(&mut members, "name"))?;
    let kind = label("kind", take(&mut members, "kind"))?;
    let role = label("role", take(&mut members, "role"))?;
    let refusal = text("refusal", take(&mut members, "refusal"))?;
    let name = shown(&name);
    if name.is_empty() {
        return Err(MemberError::new("name", "nothing that can be shown"));
    }
    Ok(OfferedIdentity {
        identity: Identity {
            id,
            kind: kind.map_or(IdentityKind::OTHER, IdentityKind::from),
            name,
            role: role.map(IdentityRole::from),
        },
        ineligible_reason: refusal.as_deref().map(shown),
    })
}

fn take(members: &mut Map<String, Value>, member: &str) -> Option<Value> {
    members.remove(member).filter(|value| !value.is_null())
}

fn text(member: &'static str, value: Option<Value>) -> Member<Option<String>> {
    match value {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(other) => Err(MemberError::wrong_type(member, "a string", &other)),
    }
}

fn required(member: &'static str, value: Option<Value>) -> Member<String> {
    text(member, value)?
        .filter(|text| !text.is_empty())
        .ok_or_else(|| MemberError::new(member, "missing"))
}

/// Reads an id.
fn id_text(member: &'static str, value: Option<Value>) -> Member<String> {
    let id = required(member, value)?;
    if is_id(&id) {
        Ok(id)
    } else {
        Err(MemberError::new(member, NOT_AN_ID))
    }
}

/// Reads an open string, which is passed on unchanged. Every receiver may print it, so it has the bounds of a shown text.
fn label(member: &'static str, value: Option<Value>) -> Member<Option<String>> {
    let label = text(member, value)?.filter(|text| !text.is_empty());
    let Some(text) = label else {
        return Ok(None);
    };
    if text.chars().count() > MAX_CHARS {
        let problem = format!("more than {MAX_CHARS} characters");
        return Err(MemberError::new(member, problem));
    }
    match SteeringChar::first_in(&text) {
        Some(steering) => Err(MemberError::new(member, format!("holds {steering}"))),
        None => Ok(Some(text)),
    }
}

#[cfg(test)]
mod tests;
