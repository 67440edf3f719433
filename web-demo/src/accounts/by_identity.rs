//! Accounts by who their owners are.

use sqlx::SqlitePool;

use super::id_number::IdNumber;

/// The account of the person of this name and number.
pub async fn account_of(
    db: &SqlitePool,
    name: &str,
    id_number: &IdNumber,
) -> Result<Option<String>, sqlx::Error> {
    sqlx::query_scalar("SELECT id FROM accounts WHERE name = ?1 AND id_number = ?2")
        .bind(name)
        .bind(id_number.as_str())
        .fetch_optional(db)
        .await
}

/// The account of the person of this number.
pub async fn account_of_number(
    db: &SqlitePool,
    id_number: &str,
) -> Result<Option<String>, sqlx::Error> {
    sqlx::query_scalar("SELECT id FROM accounts WHERE id_number = ?1")
        .bind(id_number)
        .fetch_optional(db)
        .await
}

/// The ID number of an account's owner.
pub async fn id_number_of(
    db: &SqlitePool,
    account_id: &str,
) -> Result<Option<String>, sqlx::Error> {
    sqlx::query_scalar("SELECT id_number FROM accounts WHERE id = ?1")
        .bind(account_id)
        .fetch_optional(db)
        .await
}
