//! Courses, and who takes them.

use sqlx::SqlitePool;

use super::Words;

/// A course, as one person sees it.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Course {
    /// What its addresses name it by.
    pub id: String,
    /// What it is.
    #[sqlx(try_from = "String")]
    pub title: Words,
    /// What it teaches.
    #[sqlx(try_from = "String")]
    pub about: Words,
    /// How many lessons it has.
    pub lessons: i64,
    /// Since which day this person takes it, in the province's time (UTC+8).
    pub enrolled_on: Option<String>,
}

/// All courses, those that the person takes first.
///
/// # Errors
/// The database's.
pub async fn all(db: &SqlitePool, account_id: &str) -> Result<Vec<Course>, sqlx::Error> {
    sqlx::query_as(
        "SELECT id, title, about, lessons,
                strftime('%Y-%m-%d', enrolled_at, 'unixepoch', '+8 hours') AS enrolled_on
         FROM courses LEFT JOIN enrolments ON course_id = id AND account_id = ?1
         ORDER BY enrolled_at IS NULL, id",
    )
    .bind(account_id)
    .fetch_all(db)
    .await
}

/// Enrols a person; twice is once. Whether there is such a course.
///
/// # Errors
/// The database's.
pub async fn enrol(db: &SqlitePool, account_id: &str, id: &str) -> Result<bool, sqlx::Error> {
    let insert = sqlx::query(
        "INSERT INTO enrolments (course_id, account_id, enrolled_at) SELECT id, ?1, unixepoch() FROM courses WHERE id = ?2
         ON CONFLICT DO UPDATE SET enrolled_at = enrolled_at",
    );
    Ok(insert
        .bind(account_id)
        .bind(id)
        .execute(db)
        .await?
        .rows_affected()
        > 0)
}

/// Takes a person off a course.
///
/// # Errors
/// The database's.
pub async fn leave(db: &SqlitePool, account_id: &str, id: &str) -> Result<(), sqlx::Error> {
    let delete = sqlx::query("DELETE FROM enrolments WHERE course_id = ?2 AND account_id = ?1");
    delete.bind(account_id).bind(id).execute(db).await.map(drop)
}
