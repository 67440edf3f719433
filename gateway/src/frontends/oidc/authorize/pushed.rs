//! Authentication requests that the gateway keeps: those that clients have pushed (RFC 9126 §4), and those that browsers
//! have posted without the session's cookie.

use axum::response::{IntoResponse, Redirect, Response};
use http::HeaderMap;
use saoma_protocol::{RequestReference, paths};
use url::form_urlencoded;

use super::answer::ReturnAddress;
use super::refused_request::Refused;
use super::request::AuthenticationRequest;
use super::wishes::Wishes;
use crate::client_address::ClientAddress;
use crate::error::ApiError;
use crate::frontends::oidc::Provider;
use crate::frontends::oidc::client_auth::Form;
use crate::frontends::oidc::oauth_error::OauthError;
use crate::frontends::oidc::pages::Locale;
use crate::frontends::oidc::session_cookie::SessionCookie;
use crate::logins::RedeemError;
use crate::relying_parties::Client;

/// Start of a reference as a request carries it (RFC 9126 §2.2).
pub(in crate::frontends::oidc) const REFERENCE_URN: &str = "urn:ietf:params:oauth:request_uri:";

/// Parameters that are kept: those that change the answer. Proofs of the client are not among them.
const KEPT: [&str; 14] = [
    "claims",
    "client_id",
    "code_challenge",
    "code_challenge_method",
    "id_token_hint",
    "max_age",
    "nonce",
    "prompt",
    "redirect_uri",
    "response_mode",
    "response_type",
    "scope",
    "state",
    "ui_locales",
];

/// Maximum size of a kept request, in bytes of its form encoding: the longest `state` fits, however it is escaped.
const MAX_KEPT_BYTES: usize = 16 * 1024;

/// Returns true if the request is a reference to one that is kept.
pub(super) fn is_reference(form: &Form) -> bool {
    let uri = form.value("request_uri");
    uri.is_some_and(|uri| uri.starts_with(REFERENCE_URN))
}

impl Provider {
    /// Checks a request that a client pushes, as the authorization endpoint would (RFC 9126 §2.1).
    ///
    /// # Errors
    /// Returns the error that the client is told.
    pub(in crate::frontends::oidc) fn check(
        &self,
        form: &Form,
        client: &Client,
    ) -> Result<(), Refused> {
        let address = ReturnAddress::of(form, client);
        let address = address.ok_or(Refused::invalid(
            "redirect_uri must be exactly one that the client has registered",
        ))?;
        AuthenticationRequest::read(form, &address)?;
        Wishes::read(form, &client.id, |token| self.verify_hint(token)).map(drop)
    }

    /// Keeps a request that was checked, with the parameters that count, and returns its reference. It takes room of the
    /// node, as a login without a browser does (threat T37). `proved` is its client, if that has proved itself.
    ///
    /// # Errors
    /// Returns an error if the request is too large, if the node has no room, if a limit is reached, or if the store does not
    /// answer.
    pub(in crate::frontends::oidc) async fn keep_request(
        &self,
        form: &Form,
        proved: Option<&Client>,
        address: &ClientAddress,
    ) -> Result<RequestReference, OauthError> {
        let request = form.only(&KEPT).encoded();
        if request.len() > MAX_KEPT_BYTES {
            return Err(OauthError::InvalidRequest(
                "the request is too large: it has at most 16 KiB",
            ));
        }
        let permit = self.admission.admit(address)?;
        permit.admit_login(|maximum| self.logins.pushed_requests_reach(maximum))?;
        Ok(self.logins.push_request(&request, proved, address).await?)
    }

    /// Returns the request that a browser's request refers to; `None` if it is unknown, out of time, or another client's.
    /// All other parameters of the browser's request are ignored (RFC 9101 §5).
    ///
    /// # Errors
    /// Too many references from this address were made up, or the store does not answer.
    pub(super) async fn pushed_request(
        &self,
        form: &Form,
        address: &ClientAddress,
    ) -> Result<Option<Form>, RedeemError> {
        let reference = form
            .value("request_uri")
            .and_then(|uri| uri.strip_prefix(REFERENCE_URN));
        let Some(reference) = reference.and_then(|text| text.parse().ok()) else {
            self.logins.count_unknown(address)?;
            return Ok(None);
        };
        let found = self.logins.pushed_request(&reference, address).await?;
        let pushed = found.and_then(|text| Form::parse(text.as_bytes()).ok());
        Ok(pushed.filter(|pushed| pushed.value("client_id") == form.value("client_id")))
    }

    /// Asks a browser that has posted its request to come again by GET, if that may be answered within its session. Browsers
    /// send no cookie of `SameSite=Lax` with another site's form, so the session would not be seen. Returns `None` if the
    /// request can be answered as it is.
    pub(super) async fn come_again_by_get(
        &self,
        form: &Form,
        headers: &HeaderMap,
        sender: &Result<ClientAddress, ApiError>,
    ) -> Option<Response> {
        if SessionCookie::of(&self.issuer).read(headers).is_some() {
            return None;
        }
        let client = self
            .logins
            .client_registry()
            .get(form.value("client_id")?)?;
        client.sso()?;
        if is_reference(form) {
            return Some(by_reference(&client, form.value("request_uri")?));
        }
        // A request that is kept counts as pushed. One of a client that must push has to be refused first.
        if client.must_push() || self.check(form, &client).is_err() {
            return None;
        }
        let kept = self.keep_request(form, None, sender.as_ref().ok()?);
        match kept.await {
            Ok(reference) => {
                let uri = format!("{REFERENCE_URN}{reference}");
                Some(by_reference(&client, &uri))
            }
            // The phone can log the person in all the same. `prompt=none` must not say that there is no session.
            Err(error) => {
                error.log("authorize", self.logins.log_throttle());
                let address = ReturnAddress::of(form, &client)?;
                let is_silent = form.value("prompt") == Some("none");
                let refused = Refused::new(
                    "temporarily_unavailable",
                    "the session cannot be looked at now: try again shortly",
                );
                let locale = Locale::of(form.value("ui_locales"), headers);
                is_silent.then(|| address.refuse(&refused, &self.issuer, locale))
            }
        }
    }
}

/// Sends a browser to the authorization endpoint, with a reference.
fn by_reference(client: &Client, request_uri: &str) -> Response {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("client_id", &client.id);
    query.append_pair("request_uri", request_uri);
    Redirect::to(&format!("{}?{}", paths::AUTHORIZE, query.finish())).into_response()
}
