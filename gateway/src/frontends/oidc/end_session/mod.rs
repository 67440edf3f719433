//! The end session endpoint (OpenID Connect RP-Initiated Logout 1.0).
//!
//! A browser proves its session by its cookie, a client by an ID token of it as a hint. Where both name the same session, it
//! ends at once. Where they do not, another site may have caused the request, and the person is asked on a page whose form
//! only this gateway can have made for this browser.
//!
//! Pages answer a GET alone: a POST is answered by a redirect, so that a reload or the way back sends no form again.

mod page;
mod request;

use axum::extract::{RawQuery, Request, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::HeaderMap;
use http::header::SET_COOKIE;
use jsonwebtoken::jwk::JwkSet;
use saoma_protocol::{SessionSecret, paths};
use serde::Deserialize;
use url::form_urlencoded;

use self::page::Question;
use self::request::{LogoutFault, LogoutRequest};
use super::Provider;
use super::client_auth::Form;
use super::id_token_hint::IdTokenHint;
use super::pages::Locale;
use super::session_cookie::{self, SessionCookie};
use crate::error::ApiError;
use crate::http::body;

/// Maximum size of a request: an ID token with many claims is the largest part.
const MAX_FORM_BYTES: usize = 16 * 1024;

/// Field of the page's form that proves that the gateway has made it for this browser.
const CONFIRM: &str = "confirm";

/// Parameter of the address behind that form. Where no session is left, a page tells it in place of a redirect: browsers
/// compare the redirects after a form with `form-action`.
const DONE: &str = "done";

/// Answers `GET /oauth2/logout`.
pub(super) async fn by_get(
    State(provider): State<Provider>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let browser = LogoutBrowser::of(&provider, &headers);
    provider
        .log_out(query.unwrap_or_default().as_bytes(), &browser)
        .await
}

/// Answers `POST /oauth2/logout`: the form of a client, or that of the gateway's own page. The answer is always a redirect,
/// but for a form that cannot be read.
pub(super) async fn by_post(State(provider): State<Provider>, request: Request) -> Response {
    let browser = LogoutBrowser::of(&provider, request.headers());
    let Ok((_, form)) = body::read(request, MAX_FORM_BYTES).await else {
        return page::fault(browser.locale, LogoutFault::Form, None);
    };
    let Ok(parsed) = Form::parse(&form) else {
        return page::fault(browser.locale, LogoutFault::Form, None);
    };
    if let Some(answer) = provider.end_confirmed(&parsed, &browser).await {
        return answer;
    }
    // Browsers send no cookie of `SameSite=Lax` with another site's form, but send it with this. An unconfirmed request of
    // the gateway's own page is asked again.
    let pairs = form_urlencoded::parse(&form).filter(|(name, _)| name != CONFIRM);
    Redirect::to(&address_with(pairs)).into_response()
}

/// Returns the address of this endpoint with a query.
fn address_with<N: AsRef<str>, V: AsRef<str>>(pairs: impl Iterator<Item = (N, V)>) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(pairs);
    format!("{}?{}", paths::END_SESSION, query.finish())
}

/// The browser that asks.
struct LogoutBrowser {
    /// Language without a request for another one.
    locale: Locale,
    headers: HeaderMap,
    secret: Option<SessionSecret>,
}

impl LogoutBrowser {
    fn of(provider: &Provider, headers: &HeaderMap) -> Self {
        Self {
            locale: Locale::of(None, headers),
            secret: SessionCookie::of(&provider.issuer).read(headers),
            headers: headers.clone(),
        }
    }
}

impl Provider {
    /// Returns the claims of an ID token that this gateway has signed.
    pub(super) fn verify_hint(&self, token: &str) -> Option<IdTokenHint> {
        // A key of a kind that this library does not read has signed no token here.
        let keys = JwkSet::deserialize(self.keys.current().published()).ok()?;
        IdTokenHint::verify(token, &keys, &self.issuer)
    }

    async fn log_out(&self, parameters: &[u8], browser: &LogoutBrowser) -> Response {
        let Ok(form) = Form::parse(parameters) else {
            return page::fault(browser.locale, LogoutFault::Form, None);
        };
        let locale = Locale::of(form.value("ui_locales"), &browser.headers);
        match self.try_log_out(&form, locale, browser).await {
            Ok(response) => response,
            Err(error) => {
                self.logins.refused("logout", &error);
                page::not_done(locale, &error, &form)
            }
        }
    }

