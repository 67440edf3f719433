//! The login page, which shows the code itself, the way to the gateway's own page, and the way out.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};

use super::authentication_request::AuthenticationRequest;
use super::callback::LoginError;
use super::sessions::{COOKIE, PortalSession};
use super::{AFTER_LOGOUT_PATH, Portal};
use crate::log_pace::LogPace;
use crate::pages::{Cookies, Failure, Frame, Locale, SetCookies, shown};

static UNREACHED: LogPace = LogPace::new();

#[derive(Template)]
#[template(path = "portal/login.html")]
struct LoginPage<'a> {
    frame: Frame<'a>,
    portal: &'a Portal,
    request: &'a AuthenticationRequest,
    scope: String,
    code_challenge: &'a str,
    /// True if the gateway has logged this browser out since its last page.
    was_ended: bool,
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
    let was_ended = PortalSession::was_ended(&portal.db, &cookies).await?;
    let (request, code_challenge) = portal.requests.prepare(&cookies).await?;
    let frame = Frame::portal(locale, "/login");
    let login = LoginPage {
        was_ended,
        frame,
        portal: &portal,
        request: &request,
        scope: portal.relying_party.scope(),
        code_challenge: code_challenge.as_str(),
    };
    let remembered = SetCookies::from([request.cookie(&cookies)]);
    Ok((remembered, shown(&login)?).into_response())
}

/// Answers `GET /login/hosted`: the same login on the gateway's own page, for browsers without JavaScript here.
pub(super) async fn hosted(
    State(portal): State<Portal>,
    cookies: Cookies,
    locale: Locale,
) -> Result<Response, Failure> {
    let (request, code_challenge) = portal.requests.prepare(&cookies).await?;
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
    cookies: Cookies,
) -> Result<Response, Failure> {
    let id_token = session.end(&portal.db).await?;
    let ended = SetCookies::from([cookies.expire(COOKIE)]);
    // The session at the gateway ends too, or other sites would still find the person logged in there.
    let next = match id_token {
        Some(id_token) => portal
            .relying_party
            .logout_url(&id_token, &portal.after_logout()),
        None => AFTER_LOGOUT_PATH.to_owned(),
    };
    Ok((ended, Redirect::to(&next)).into_response())
}
