//! The end session endpoint (OpenID Connect RP-Initiated Logout 1.0).
//!
//! A browser proves its session by its cookie, a client by an ID token of it as a hint. Where both name the same session, it
//! ends at once. Where they do not, another site may have caused the request, and the person is asked on a page whose form
//! only this gateway can have made for this browser.

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

/// Answers `POST /oauth2/logout`: the form of a client, or that of the gateway's own page.
pub(super) async fn by_post(State(provider): State<Provider>, request: Request) -> Response {
    let browser = LogoutBrowser::of(&provider, request.headers());
    let Ok((_, form)) = body::read(request, MAX_FORM_BYTES).await else {
        return page::fault(browser.locale, LogoutFault::Form);
    };
    if browser.secret.is_none() && !form.is_empty() {
        // Browsers send no cookie of `SameSite=Lax` with another site's form, so the same is asked by GET.
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(form_urlencoded::parse(&form));
        let address = format!("{}?{}", paths::END_SESSION, query.finish());
        return Redirect::to(&address).into_response();
    }
    provider.log_out(&form, &browser).await
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
            return page::fault(browser.locale, LogoutFault::Form);
        };
        let locale = Locale::of(form.value("ui_locales"), &browser.headers);
        match self.try_log_out(&form, locale, browser).await {
            Ok(response) => response,
            Err(error) => {
                self.logins.refused("logout", &error);
                page::not_done(locale, &error)
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
                Some((session, secret)) if !is_confirmed(form, secret) => {
                    return Ok(page::ask(&Question {
                        locale,
                        person: &session.grant.name,
                        fault: Some(fault),
                        token: session_cookie::logout_token(secret).to_string(),
                        // The request is not repeated: the person's own logout needs none of it.
                        fields: Vec::new(),
                    }));
                }
                _ => return Ok(page::fault(locale, fault)),
            },
        };
        let hinted = request.hint.as_ref().and_then(IdTokenHint::session);
        let Some((session, secret)) = own else {
            // The client's ID token is enough to end the session that it was issued for: only the client and its browser
            // have it. Other sessions are out of its reach.
            if let Some(id) = hinted {
                self.logins.log_out(id).await?;
            }
            return Ok(self.forget(page::done(locale, request.back.as_ref())));
        };
        let is_confirmed = is_confirmed(form, secret);
        if hinted != Some(session.id) && !is_confirmed {
            return Ok(page::ask(&Question {
                locale,
                person: &session.grant.name,
                fault: None,
                token: session_cookie::logout_token(secret).to_string(),
                fields: page::repeated(form),
            }));
        }
        for id in [Some(session.id), hinted.filter(|id| *id != session.id)]
            .into_iter()
            .flatten()
        {
            self.logins.log_out(id).await?;
        }
        let answer = if is_confirmed {
            page::logged_out(locale, request.back.as_ref())
        } else {
            page::done(locale, request.back.as_ref())
        };
        Ok(self.forget(answer))
    }

    /// Removes the browser's cookie with an answer.
    fn forget(&self, mut answer: Response) -> Response {
        if let Some(cookie) = SessionCookie::of(&self.issuer).remove() {
            answer.headers_mut().append(SET_COOKIE, cookie);
        }
        answer
    }
}

/// Returns true if the form comes from a page that the gateway has made for this browser.
fn is_confirmed(form: &Form, secret: &SessionSecret) -> bool {
    form.value("confirm")
        .is_some_and(|shown| session_cookie::is_logout_token(secret, shown))
}
