//! Who a phone's person is, and as what they may log in: asked of the app's backend.

mod introspection;
mod jwks;
#[cfg(any(test, fuzzing))]
pub(crate) mod properties;
mod verified;

use std::collections::HashSet;
use std::fmt;

use async_trait::async_trait;
pub(crate) use introspection::Introspection;
pub(crate) use jwks::Jwks;
use saoma_protocol::{IntrospectionResponse, OfferedIdentity, PersonId};

use crate::shown_text::shown;

/// Identities that a person is offered at most.
const MAX_IDENTITIES: usize = 100;

/// The person behind an app's access token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Person {
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
pub(crate) enum IdentityError {
    /// The token is not good.
    #[error("the app's access token is not valid")]
    InvalidToken,
    /// The backend did not answer, or answered what is no answer.
    #[error("the identity backend cannot be used: {0}")]
    Unavailable(String),
}

/// Knows the persons behind an app's access tokens.
#[async_trait]
pub(crate) trait IdentityBackend: fmt::Debug + Send + Sync + 'static {
    /// The person behind a token, as of now: called at scan and again at confirm.
    ///
    /// # Errors
    /// The token is not good, or nobody could say.
    async fn identify(&self, token: &str) -> Result<Person, IdentityError>;

    /// Whether it knows by itself, so that an attempt need not be counted before it is asked.
    fn verifies_offline(&self) -> bool {
        false
    }
}

/// Takes over what a backend says, as far as it makes sense. Names and reasons are shown to people: characters
/// that steer the screen are taken out, and long ones are cut (threat T17).
fn person(answer: IntrospectionResponse) -> Result<Person, IdentityError> {
    if !answer.active {
        return Err(IdentityError::InvalidToken);
    }
    let nonsense = |what: &str| IdentityError::Unavailable(format!("it answered {what}"));
    let sub = answer
        .sub
        .filter(|sub| !sub.is_empty())
        .ok_or_else(|| nonsense("without a sub"))?;
    let mut identities = answer.identities;
    identities.truncate(MAX_IDENTITIES);
    let mut ids = HashSet::new();
    if !identities
        .iter()
        .all(|offered| ids.insert(offered.identity.id.as_str()))
    {
        return Err(nonsense("two identities with one id"));
    }
    for offered in &mut identities {
        offered.identity.name = shown(&offered.identity.name);
        offered.refusal = offered.refusal.as_deref().map(shown);
    }
    Ok(Person {
        id: PersonId::new(sub),
        name: shown(&answer.name.unwrap_or_default()),
        identities,
        refusal: answer.refusal.as_deref().map(shown),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(json: &str) -> Result<Person, IdentityError> {
        person(serde_json::from_str(json).expect("an answer"))
    }

    #[test]
    fn an_inactive_token_is_nobodys() {
        assert_eq!(
            answer(r#"{"active":false,"sub":"c-1"}"#),
            Err(IdentityError::InvalidToken)
        );
    }

    #[test]
    fn nonsense_is_not_taken_over() {
        for nonsense in [
            r#"{"active":true}"#,
            r#"{"active":true,"sub":""}"#,
            r#"{"active":true,"sub":"c","identities":[{"id":"a","kind":"personal","name":"x"},{"id":"a","kind":"unit","name":"y"}]}"#,
        ] {
            assert!(
                matches!(answer(nonsense), Err(IdentityError::Unavailable(_))),
                "{nonsense}"
            );
        }
    }
}
