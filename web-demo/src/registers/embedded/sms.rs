//! The embedded carrier of short messages: it puts them where the developer page shows them.

use async_trait::async_trait;
use sqlx::SqlitePool;

use super::Embedded;
use crate::db::{execute, fetch_all};
use crate::registers::{Result, SmsCarrier};

/// Maximum number of messages kept.
const KEPT: u32 = 100;

/// A message that no carrier takes any further.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub(crate) struct Message {
    pub phone: String,
    pub text: String,
    /// When it was sent, in the province's time (UTC+8).
    pub sent_at: String,
}

/// Returns the messages, newest first.
pub(crate) async fn messages(db: &SqlitePool) -> sqlx::Result<Vec<Message>> {
    let query = "SELECT phone, text,
            strftime('%Y-%m-%d %H:%M:%S', sent_at, 'unixepoch', '+8 hours') AS sent_at
        FROM register_messages ORDER BY serial DESC";
    fetch_all!(db, query).await
}

#[async_trait]
impl SmsCarrier for Embedded {
    async fn send(&self, phone: &str, text: &str) -> Result<()> {
        let insert =
            "INSERT INTO register_messages (phone, text, sent_at) VALUES (?1, ?2, unixepoch())";
        execute!(&self.db, insert; phone, text).await?;
        let old = "DELETE FROM register_messages
            WHERE serial <= (SELECT max(serial) FROM register_messages) - ?1";
        execute!(&self.db, old; KEPT).await?;
        Ok(())
    }
}
