//! My inbox on the phone: the same notices as on the portal, and the same way to end another person's login.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;

use super::Phone;
use super::sessions::PhoneSession;
use crate::browsers;
use crate::pages::{Failure, Frame, Locale, Paging, Surface, page, shown};
use crate::records::inbox::{self, Login, Received};

/// Notices on a page.
const PAGE_SIZE: u32 = 10;

#[derive(Template)]
#[template(path = "phone/inbox.html")]
struct InboxPage<'a> {
    frame: Frame<'a>,
    notices: Vec<Received>,
    number: u32,
    more: bool,
}

#[derive(Template)]
#[template(path = "phone/notice.html")]
struct NoticePage<'a> {
    frame: Frame<'a>,
    notice: Received,
    login: Option<Login>,
}

/// Answers `GET /inbox`.
pub async fn list(
    State(phone): State<Phone>,
    session: PhoneSession,
    locale: Locale,
    Query(paging): Query<Paging>,
) -> Result<Response, Failure> {
    let number = paging.number();
    let (notices, more) = inbox::page(&phone.db, &session.account_id, number, PAGE_SIZE).await?;
    let path = format!("/inbox?page={number}");
    let frame = Frame::phone(locale, &path);
    shown(&InboxPage {
        frame,
        notices,
        number,
        more,
    })
}

/// Answers `GET /inbox/{id}`, and takes the notice as read. One that is not there, or not theirs, leads back to the list.
pub async fn show(
    State(phone): State<Phone>,
    session: PhoneSession,
    locale: Locale,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    let (db, account_id) = (&phone.db, session.account_id.as_str());
    let Some(notice) = inbox::find(db, account_id, id.parse().unwrap_or_default()).await? else {
        return Ok(Redirect::to("/inbox").into_response());
    };
    inbox::mark_read(db, account_id, notice.id).await?;
    let login = inbox::login_of(db, account_id, &notice, None).await?;
    let path = format!("/inbox/{}", notice.id);
    page(
        StatusCode::OK,
        &NoticePage {
            frame: Frame::phone(locale, &path),
            notice,
            login,
        },
    )
}

/// Answers `POST /inbox/{id}/not-me`: ends the login that the notice tells of.
pub async fn not_me(
    State(phone): State<Phone>,
    session: PhoneSession,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    let (db, account_id) = (&phone.db, session.account_id.as_str());
    let Some(notice) = inbox::find(db, account_id, id.parse().unwrap_or_default()).await? else {
        return Ok(Redirect::to("/inbox").into_response());
    };
    if let Some(session_id) = &notice.session_id {
        browsers::end(db, account_id, session_id).await?;
    }
    Ok(Redirect::to(&format!("/inbox/{}", notice.id)).into_response())
}
