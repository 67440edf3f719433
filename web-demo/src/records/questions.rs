//! What people have asked the authority, and its answers.

use sqlx::SqlitePool;

use super::Words;
use super::applications::Answer;

/// A question.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Question {
    /// What about.
    pub subject: String,
    /// What is asked.
    pub body: String,
    /// When, in the province's time (UTC+8).
    pub asked_at: String,
    /// The answer, once there is one.
    #[sqlx(try_from = "Answer")]
    pub answer: Option<Words>,
    /// When it was given.
    pub answered_at: Option<String>,
}

/// A person's questions, the latest first.
///
/// # Errors
/// The database's.
pub async fn of(db: &SqlitePool, account_id: &str) -> Result<Vec<Question>, sqlx::Error> {
    sqlx::query_as(
        "SELECT subject, body, strftime('%Y-%m-%d %H:%M', asked_at, 'unixepoch', '+8 hours') AS asked_at, answer,
                strftime('%Y-%m-%d %H:%M', answered_at, 'unixepoch', '+8 hours') AS answered_at
         FROM questions WHERE account_id = ?1 ORDER BY id DESC",
    )
    .bind(account_id)
    .fetch_all(db)
    .await
}

/// Asks a question.
///
/// # Errors
/// The database's.
pub async fn ask(db: &SqlitePool, account_id: &str, subject: &str, body: &str) -> Result<(), sqlx::Error> {
    sqlx::query("INSERT INTO questions (account_id, subject, body, asked_at) VALUES (?1, ?2, ?3, unixepoch())")
        .bind(account_id)
        .bind(subject)
        .bind(body)
        .execute(db)
        .await
        .map(drop)
}
