//! Who a phone's person is, and as what they may log in: asked of the app's backend.

mod introspection;
mod jwks;
#[cfg(any(test, fuzzing))]
pub(crate) mod properties;

use std::collections::HashSet;
use std::fmt;

use async_trait::async_trait;
pub use introspection::Introspection;
pub use jwks::Jwks;
use saoma_protocol::{IntrospectionResponse, OfferedIdentity, PersonId};

/// Characters of a name or role that are shown.
const MAX_NAME_CHARS: usize = 80;

/// Identities that a person is offered at most.
const MAX_IDENTITIES: usize = 100;

/// The person behind an app's access token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Who it is, to the app's backend.
    pub id: PersonId,
    /// The name.
    pub name: String,
    /// What the person may log in as.
    pub identities: Vec<OfferedIdentity>,
    /// Why the person may not log in now.
    pub refusal: Option<String>,
}

/// Why a person is not known.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IdentityError {
    /// The token is not good.
    #[error("the app's access token is not valid")]
    InvalidToken,
    /// The backend did not answer, or answered what is no answer.
    #[error("the identity backend cannot be used: {0}")]
    Unavailable(String),
}

/// Knows the persons behind an app's access tokens.
#[async_trait]
pub trait IdentityBackend: fmt::Debug + Send + Sync + 'static {
    /// The person behind a token, as of now: called at scan and again at confirm.
    ///
    /// # Errors
    /// The token is not good, or nobody could say.
    async fn identify(&self, token: &str) -> Result<Person, IdentityError>;
}

/// Takes over what a backend says, as far as it makes sense. Names are shown to people: characters that steer
/// terminals and text direction are taken out, and long ones are cut (threat T17).
fn person(answer: IntrospectionResponse) -> Result<Person, IdentityError> {
    if !answer.active {
        return Err(IdentityError::InvalidToken);
    }
    let nonsense = |what: &str| IdentityError::Unavailable(format!("it answered {what}"));
    let sub = answer.sub.filter(|sub| !sub.is_empty()).ok_or_else(|| nonsense("without a sub"))?;
    let mut identities = answer.identities;
    identities.truncate(MAX_IDENTITIES);
    let mut ids = HashSet::new();
    if !identities.iter().all(|offered| ids.insert(offered.identity.id.as_str())) {
        return Err(nonsense("two identities with one id"));
    }
    for offered in &mut identities {
        offered.identity.name = shown(&offered.identity.name);
    }
    Ok(Person {
        id: PersonId::new(sub),
        name: shown(&answer.name.unwrap_or_default()),
        identities,
        refusal: answer.refusal,
    })
}

fn shown(text: &str) -> String {
    text.chars().filter(|c| !c.is_control() && !steers_direction(*c)).take(MAX_NAME_CHARS).collect()
}

/// Explicit directional formatting characters and invisible marks (Unicode UAX #9 §2).
const fn steers_direction(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{61c}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(json: &str) -> Result<Person, IdentityError> {
        person(serde_json::from_str(json).expect("an answer"))
    }

    #[test]
    fn an_inactive_token_is_nobodys() {
        assert_eq!(answer(r#"{"active":false,"sub":"c-1"}"#), Err(IdentityError::InvalidToken));
    }

    #[test]
    fn names_cannot_steer_the_screen() {
        let person = answer("{\"active\":true,\"sub\":\"c-1\",\"name\":\"示\u{202e}例\\u0007甲\"}").expect("a person");
        assert_eq!(person.name, "示例甲");
    }

    #[test]
    fn nonsense_is_not_taken_over() {
        for nonsense in [
            r#"{"active":true}"#,
            r#"{"active":true,"sub":""}"#,
            r#"{"active":true,"sub":"c","identities":[{"id":"a","kind":"personal","name":"x"},{"id":"a","kind":"unit","name":"y"}]}"#,
        ] {
            assert!(matches!(answer(nonsense), Err(IdentityError::Unavailable(_))), "{nonsense}");
        }
    }
}
