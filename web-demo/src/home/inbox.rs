//! My inbox: what the hall has told the person; a login that was not theirs is ended from here.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;

use super::{Hall, Person, missing};
use crate::browsers;
use crate::pages::{Failure, Frame, Paging, Surface, page};
use crate::records::inbox::{self, Login, Received};

/// How many notices stand on a page.
const PAGE_SIZE: u32 = 10;

#[derive(Template)]
#[template(path = "home/inbox.html")]
struct InboxPage<'a> {
    frame: Frame<'a>,
    person: &'a Person,
    notices: Vec<Received>,
    number: u32,
    more: bool,
}

#[derive(Template)]
#[template(path = "home/notice.html")]
struct NoticePage<'a> {
    frame: Frame<'a>,
    person: &'a Person,
    notice: Received,
    /// What the notice tells of, if it does of a login.
    login: Option<Login>,
}

/// Answers `GET /inbox`.
pub async fn list(
    State(hall): State<Hall>,
    person: Person,
    Query(paging): Query<Paging>,
) -> Result<Response, Failure> {
    let number = paging.number();
    let (notices, more) = inbox::page(hall.db(), person.account_id(), number, PAGE_SIZE).await?;
    let path = format!("/inbox?page={number}");
    page(
        StatusCode::OK,
        &InboxPage {
            frame: person.frame(&path),
            person: &person,
            notices,
            number,
            more,
        },
    )
}

/// Answers `GET /inbox/{id}`, and takes the notice as read.
pub async fn show(
    State(hall): State<Hall>,
    mut person: Person,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    let Some(notice) = inbox::find(
        hall.db(),
        person.account_id(),
        id.parse().unwrap_or_default(),
    )
    .await?
    else {
        return missing(person.locale).await;
    };
    inbox::mark_read(hall.db(), person.account_id(), notice.id).await?;
    person.unread = inbox::unread(hall.db(), person.account_id()).await?;
    let login = inbox::login_of(
        hall.db(),
        person.account_id(),
        &notice,
        Some(&person.session.id),
    )
    .await?;
    let path = format!("/inbox/{}", notice.id);
    page(
        StatusCode::OK,
        &NoticePage {
            frame: person.frame(&path),
            person: &person,
            notice,
            login,
        },
    )
}

/// Answers `POST /inbox/{id}/not-me`: ends the login that the notice tells of.
pub async fn not_me(
    State(hall): State<Hall>,
    person: Person,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    let Some(notice) = inbox::find(
        hall.db(),
        person.account_id(),
        id.parse().unwrap_or_default(),
    )
    .await?
    else {
        return missing(person.locale).await;
    };
    if let Some(session_id) = &notice.session_id {
        browsers::end(hall.db(), person.account_id(), session_id).await?;
    }
    Ok(Redirect::to(&format!("/inbox/{}", notice.id)).into_response())
}
