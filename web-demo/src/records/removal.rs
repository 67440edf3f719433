//! The records of an account that is removed.

use sqlx::SqliteConnection;

use crate::db::execute;

/// Removes everything that a removed account has left: a person who takes their ID number back sees none of it, and no seat
/// in an examination stays taken. Contributions are the authority's, of people with a verified account.
pub(crate) async fn forget(db: &mut SqliteConnection, account_id: &str) -> sqlx::Result<()> {
    for delete in [
        "DELETE FROM notices WHERE account_id = ?1",
        "DELETE FROM applications WHERE account_id = ?1",
        "DELETE FROM exam_registrations WHERE account_id = ?1",
        "DELETE FROM questions WHERE account_id = ?1",
        "DELETE FROM resumes WHERE account_id = ?1",
        "DELETE FROM enrolments WHERE account_id = ?1",
    ] {
        execute!(&mut *db, delete; account_id).await?;
    }
    Ok(())
}
