//! My inbox on the phone: the same notices as on the portal, and the same way to end a stranger's login.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;

use super::Phone;
use super::sessions::PhoneSession;
use crate::pages::{Action, Failure, Frame, Locale, Pages, Paging, Row, Surface, page};
use crate::records::Record;
use crate::records::inbox::{self, Login, Received};

/// Notices on a page.
const PAGE_SIZE: u32 = 10;

#[derive(Template)]
#[template(path = "phone/inbox.html")]
struct InboxPage<'a> {
    frame: Frame<'a>,
    rows: Vec<Row>,
    pages: Pages,
}

#[derive(Template)]
#[template(path = "phone/notice.html")]
struct NoticePage<'a> {
    frame: Frame<'a>,
    notice: Received,
    login: Option<Login>,
}

pub(super) async fn list(
    State(phone): State<Phone>,
    session: PhoneSession,
    locale: Locale,
    Query(paging): Query<Paging>,
) -> Result<Response, Failure> {
    let (account_id, number) = (&session.account_id, paging.number());
    let found = Received::page(&phone.db, account_id, number, PAGE_SIZE).await?;
    let path = format!("/inbox?page={number}");
    let frame = Frame::phone(locale, &path);
    let rows = found.records.iter().map(|notice| notice.row(locale));
    let list = InboxPage {
        frame,
        rows: rows.collect(),
        pages: found.links("/inbox"),
    };
    page(StatusCode::OK, &list)
}

/// Answers `GET /inbox/{id}`, and takes the notice as read. A notice that is not there, or not theirs, leads back to the list.
pub(super) async fn show(
    State(phone): State<Phone>,
    session: PhoneSession,
    locale: Locale,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    let opened = inbox::open(&phone.db, &session.account_id, &id, None).await?;
    let Some((notice, login)) = opened else {
        return Ok(Redirect::to("/inbox").into_response());
    };
    let path = format!("/inbox/{}", notice.id);
    let notice = NoticePage {
        frame: Frame::phone(locale, &path),
        notice,
        login,
    };
    page(StatusCode::OK, &notice)
}

/// Answers `POST /inbox/{id}/not-me`: ends the login that the notice tells of.
pub(super) async fn not_me(
    State(phone): State<Phone>,
    session: PhoneSession,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    let ended = inbox::end_login(&phone.db, &session.account_id, &id).await?;
    let path = ended.map_or_else(|| "/inbox".to_owned(), |id| format!("/inbox/{id}"));
    Ok(Redirect::to(&path).into_response())
}
