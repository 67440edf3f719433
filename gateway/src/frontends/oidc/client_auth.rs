//! Client authentication (RFC 6749 §2.3).

use std::collections::HashMap;
use std::fmt;

use data_encoding::BASE64;
use http::HeaderMap;
use http::header::AUTHORIZATION;
use url::form_urlencoded;

use super::oauth_error::OauthError;
use crate::relying_parties::{Client, Clients};

/// A form's parameters, each there at most once (RFC 6749 §3.2).
pub(super) struct Form(HashMap<String, String>);

impl fmt::Debug for Form {
    /// Names only: among the values are secrets and codes.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl Form {
    pub(super) fn parse(body: &[u8]) -> Result<Self, OauthError> {
        let mut form = HashMap::new();
        for (name, value) in form_urlencoded::parse(body) {
            if form.insert(name.into_owned(), value.into_owned()).is_some() {
                return Err(OauthError::InvalidRequest("a parameter is there twice"));
            }
        }
        Ok(Self(form))
    }

    pub(super) fn value(&self, name: &str) -> Option<&str> {
        self.0
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }

    pub(super) fn required(&self, name: &str, missing: &'static str) -> Result<&str, OauthError> {
        self.value(name).ok_or(OauthError::InvalidRequest(missing))
    }
}

/// The credentials of a client, as a request presents them: `client_secret_basic`, `client_secret_post`, or an id alone.
pub(super) struct Credentials {
    pub(super) client_id: String,
    secret: Option<String>,
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
                client_id: form.value("client_id").ok_or(failed)?.to_owned(),
                secret: secret.map(str::to_owned),
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
            .and_then(basic_credentials)
            .ok_or(OauthError::InvalidClient { challenge: true })?;
        Ok(Self {
            client_id,
            secret: Some(secret),
            basic: true,
        })
    }

    /// Returns the client that the credentials prove. A public client has no secret: its codes are proved by their
    /// verifiers.
    ///
    /// # Errors
    /// Returns an error if the client is not registered, or the secret is not its own.
    pub(super) fn prove<'a>(&self, clients: &'a Clients) -> Result<&'a Client, OauthError> {
        let proves = |client: &&Client| match &self.secret {
            Some(secret) => client.admits_secret(secret),
            None => client.is_public(),
        };
        let client = clients.get(&self.client_id).filter(proves);
        client.ok_or(OauthError::InvalidClient {
            challenge: self.basic,
        })
    }
}

/// Id and secret of HTTP Basic, each form-encoded before they were joined (RFC 6749 §2.3.1).
fn basic_credentials(header: &str) -> Option<(String, String)> {
    let (scheme, encoded) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let joined = String::from_utf8(BASE64.decode(encoded.trim().as_bytes()).ok()?).ok()?;
    let (id, secret) = joined.split_once(':')?;
    Some((form_decoded(id), form_decoded(secret)))
}

fn form_decoded(text: &str) -> String {
    // A value of form encoding holds no separators of its own.
    form_urlencoded::parse(format!("value={}", text.replace('&', "%26")).as_bytes())
        .next()
        .map(|(_, value)| value.into_owned())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::ClientSettings;

    fn clients() -> Clients {
        let client = |id: &str, secret: Option<&str>| ClientSettings {
            client_id: id.into(),
            name: id.into(),
            secret: secret.map(Into::into),
            redirect_uris: vec!["https://a.example/".into()],
            ..ClientSettings::default()
        };
        Clients::new(vec![client("hall", Some("a:b c%&+")), client("page", None)])
    }

    fn outcome(authorization: Option<&str>, body: &str) -> Result<String, &'static str> {
        let headers = authorization.map(|value| (AUTHORIZATION, value.parse().expect("a header")));
        let form = Form::parse(body.as_bytes()).map_err(|error| error.code())?;
        let clients = clients();
        let headers = headers.into_iter().collect();
        let client = Credentials::read(&headers, &form).and_then(|read| read.prove(&clients));
        client
            .map(|client| client.id.clone())
            .map_err(|error| error.code())
    }

    fn basic(id: &str, secret: &str) -> String {
        let encoded =
            |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        format!(
            "Basic {}",
            BASE64.encode(format!("{}:{}", encoded(id), encoded(secret)).as_bytes())
        )
    }

    #[test]
    fn a_client_proves_itself_in_one_of_three_ways() {
        assert_eq!(
            outcome(Some(&basic("hall", "a:b c%&+")), ""),
            Ok("hall".into())
        );
        assert_eq!(
            outcome(None, "client_id=hall&client_secret=a%3Ab+c%25%26%2B"),
            Ok("hall".into())
        );
        assert_eq!(outcome(None, "client_id=page"), Ok("page".into()));
    }

    #[test]
    fn nothing_less_is_taken() {
        for (authorization, body, error) in [
            (None, "", "invalid_client"),
            (None, "client_id=nobody", "invalid_client"),
            (None, "client_id=hall", "invalid_client"),
            (None, "client_id=hall&client_secret=wrong", "invalid_client"),
            (
                None,
                "client_id=page&client_secret=made-up",
                "invalid_client",
            ),
            (Some(basic("hall", "wrong")), "", "invalid_client"),
            (Some(basic("page", "")), "", "invalid_client"),
            (Some("Basic ???".into()), "", "invalid_client"),
            (
                Some(basic("hall", "a:b c%&+")),
                "client_secret=x",
                "invalid_request",
            ),
            (None, "client_id=hall&client_id=page", "invalid_request"),
        ] {
            assert_eq!(
                outcome(authorization.as_deref(), body),
                Err(error),
                "{authorization:?} {body}"
            );
        }
    }
}
