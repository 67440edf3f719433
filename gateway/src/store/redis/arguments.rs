//! Arguments of the scripts.

use std::time::Duration;

use saoma_protocol::{Due, EventKind, Guard, Identity, PersonId, StateName};
use serde::Serialize;

use super::script::Call;
use crate::store::{
    Agreement, Claims, Confirmation, MAX_FAMILIES, PersonTag, Precondition, SessionTerms,
    StoreError,
};

/// An event's guard as the scripts read it: `from`, `repeats`, `to` and `due`.
pub(super) fn with_guard(call: Call<'_>, event: EventKind) -> Call<'_> {
    let Guard {
        from,
        to,
        repeats,
        due,
        ..
    } = event.guard();
    call.arg(states(from))
        .arg(states(repeats))
        .arg(to.as_str())
        .arg(match due {
            Due::Before => "before",
            Due::After => "after",
            Due::Any => "",
        })
}

/// Returns states as a list in which a script can find one between commas.
pub(super) fn states(states: &[StateName]) -> String {
    let mut list = String::from(",");
    for state in states {
        list.push_str(state.as_str());
        list.push(',');
    }
    list
}

/// Returns the persons whom a browser knows, as `agreement.lua` reads them.
pub(super) fn known(agreement: &Agreement) -> String {
    match agreement {
        Agreement::Off => "*".to_owned(),
        Agreement::Unless(known) if known.is_empty() => String::new(),
        Agreement::Unless(known) => format!(",{}", tags(known)),
    }
}

/// Returns tags with a comma behind each.
pub(super) fn tags(tags: &[PersonTag]) -> String {
    tags.iter().map(|tag| format!("{tag},")).collect()
}

/// Adds the field that a precondition is about and the value that it must have; both are empty without one.
pub(super) fn with_precondition(call: Call<'_>, precondition: Precondition) -> Call<'_> {
    let (field, value) = match precondition {
        Precondition::None => ("", String::new()),
        Precondition::ScanCode(code) => ("scan_code", code.to_string()),
        Precondition::UserCode(code) => ("user_code", code.to_string()),
        Precondition::ReceiveKey(key) => ("receive_key", key.to_string()),
        Precondition::Seq(seq) => ("seq", seq.to_string()),
    };
    call.arg(field).arg(value)
}

/// The members of a [`crate::store::Grant`] that the phone's side knows. The script adds `auth_time` and the members of
/// the browser's request.
#[derive(Serialize)]
pub(super) struct GrantedPerson<'a> {
    person: &'a PersonId,
    name: &'a str,
    identity: &'a Identity,
}

impl<'a> GrantedPerson<'a> {
    pub(super) const fn of(confirmation: &'a Confirmation) -> Self {
        Self {
            person: &confirmation.person,
            name: confirmation.name.as_str(),
            identity: &confirmation.identity,
        }
    }
}

/// The terms of a session as `membership.lua` reads them.
#[derive(Serialize)]
pub(super) struct TermsArgument {
    #[serde(skip_serializing_if = "Option::is_none")]
    lifetime_ms: Option<u64>,
    longest_ms: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    family: Option<FamilyArgument>,
    is_told: bool,
    /// The script writes the index of the person's sessions: one server has all keys.
    indexes: bool,
}

#[derive(Serialize)]
struct FamilyArgument {
    id: String,
    token: String,
    idle_ms: u64,
    absolute_ms: u64,
    needs_scope: bool,
    most: usize,
}

impl TermsArgument {
    pub(super) fn of(terms: &SessionTerms, access_token: Duration, indexes: bool) -> Self {
        let family = terms.refresh.as_ref().map(|new| FamilyArgument {
            id: new.family.to_string(),
            token: new.token.to_string(),
            idle_ms: millis(new.idle),
            absolute_ms: millis(new.absolute),
            needs_scope: new.needs_scope,
            most: MAX_FAMILIES,
        });
        Self {
            lifetime_ms: terms.lifetime.map(millis),
            longest_ms: millis(terms.longest(access_token)),
            family,
            is_told: terms.is_told,
            indexes,
        }
    }
}

/// Returns the claims as `confirm.lua` reads them; empty for a person without any.
///
/// # Errors
/// As [`to_json`].
pub(super) fn claims(claims: &Claims) -> Result<String, StoreError> {
    if claims.is_empty() {
        return Ok(String::new());
    }
    to_json(&claims.by_scope())
}

/// Returns whole milliseconds, as far as they fit.
pub(super) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// Returns whole milliseconds, or an empty text for no time.
pub(super) fn millis_or_none(duration: Option<Duration>) -> String {
    duration.map_or_else(String::new, |duration| millis(duration).to_string())
}

/// Returns a value as JSON text.
///
/// # Errors
/// Returns [`StoreError::Corrupt`] if the value has no JSON form.
pub(super) fn to_json<T: Serialize>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(StoreError::corrupt)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use saoma_protocol::{
        CancelReason, CodeChallenge, DeviceContext, Digest, LoginId, Place, RejectReason,
        RequesterContext, ScanCode, Timestamp, UserCode,
    };

    use super::*;
    use crate::store::{Change, KnownPerson, LoginRequest, StoredChange};

    fn keys<T: Serialize>(value: &T) -> BTreeSet<String> {
        let json = serde_json::to_value(value).expect("JSON");
        json.as_object()
            .expect("an object")
            .keys()
            .cloned()
            .collect()
    }

    /// `confirm.lua` makes one JSON object of three.
    #[test]
    fn the_parts_of_a_grant_share_no_key() {
        let identity: Identity = serde_json::from_str(
            r#"{"id":"1","kind":"personal","name":"示例甲","role":"operator"}"#,
        )
        .expect("an identity");
        let person = keys(&GrantedPerson {
            person: &PersonId::new("p"),
            name: "示例甲",
            identity: &identity,
        });
        let request = keys(&LoginRequest {
            client_id: "hall".into(),
            redirect_uri: "https://hall.example/callback".into(),
            answer_uri: "https://hall.example/callback?iss=x".into(),
            nonce: Some("n".into()),
            scope: "openid".into(),
            code_challenge: Some(CodeChallenge::of("verifier")),
            requester: RequesterContext {
                address: "192.0.2.1".into(),
                place: Place::Internet,
                place_name: Some("示例市".into()),
                browser: Some("Chrome 156".into()),
                system: Some("Linux".into()),
            },
            device: Some(DeviceContext {
                user_code: UserCode::from_random([1; 8]),
            }),
            claims_request: Some(Box::default()),
            expected_subject: Some(Digest::of(b"c-1")),
            may_begin_session: true,
        });
        assert!(person.is_disjoint(&request), "{person:?} {request:?}");
        for added in ["auth_time", "claims"] {
            assert!(!person.contains(added) && !request.contains(added));
        }
    }

    /// `event.lua` puts a change's place in the history before its members.
    #[test]
    fn a_change_shares_no_key_with_its_place_in_the_history() {
        let id = LoginId::from_random([1; LoginId::BYTES]);
        for change in [
            Change::Renewed {
                scan_code: ScanCode::from_random(id, [1; 5]),
                user_code: UserCode::from_random([1; 8]),
            },
            Change::Scanned {
                person: "示*".into(),
                agree: true,
            },
            Change::Agreed,
            Change::Confirmed {
                redirect_to: "https://hall.example/callback".into(),
                known: Some(Box::new(KnownPerson {
                    person: PersonTag::new([1; PersonTag::BYTES]),
                    client_id: "hall".into(),
                })),
            },
            Change::Rejected {
                reason: RejectReason::Declined,
            },
            Change::Cancelled {
                reason: Some(CancelReason::NotMe),
            },
            Change::Expired,
        ] {
            let own = keys(&change);
            let stored = keys(&StoredChange {
                seq: 2,
                at: Timestamp::from_millis(1),
                expires_at: Timestamp::from_millis(2),
                change,
            });
            assert_eq!(stored.len(), own.len() + 3, "{stored:?}");
        }
    }

    #[test]
    fn a_state_is_found_between_commas() {
        assert_eq!(
            states(&[StateName::Waiting, StateName::Scanned]),
            ",waiting,scanned,"
        );
        assert_eq!(states(&[]), ",");
    }
}
