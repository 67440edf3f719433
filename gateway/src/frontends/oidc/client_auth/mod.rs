//! Client authentication (RFC 6749 §2.3).

mod basic;
mod form;

use std::sync::Arc;

use http::HeaderMap;
use http::header::AUTHORIZATION;

use self::basic::Readings;
pub(super) use self::form::Form;
use super::Provider;
use super::oauth_error::OauthError;
use crate::client_address::ClientAddress;
use crate::relying_parties::{Client, Clients};

/// The credentials of a client, as a request presents them: `client_secret_basic`, `client_secret_post`, or an id alone.
pub(super) struct Credentials {
    client_id: Readings,
    secret: Option<Readings>,
    /// True for HTTP Basic.
    basic: bool,
}

impl Credentials {
    /// Reads the credentials of a token request.
    ///
    /// # Errors
    /// Returns an error if credentials are missing, or given twice.
    pub(super) fn read(headers: &HeaderMap, form: &Form) -> Result<Self, OauthError> {
        let secret = form.value("client_secret");
        let Some(header) = headers.get(AUTHORIZATION) else {
            let failed = OauthError::InvalidClient { challenge: false };
            return Ok(Self {
                client_id: Readings::one(form.value("client_id").ok_or(failed)?),
                secret: secret.map(Readings::one),
                basic: false,
            });
        };
        if secret.is_some() {
            return Err(OauthError::InvalidRequest(
                "prove the client in one way, not in two",
            ));
        }
        let header = header.to_str().ok();
        let (client_id, secret) = header
            .and_then(basic::credentials)
            .ok_or(OauthError::InvalidClient { challenge: true })?;
        Ok(Self {
            client_id,
            secret,
            basic: true,
        })
    }

    /// Returns the client that the credentials name.
    pub(super) fn named(&self, clients: &Clients) -> Option<Arc<Client>> {
        let mut ids = self.client_id.all().into_iter();
        ids.find_map(|id| clients.get(id)).cloned()
    }

    /// Returns true if the credentials prove this client. A public client has no secret: its codes are proved by their
    /// verifiers.
    pub(super) async fn prove(&self, client: &Client) -> bool {
        match &self.secret {
            Some(secret) => client.admits_secret(&secret.all()).await,
            None => client.is_public(),
        }
    }

    const fn refused(&self) -> OauthError {
        OauthError::InvalidClient {
            challenge: self.basic,
        }
    }
}

impl Provider {
    /// Returns the client that asks. After some wrong secrets for it from an address, none is compared for a while, so
    /// that secrets cannot be guessed. A client without a secret is never kept out: it has none to guess.
    ///
    /// # Errors
    /// Returns an error if the client is not registered, if the secret is not its own, or if too many were wrong.
    pub(super) async fn authenticate(
        &self,
        headers: &HeaderMap,
        form: &Form,
        address: &ClientAddress,
    ) -> Result<Arc<Client>, OauthError> {
        let credentials = Credentials::read(headers, form)?;
        let named = credentials.named(&self.logins.clients());
        if let Some(client) = named.as_ref().filter(|client| client.is_public()) {
            let proved = credentials.prove(client).await;
            return proved
                .then(|| Arc::clone(client))
                .ok_or_else(|| credentials.refused());
        }
        // Made-up clients count together, so that they take no room each.
        let counted = named.as_ref().map_or("", |client| client.id.as_str());
        self.logins
            .check_proof_here(address, counted)
            .map_err(OauthError::TooManyRequests)?;
        if let Some(client) = &named
            && credentials.prove(client).await
        {
            self.logins.proved_here(address, counted);
            return Ok(Arc::clone(client));
        }
        self.logins.failed_proof_here(address, counted);
        Err(credentials.refused())
    }
}

#[cfg(test)]
mod tests {
    use data_encoding::BASE64;
    use url::form_urlencoded;

    use super::*;
    use crate::settings::ClientSettings;

    const SECRET: &str = "a:b c%&+%41";

    fn clients() -> Clients {
        let client = |id: &str, secret: Option<&str>| ClientSettings {
            client_id: id.into(),
            name: id.into(),
            secret: secret.map(Into::into),
            redirect_uris: vec!["https://a.example/".into()],
            ..ClientSettings::default()
        };
        Clients::new(vec![
            client("hall", Some(SECRET)),
            client("a+b", Some(SECRET)),
            client("page", None),
        ])
    }

    async fn outcome(authorization: Option<&str>, body: &str) -> Result<String, &'static str> {
        let headers = authorization.map(|value| (AUTHORIZATION, value.parse().expect("a header")));
        let form = Form::parse(body.as_bytes()).map_err(|error| error.code())?;
        let headers = headers.into_iter().collect();
        let credentials = Credentials::read(&headers, &form).map_err(|error| error.code())?;
        match credentials.named(&clients()) {
            Some(client) if credentials.prove(&client).await => Ok(client.id.clone()),
            _ => Err(credentials.refused().code()),
        }
    }

    fn as_sent(id: &str, secret: &str) -> String {
        format!(
            "Basic {}",
            BASE64.encode(format!("{id}:{secret}").as_bytes())
        )
    }

    fn encoded(id: &str, secret: &str) -> String {
        let encoded =
            |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        as_sent(&encoded(id), &encoded(secret))
    }

    #[tokio::test]
    async fn a_client_proves_itself_in_one_of_three_ways() {
        let basic = encoded("hall", SECRET);
        assert_eq!(outcome(Some(&basic), "").await, Ok("hall".into()));
        let body = "client_id=hall&client_secret=a%3Ab+c%25%26%2B%2541";
        assert_eq!(outcome(None, body).await, Ok("hall".into()));
        assert_eq!(outcome(None, "client_id=page").await, Ok("page".into()));
    }

    /// Row I6: common libraries send both as they are.
    #[tokio::test]
    async fn basic_credentials_are_taken_encoded_and_as_they_are() {
        for id in ["hall", "a+b"] {
            for basic in [encoded(id, SECRET), as_sent(id, SECRET)] {
                assert_eq!(outcome(Some(&basic), "").await, Ok(id.into()), "{basic}");
            }
        }
        let page = as_sent("page", "");
        assert_eq!(outcome(Some(&page), "").await, Ok("page".into()));
    }

    #[tokio::test]
    async fn nothing_less_is_taken() {
        for (authorization, body, error) in [
            (None, "", "invalid_client"),
            (None, "client_id=nobody", "invalid_client"),
            (None, "client_id=hall", "invalid_client"),
            (None, "client_id=hall&client_secret=", "invalid_client"),
            (None, "client_id=hall&client_secret=wrong", "invalid_client"),
            (
                None,
                "client_id=page&client_secret=made-up",
                "invalid_client",
            ),
            // A body is decoded once.
            (
                None,
                "client_id=hall&client_secret=a%3Ab+c%25%26%2BA",
                "invalid_client",
            ),
            (Some(encoded("hall", "wrong")), "", "invalid_client"),
            (Some(as_sent("hall", "")), "", "invalid_client"),
            (Some(as_sent("page", "made-up")), "", "invalid_client"),
            (Some(as_sent("a b", SECRET)), "", "invalid_client"),
            (Some("Basic ???".into()), "", "invalid_client"),
            (
                Some(encoded("hall", SECRET)),
                "client_secret=x",
                "invalid_request",
            ),
            (None, "client_id=hall&client_id=page", "invalid_request"),
        ] {
            assert_eq!(
                outcome(authorization.as_deref(), body).await,
                Err(error),
                "{authorization:?} {body}"
            );
        }
    }
}
