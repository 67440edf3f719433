//! My inbox: the hall's notices to the person, who ends a stranger's login from here.

use askama::Template;
use axum::extract::{Path, Query};

use super::list::{List, Section};
use crate::home::{Answer, Person, missing, see_other};
use crate::pages::{Frame, Paging, Surface, shown};
use crate::records::Record;
use crate::records::inbox::{self, Login, Received};

/// Notices on a page.
const PAGE_SIZE: u32 = 10;

#[derive(Template)]
#[template(path = "home/records/notice.html")]
struct NoticePage<'a> {
    frame: Frame<'a>,
    person: &'a Person,
    notice: Received,
    /// The login that the notice tells of.
    login: Option<Login>,
}

pub(super) async fn list(person: Person, Query(paging): Query<Paging>) -> Answer {
    let texts = person.texts();
    let found =
        Received::page(person.db(), person.account_id(), paging.number(), PAGE_SIZE).await?;
    let path = format!("/inbox?page={}", found.number);
    let frame = person.frame(&path);
    let rows = found.records.iter().map(|notice| notice.row(person.locale));
    let section = Section::new(
        "",
        texts.inbox.notices,
        rows,
        [texts.inbox.none, texts.inbox.none_hint],
    );
    let list = List {
        frame,
        person: &person,
        title: texts.common.my_inbox,
        refusal: None,
        sections: vec![section],
        pages: Some(found.links("/inbox")),
    };
    shown(&list)
}

/// Answers `GET /inbox/{id}`, and takes the notice as read.
pub(super) async fn show(mut person: Person, Path(id): Path<String>) -> Answer {
    let reader = Some(&*person.session.id);
    let Some((notice, login)) = inbox::open(person.db(), person.account_id(), &id, reader).await?
    else {
        return missing(person.locale).await;
    };
    person.unread = inbox::unread(person.db(), person.account_id()).await?;
    let path = format!("/inbox/{}", notice.id);
    let notice = NoticePage {
        frame: person.frame(&path),
        person: &person,
        notice,
        login,
    };
    shown(&notice)
}

/// Answers `POST /inbox/{id}/not-me`: ends the login that the notice tells of.
pub(super) async fn end_login(person: Person, Path(id): Path<String>) -> Answer {
    match inbox::end_login(person.db(), person.account_id(), &id).await? {
        Some(id) => see_other(&format!("/inbox/{id}")),
        None => missing(person.locale).await,
    }
}
