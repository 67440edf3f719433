//! The person behind a phone's access token, and the identities that they may log in with: asked of the app's backend.

mod answer;
mod backend_http;
mod claim_map;
mod conditions;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzz_properties;
mod introspection;
mod jwks;
mod member_error;
mod sources;
mod standing;
mod token_gate;
mod token_map;

use std::error::Error;
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
pub(crate) use claim_map::ClaimMap;
pub(crate) use introspection::Introspection;
pub(crate) use jwks::Jwks;
pub use jwks::KeysFileError;
use saoma_protocol::{OfferedIdentity, PersonId};
pub(crate) use sources::{NamedSource, NamedSources};
pub(crate) use standing::{Standing, WithStanding};
pub(crate) use token_gate::{KnownToken, TokenGate};

use crate::claims::Claims;
use crate::jose::TokenRefusal;

/// The person behind an app's access token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Person {
    /// The person's id at the app's backend.
    pub id: PersonId,
    /// Name of the source that knows the person; `None` for the one without a name. It is part of the id.
    pub source: Option<Arc<str>>,
    /// The name, as it may be shown.
    pub name: String,
    /// The identities that the person may log in with.
    pub identities: Vec<OfferedIdentity>,
    /// The reason that keeps the person from logging in now.
    pub ineligible_reason: Option<String>,
    /// The phone's own address, as the backend sees it.
    pub phone_address: Option<IpAddr>,
    /// Claims that relying parties may be told.
    pub claims: Claims,
}

/// Reason for which a person is refused who has no identity, not even one that may not log in.
const NO_IDENTITY: &str = "no_identity";

impl Person {
    /// Returns the reason that keeps the person from logging in as anyone: their own, else that of their first identity if
    /// none may log in.
    pub(crate) fn refusal(&self) -> Option<&str> {
        let own = self.ineligible_reason.as_deref();
        own.or_else(|| {
            if self.has_eligible_identity() {
                return None;
            }
            let first = self.identities.first();
            let reason = first.and_then(|offered| offered.ineligible_reason.as_deref());
            reason.or(Some(NO_IDENTITY))
        })
    }

    fn has_eligible_identity(&self) -> bool {
        let mut identities = self.identities.iter();
        identities.any(|offered| offered.ineligible_reason.is_none())
    }
}

/// Reasons for a person not to be identified.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum IdentityError {
    /// The token is not valid, or not meant for this gateway.
    #[error("the app's access token was refused")]
    Refused(#[from] TokenRefusal),
    /// The token's key is not published, or not yet: the keys were fetched a moment ago, and are not fetched again so soon.
    #[error("the key of the app's access token is not known yet")]
    KeyUnknown {
        /// The token, as the log names it.
        refusal: TokenRefusal,
        /// Time until the keys may be fetched again.
        retry_after: Duration,
    },
    /// The backend did not answer, or its answer cannot be used.
    #[error("the identity backend cannot be used")]
    Unavailable(#[source] Arc<dyn Error + Send + Sync>),
}

impl IdentityError {
    /// Creates an [`IdentityError::Unavailable`] from its cause, which must not quote a token or personal data.
    fn unavailable(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Unavailable(cause.into().into())
    }
}

/// A source of the persons behind an app's access tokens.
#[async_trait]
pub(crate) trait IdentityBackend: fmt::Debug + Send + Sync + 'static {
    /// Returns the person behind a token, as of now: called at scan and again at confirm.
    ///
    /// # Errors
    /// Returns an error if the token is not valid, or if the backend gave no usable answer.
    async fn identify(&self, token: &str) -> Result<Person, IdentityError>;

    /// Asks everything that a login needs of the backend, about a person who does not exist. Returns the names of the
    /// endpoints that fail, each with what is wrong and what to do.
    async fn probe(&self) -> Vec<(&'static str, String)> {
        Vec::new()
    }

    /// Returns the standing of a person as one of their identities, as of now and without a token of theirs: asked while a
    /// login lasts at the gateway. A caller must take an error for neither good standing nor a refusal.
    ///
    /// # Errors
    /// Returns an error if the backend gave no usable answer, or has no endpoint for this question.
    async fn standing(
        &self,
        _person: &PersonId,
        _identity_id: &str,
    ) -> Result<Standing, IdentityError> {
        Err(IdentityError::unavailable(
            "there is no [identity.standing]",
        ))
    }

    /// True for a source that answers without asking another server, so that an attempt need not be counted first.
    fn verifies_offline(&self) -> bool {
        false
    }
}
