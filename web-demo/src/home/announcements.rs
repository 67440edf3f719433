//! Announcements, for everybody.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use http::StatusCode;

use super::{Hall, frame, missing};
use crate::pages::{Failure, Frame, Locale, Paging, page};
use crate::records::announcements::{self, Announcement};

/// How many stand on a page.
const PAGE_SIZE: u32 = 8;

#[derive(Template)]
#[template(path = "home/announcements.html")]
struct ListPage<'a> {
    frame: Frame<'a>,
    announcements: Vec<Announcement>,
    number: u32,
    more: bool,
}

#[derive(Template)]
#[template(path = "home/announcement.html")]
struct ArticlePage<'a> {
    frame: Frame<'a>,
    announcement: Announcement,
}

/// Answers `GET /announcements`.
pub async fn list(
    State(hall): State<Hall>,
    locale: Locale,
    Query(paging): Query<Paging>,
) -> Result<Response, Failure> {
    let number = paging.number();
    let (announcements, more) = announcements::page(hall.db(), number, PAGE_SIZE).await?;
    let path = format!("/announcements?page={number}");
    page(
        StatusCode::OK,
        &ListPage {
            frame: frame(locale, &path),
            announcements,
            number,
            more,
        },
    )
}

/// Answers `GET /announcements/{id}`.
pub async fn show(
    State(hall): State<Hall>,
    locale: Locale,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    let Some(announcement) = announcements::find(hall.db(), &id).await? else {
        return missing(locale).await;
    };
    let path = format!("/announcements/{}", announcement.id);
    page(
        StatusCode::OK,
        &ArticlePage {
            frame: frame(locale, &path),
            announcement,
        },
    )
}
