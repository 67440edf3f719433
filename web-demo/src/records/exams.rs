//! Exams, and the people who have registered for them.

use sqlx::SqlitePool;

use super::{Record, Words};
use crate::db::execute;

/// An exam, as one person sees it. Days are in the province's time (UTC+8).
#[derive(Debug, Clone, sqlx::FromRow)]
pub(crate) struct Exam {
    pub id: String,
    #[sqlx(json)]
    pub title: Words,
    #[sqlx(json)]
    pub place: Words,
    pub held_on: String,
    /// The last day of registration.
    pub closes_on: String,
    /// Whether registrations are taken and given back now.
    pub open: bool,
    pub seats_left: i64,
    pub registered: bool,
}

impl Record for Exam {
    const VIEW: &'static str = "exam_records";
    const ORDER: &'static str = "held_at, id";
}

/// Why a person was not registered, or not taken off the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    Unknown,
    Closed,
    Full,
}

/// Registers a person, or takes them off the list, while registration lasts. Twice is once.
pub(crate) async fn register(
    db: &SqlitePool,
    account_id: &str,
    id: &str,
    wanted: bool,
) -> sqlx::Result<Result<(), Refusal>> {
    // One statement, so that the last seat is given once.
    let statement = if wanted {
        "INSERT OR IGNORE INTO exam_registrations (exam_id, account_id, registered_at)
         SELECT id, account_id, unixepoch() FROM exam_records
         WHERE account_id = ?1 AND id = ?2 AND open AND seats_left > 0"
    } else {
        "DELETE FROM exam_registrations WHERE account_id = ?1 AND exam_id = ?2
             AND EXISTS (SELECT 1 FROM exams WHERE id = ?2 AND closes_at > unixepoch())"
    };
    if execute!(db, statement; account_id, id).await? {
        return Ok(Ok(()));
    }
    Ok(match Exam::find(db, account_id, id).await? {
        None => Err(Refusal::Unknown),
        Some(exam) if exam.registered == wanted => Ok(()),
        Some(exam) if exam.open => Err(Refusal::Full),
        Some(_) => Err(Refusal::Closed),
    })
}
