//! Token introspection (RFC 7662): the backend is asked each time, so a card reported lost a second ago refuses.

use async_trait::async_trait;
use data_encoding::HEXLOWER;

use super::answer::BackendAnswer;
use super::backend_http::{AnswerError, BackendClient};
use super::claim_map::ClaimMap;
use super::conditions::Conditions;
use super::{IdentityBackend, IdentityError, Person};
use crate::error_chain::chain;
use crate::metrics::{BackendCall, BackendMetrics};
use crate::random;
use crate::settings::{IntrospectionSettings, Secret};
use crate::wall_clock;

/// The app's backend, asked over HTTP.
#[derive(Debug)]
pub(crate) struct Introspection {
    http: BackendClient,
    conditions: Conditions,
    url: String,
    client_id: String,
    client_secret: Secret,
    claims: ClaimMap,
}

impl Introspection {
    /// Creates a backend from its settings.
    ///
    /// # Errors
    /// Returns an error if no HTTP client can be made on this machine.
    pub(crate) fn new(
        settings: IntrospectionSettings,
        claims: ClaimMap,
        metrics: &BackendMetrics,
    ) -> Result<Self, reqwest::Error> {
        Ok(Self {
            http: BackendClient::new(settings.timeout, BackendCall::Introspection, metrics)?,
            conditions: Conditions::from(&settings),
            url: settings.url,
            client_id: settings.client_id,
            client_secret: settings.client_secret,
            claims,
        })
    }

    async fn ask(&self, token: &str) -> Result<Vec<u8>, AnswerError> {
        let request = self
            .http
            .post(&self.url)
            .basic_auth(&self.client_id, Some(self.client_secret.expose()))
            .form(&[("token", token), ("token_type_hint", "access_token")]);
        let answer = self.http.ask(request).await;
        answer.map_err(AnswerError::without_url)
    }
}

#[async_trait]
impl IdentityBackend for Introspection {
    async fn identify(&self, token: &str) -> Result<Person, IdentityError> {
        let answer = self.ask(token).await.map_err(IdentityError::unavailable)?;
        // A parse error names a place in the answer and quotes nothing of it.
        let answer = BackendAnswer::read(&answer)
            .map_err(|problem| IdentityError::unavailable(format!("invalid answer: {problem}")))?;
        answer.check(&self.conditions, wall_clock::since_epoch().as_secs_f64())?;
        answer.person(&self.claims)
    }

    async fn probe(&self) -> Vec<(&'static str, String)> {
        let made_up = format!("saoma-probe-{}", HEXLOWER.encode(&random::bytes::<16>()));
        let problem = match self.identify(&made_up).await {
            Err(IdentityError::Refused(_)) => return Vec::new(),
            Err(error) => format!(
                "no usable answer about a made-up token, so no person can log in: {}",
                chain(&error)
            ),
            Ok(_) => "it takes a made-up token for a person's, so that anyone could log in as that person: let it answer \
                      {\"active\": false}"
                .to_owned(),
        };
        vec![("introspection", problem)]
    }
}
