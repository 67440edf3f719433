//! The standing endpoint of the app's backend: may this person still act as this identity? It is asked without a token,
//! while a login lasts at the gateway after the phone has gone.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use data_encoding::HEXLOWER;
use saoma_protocol::{Identity, PersonId};

use super::answer::BackendAnswer;
use super::backend_http::{AnswerError, BackendClient};
use super::claim_map::ClaimMap;
use super::{IdentityBackend, IdentityError, Person};
use crate::claims::Claims;
use crate::error_chain::chain;
use crate::metrics::{BackendCall, BackendMetrics};
use crate::random;
use crate::settings::{Secret, StandingSettings};

/// The standing of a person as one of their identities, at this moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Standing {
    /// The person may act as the identity.
    Good(Box<GoodStanding>),
    /// The person may not.
    Refused(StandingRefusal),
}

/// A person in good standing, with what the backend says of them now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct GoodStanding {
    /// The person's name.
    pub name: String,
    /// The identity that was asked about.
    pub identity: Identity,
    /// Claims that relying parties may be told.
    pub claims: Claims,
}

/// Reasons for a person not to be in good standing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum StandingRefusal {
    /// The backend does not know the person, or not any more.
    UnknownPerson,
    /// The person does not have the identity, or not any more.
    IdentityGone,
    /// The backend refuses the person or the identity, for a reason in its own words.
    Ineligible(String),
}

/// An answer that tells nothing. The endpoint is named, because it is not the one that is asked about tokens.
#[derive(Debug, thiserror::Error)]
#[error("no word on a person's standing from {url}")]
struct StandingError {
    url: String,
    source: Box<dyn Error + Send + Sync>,
}

impl fmt::Display for StandingRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::UnknownPerson => "unknown_person",
            Self::IdentityGone => "identity_gone",
            Self::Ineligible(reason) => reason,
        })
    }
}

impl Standing {
    /// Returns the standing of a person as the identity with this id.
    pub(crate) fn of(person: Person, identity_id: &str) -> Self {
        let mut identities = person.identities.into_iter();
        let Some(offered) = identities.find(|offered| offered.identity.id == identity_id) else {
            let refusal = person.ineligible_reason.map(StandingRefusal::Ineligible);
            return Self::Refused(refusal.unwrap_or(StandingRefusal::IdentityGone));
        };
        match person.ineligible_reason.or(offered.ineligible_reason) {
            Some(reason) => Self::Refused(StandingRefusal::Ineligible(reason)),
            None => Self::Good(Box::new(GoodStanding {
                name: person.name,
                identity: offered.identity,
                claims: person.claims,
            })),
        }
    }
}

/// A backend that also answers about persons without a token.
#[derive(Debug)]
pub(crate) struct WithStanding {
    backend: Arc<dyn IdentityBackend>,
    http: BackendClient,
    url: String,
    client_id: String,
    client_secret: Secret,
    claims: ClaimMap,
}

impl WithStanding {
    /// Joins a backend and its standing endpoint.
    ///
    /// # Errors
    /// Returns an error if no HTTP client can be made on this machine.
    pub(crate) fn new(
        backend: Arc<dyn IdentityBackend>,
        settings: StandingSettings,
        claims: ClaimMap,
        metrics: &BackendMetrics,
    ) -> Result<Self, reqwest::Error> {
        Ok(Self {
            backend,
            http: BackendClient::new(settings.timeout, BackendCall::Standing, metrics)?,
            url: settings.url,
            client_id: settings.client_id,
            client_secret: settings.client_secret,
            claims,
        })
    }

    async fn ask(&self, sub: &str, identity_id: &str) -> Result<Vec<u8>, AnswerError> {
        let request = self
            .http
            .post(&self.url)
            .basic_auth(&self.client_id, Some(self.client_secret.expose()))
            .form(&[("sub", sub), ("identity", identity_id)]);
        let answer = self.http.ask(request).await;
        answer.map_err(AnswerError::without_url)
    }
}

#[async_trait]
impl IdentityBackend for WithStanding {
    async fn identify(&self, token: &str) -> Result<Person, IdentityError> {
        self.backend.identify(token).await
    }

    async fn standing(
        &self,
        person: &PersonId,
        identity_id: &str,
    ) -> Result<Standing, IdentityError> {
        let answer = self.ask(person.as_str(), identity_id).await;
        let at_endpoint = |source| StandingError {
            url: self.url.clone(),
            source,
        };
        let answer =
            answer.map_err(|error| IdentityError::unavailable(at_endpoint(error.into())))?;
        let answer = BackendAnswer::read(&answer).map_err(|problem| {
            let invalid = format!("invalid answer: {problem}");
            IdentityError::unavailable(at_endpoint(invalid.into()))
        })?;
        match answer.person(&self.claims) {
            Ok(found) if found.id == *person => Ok(Standing::of(found, identity_id)),
            // An endpoint that mixes persons up must not keep one logged in on the word about another.
            Ok(_) => Err(IdentityError::unavailable("sub: not that of the question")),
            Err(IdentityError::Refused(_)) => Ok(Standing::Refused(StandingRefusal::UnknownPerson)),
            Err(error) => Err(error),
        }
    }

    async fn probe(&self) -> Vec<(&'static str, String)> {
        let mut problems = self.backend.probe().await;
        let nobody = format!("saoma-probe-{}", HEXLOWER.encode(&random::bytes::<16>()));
        match self.standing(&PersonId::new(&nobody), &nobody).await {
            Ok(Standing::Refused(_)) => {}
            Err(error) => problems.push((
                "standing",
                format!("no usable answer about a person who does not exist: {}", chain(&error)),
            )),
            Ok(Standing::Good(_)) => problems.push((
                "standing",
                "it says that a person who does not exist is in good standing: let it answer {\"active\": false}".to_owned(),
            )),
        }
        problems
    }

    fn verifies_offline(&self) -> bool {
        self.backend.verifies_offline()
    }
}

#[cfg(test)]
mod tests;
