//! The one SQLite database of the hall: opened, made from `schema.sql`, asked.
//!
//! The tables of each domain are written by that domain's module only. Instants come from SQLite's
//! own `unixepoch()`, so that every process on one database agrees on the time.

use std::path::Path;
use std::time::Duration;

use saoma_protocol::Digest;
use sqlx::query::Query;
use sqlx::sqlite::{
    SqliteArguments, SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{Sqlite, SqliteExecutor, SqlitePool, Transaction};

use crate::private_file;

const SCHEMA: &str = include_str!("../schema.sql");

/// Maximum number of connections. SQLite writes one at a time, so more only wait for each other.
const MAX_CONNECTIONS: u32 = 4;

/// Maximum time that a writer waits for the one before it.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Why a database is not opened.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OpenError {
    /// The file cannot be read or written, or is no database.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
    #[error("its file cannot be made, or not be closed to others: {0}")]
    File(#[from] std::io::Error),
    #[error("its tables are of another version of saoma-demo, or of another program")]
    OtherVersion,
}

/// Opens the database in `file`. Makes file and tables if they are not there.
///
/// # Errors
/// See [`OpenError`]; a database of another version is left as it is.
pub(crate) async fn open(file: &Path) -> Result<SqlitePool, OpenError> {
    private_file::make_database(file)?;
    let options = SqliteConnectOptions::new()
        .filename(file)
        .create_if_missing(true)
        .foreign_keys(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Normal)
        .busy_timeout(BUSY_TIMEOUT);
    let pool = SqlitePoolOptions::new().max_connections(MAX_CONNECTIONS);
    let pool = pool.connect_with(options).await?;
    let mut transaction = write(&pool).await?;
    let (tables, found): (i64, i64) = fetch_one!(
        &mut *transaction,
        "SELECT (SELECT count(*) FROM sqlite_schema), user_version FROM pragma_user_version()"
    )
    .await?;
    let version = schema_version();
    if tables == 0 {
        let make = format!("{SCHEMA}\nPRAGMA user_version = {version};");
        let make = sqlx::raw_sql(sqlx::AssertSqlSafe(make));
        make.execute(&mut *transaction).await?;
    } else if found != version {
        return Err(OpenError::OtherVersion);
    }
    transaction.commit().await?;
    Ok(pool)
}

/// A number that changes with the statements of the schema, but not with its comments.
fn schema_version() -> i64 {
    let statements = SCHEMA.lines().filter_map(|line| line.split("--").next());
    let words: Vec<&str> = statements.flat_map(str::split_whitespace).collect();
    let digest = Digest::of(words.join(" ").as_bytes()).to_string();
    // SQLite keeps a signed number of 32 bits.
    digest.get(..7).map_or(0, |digits| {
        i64::from_str_radix(digits, 16).unwrap_or_default()
    })
}

/// Returns the time by which rows expire, in Unix seconds.
pub(crate) async fn now(db: &SqlitePool) -> sqlx::Result<i64> {
    let (now,) = fetch_one!(db, "SELECT unixepoch()").await?;
    Ok(now)
}

/// Begins a transaction that writes. A transaction that reads first and writes later could not wait
/// for a writer in between.
pub(crate) async fn write(db: &SqlitePool) -> sqlx::Result<Transaction<'static, Sqlite>> {
    db.begin_with("BEGIN IMMEDIATE").await
}

/// Runs a statement. Returns true if a row has changed.
pub(crate) async fn run<'q>(
    db: impl SqliteExecutor<'_>,
    statement: Query<'q, Sqlite, SqliteArguments>,
) -> sqlx::Result<bool> {
    Ok(statement.execute(db).await?.rows_affected() > 0)
}

/// Runs a statement with its parameters, as `execute!(db, "DELETE FROM notices WHERE id = ?1";
/// id).await?`. Resolves to true if a row has changed.
macro_rules! execute {
    ($db:expr, $sql:expr $(; $($value:expr),+)?) => {
        $crate::db::run($db, sqlx::query($sql)$($(.bind($value))+)?)
    };
}

/// Fetches all rows of a query with its parameters.
macro_rules! fetch_all {
    ($db:expr, $sql:expr $(; $($value:expr),+)?) => {
        sqlx::query_as($sql)$($(.bind($value))+)?.fetch_all($db)
    };
}

/// Fetches the first row of a query with its parameters, if there is one.
macro_rules! fetch_optional {
    ($db:expr, $sql:expr $(; $($value:expr),+)?) => {
        sqlx::query_as($sql)$($(.bind($value))+)?.fetch_optional($db)
    };
}

/// Fetches the only row of a query with its parameters.
macro_rules! fetch_one {
    ($db:expr, $sql:expr $(; $($value:expr),+)?) => {
        sqlx::query_as($sql)$($(.bind($value))+)?.fetch_one($db)
    };
}

pub(crate) use {execute, fetch_all, fetch_one, fetch_optional};

/// An empty database for a test, and the folder that deletes it.
#[cfg(test)]
pub(crate) async fn empty() -> (SqlitePool, tempfile::TempDir) {
    let directory = tempfile::tempdir().unwrap();
    let db = open(&directory.path().join("hall.sqlite")).await.unwrap();
    (db, directory)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_database_of_another_version_is_refused_and_left_as_it_is() {
        let (db, directory) = empty().await;
        let file = directory.path().join("hall.sqlite");
        execute!(&db, "INSERT INTO attempts VALUES ('a', 1)")
            .await
            .unwrap();
        open(&file).await.expect("the same version opens");
        execute!(&db, "PRAGMA user_version = 1").await.unwrap();
        assert!(matches!(open(&file).await, Err(OpenError::OtherVersion)));
        let attempts: (i64,) = fetch_one!(&db, "SELECT count(*) FROM attempts")
            .await
            .unwrap();
        assert_eq!(attempts.0, 1);
    }
}
