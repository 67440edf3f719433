//! Accounts by who their citizens are.

use sqlx::SqlitePool;

use super::id_number::IdNumber;

/// The citizen of this name and number, if they have an account.
///
/// # Errors
/// The database's.
pub async fn account_of(db: &SqlitePool, name: &str, id_number: &IdNumber) -> Result<Option<String>, sqlx::Error> {
    sqlx::query_scalar(
        "SELECT citizens.id FROM citizens JOIN accounts ON accounts.citizen_id = citizens.id
         WHERE citizens.name = ?1 AND citizens.id_number = ?2",
    )
    .bind(name)
    .bind(id_number.as_str())
    .fetch_optional(db)
    .await
}

/// The citizen of this number.
///
/// # Errors
/// The database's.
pub async fn citizen_of(db: &SqlitePool, id_number: &str) -> Result<Option<String>, sqlx::Error> {
    sqlx::query_scalar("SELECT id FROM citizens WHERE id_number = ?1").bind(id_number).fetch_optional(db).await
}

/// A citizen's ID number.
///
/// # Errors
/// The database's.
pub async fn id_number_of(db: &SqlitePool, citizen_id: &str) -> Result<Option<String>, sqlx::Error> {
    sqlx::query_scalar("SELECT id_number FROM citizens WHERE id = ?1").bind(citizen_id).fetch_optional(db).await
}
