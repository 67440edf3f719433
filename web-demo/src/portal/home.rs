//! The home page that a login lands on.

use askama::Template;
use axum::extract::State;
use axum::response::{AppendHeaders, IntoResponse, Redirect, Response};
use http::StatusCode;
use http::header::SET_COOKIE;

use super::Portal;
use super::sessions::{COOKIE, PortalSession};
use super::texts::Texts;
use crate::accounts::Account;
use crate::pages::{Failure, Frame, Locale, Surface, expired, page};
use crate::verification::Notice;

#[derive(Template)]
#[template(path = "portal/home.html")]
struct HomePage<'a> {
    frame: Frame<'a>,
    texts: &'static Texts,
    session: PortalSession,
    notice: Option<Notice>,
}

/// Answers `GET /`.
pub async fn show(State(portal): State<Portal>, session: PortalSession, locale: Locale) -> Result<Response, Failure> {
    let account = Account::find(&portal.db, &session.account_id).await?;
    let notice = account.and_then(|account| Notice::of(&account, locale));
    let frame = Frame { locale, surface: Surface::Portal, path: "/" };
    page(StatusCode::OK, &HomePage { frame, texts: Texts::of(locale), session, notice })
}

/// Answers `POST /logout`.
pub async fn log_out(State(portal): State<Portal>, session: PortalSession) -> Result<Response, Failure> {
    session.end(&portal.db).await?;
    Ok((AppendHeaders([(SET_COOKIE, expired(COOKIE))]), Redirect::to("/login")).into_response())
}
