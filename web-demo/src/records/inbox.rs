//! A person's inbox: what the hall has to tell them.

use sqlx::{SqliteExecutor, SqlitePool};

use super::Words;
use crate::browsers::{self, Origin};

/// Something to tell a person.
#[derive(Debug, Clone)]
pub struct Notice {
    /// What it is, in a line.
    pub title: Words,
    /// The rest, in paragraphs.
    pub body: Words,
    /// The portal session that it tells of: the person can end it from here.
    pub session_id: Option<String>,
}

/// A notice in the inbox.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Received {
    /// What it is opened by.
    pub id: i64,
    /// What it is.
    #[sqlx(try_from = "String")]
    pub title: Words,
    /// The rest.
    #[sqlx(try_from = "String")]
    pub body: Words,
    /// The portal session that it tells of.
    pub session_id: Option<String>,
    /// When, in the province's time (UTC+8).
    pub sent_at: String,
    /// Whether it has been opened.
    pub read: bool,
}

/// How a login that a notice tells of stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Login {
    /// It is the one that reads the notice.
    ThisOne,
    /// Another one, which can be ended.
    Other,
    /// It is over.
    Over,
}

const COLUMNS: &str = "SELECT id, title, body, session_id, read_at IS NOT NULL AS read,
    strftime('%Y-%m-%d %H:%M', sent_at, 'unixepoch', '+8 hours') AS sent_at FROM notices";

impl Notice {
    /// One that tells of no session.
    pub const fn new(title: Words, body: Words) -> Self {
        Self {
            title,
            body,
            session_id: None,
        }
    }

    /// A browser has been logged in to the portal.
    pub fn of_login(session_id: String, origin: &Origin) -> Self {
        let Origin { address, browser } = origin;
        let zh = browser.as_deref().unwrap_or("未知浏览器");
        let en = browser.as_deref().unwrap_or("an unknown browser");
        let body = Words::new(
            format!(
                "登录地址：{address}\n浏览器：{zh}（由对方浏览器自报）\n如果不是您本人登录，请立即结束该登录，并修改密码。"
            ),
            format!(
                "From {address}\nBy {en}, in the browser's own words\nIf this was not you, end the login now and change your password."
            ),
        );
        let title = Words::new(
            "您的账号登录了网上服务大厅",
            "Your account was logged in to the service hall",
        );
        Self {
            title,
            body,
            session_id: Some(session_id),
        }
    }
}

/// Puts a notice into a person's inbox.
///
/// # Errors
/// The database's.
pub async fn notify(
    db: impl SqliteExecutor<'_>,
    account_id: &str,
    notice: &Notice,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO notices (account_id, title, body, session_id, sent_at) VALUES (?1, ?2, ?3, ?4, unixepoch())",
    )
    .bind(account_id)
    .bind(notice.title.to_json())
    .bind(notice.body.to_json())
    .bind(&notice.session_id)
    .execute(db)
    .await
    .map(drop)
}

/// How many notices have not been opened.
///
/// # Errors
/// The database's.
pub async fn unread(db: &SqlitePool, account_id: &str) -> Result<u32, sqlx::Error> {
    let count = sqlx::query_scalar(
        "SELECT count(*) FROM notices WHERE account_id = ?1 AND read_at IS NULL",
    );
    count.bind(account_id).fetch_one(db).await
}

/// The notices of one page, the latest first, and whether there are more.
///
/// # Errors
/// The database's.
pub async fn page(
    db: &SqlitePool,
    account_id: &str,
    page: u32,
    size: u32,
) -> Result<(Vec<Received>, bool), sqlx::Error> {
    let query = sqlx::AssertSqlSafe(format!(
        "{COLUMNS} WHERE account_id = ?1 ORDER BY id DESC LIMIT ?2 OFFSET ?3"
    ));
    let mut notices: Vec<Received> = sqlx::query_as(query)
        .bind(account_id)
        .bind(size + 1)
        .bind(i64::from(page.saturating_sub(1)) * i64::from(size))
        .fetch_all(db)
        .await?;
    let more = notices.len() > size as usize;
    notices.truncate(size as usize);
    Ok((notices, more))
}

/// A notice of this person, without opening it.
///
/// # Errors
/// The database's.
pub async fn find(
    db: &SqlitePool,
    account_id: &str,
    id: i64,
) -> Result<Option<Received>, sqlx::Error> {
    let query = sqlx::AssertSqlSafe(format!("{COLUMNS} WHERE account_id = ?1 AND id = ?2"));
    sqlx::query_as(query)
        .bind(account_id)
        .bind(id)
        .fetch_optional(db)
        .await
}

/// A notice has been opened.
///
/// # Errors
/// The database's.
pub async fn mark_read(db: &SqlitePool, account_id: &str, id: i64) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE notices SET read_at = unixepoch() WHERE account_id = ?1 AND id = ?2 AND read_at IS NULL")
        .bind(account_id)
        .bind(id)
        .execute(db)
        .await
        .map(drop)
}

/// The login that a notice tells of, if it does of one, as it stands for the portal session that reads it, or the phone.
///
/// # Errors
/// The database's.
pub async fn login_of(
    db: &SqlitePool,
    account_id: &str,
    notice: &Received,
    reader: Option<&str>,
) -> Result<Option<Login>, sqlx::Error> {
    let Some(session_id) = notice.session_id.as_deref() else {
        return Ok(None);
    };
    if reader == Some(session_id) {
        return Ok(Some(Login::ThisOne));
    }
    let logged_in = browsers::of(db, account_id).await?;
    let there = logged_in.iter().any(|browser| browser.id == session_id);
    Ok(Some(if there { Login::Other } else { Login::Over }))
}
