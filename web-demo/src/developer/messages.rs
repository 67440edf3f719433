//! Short messages that nobody carries any further.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use sqlx::SqlitePool;

use crate::pages::{Failure, Frame, Locale, Surface, page};
use crate::registers::{Message, messages};

pub const PATH: &str = "/developer/messages";

#[derive(Template)]
#[template(path = "developer/messages.html")]
struct MessagesPage<'a> {
    frame: Frame<'a>,
    messages: Vec<Message>,
    title: &'static str,
    warning: &'static str,
    empty: &'static str,
    columns: [&'static str; 3],
}

/// Answers `GET /developer/messages`.
pub async fn show(State(db): State<SqlitePool>, locale: Locale) -> Result<Response, Failure> {
    let messages = MessagesPage {
        frame: Frame { locale, surface: Surface::Portal, path: PATH },
        messages: messages(&db).await?,
        title: locale.pick("开发者页面：短信", "Developer page: short messages"),
        warning: locale.pick(
            "仅演示系统有此页面。真实系统会将短信发送到手机，任何人都不能在此查看。",
            "Only the demonstration has this page. A real system sends messages to phones, and nobody reads them here.",
        ),
        empty: locale.pick("还没有短信。", "There are no messages yet."),
        columns: locale.pick(["时间", "手机号", "内容"], ["Time", "Phone", "Text"]),
    };
    page(StatusCode::OK, &messages)
}
