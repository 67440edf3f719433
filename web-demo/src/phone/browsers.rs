//! The computers on which the person is logged in to the portal, and the way to log out there.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};

use super::Phone;
use super::sessions::PhoneSession;
use crate::browsers::{self, Browser};
use crate::pages::{Failure, Frame, Locale, shown};

const PATH: &str = "/sessions";

#[derive(Template)]
#[template(path = "phone/browsers.html")]
struct BrowsersPage<'a> {
    frame: Frame<'a>,
    browsers: Vec<Browser>,
}

pub(super) async fn list(
    State(phone): State<Phone>,
    session: PhoneSession,
    locale: Locale,
) -> Result<Response, Failure> {
    let browsers = browsers::of(&phone.db, &session.account_id).await?;
    let frame = Frame::phone(locale, PATH);
    shown(&BrowsersPage { frame, browsers })
}

/// Answers `POST /sessions/{id}/end`: the browser is logged out with its next request. One that is logged out already, or
/// is another person's, changes nothing.
pub(super) async fn end(
    State(phone): State<Phone>,
    session: PhoneSession,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    browsers::end(&phone.db, &session.account_id, &id).await?;
    Ok(Redirect::to(PATH).into_response())
}
