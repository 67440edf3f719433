//! Announcements, for everybody.

use askama::Template;
use axum::extract::{Path, Query, State};

use crate::home::{Answer, Hall, frame, missing};
use crate::pages::{Action, Frame, Locale, Pages, Paging, Row, shown};
use crate::records::{Announcement, Record};

/// Announcements on a page.
const PAGE_SIZE: u32 = 8;

#[derive(Template)]
#[template(path = "home/records/announcements.html")]
struct ListPage<'a> {
    frame: Frame<'a>,
    rows: Vec<Row>,
    pages: Option<Pages>,
}

#[derive(Template)]
#[template(path = "home/records/announcement.html")]
struct ArticlePage<'a> {
    frame: Frame<'a>,
    announcement: Announcement,
}

pub(super) async fn list(
    State(hall): State<Hall>,
    locale: Locale,
    Query(paging): Query<Paging>,
) -> Answer {
    let found = Announcement::page(hall.db(), "", paging.number(), PAGE_SIZE).await?;
    let path = format!("/announcements?page={}", found.number);
    let frame = frame(locale, &path);
    let rows = found.records.iter().map(|record| record.row(locale));
    let list = ListPage {
        frame,
        rows: rows.collect(),
        pages: Some(found.links("/announcements")),
    };
    shown(&list)
}

pub(super) async fn show(
    State(hall): State<Hall>,
    locale: Locale,
    Path(id): Path<String>,
) -> Answer {
    let Some(announcement) = Announcement::find(hall.db(), "", &id).await? else {
        return missing(locale).await;
    };
    let path = format!("/announcements/{}", announcement.id);
    let frame = frame(locale, &path);
    shown(&ArticlePage {
        frame,
        announcement,
    })
}
