//! The embedded carrier of short messages: it puts them where the developer page shows them.

use async_trait::async_trait;
use sqlx::SqlitePool;

use super::Embedded;
use crate::registers::{RegisterError, SmsCarrier};

/// How many messages are kept.
const KEPT: u32 = 100;

/// A message that nobody carries any further.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Message {
    /// To whom.
    pub phone: String,
    /// What it says.
    pub text: String,
    /// When, in the province's time (UTC+8).
    pub sent_at: String,
}

/// The messages, newest first.
///
/// # Errors
/// The database's.
pub async fn messages(db: &SqlitePool) -> Result<Vec<Message>, sqlx::Error> {
    sqlx::query_as(
        "SELECT phone, text, strftime('%Y-%m-%d %H:%M:%S', sent_at, 'unixepoch', '+8 hours') AS sent_at
         FROM register_messages ORDER BY serial DESC",
    )
    .fetch_all(db)
    .await
}

#[async_trait]
impl SmsCarrier for Embedded {
    async fn send(&self, phone: &str, text: &str) -> Result<(), RegisterError> {
        let insert = sqlx::query(
            "INSERT INTO register_messages (phone, text, sent_at) VALUES (?1, ?2, unixepoch())",
        );
        insert.bind(phone).bind(text).execute(&self.db).await?;
        let old = sqlx::query(
            "DELETE FROM register_messages WHERE serial <= (SELECT max(serial) FROM register_messages) - ?1",
        );
        old.bind(KEPT).execute(&self.db).await?;
        Ok(())
    }
}
