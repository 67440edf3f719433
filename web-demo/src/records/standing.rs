//! Whether an account is provisional (S4): the one place that pages ask.

use sqlx::SqlitePool;

/// How far an account has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// The person registered, and may use exams and applications only.
    Provisional,
    /// The person has proved to be who they say.
    Verified,
}

/// The standing of a person's account, now.
///
/// # Errors
/// The database's.
pub async fn of(db: &SqlitePool, account_id: &str) -> Result<Standing, sqlx::Error> {
    let provisional: bool =
        sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM provisional_accounts WHERE account_id = ?1)")
            .bind(account_id)
            .fetch_one(db)
            .await?;
    Ok(if provisional { Standing::Provisional } else { Standing::Verified })
}
