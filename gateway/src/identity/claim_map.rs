//! Standard claims in an answer of the app's backend: where each stands, and whether its value can be told.

use saoma_protocol::SteeringChar;
use serde_json::{Map, Value};

use super::member_error::{MemberError, ignored};
use crate::claims::{ClaimKind, Claims, KNOWN_CLAIMS, KnownClaim};
use crate::settings::ClaimsSettings;

/// Maximum length of a text, in bytes. Addresses of pictures are the longest.
const MAX_TEXT_BYTES: usize = 2048;

/// Maximum number of texts in a list.
const MAX_TEXTS: usize = 200;

/// Maximum size of all claims of a person as JSON: they wait in the store for the relying party.
const MAX_BYTES: usize = 8 * 1024;

/// The members of an address (OIDC Core §5.1.1). Others are left out.
const ADDRESS_MEMBERS: [&str; 6] = [
    "formatted",
    "street_address",
    "locality",
    "region",
    "postal_code",
    "country",
];

/// The place of each claim in an answer.
#[derive(Debug, Clone, Default)]
pub(crate) struct ClaimMap(Vec<(&'static KnownClaim, Place)>);

#[derive(Debug, Clone)]
enum Place {
    /// A member of the answer.
    Member(String),
    /// A JSON pointer into the answer (RFC 6901).
    Pointer(String),
}

impl ClaimMap {
    /// Reads the places. A claim whose place is empty is told to no relying party.
    pub(crate) fn new(settings: &ClaimsSettings) -> Self {
        let places = KNOWN_CLAIMS.iter().filter_map(|claim| {
            let place = settings.place_of(claim.name)?;
            let place = if place.starts_with('/') {
                Place::Pointer(place.to_owned())
            } else {
                Place::Member(place.to_owned())
            };
            Some((claim, place))
        });
        Self(places.collect())
    }

    /// Returns the claims in an answer. One whose value has another type or no bounds is left out, with one line in the log.
    pub(super) fn read(&self, answer: &Map<String, Value>) -> Claims {
        let (mut claims, mut bytes) = (Claims::default(), 0);
        for (claim, place) in &self.0 {
            let Some(value) = place.find(answer).filter(|value| !value.is_null()) else {
                continue;
            };
            let value = match claim_value(claim, value) {
                Ok(value) => value,
                Err(error) => {
                    ignored(&error);
                    continue;
                }
            };
            bytes += claim.name.len() + value.to_string().len();
            if bytes > MAX_BYTES {
                let problem = format!("with it the claims take more than {MAX_BYTES} bytes");
                ignored(&MemberError::new(claim.name, problem));
                break;
            }
            claims.insert(claim, value);
        }
        claims
    }
}

impl Place {
    fn find<'a>(&self, answer: &'a Map<String, Value>) -> Option<&'a Value> {
        let pointer = match self {
            Self::Member(member) => return answer.get(member),
            Self::Pointer(pointer) => pointer.strip_prefix('/')?,
        };
        let (first, rest) = match pointer.split_once('/') {
            Some((first, rest)) => (first, Some(rest)),
            None => (pointer, None),
        };
        let value = answer.get(&first.replace("~1", "/").replace("~0", "~"))?;
        match rest {
            Some(rest) => value.pointer(&format!("/{rest}")),
            None => Some(value),
        }
    }
}

fn claim_value(claim: &KnownClaim, value: &Value) -> Result<Value, MemberError> {
    let wrong_type = |expected| Err(MemberError::wrong_type(claim.name, expected, value));
    match (claim.kind, value) {
        (ClaimKind::Text, Value::String(text)) => checked(claim.name, text, false),
        (ClaimKind::Text, _) => wrong_type("a string"),
        (ClaimKind::Flag, Value::Bool(_)) | (ClaimKind::Time, Value::Number(_)) => {
            Ok(value.clone())
        }
        (ClaimKind::Flag, _) => wrong_type("true or false"),
        (ClaimKind::Time, _) => wrong_type("a number"),
        (ClaimKind::Address, Value::Object(members)) => {
            let mut address = Map::new();
            for member in ADDRESS_MEMBERS {
                match members.get(member) {
                    None | Some(Value::Null) => {}
                    Some(Value::String(text)) => {
                        address.insert(member.to_owned(), checked(claim.name, text, true)?);
                    }
                    Some(_) => return wrong_type("an object of strings"),
                }
            }
            Ok(Value::Object(address))
        }
        (ClaimKind::Address, _) => wrong_type("an object"),
        (ClaimKind::Texts, Value::Array(list)) => {
            if list.len() > MAX_TEXTS {
                let problem = format!("more than {MAX_TEXTS} elements");
                return Err(MemberError::new(claim.name, problem));
            }
            let texts = list.iter().map(|element| match element {
                Value::String(text) => checked(claim.name, text, false),
                _ => wrong_type("an array of strings"),
            });
            texts.collect::<Result<_, _>>().map(Value::Array)
        }
        (ClaimKind::Texts, _) => wrong_type("an array of strings"),
    }
}

