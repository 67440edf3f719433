//! Token introspection (RFC 7662): the backend is asked each time, so a card reported lost a second ago refuses.

use async_trait::async_trait;
use bytes::Bytes;
use saoma_protocol::read_object;

use super::answer::BackendAnswer;
use super::{IdentityBackend, IdentityError, Person};
use crate::settings::{IntrospectionSettings, Secret};

/// The app's backend, asked over HTTP.
#[derive(Debug)]
pub(crate) struct Introspection {
    http: reqwest::Client,
    url: String,
    client_id: String,
    client_secret: Secret,
}

impl Introspection {
    /// Creates a backend from its settings.
    ///
    /// # Errors
    /// Returns an error if no HTTP client can be made on this machine.
    pub(crate) fn new(settings: IntrospectionSettings) -> Result<Self, reqwest::Error> {
        let http = reqwest::Client::builder()
            .timeout(settings.timeout)
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        Ok(Self {
            http,
            url: settings.url,
            client_id: settings.client_id,
            client_secret: settings.client_secret,
        })
    }

    async fn ask(&self, token: &str) -> Result<Bytes, reqwest::Error> {
        let response = self
            .http
            .post(&self.url)
            .basic_auth(&self.client_id, Some(self.client_secret.expose()))
            .form(&[("token", token), ("token_type_hint", "access_token")])
            .send()
            .await?
            .error_for_status()?;
        response.bytes().await
    }
}

#[async_trait]
impl IdentityBackend for Introspection {
    async fn identify(&self, token: &str) -> Result<Person, IdentityError> {
        let answer = self
            .ask(token)
            .await
            .map_err(|error| IdentityError::unavailable(error.without_url()))?;
        // A parse error names a place in the answer and quotes nothing of it.
        let answer: BackendAnswer = read_object(&answer)
            .map_err(|problem| IdentityError::unavailable(format!("invalid answer: {problem}")))?;
        answer.person()
    }
}
