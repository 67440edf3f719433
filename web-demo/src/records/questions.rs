//! What people have asked the authority, and its answers.

use sqlx::SqlitePool;

use super::Words;
use super::applications::Answer;
use super::inbox::{self, Notice};
use crate::db;

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

/// A question that waits for an answer.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct OpenQuestion {
    /// Its number.
    pub id: i64,
    /// Who asks.
    pub asker: String,
    /// What about.
    pub subject: String,
    /// What is asked.
    pub body: String,
    /// When, in the province's time (UTC+8).
    pub asked_at: String,
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
pub async fn ask(
    db: &SqlitePool,
    account_id: &str,
    subject: &str,
    body: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query("INSERT INTO questions (account_id, subject, body, asked_at) VALUES (?1, ?2, ?3, unixepoch())")
        .bind(account_id)
        .bind(subject)
        .bind(body)
        .execute(db)
        .await
        .map(drop)
}

/// Questions that wait for an answer, the oldest first.
///
/// # Errors
/// The database's.
pub async fn open(db: &SqlitePool) -> Result<Vec<OpenQuestion>, sqlx::Error> {
    sqlx::query_as(
        "SELECT questions.id, name AS asker, subject, body,
                strftime('%Y-%m-%d %H:%M', asked_at, 'unixepoch', '+8 hours') AS asked_at
         FROM questions JOIN accounts ON accounts.id = account_id WHERE answer IS NULL ORDER BY questions.id",
    )
    .fetch_all(db)
    .await
}

/// Answers a question and tells its person. False if there is an answer already.
///
/// # Errors
/// The database's; then nothing has happened.
pub async fn answer(db: &SqlitePool, id: i64, answer: &str) -> Result<bool, sqlx::Error> {
    let answer = Words::new(answer, answer);
    let mut transaction = db::write(db).await?;
    let update = sqlx::query_as(
        "UPDATE questions SET answer = ?2, answered_at = unixepoch() WHERE id = ?1 AND answer IS NULL
         RETURNING account_id, subject",
    );
    let answered: Option<(String, String)> = update
        .bind(id)
        .bind(answer.to_json())
        .fetch_optional(&mut *transaction)
        .await?;
    let Some((account_id, subject)) = answered else {
        return Ok(false);
    };
    let title = Words::new(
        format!("您的提问已答复：{subject}"),
        format!("Your question was answered: {subject}"),
    );
    inbox::notify(&mut *transaction, &account_id, &Notice::new(title, answer)).await?;
    transaction.commit().await?;
    Ok(true)
}
