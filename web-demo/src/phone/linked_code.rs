//! A login code that came by a link: from the phone's own camera, another app, or a message. Anyone can send a link, so the
//! app asks first whether the code stands on a screen before the person, and a GET scans nothing.
//!
//! ```text
//! GET /open?code=… ──► cookie ──► GET /open (logs in first, if need be) ──► POST /open: scans ──► /logins/{login_id}
//!                                                                      └──► POST /open/decline ──► /open/declined
//! ```
//!
//! The code goes from the address into a cookie at once: it stands in no history, log or `Referer`, and outlasts a login.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::Phone;
use super::claim::claim;
use super::scan_barrier::Barrier;
use super::scan_error::ScanError;
use super::sessions::PhoneSession;
use crate::pages::{CookieName, Cookies, Failure, Frame, Locale, SetCookies, shown};

const COOKIE: CookieName = CookieName::LinkedCode;

/// Address of the question.
pub(super) const PATH: &str = "/open";

/// Seconds for which the code of a link waits for its person; no code lives longer.
const LIFETIME_SECONDS: u32 = 300;

#[derive(Template)]
#[template(path = "phone/linked_code.html")]
struct QuestionPage<'a> {
    frame: Frame<'a>,
}

#[derive(Template)]
#[template(path = "phone/link_declined.html")]
struct DeclinedPage<'a> {
    frame: Frame<'a>,
}

#[derive(Deserialize)]
pub(super) struct Link {
    code: Option<String>,
}

/// Returns true if a link's code waits for this phone's person.
pub(super) fn waits(cookies: &Cookies) -> bool {
    cookies.value(COOKIE).is_some()
}

/// Answers with the way to the question about a code that came by a link, or that the text is no code.
pub(super) fn ask(
    phone: &Phone,
    cookies: &Cookies,
    text: &str,
    locale: Locale,
) -> Result<Response, Failure> {
    let Some(code) = phone.gateway.code_in_link(text) else {
        return ScanError::NotALoginCode.answer(locale, "/scan");
    };
    let kept = SetCookies::from([cookies.set(COOKIE, &code, LIFETIME_SECONDS)]);
    Ok((kept, Redirect::to(PATH)).into_response())
}

/// Answers `GET /open`.
pub(super) async fn show(
    State(phone): State<Phone>,
    session: Result<PhoneSession, Response>,
    cookies: Cookies,
    locale: Locale,
    Query(link): Query<Link>,
) -> Result<Response, Failure> {
    if let Some(code) = link.code {
        return ask(&phone, &cookies, &code, locale);
    }
    let session = match session {
        Ok(session) => session,
        Err(to_login) => return Ok(to_login),
    };
    if !waits(&cookies) {
        return Ok(Redirect::to("/scan").into_response());
    }
    if let Some(barrier) = Barrier::of(&phone, &session.account_id).await? {
        let over = SetCookies::from([cookies.expire(COOKIE)]);
        return Ok((over, barrier.refused_scan(locale, PATH)?).into_response());
    }
    shown(&QuestionPage {
        frame: Frame::phone(locale, PATH),
    })
}

/// Answers `POST /open`: the code stands before the person, and is scanned.
pub(super) async fn scan(
    State(phone): State<Phone>,
    session: PhoneSession,
    cookies: Cookies,
    locale: Locale,
) -> Result<Response, Failure> {
    let kept = cookies.value(COOKIE);
    let Some(request) = kept.and_then(|code| phone.gateway.scan_of(code)) else {
        return Ok(Redirect::to("/scan").into_response());
    };
    let scanned = claim(&phone, session, &request, locale).await?;
    Ok((SetCookies::from([cookies.expire(COOKIE)]), scanned).into_response())
}

/// Answers `POST /open/decline`: the code is forgotten, and not sent.
pub(super) async fn decline(cookies: Cookies) -> Response {
    let forgotten = SetCookies::from([cookies.expire(COOKIE)]);
    (forgotten, Redirect::to("/open/declined")).into_response()
}

pub(super) async fn declined(locale: Locale) -> Result<Response, Failure> {
    shown(&DeclinedPage {
        frame: Frame::phone(locale, "/open/declined"),
    })
}
