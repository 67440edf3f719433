//! The address to which the answer of an authentication request goes, and the way of the answer.

use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;
use url::Url;

use super::refused_request::Refused;
use crate::frontends::oidc::client_auth::Form;
use crate::frontends::oidc::pages::{self, AnswerPage, Locale};
use crate::relying_parties::Client;

/// The longest `state`, in bytes. It stands in addresses, which servers cut or refuse beyond some 8 KiB.
const MAX_STATE_BYTES: usize = 4 * 1024;

/// The way in which an answer comes to the redirect URI.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ResponseMode {
    /// In the query (OAuth 2.0 Multiple Response Types §2.1): what a code flow has by default.
    Query,
    /// In a form that the browser posts (OAuth 2.0 Form Post Response Mode).
    FormPost,
}

/// A registered redirect URI, with what goes back to it.
#[derive(Debug, Clone, Copy)]
pub(super) struct ReturnAddress<'a> {
    /// The client that has registered the redirect URI.
    pub(super) client: &'a Client,
    /// The redirect URI.
    pub(super) redirect_uri: &'a str,
    /// The client's own value, which it gets back unchanged (RFC 6749 §4.1.2). One that is too long is not kept.
    pub(super) state: Option<&'a str>,
    /// True if the request has a `state` that is too long.
    pub(super) has_long_state: bool,
    /// The way of the answer.
    pub(super) mode: ResponseMode,
}

impl<'a> ReturnAddress<'a> {
    /// Reads the address from a request of this client. Returns `None` if the client has not registered the redirect URI:
    /// such a request is answered to the browser alone.
    pub(super) fn of(form: &'a Form, client: &'a Client) -> Option<Self> {
        let redirect_uri = form.value("redirect_uri")?;
        let state = form.value("state");
        let has_long_state = state.is_some_and(|state| state.len() > MAX_STATE_BYTES);
        client.admits_redirect(redirect_uri).then_some(Self {
            client,
            redirect_uri,
            state: state.filter(|_| !has_long_state),
            has_long_state,
            mode: match form.value("response_mode") {
                Some("form_post") => ResponseMode::FormPost,
                _ => ResponseMode::Query,
            },
        })
    }

    /// Sends the browser back with an error (RFC 6749 §4.1.2.1), the state and the issuer (RFC 9207).
    pub(super) fn refuse(&self, refused: &Refused, issuer: &str, locale: Locale) -> Response {
        let error = [
            ("error", refused.error),
            ("error_description", refused.description),
        ];
        self.send(&error, issuer, locale)
    }

    /// Sends the browser back with a code, at once (RFC 6749 §4.1.2).
    pub(super) fn grant(&self, code: &str, issuer: &str, locale: Locale) -> Response {
        self.send(&[("code", code)], issuer, locale)
    }

    fn send(&self, answer: &[(&'static str, &str)], issuer: &str, locale: Locale) -> Response {
        let state = self.state.map(|state| ("state", state));
        let answer = answer.iter().copied().chain(state);
        let parameters = answer.chain([("iss", issuer)]);
        if self.mode == ResponseMode::FormPost {
            let page = AnswerPage {
                locale,
                redirect_uri: self.redirect_uri,
                parameters: parameters.collect(),
            };
            return pages::answer(&page);
        }
        let Ok(mut uri) = Url::parse(self.redirect_uri) else {
            return StatusCode::BAD_REQUEST.into_response();
        };
        uri.query_pairs_mut().extend_pairs(parameters);
        Redirect::to(uri.as_str()).into_response()
    }
}
