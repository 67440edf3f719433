//! Token introspection (RFC 7662): asked anew each time, so a card reported lost a second ago refuses.

use async_trait::async_trait;
use saoma_protocol::IntrospectionResponse;

use super::{IdentityBackend, IdentityError, Person, person};
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
    /// Asks as these settings say.
    ///
    /// # Errors
    /// No HTTP client can be made on this machine.
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

    async fn ask(&self, token: &str) -> Result<IntrospectionResponse, reqwest::Error> {
        self.http
            .post(&self.url)
            .basic_auth(&self.client_id, Some(self.client_secret.expose()))
            .form(&[("token", token), ("token_type_hint", "access_token")])
            .send()
            .await?
            .error_for_status()?
            .json()
            .await
    }
}

#[async_trait]
impl IdentityBackend for Introspection {
    async fn identify(&self, token: &str) -> Result<Person, IdentityError> {
        let answer = self
            .ask(token)
            .await
            .map_err(|error| IdentityError::Unavailable(error.without_url().to_string()))?;
        person(answer)
    }
}
