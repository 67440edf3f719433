//! Client authentication (RFC 6749 §2.3).

mod assertion;
mod basic;
mod form;

use std::sync::Arc;
use std::time::Duration;

use http::HeaderMap;
use http::header::AUTHORIZATION;
use saoma_protocol::paths;

use self::assertion::{ASSERTION_TYPE, named_client, verify};
use self::basic::Readings;
pub(super) use self::form::Form;
use super::Provider;
use super::oauth_error::OauthError;
use crate::client_address::ClientAddress;
use crate::jose::{RefusalReason, TokenRefusal};
use crate::logins::RedeemError;
use crate::relying_parties::{Client, Clients};
use crate::wall_clock;

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
        if !headers.contains_key(AUTHORIZATION) {
            let failed = OauthError::InvalidClient { challenge: false };
            return Ok(Self {
                client_id: Readings::one(form.value("client_id").ok_or(failed)?),
                secret: secret.map(Readings::one),
                basic: false,
            });
        }
        if secret.is_some() {
            return Err(OauthError::InvalidRequest(
                "prove the client in one way, not in two",
            ));
        }
        let (client_id, secret) =
            basic::credentials(headers).ok_or(OauthError::InvalidClient { challenge: true })?;
        let names_another = |stated| !client_id.all().contains(&stated);
        if form.value("client_id").is_some_and(names_another) {
            return Err(OauthError::InvalidRequest(
                "client_id names another client than the Authorization header",
            ));
        }
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
    ///
    /// # Errors
    /// Returns the error of `may_hash`, which is asked before each slow comparison.
    pub(super) async fn prove(
        &self,
        client: &Client,
        may_hash: impl Fn() -> Result<(), Duration>,
    ) -> Result<bool, Duration> {
        match &self.secret {
            Some(secret) => client.admits_secret(&secret.all(), may_hash).await,
            None => Ok(client.is_public()),
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
        let is_signed = |name| form.value(name).is_some();
        if ["client_assertion", "client_assertion_type"]
            .into_iter()
            .any(is_signed)
        {
            // Boxed, as the rare grants are.
            return Box::pin(self.verify_assertion(headers, form, address)).await;
        }
        let credentials = Credentials::read(headers, form)?;
        let named = credentials.named(&self.logins.clients());
        if let Some(client) = named.as_ref().filter(|client| client.is_public()) {
            return match credentials.secret {
                None => Ok(Arc::clone(client)),
                Some(_) => Err(credentials.refused()),
            };
        }
        // Made-up clients count together, so that they take no room each.
        let counted = named.as_ref().map_or("", |client| client.id.as_str());
        let may_compare = || self.logins.check_proof_here(address, counted);
        may_compare().map_err(OauthError::TooManyRequests)?;
        if let Some(client) = &named
            && credentials
                .prove(client, may_compare)
                .await
                .map_err(OauthError::TooManyRequests)?
        {
            self.logins.proved_here(address, counted);
            return Ok(Arc::clone(client));
        }
        self.logins.failed_proof_here(address, counted);
        self.log_failed_proof(named.as_deref());
        Err(credentials.refused())
    }

    /// Logs a client that did not prove itself, one of each kind in a while. A made-up id is not repeated.
    fn log_failed_proof(&self, client: Option<&Client>) {
        let reason = match client {
            Some(_) => "its secret is wrong or missing",
            None => "no client is registered under this client_id",
        };
        if let Some(left_out) = self.logins.log_throttle().admit(("client", reason)) {
            let client_id = client.map(|client| client.id.as_str());
            tracing::warn!(client_id, reason, left_out, "a client did not prove itself");
        }
    }

    /// Returns the client that has signed the request's assertion, which must be new. Forged ones are limited as wrong
    /// secrets are, because each costs a verification.
    ///
    /// # Errors
    /// As [`Self::authenticate`], and if the store does not tell whether the assertion is new.
    async fn verify_assertion(
        &self,
        headers: &HeaderMap,
        form: &Form,
        address: &ClientAddress,
    ) -> Result<Arc<Client>, OauthError> {
        if headers.contains_key(AUTHORIZATION) || form.value("client_secret").is_some() {
            return Err(OauthError::InvalidRequest(
                "prove the client in one way, not in two",
            ));
        }
        if form.value("client_assertion_type") != Some(ASSERTION_TYPE) {
            return Err(OauthError::InvalidRequest(
                "client_assertion_type must be urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            ));
        }
        let assertion = form.required("client_assertion", "client_assertion is missing")?;
        let named = named_client(assertion).ok();
        let stated = form.value("client_id");
        let agrees = |id: &String| stated.is_none_or(|stated| stated == id);
        let clients = self.logins.clients();
        let client = named
            .filter(agrees)
            .and_then(|id| clients.get(&id).cloned());
        let counted = client.as_ref().map_or("", |client| client.id.as_str());
        self.logins
            .check_proof_here(address, counted)
            .map_err(OauthError::TooManyRequests)?;
        if let Some(client) = &client
            && self.is_proved_by(client, assertion).await?
        {
            self.logins.proved_here(address, counted);
            return Ok(Arc::clone(client));
        }
        self.logins.failed_proof_here(address, counted);
        Err(OauthError::InvalidClient { challenge: false })
    }

    /// Returns true if the client has signed the assertion, for this gateway and for the first time.
    async fn is_proved_by(&self, client: &Client, assertion: &str) -> Result<bool, OauthError> {
        let Some(keys) = client.keys() else {
            return Ok(false);
        };
        // OpenID Connect Core §9 names the token endpoint, later documents the issuer, and some clients the endpoint at hand.
        let endpoints = [
            paths::TOKEN,
            paths::DEVICE_AUTHORIZATION,
            paths::PUSHED_REQUESTS,
            paths::REVOKE,
        ];
        let endpoints = endpoints.map(|path| format!("{}{path}", self.issuer));
        let mut audiences = vec![self.issuer.as_str()];
        audiences.extend(endpoints.iter().map(String::as_str));
        let now = wall_clock::since_epoch().as_secs_f64();
        let refusal = match verify(assertion, &client.id, keys, &audiences, now) {
            Ok(signed) => {
                let used = self
                    .logins
                    .use_assertion(client, &signed.id, signed.lifetime);
                if used.await.map_err(RedeemError::from)? {
                    return Ok(true);
                }
                TokenRefusal::of(RefusalReason::Jti, "used before")
            }
            Err(refusal) => refusal,
        };
        let throttle = self.logins.log_throttle();
        if let Some(left_out) = throttle.admit(("assertion", refusal.reason.as_str())) {
            tracing::warn!(
                client_id = %client.id,
                reason = %refusal,
                alg = refusal.alg.as_deref(),
                kid = refusal.kid.as_deref(),
                found = refusal.found.as_deref(),
                left_out,
                "a client assertion was refused"
            );
        }
        Ok(false)
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
            Some(client) if credentials.prove(&client, || Ok(())).await == Ok(true) => {
                Ok(client.id.clone())
            }
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
            (
                Some(encoded("hall", SECRET)),
                "client_id=page",
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
