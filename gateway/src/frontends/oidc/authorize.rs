//! The authorization endpoint: a hosted login page, for portals that show no code themselves.

use std::sync::Arc;

use axum::extract::{RawQuery, Request, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::{HeaderMap, StatusCode};
use saoma_protocol::CodeChallenge;
use url::Url;

use super::Provider;
use super::client_auth::Form;
use super::pages::{self, Locale, LoginPage};
use super::refused_request::{Refused, refuse_unsupported};
use crate::http::body;
use crate::relying_parties::{Client, landing_origin};

const MAX_FORM_BYTES: usize = 8 * 1024;

/// Answers `GET /oauth2/authorize`.
pub(super) async fn by_get(
    State(provider): State<Provider>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    provider.authorize(query.unwrap_or_default().as_bytes(), &headers)
}

/// Answers `POST /oauth2/authorize` (OIDC Core §3.1.2.1 asks for both).
pub(super) async fn by_post(State(provider): State<Provider>, request: Request) -> Response {
    let headers = request.headers().clone();
    match body::read(request, MAX_FORM_BYTES).await {
        Ok((_, form)) => provider.authorize(&form, &headers),
        Err(_) => pages::error(Locale::of(None, &headers), StatusCode::BAD_REQUEST),
    }
}

impl Provider {
    fn authorize(&self, parameters: &[u8], headers: &HeaderMap) -> Response {
        let Ok(form) = Form::parse(parameters) else {
            return pages::error(Locale::of(None, headers), StatusCode::BAD_REQUEST);
        };
        let locale = Locale::of(form.value("ui_locales"), headers);
        // Until both are known to be registered, the browser is not redirected (RFC 6749 §4.1.2.1, threat T26).
        let Some((client, redirect_uri)) = self.registered(&form) else {
            return pages::error(locale, StatusCode::BAD_REQUEST);
        };
        match self.page(&client, redirect_uri, &form, locale) {
            Ok(page) => pages::login(&page, &self.issuer),
            Err(refused) => self.send_back(redirect_uri, form.value("state"), &refused),
        }
    }

    fn registered<'a>(&self, form: &'a Form) -> Option<(Arc<Client>, &'a str)> {
        let client = self
            .logins
            .client_registry()
            .get(form.value("client_id")?)?;
        let redirect_uri = form.value("redirect_uri")?;
        client
            .admits_redirect(redirect_uri)
            .then_some((client, redirect_uri))
    }

    fn page<'a>(
        &'a self,
        client: &'a Client,
        redirect_uri: &'a str,
        form: &'a Form,
        locale: Locale,
    ) -> Result<LoginPage<'a>, Refused> {
        match form.value("response_type") {
            Some("code") => {}
            Some(_) => {
                return Err(Refused::new(
                    "unsupported_response_type",
                    "response_type must be code",
                ));
            }
            None => return Err(Refused::invalid("response_type is missing")),
        }
        refuse_unsupported(form)?;
        let scope = form
            .value("scope")
            .filter(|scope| scope.split(' ').any(|scope| scope == "openid"));
        let scope = scope.ok_or(Refused::new("invalid_scope", "scope must contain openid"))?;
        if form.value("code_challenge_method") != Some("S256") {
            return Err(Refused::invalid("code_challenge_method must be S256"));
        }
        let code_challenge = form
            .value("code_challenge")
            .filter(|text| text.parse::<CodeChallenge>().is_ok());
        Ok(LoginPage {
            locale,
            client_name: &client.name,
            client_host: landing_origin(redirect_uri),
            gateway: &self.issuer,
            client_id: &client.id,
            redirect_uri,
            scope,
            state: form.value("state"),
            nonce: form.value("nonce"),
            code_challenge: code_challenge.ok_or(Refused::invalid(
                "code_challenge must be a SHA-256 in base64url",
            ))?,
        })
    }

    fn send_back(&self, redirect_uri: &str, state: Option<&str>, refused: &Refused) -> Response {
        let Ok(mut uri) = Url::parse(redirect_uri) else {
            return StatusCode::BAD_REQUEST.into_response();
        };
        uri.query_pairs_mut()
            .append_pair("error", refused.error)
            .append_pair("error_description", refused.description)
            .extend_pairs(state.map(|state| ("state", state)))
            .append_pair("iss", &self.issuer);
        Redirect::to(uri.as_str()).into_response()
    }
}
