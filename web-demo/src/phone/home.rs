//! The app's first page: who is logged in, and the way to scan.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;

use super::Phone;
use super::sessions::PhoneSession;
use super::texts::Texts;
use crate::citizens::{self, Standing};
use crate::pages::{Failure, Frame, Locale, Surface, page};

#[derive(Template)]
#[template(path = "phone/home.html")]
struct HomePage<'a> {
    frame: Frame<'a>,
    texts: &'static Texts,
    standing: Standing,
}

/// Answers `GET /`.
pub async fn show(State(phone): State<Phone>, session: PhoneSession, locale: Locale) -> Result<Response, Failure> {
    let Some(standing) = citizens::standing(&phone.db, &phone.registers, &session.account_id).await? else {
        return Ok(Redirect::to("/login").into_response());
    };
    let frame = Frame { locale, surface: Surface::Phone, path: "/" };
    page(StatusCode::OK, &HomePage { frame, texts: Texts::of(locale), standing })
}
