//! Several sources of persons on one gateway: each token goes to the source whose issuer it names, and to no other.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use data_encoding::BASE64URL_NOPAD;
use saoma_protocol::PersonId;
use serde_json::Value;

use super::answer::MAX_ID_CHARS;
use super::member_error::MemberError;
use super::{IdentityBackend, IdentityError, Person, Standing};
use crate::jose::{RefusalReason, TokenRefusal};
use crate::settings::SOURCE_SEPARATOR;

/// The largest token whose issuer is looked for.
const MAX_TOKEN_BYTES: usize = 16 * 1024;

/// One source of persons.
#[derive(Debug)]
pub(crate) struct NamedSource {
    /// Its name, which is part of its persons' ids; `None` for the source whose persons have the ids of the backend.
    pub name: Option<Arc<str>>,
    /// Issuer of its tokens; `None` for the source of all other tokens.
    pub issuer: Option<String>,
    /// Its backend.
    pub backend: Arc<dyn IdentityBackend>,
}

/// All sources. Two of them may give one id to two persons: a person of a named source has an id of its own here, made of
/// the name and the id there, so that everything that counts, owns or knows persons keeps them apart.
pub(crate) struct NamedSources(Vec<NamedSource>);

impl NamedSources {
    /// Joins sources with different names and issuers, at most one of which has no name, and one no issuer.
    pub(crate) const fn new(sources: Vec<NamedSource>) -> Self {
        Self(sources)
    }

    /// Returns the source of a token. The issuer that a token names proves nothing: it only selects the source that
    /// verifies it, by its keys or at its endpoint.
    fn of_token(&self, token: &str) -> Option<&NamedSource> {
        let issuer = unverified_issuer(token);
        let named = issuer.as_deref().and_then(|issuer| {
            let mut sources = self.0.iter();
            sources.find(|source| source.issuer.as_deref() == Some(issuer))
        });
        named.or_else(|| self.0.iter().find(|source| source.issuer.is_none()))
    }

    /// Returns the source of a person, and the person's id there.
    fn of_person<'a>(&self, person: &'a PersonId) -> Option<(&NamedSource, &'a str)> {
        let id = person.as_str();
        let named = id.split_once(SOURCE_SEPARATOR).and_then(|(name, sub)| {
            let mut sources = self.0.iter();
            let source = sources.find(|source| source.name.as_deref() == Some(name))?;
            Some((source, sub))
        });
        let unnamed = || self.0.iter().find(|source| source.name.is_none());
        named.or_else(|| Some((unnamed()?, id)))
    }

    /// Returns a person of a source as this gateway knows them.
    fn known_here(&self, source: &NamedSource, person: Person) -> Result<Person, IdentityError> {
        let id = person.id.as_str();
        let Some(name) = &source.name else {
            // It would be taken for a person of the source with that name.
            let is_ambiguous = self
                .of_person(&person.id)
                .is_none_or(|(of, _)| of.name.is_some());
            if is_ambiguous {
                let problem = "begins with the name of another source and a colon";
                return Err(MemberError::new("sub", problem).into());
            }
            return Ok(person);
        };
        if name.chars().count() + 1 + id.chars().count() > MAX_ID_CHARS {
            let problem =
                format!("with the name of its source more than {MAX_ID_CHARS} characters");
            return Err(MemberError::new("sub", problem).into());
        }
        Ok(Person {
            id: PersonId::new(format!("{name}{SOURCE_SEPARATOR}{id}")),
            source: Some(Arc::clone(name)),
            ..person
        })
    }
}

impl fmt::Debug for NamedSources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.0).finish()
    }
}

/// Returns the issuer in the claims of a JWT before its signature is verified.
fn unverified_issuer(token: &str) -> Option<String> {
    if token.len() > MAX_TOKEN_BYTES {
        return None;
    }
    let mut parts = token.split('.');
    let (_, claims, _) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    let claims = BASE64URL_NOPAD.decode(claims.as_bytes()).ok()?;
    let claims: Value = serde_json::from_slice(&claims).ok()?;
    claims.get("iss")?.as_str().map(str::to_owned)
}

#[async_trait]
impl IdentityBackend for NamedSources {
    async fn identify(&self, token: &str) -> Result<Person, IdentityError> {
        let Some(source) = self.of_token(token) else {
            return Err(TokenRefusal::of(RefusalReason::Iss, "of no source").into());
        };
        let person = source.backend.identify(token).await?;
        self.known_here(source, person)
    }

    async fn standing(
        &self,
        person: &PersonId,
        identity_id: &str,
    ) -> Result<Standing, IdentityError> {
        let Some((source, sub)) = self.of_person(person) else {
            return Err(IdentityError::unavailable(
                "the person's source is not configured",
            ));
        };
        let person = PersonId::new(sub);
        source.backend.standing(&person, identity_id).await
    }

    /// A token of any source may ask a server.
    fn verifies_offline(&self) -> bool {
        self.0
            .iter()
            .all(|source| source.backend.verifies_offline())
    }
}

#[cfg(test)]
mod tests;