/// Returns a text that a relying party may show. It is refused rather than changed: an e-mail address without one of its
/// characters is that of another person.
fn checked(name: &'static str, text: &str, may_have_lines: bool) -> Result<Value, MemberError> {
    if text.len() > MAX_TEXT_BYTES {
        let problem = format!("more than {MAX_TEXT_BYTES} bytes");
        return Err(MemberError::new(name, problem));
    }
    // The lines of an address are those of a letter's label (OIDC Core §5.1.1).
    let is_allowed = |c: char| may_have_lines && matches!(c, '\n' | '\r');
    let mut steering = text.chars().filter(|c| !is_allowed(*c));
    match steering.find_map(SteeringChar::of) {
        Some(steering) => Err(MemberError::new(name, format!("holds {steering}"))),
        None => Ok(Value::String(text.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(settings: &ClaimsSettings, answer: &Value) -> Value {
        let answer = answer.as_object().expect("an object");
        let claims = ClaimMap::new(settings).read(answer);
        serde_json::to_value(claims).expect("JSON")
    }

    #[test]
    fn claims_are_taken_by_their_own_names() {
        let answer = json!({
            "active": true, "sub": "c-1", "email": "jia@example.cn", "email_verified": true, "groups": ["a", "b"],
            "address": { "formatted": "1 Street\r\nTown", "country": "CN", "planet": "Earth" }, "updated_at": 1_790_000_000,
            "phone_number": null, "made_up": "x",
        });
        assert_eq!(
            read(&ClaimsSettings::default(), &answer),
            json!({
                "email": "jia@example.cn", "email_verified": true, "groups": ["a", "b"],
                "address": { "formatted": "1 Street\r\nTown", "country": "CN" }, "updated_at": 1_790_000_000,
            })
        );
    }

    #[test]
    fn claims_are_taken_from_elsewhere_or_not_at_all() {
        let settings = ClaimsSettings {
            email: "mail".into(),
            groups: "/realm_access/roles".into(),
            nickname: "/~1odd~0name".into(),
            phone_number: String::new(),
            ..ClaimsSettings::default()
        };
        let answer = json!({
            "email": "another@example.cn", "mail": "jia@example.cn", "realm_access": { "roles": ["admin"] },
            "/odd~name": "甲", "phone_number": "+86 1",
        });
        let expected = json!({ "email": "jia@example.cn", "groups": ["admin"], "nickname": "甲" });
        assert_eq!(read(&settings, &answer), expected);
    }

    #[test]
    fn a_value_of_another_type_or_without_bounds_is_left_out() {
        let settings = ClaimsSettings::default();
        for (claim, value) in [
            ("email", json!(7)),
            ("email", json!("x".repeat(2049))),
            ("email", json!("jia@example.cn\u{202e}")),
            ("picture", json!("https://example.cn/a\nb")),
            ("email_verified", json!("true")),
            ("updated_at", json!("2026-01-01")),
            ("address", json!("1 Street")),
            ("address", json!({ "country": 7 })),
            ("groups", json!("admin")),
            ("groups", json!(["admin", 7])),
            ("groups", json!(vec!["a"; 201])),
        ] {
            let answer = json!({ claim: value, "locale": "zh-CN" });
            assert_eq!(
                read(&settings, &answer),
                json!({ "locale": "zh-CN" }),
                "{answer}"
            );
        }
        let text = "x".repeat(2000);
        let many = json!({ "given_name": text, "family_name": text, "middle_name": text, "nickname": text, "picture": text });
        let kept = read(&settings, &many).to_string();
        assert!(
            kept.len() <= MAX_BYTES + 200 && kept.contains("nickname"),
            "{}",
            kept.len()
        );
    }
}
