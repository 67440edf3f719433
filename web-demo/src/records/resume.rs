//! A person's resume, shown to nobody else here.

use serde::Deserialize;
use sqlx::SqlitePool;

/// A resume, in the person's own words. A part may be empty.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, sqlx::FromRow)]
pub struct Resume {
    /// Schools and degrees.
    pub education: String,
    /// What the person can do.
    pub skills: String,
    /// Where they have worked.
    pub experience: String,
    /// What they look for.
    pub wish: String,
    /// When it was changed, in the province's time (UTC+8); empty before it is kept.
    #[serde(skip)]
    pub changed_at: String,
}

/// A person's resume, if they have written one.
///
/// # Errors
/// The database's.
pub async fn of(db: &SqlitePool, account_id: &str) -> Result<Option<Resume>, sqlx::Error> {
    sqlx::query_as(
        "SELECT education, skills, experience, wish,
                strftime('%Y-%m-%d %H:%M', changed_at, 'unixepoch', '+8 hours') AS changed_at
         FROM resumes WHERE account_id = ?1",
    )
    .bind(account_id)
    .fetch_optional(db)
    .await
}

/// Keeps it in place of the one before.
///
/// # Errors
/// The database's.
pub async fn keep(db: &SqlitePool, account_id: &str, resume: &Resume) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT OR REPLACE INTO resumes (account_id, education, skills, experience, wish, changed_at)
         VALUES (?1, ?2, ?3, ?4, ?5, unixepoch())",
    )
    .bind(account_id)
    .bind(&resume.education)
    .bind(&resume.skills)
    .bind(&resume.experience)
    .bind(&resume.wish)
    .execute(db)
    .await
    .map(drop)
}
