//! Exams, and who has registered for them.

use sqlx::SqlitePool;

use super::Words;

/// An exam, as one person sees it.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Exam {
    /// What its addresses name it by.
    pub id: String,
    /// What it is.
    #[sqlx(try_from = "String")]
    pub title: Words,
    /// Where it is held.
    #[sqlx(try_from = "String")]
    pub place: Words,
    /// The day on which it is held, in the province's time (UTC+8).
    pub held_on: String,
    /// The last day of registration.
    pub closes_on: String,
    /// Whether registrations are taken and given back now.
    pub open: bool,
    /// How many more can register.
    pub seats_left: i64,
    /// Whether this person has.
    pub registered: bool,
}

/// Why a person was not registered, or not taken off the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// There is no such exam.
    Unknown,
    /// Registration is over.
    Closed,
    /// All seats are taken.
    Full,
}

const COLUMNS: &str = "SELECT id, title, place, strftime('%Y-%m-%d', held_at, 'unixepoch', '+8 hours') AS held_on,
    strftime('%Y-%m-%d', closes_at, 'unixepoch', '+8 hours') AS closes_on, closes_at > unixepoch() AS open,
    seats - (SELECT count(*) FROM exam_registrations WHERE exam_id = exams.id) AS seats_left,
    EXISTS (SELECT 1 FROM exam_registrations WHERE exam_id = exams.id AND account_id = ?1) AS registered FROM exams";

/// All exams, the next one first.
///
/// # Errors
/// The database's.
pub async fn all(db: &SqlitePool, account_id: &str) -> Result<Vec<Exam>, sqlx::Error> {
    let query = sqlx::AssertSqlSafe(format!("{COLUMNS} ORDER BY held_at, id"));
    sqlx::query_as(query).bind(account_id).fetch_all(db).await
}

/// One of them.
///
/// # Errors
/// The database's.
pub async fn find(
    db: &SqlitePool,
    account_id: &str,
    id: &str,
) -> Result<Option<Exam>, sqlx::Error> {
    let query = sqlx::AssertSqlSafe(format!("{COLUMNS} WHERE id = ?2"));
    sqlx::query_as(query)
        .bind(account_id)
        .bind(id)
        .fetch_optional(db)
        .await
}

/// Registers a person, in one statement, so that the last seat is given once. Doing it twice changes nothing.
///
/// # Errors
/// The outer error is the database's, the inner one says why not.
pub async fn register(
    db: &SqlitePool,
    account_id: &str,
    id: &str,
) -> Result<Result<(), Refusal>, sqlx::Error> {
    let insert = sqlx::query(
        "INSERT OR IGNORE INTO exam_registrations (exam_id, account_id, registered_at)
         SELECT id, ?1, unixepoch() FROM exams WHERE id = ?2 AND closes_at > unixepoch()
             AND seats > (SELECT count(*) FROM exam_registrations WHERE exam_id = exams.id)",
    );
    if insert
        .bind(account_id)
        .bind(id)
        .execute(db)
        .await?
        .rows_affected()
        > 0
    {
        return Ok(Ok(()));
    }
    Ok(match find(db, account_id, id).await? {
        None => Err(Refusal::Unknown),
        Some(exam) if exam.registered => Ok(()),
        Some(exam) if !exam.open => Err(Refusal::Closed),
        Some(_) => Err(Refusal::Full),
    })
}

/// Takes a person off the list while registration lasts.
///
/// # Errors
/// The outer error is the database's, the inner one says why not.
pub async fn cancel(
    db: &SqlitePool,
    account_id: &str,
    id: &str,
) -> Result<Result<(), Refusal>, sqlx::Error> {
    let delete = sqlx::query(
        "DELETE FROM exam_registrations WHERE account_id = ?1 AND exam_id = ?2
             AND EXISTS (SELECT 1 FROM exams WHERE id = ?2 AND closes_at > unixepoch())",
    );
    if delete
        .bind(account_id)
        .bind(id)
        .execute(db)
        .await?
        .rows_affected()
        > 0
    {
        return Ok(Ok(()));
    }
    Ok(match find(db, account_id, id).await? {
        None => Err(Refusal::Unknown),
        Some(exam) if exam.registered => Err(Refusal::Closed),
        Some(_) => Ok(()),
    })
}
