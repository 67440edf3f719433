//! The login page, which shows the code itself, the way to the gateway's own page, and the way out.

use askama::Template;
use axum::extract::State;
use axum::response::{AppendHeaders, IntoResponse, Redirect, Response};
use http::header::SET_COOKIE;

use super::Portal;
use super::authentication_request::{AuthenticationRequest, Browser};
use super::callback::LoginError;
use super::sessions::{COOKIE, PortalSession};
use crate::pages::{Failure, Frame, Locale, expired, shown};

#[derive(Template)]
#[template(path = "portal/login.html")]
struct LoginPage<'a> {
    frame: Frame<'a>,
    portal: &'a Portal,
    request: &'a AuthenticationRequest,
    scope: String,
    code_challenge: &'a str,
}

pub(super) async fn show(
    State(portal): State<Portal>,
    session: Option<PortalSession>,
    browser: Browser,
    locale: Locale,
) -> Result<Response, Failure> {
    if session.is_some() {
        return Ok(Redirect::to("/").into_response());
    }
    let (request, code_challenge) = AuthenticationRequest::prepare(&portal.db, &browser).await?;
    let frame = Frame::portal(locale, "/login");
    let login = LoginPage {
        frame,
        portal: &portal,
        request: &request,
        scope: portal.relying_party.scope(),
        code_challenge: code_challenge.as_str(),
    };
    Ok((
        AppendHeaders([(SET_COOKIE, portal.remember(&browser))]),
        shown(&login)?,
    )
        .into_response())
}

/// Answers `GET /login/hosted`: the same login on the gateway's own page, for browsers without JavaScript here.
pub(super) async fn hosted(
    State(portal): State<Portal>,
    browser: Browser,
    locale: Locale,
) -> Result<Response, Failure> {
    let (request, code_challenge) = AuthenticationRequest::prepare(&portal.db, &browser).await?;
    match portal
        .relying_party
        .authorization_url(&request, code_challenge)
        .await
    {
        Ok(mut url) => {
            url.query_pairs_mut()
                .append_pair("ui_locales", locale.tag());
            let remembered = AppendHeaders([(SET_COOKIE, portal.remember(&browser))]);
            Ok((remembered, Redirect::to(url.as_str())).into_response())
        }
        Err(error) => {
            tracing::warn!(%error, "the hosted login page was not reached");
            LoginError::Unreachable.answer(locale)
        }
    }
}

pub(super) async fn log_out(
    State(portal): State<Portal>,
    session: PortalSession,
) -> Result<Response, Failure> {
    session.end(&portal.db).await?;
    Ok((
        AppendHeaders([(SET_COOKIE, expired(COOKIE))]),
        Redirect::to("/login"),
    )
        .into_response())
}

impl Portal {
    fn remember(&self, browser: &Browser) -> http::HeaderValue {
        browser.cookie(self.is_secure())
    }

    /// Returns true if browsers reach the portal by HTTPS.
    pub(crate) fn is_secure(&self) -> bool {
        self.origin.starts_with("https:")
    }
}
