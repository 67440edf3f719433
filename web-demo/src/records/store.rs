//! Reading records of any kind.

use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, FromRow, SqlitePool};

use super::Words;
use crate::db::{fetch_all, fetch_optional};
use crate::pages::{Locale, Pages, Row};

/// A kind of record, read through a view of `schema.sql`.
pub(crate) trait Record: for<'r> FromRow<'r, SqliteRow> + Send + Unpin {
    /// The view. It has the columns `id` and `account_id`.
    const VIEW: &'static str;
    /// The order of a list.
    const ORDER: &'static str;

    /// Returns all records of an account.
    async fn all(db: &SqlitePool, account_id: &str) -> sqlx::Result<Vec<Self>> {
        fetch_all!(db, select::<Self>("account_id = ?1"); account_id).await
    }

    /// Returns a record of an account.
    async fn find(db: &SqlitePool, account_id: &str, id: &str) -> sqlx::Result<Option<Self>> {
        let query = select::<Self>("account_id = ?1 AND id = ?2");
        fetch_optional!(db, query; account_id, id).await
    }

    /// Returns the records of one page of a list, counted from 1.
    async fn page(
        db: &SqlitePool,
        account_id: &str,
        number: u32,
        size: u32,
    ) -> sqlx::Result<Page<Self>> {
        let AssertSqlSafe(list) = select::<Self>("account_id = ?1");
        let query = AssertSqlSafe(format!("{list} LIMIT ?2 OFFSET ?3"));
        let skipped = i64::from(number.saturating_sub(1)) * i64::from(size);
        let mut records: Vec<Self> = fetch_all!(db, query; account_id, size + 1, skipped).await?;
        let more = records.len() > size as usize;
        records.truncate(size as usize);
        Ok(Page {
            records,
            number,
            more,
        })
    }
}

/// A kind of record that the authority answers.
pub(crate) trait OpenRecord: Record {
    /// The condition of a record that waits for its answer.
    const OPEN: &'static str;

    /// Returns all records that wait, the oldest first.
    async fn open(db: &SqlitePool) -> sqlx::Result<Vec<Self>> {
        let query = format!(
            "SELECT * FROM {} WHERE {} ORDER BY id",
            Self::VIEW,
            Self::OPEN
        );
        fetch_all!(db, AssertSqlSafe(query)).await
    }
}

/// A page of a list.
#[derive(Debug)]
pub(crate) struct Page<R> {
    pub records: Vec<R>,
    /// The page's number, from 1.
    pub number: u32,
    pub more: bool,
}

impl<R> Page<R> {
    /// Returns the links to the pages before and after, of the list at this address.
    pub(crate) const fn links(&self, path: &'static str) -> Pages {
        Pages {
            path,
            number: self.number,
            more: self.more,
        }
    }
}

fn select<R: Record>(condition: &str) -> AssertSqlSafe<String> {
    let (view, order) = (R::VIEW, R::ORDER);
    AssertSqlSafe(format!(
        "SELECT * FROM {view} WHERE {condition} ORDER BY {order}"
    ))
}

/// An announcement. Its account is empty: it is everybody's.
#[derive(Debug, Clone, FromRow)]
pub(crate) struct Announcement {
    /// The end of its address.
    pub id: String,
    /// The day, ISO 8601.
    pub published_on: String,
    #[sqlx(json)]
    pub title: Words,
    /// Its paragraphs.
    #[sqlx(json)]
    pub body: Words,
}

impl Record for Announcement {
    const VIEW: &'static str = "announcement_records";
    const ORDER: &'static str = "published_on DESC, id DESC";
}

impl Announcement {
    pub(crate) fn row(&self, locale: Locale) -> Row {
        Row {
            title: self.title.of(&locale).to_owned(),
            href: Some(format!("/announcements/{}", self.id)),
            time: self.published_on.clone(),
            ..Row::default()
        }
    }
}
