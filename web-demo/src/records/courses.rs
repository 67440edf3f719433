//! Courses, and the people who take them.

use sqlx::SqlitePool;

use super::{Record, Words};
use crate::db::execute;

/// A course, as one person sees it.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(crate) struct Course {
    pub id: String,
    #[sqlx(json)]
    pub title: Words,
    #[sqlx(json)]
    pub about: Words,
    pub lessons: i64,
    /// The day since which this person takes it.
    pub enrolled_on: Option<String>,
}

impl Record for Course {
    const VIEW: &'static str = "course_records";
    const ORDER: &'static str = "enrolled_on IS NULL, id";
}

/// Enrols a person; twice is once. Returns false if there is no such course.
pub(crate) async fn enrol(db: &SqlitePool, account_id: &str, id: &str) -> sqlx::Result<bool> {
    execute!(db, "INSERT INTO enrolments (course_id, account_id, enrolled_at)
        SELECT id, ?1, unixepoch() FROM courses WHERE id = ?2
        ON CONFLICT DO UPDATE SET enrolled_at = enrolled_at"; account_id, id)
    .await
}

/// Takes a person off a course.
pub(crate) async fn leave(db: &SqlitePool, account_id: &str, id: &str) -> sqlx::Result<bool> {
    let delete = "DELETE FROM enrolments WHERE course_id = ?2 AND account_id = ?1";
    execute!(db, delete; account_id, id).await
}