    async fn try_log_out(
        &self,
        form: &Form,
        locale: Locale,
        browser: &LogoutBrowser,
    ) -> Result<Response, ApiError> {
        let own = match &browser.secret {
            Some(secret) => self.logins.session_of_browser(secret).await?,
            None => None,
        };
        let own = own.as_ref().zip(browser.secret.as_ref());
        let request = match LogoutRequest::read(form, self) {
            Ok(request) => request,
            Err(fault) => match own {
                Some((session, secret)) => {
                    return Ok(page::ask(&Question {
                        locale,
                        person: &session.grant.name,
                        fault: Some(fault),
                        token: session_cookie::logout_token(secret).to_string(),
                        // The request is not repeated: the person's own logout needs none of it.
                        fields: Vec::new(),
                        other_language: Some(page::in_other_language(form, locale)),
                    }));
                }
                None => return Ok(page::fault(locale, fault, Some(form))),
            },
        };
        let hinted = request.hint.as_ref().and_then(IdTokenHint::session);
        let Some((session, secret)) = own else {
            // The client's ID token is enough to end the session that it was issued for: only the client and its browser
            // have it. Other sessions are out of its reach.
            if let Some(id) = hinted {
                self.logins.log_out(id).await?;
            }
            let back = request.back.as_ref();
            return Ok(self.forget(match form.value(DONE) {
                Some(_) => page::logged_out(locale, back),
                None => page::done(locale, back),
            }));
        };
        if hinted != Some(session.id) {
            return Ok(page::ask(&Question {
                locale,
                person: &session.grant.name,
                fault: None,
                token: session_cookie::logout_token(secret).to_string(),
                fields: page::repeated(form),
                other_language: Some(page::in_other_language(form, locale)),
            }));
        }
        self.logins.log_out(session.id).await?;
        Ok(self.forget(page::done(locale, request.back.as_ref())))
    }

    /// Ends the browser's session, and that of the hint, for the form of a page that the gateway has made for this browser.
    /// Returns `None` for other forms, and if the session could not be ended: the same is asked again by GET.
    async fn end_confirmed(&self, form: &Form, browser: &LogoutBrowser) -> Option<Response> {
        let secret = browser.secret.as_ref()?;
        let shown = form.value(CONFIRM)?;
        if !session_cookie::is_logout_token(secret, shown) {
            return None;
        }
        let request = LogoutRequest::read(form, self);
        match self.try_end(secret, request.as_ref().ok()).await {
            Ok(()) => {
                Some(self.forget(Redirect::to(&done_address(form, request.ok())).into_response()))
            }
            Err(error) => {
                self.logins.refused("logout", &error);
                None
            }
        }
    }

    async fn try_end(
        &self,
        secret: &SessionSecret,
        request: Option<&LogoutRequest>,
    ) -> Result<(), ApiError> {
        let own = self.logins.session_of_browser(secret).await?;
        let own = own.map(|session| session.id);
        let hinted = request
            .and_then(|request| request.hint.as_ref()?.session())
            .filter(|hinted| Some(*hinted) != own);
        for id in own.into_iter().chain(hinted) {
            self.logins.log_out(id).await?;
        }
        Ok(())
    }

    /// Removes the browser's cookie with an answer.
    fn forget(&self, mut answer: Response) -> Response {
        if let Some(cookie) = SessionCookie::of(&self.issuer).remove() {
            answer.headers_mut().append(SET_COOKIE, cookie);
        }
        answer
    }
}

/// Returns the address that tells of a logout and leads back to the site. The client's id stands in place of the ID token,
/// which does not have to be in the browser's history.
fn done_address(form: &Form, request: Option<LogoutRequest>) -> String {
    let mut pairs = vec![(DONE, "1".to_owned())];
    let locales = form.value("ui_locales").map(str::to_owned);
    pairs.extend(locales.map(|locales| ("ui_locales", locales)));
    if let Some(back) = request.and_then(|request| request.back) {
        pairs.push(("client_id", back.client_id));
        for name in ["post_logout_redirect_uri", "state"] {
            pairs.extend(form.value(name).map(|value| (name, value.to_owned())));
        }
    }
    address_with(pairs.into_iter())
}
