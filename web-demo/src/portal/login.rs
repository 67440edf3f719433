//! The login page, which shows the code itself, the way to the gateway's own page, and the way out.

use askama::Template;
use axum::Extension;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::{Extensions, HeaderMap, StatusCode, Version};
use serde::Deserialize;

use super::authentication_request::AuthenticationRequest;
use super::callback::LoginError;
use super::sessions::PortalSession;
use super::{AFTER_LOGOUT_PATH, Portal};
use crate::log_pace::LogPace;
use crate::pages::{Cookies, Failure, Frame, Locale, SetCookies, Surface, cookies_off, shown};

static UNREACHED: LogPace = LogPace::new();

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
    cookies: Cookies,
    locale: Locale,
) -> Result<Response, Failure> {
    if session.is_some() {
        return Ok(Redirect::to("/").into_response());
    }
    let (request, code_challenge) = portal.requests.prepare(&cookies).await?;
    let frame = Frame::portal(locale, "/login");
    let login = LoginPage {
        frame,
        portal: &portal,
        request: &request,
        scope: portal.relying_party.scope(),
        code_challenge: code_challenge.as_str(),
    };
    let remembered = SetCookies::from([request.cookie(&cookies)]);
    Ok((Extension(Fresh), remembered, shown(&login)?).into_response())
}

/// Marks a page whose secrets are all made for one load of it.
#[derive(Debug, Clone, Copy)]
struct Fresh;

/// Returns true if a page may be compressed. The sizes of compressed pages tell a secret letter by letter to somebody who
/// can have the same secret sent beside many guesses (BREACH, Gluck, Harris and Prado, 2013). Each login page has its own.
pub(super) fn is_compressible(
    _: StatusCode,
    _: Version,
    _: &HeaderMap,
    extensions: &Extensions,
) -> bool {
    extensions.get::<Fresh>().is_some()
}

#[derive(Deserialize)]
pub(super) struct Hosted {
    /// Set in the second try of a browser that sent no cookie.
    again: Option<String>,
}

/// Answers `GET /login/hosted`: the same login on the gateway's own page, for browsers without JavaScript here.
pub(super) async fn hosted(
    State(portal): State<Portal>,
    cookies: Cookies,
    locale: Locale,
    Query(asked): Query<Hosted>,
) -> Result<Response, Failure> {
    let (request, code_challenge) = portal.requests.prepare(&cookies).await?;
    if cookies.is_empty() {
        // The phone would say that the login is done, and this browser would know nothing of it.
        if asked.again.is_some() {
            return cookies_off(Surface::Portal, locale, "/login/hosted");
        }
        let remembered = SetCookies::from([request.cookie(&cookies)]);
        return Ok((remembered, Redirect::to("/login/hosted?again=yes")).into_response());
    }
    match portal
        .relying_party
        .authorization_url(&request, code_challenge)
        .await
    {
        Ok(mut url) => {
            url.query_pairs_mut()
                .append_pair("ui_locales", locale.tag());
            let remembered = SetCookies::from([request.cookie(&cookies)]);
            Ok((remembered, Redirect::to(url.as_str())).into_response())
        }
        Err(error) => {
            if let Some(unlogged) = UNREACHED.admit() {
                tracing::warn!(%error, unlogged, "the hosted login page was not reached");
            }
            LoginError::Unreachable.answer(locale)
        }
    }
}

pub(super) async fn log_out(
    State(portal): State<Portal>,
    session: PortalSession,
) -> Result<Response, Failure> {
    let id_token = session.end(&portal.db).await?;
    // The session at the gateway ends too, or other sites would still find the person logged in there.
    let next = match id_token {
        Some(id_token) => portal
            .relying_party
            .logout_url(&id_token, &portal.after_logout()),
        None => AFTER_LOGOUT_PATH.to_owned(),
    };
    Ok(Redirect::to(&next).into_response())
}
