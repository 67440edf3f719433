//! The authorization endpoint: a hosted login page, for portals that show no code themselves.

mod answer;
mod refused_request;
mod request;

use axum::extract::{RawQuery, Request, State};
use axum::response::Response;
use http::{HeaderMap, StatusCode};

use self::answer::{ResponseMode, ReturnAddress};
use self::request::AuthenticationRequest;
use super::Provider;
use super::client_auth::Form;
use super::pages::{self, Locale, LoginPage};
use crate::http::body;
use crate::relying_parties::landing_origin;

/// The largest posted request: a `state` of 4 KiB fits, in whichever form it is escaped.
const MAX_FORM_BYTES: usize = 32 * 1024;

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
        // Until client and redirect URI are known to be registered, the browser is not redirected (RFC 6749 §4.1.2.1,
        // threat T26).
        let client = form
            .value("client_id")
            .and_then(|id| self.logins.client_registry().get(id));
        let address = client
            .as_deref()
            .and_then(|client| ReturnAddress::of(&form, client));
        let Some(address) = address else {
            return pages::error(locale, StatusCode::BAD_REQUEST);
        };
        match AuthenticationRequest::read(&form, &address) {
            Ok(request) => pages::login(&self.page(&request, &address, locale), &self.issuer),
            Err(refused) => address.refuse(&refused, &self.issuer, locale),
        }
    }

    /// Returns the page that opens the login of a valid request.
    fn page<'a>(
        &'a self,
        request: &AuthenticationRequest<'a>,
        address: &ReturnAddress<'a>,
        locale: Locale,
    ) -> LoginPage<'a> {
        LoginPage {
            locale,
            client_name: &address.client.name,
            client_host: landing_origin(address.redirect_uri),
            gateway: &self.issuer,
            client_id: &address.client.id,
            redirect_uri: address.redirect_uri,
            is_form_post: address.mode == ResponseMode::FormPost,
            state: address.state,
            scope: request.scope,
            nonce: request.nonce,
            code_challenge: request.code_challenge,
        }
    }
}
