//! A person's resume, shown to its person only.

use serde::Deserialize;
use sqlx::SqlitePool;

use super::Record;
use crate::db::execute;

/// A resume, in the person's own words. A part may be empty.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, sqlx::FromRow)]
pub(crate) struct Resume {
    /// Schools and degrees.
    pub education: String,
    pub skills: String,
    /// Former jobs.
    pub experience: String,
    /// The wanted job.
    pub wish: String,
    /// The time of the last change, in the province's time (UTC+8); empty before it is kept.
    #[serde(skip)]
    pub changed_at: String,
}

/// An account has at most one; its id is the account's.
impl Record for Resume {
    const VIEW: &'static str = "resume_records";
    const ORDER: &'static str = "id";
}

impl Resume {
    pub(crate) fn parts(&self) -> [&str; 4] {
        [&self.education, &self.skills, &self.experience, &self.wish]
    }

    /// Keeps it in place of the one before.
    pub(crate) async fn keep(&self, db: &SqlitePool, account_id: &str) -> sqlx::Result<bool> {
        let [education, skills, experience, wish] = self.parts();
        execute!(db, "INSERT OR REPLACE INTO resumes VALUES (?1, ?2, ?3, ?4, ?5, unixepoch())";
            account_id, education, skills, experience, wish)
        .await
    }
}
