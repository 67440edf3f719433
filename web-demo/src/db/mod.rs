//! The one SQLite database of the hall: opened, migrated, and its clock.
//!
//! The tables of each domain are written by that domain's module only. Instants come from SQLite's own
//! `unixepoch()`, so that every process on one database agrees on the time.

use std::path::Path;
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Sqlite, SqlitePool, Transaction};

/// SQLite writes one at a time; more connections than this only wait for each other.
const MAX_CONNECTIONS: u32 = 4;

/// How long a writer waits for the one before it.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Opens the database in `file`, made if it is not there, with all migrations applied.
///
/// # Errors
/// The file cannot be opened or written, or holds another program's tables.
pub async fn open(file: &Path) -> Result<SqlitePool, sqlx::Error> {
    let options = SqliteConnectOptions::new()
        .filename(file)
        .create_if_missing(true)
        .foreign_keys(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Normal)
        .busy_timeout(BUSY_TIMEOUT);
    let pool = SqlitePoolOptions::new()
        .max_connections(MAX_CONNECTIONS)
        .connect_with(options)
        .await?;
    sqlx::migrate!("./migrations").run(&pool).await?;
    Ok(pool)
}

/// Begins a transaction that writes. One that reads first and writes later could not wait for a writer in between.
///
/// # Errors
/// The database's.
pub async fn write(db: &SqlitePool) -> Result<Transaction<'static, Sqlite>, sqlx::Error> {
    db.begin_with("BEGIN IMMEDIATE").await
}
