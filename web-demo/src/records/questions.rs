//! Questions to the authority, and its answers.

use sqlx::SqlitePool;
use sqlx::types::Json;

use super::inbox::{self, Notice};
use super::{OpenRecord, Record, Words};
use crate::db::{self, fetch_one, fetch_optional};

/// A question. Instants are in the province's time (UTC+8).
#[derive(Debug, Clone, sqlx::FromRow)]
pub(crate) struct Question {
    pub id: i64,
    pub asker: String,
    pub subject: String,
    pub body: String,
    pub asked_at: String,
    /// The answer, once there is one.
    #[sqlx(json(nullable))]
    pub answer: Option<Words>,
    pub answered_at: Option<String>,
}

impl Record for Question {
    const VIEW: &'static str = "question_records";
    const ORDER: &'static str = "id DESC";
}

impl OpenRecord for Question {
    const OPEN: &'static str = "answer IS NULL";
}

/// Asks a question. Returns its number. A question in the same words within a minute is the second click of a double one, and
/// is not asked again.
pub(crate) async fn ask(
    db: &SqlitePool,
    account_id: &str,
    subject: &str,
    body: &str,
) -> sqlx::Result<i64> {
    let mut transaction = db::write(db).await?;
    let repeated = "SELECT id FROM questions
        WHERE account_id = ?1 AND subject = ?2 AND body = ?3 AND asked_at > unixepoch() - 60";
    let before: Option<(i64,)> =
        fetch_optional!(&mut *transaction, repeated; account_id, subject, body).await?;
    if let Some((id,)) = before {
        return Ok(id);
    }
    let (id,) =
        fetch_one!(&mut *transaction, "INSERT INTO questions (account_id, subject, body, asked_at)
        VALUES (?1, ?2, ?3, unixepoch()) RETURNING id"; account_id, subject, body)
        .await?;
    transaction.commit().await?;
    Ok(id)
}

/// Answers a question and tells its person, or does neither. Returns false if it has an answer
/// already.
pub(crate) async fn answer(db: &SqlitePool, id: &str, answer: &str) -> sqlx::Result<bool> {
    let answer = Words::new(answer, answer);
    let mut transaction = db::write(db).await?;
    let answered: Option<(String, String)> = fetch_optional!(&mut *transaction,
        "UPDATE questions SET answer = ?2, answered_at = unixepoch()
         WHERE id = ?1 AND answer IS NULL RETURNING account_id, subject"; id, Json(&answer))
    .await?;
    let Some((account_id, subject)) = answered else {
        return Ok(false);
    };
    let title = Words::of_texts(|texts| texts.questions.notice(&subject));
    inbox::notify(&mut *transaction, &account_id, &Notice::new(title, answer)).await?;
    transaction.commit().await?;
    Ok(true)
}
