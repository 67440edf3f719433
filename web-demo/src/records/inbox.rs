//! A person's inbox: what the hall has to tell them.

use sqlx::types::Json;
use sqlx::{SqliteExecutor, SqlitePool};

use super::{Record, Words};
use crate::browsers::{self, Origin};
use crate::db::{execute, fetch_one};
use crate::pages::{Locale, Row};

/// Something to tell a person.
#[derive(Debug, Clone)]
pub(crate) struct Notice {
    /// Its subject, in a line.
    pub title: Words,
    /// Its text, in paragraphs.
    pub body: Words,
    /// The portal session that it tells of: the person can end it from here.
    pub session_id: Option<String>,
}

/// A notice in the inbox.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(crate) struct Received {
    pub id: i64,
    #[sqlx(json)]
    pub title: Words,
    #[sqlx(json)]
    pub body: Words,
    /// The portal session that it tells of.
    pub session_id: Option<String>,
    /// When it was sent, in the province's time (UTC+8).
    pub sent_at: String,
    pub read: bool,
}

impl Record for Received {
    const VIEW: &'static str = "notice_records";
    const ORDER: &'static str = "id DESC";
}

impl Received {
    /// Its line in a list, on either surface.
    pub(crate) fn row(&self, locale: Locale) -> Row {
        Row {
            title: self.title.of(&locale).to_owned(),
            href: Some(format!("/inbox/{}", self.id)),
            unread: !self.read,
            badge: (!self.read).then(|| ("info", locale.texts().inbox.unread)),
            time: self.sent_at.clone(),
            ..Row::default()
        }
    }
}

/// The state of a login that a notice tells of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Login {
    /// It is the one that reads the notice.
    ThisOne,
    /// Another one, which can be ended.
    Other,
    Over,
}

impl Notice {
    /// A notice that tells of no session.
    pub(crate) const fn new(title: Words, body: Words) -> Self {
        Self {
            title,
            body,
            session_id: None,
        }
    }

    /// A browser has been logged in to the portal.
    pub(crate) fn of_login(session_id: String, origin: &Origin) -> Self {
        let Origin { address, browser } = origin;
        let body = Words::of_texts(|texts| {
            let browser = browser.as_deref().unwrap_or(texts.inbox.unknown_browser);
            texts.inbox.login(address, browser)
        });
        Self {
            title: Words::of_texts(|texts| texts.inbox.login_title),
            body,
            session_id: Some(session_id),
        }
    }
}

/// Puts a notice into a person's inbox.
pub(crate) async fn notify(
    db: impl SqliteExecutor<'_>,
    account_id: &str,
    notice: &Notice,
) -> sqlx::Result<()> {
    let (title, body) = (Json(&notice.title), Json(&notice.body));
    execute!(db, "INSERT INTO notices (account_id, title, body, session_id, sent_at)
        VALUES (?1, ?2, ?3, ?4, unixepoch())"; account_id, title, body, &notice.session_id)
    .await?;
    Ok(())
}

/// Returns the number of notices that have not been opened.
pub(crate) async fn unread(db: &SqlitePool, account_id: &str) -> sqlx::Result<u32> {
    let query = "SELECT count(*) FROM notices WHERE account_id = ?1 AND read_at IS NULL";
    let (count,) = fetch_one!(db, query; account_id).await?;
    Ok(count)
}

/// Opens a notice of this person. Returns it with how the login that it tells of stands for the
/// portal session that reads it, or for the phone.
pub(crate) async fn open(
    db: &SqlitePool,
    account_id: &str,
    id: &str,
    reader: Option<&str>,
) -> sqlx::Result<Option<(Received, Option<Login>)>> {
    let Some(notice) = Received::find(db, account_id, id).await? else {
        return Ok(None);
    };
    let read = "UPDATE notices SET read_at = unixepoch() WHERE id = ?1 AND read_at IS NULL";
    execute!(db, read; notice.id).await?;
    let login = match notice.session_id.as_deref() {
        None => None,
        Some(session_id) if reader == Some(session_id) => Some(Login::ThisOne),
        Some(session_id) => {
            let mut browsers = browsers::of(db, account_id).await?.into_iter();
            let there = browsers.any(|browser| browser.id == session_id);
            Some(if there { Login::Other } else { Login::Over })
        }
    };
    Ok(Some((notice, login)))
}

/// Ends the login that a notice of this person tells of. Returns the notice's number, if there is
/// such a notice.
pub(crate) async fn end_login(
    db: &SqlitePool,
    account_id: &str,
    id: &str,
) -> sqlx::Result<Option<i64>> {
    let notice = Received::find(db, account_id, id).await?;
    if let Some(session_id) = notice
        .as_ref()
        .and_then(|notice| notice.session_id.as_ref())
    {
        browsers::end(db, account_id, session_id).await?;
    }
    Ok(notice.map(|notice| notice.id))
}
