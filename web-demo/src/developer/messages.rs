//! Short messages that no carrier takes any further.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use sqlx::SqlitePool;

use crate::pages::{Failure, Frame, Locale, shown};
use crate::registers::{Message, messages};

pub(super) const PATH: &str = "/developer/messages";

#[derive(Template)]
#[template(path = "developer/messages.html")]
struct MessagesPage<'a> {
    frame: Frame<'a>,
    messages: Vec<Message>,
}

pub(super) async fn show(
    State(db): State<SqlitePool>,
    locale: Locale,
) -> Result<Response, Failure> {
    let messages = MessagesPage {
        frame: Frame::portal(locale, PATH),
        messages: messages(&db).await?,
    };
    shown(&messages)
}
