//! Announcements, open to everybody.

use sqlx::SqlitePool;

use super::Words;

/// An announcement.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Announcement {
    /// What its address ends in.
    pub id: String,
    /// The day, ISO 8601.
    pub published_on: String,
    /// What it is about.
    #[sqlx(try_from = "String")]
    pub title: Words,
    /// What it says.
    #[sqlx(try_from = "String")]
    pub body: Words,
}

/// The announcements of one page, the latest first, and whether there are more.
///
/// # Errors
/// The database's.
pub async fn page(
    db: &SqlitePool,
    page: u32,
    size: u32,
) -> Result<(Vec<Announcement>, bool), sqlx::Error> {
    let mut found: Vec<Announcement> = sqlx::query_as(
        "SELECT id, published_on, title, body FROM announcements ORDER BY published_on DESC, id DESC LIMIT ?1 OFFSET ?2",
    )
    .bind(size + 1)
    .bind(i64::from(page.saturating_sub(1)) * i64::from(size))
    .fetch_all(db)
    .await?;
    let more = found.len() > size as usize;
    found.truncate(size as usize);
    Ok((found, more))
}

/// One of them.
///
/// # Errors
/// The database's.
pub async fn find(db: &SqlitePool, id: &str) -> Result<Option<Announcement>, sqlx::Error> {
    let found =
        sqlx::query_as("SELECT id, published_on, title, body FROM announcements WHERE id = ?1");
    found.bind(id).fetch_optional(db).await
}
