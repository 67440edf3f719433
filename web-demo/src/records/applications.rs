//! What a person has applied for, from a catalogue, and what has come of it.

use std::sync::LazyLock;

use serde::Deserialize;
use sqlx::SqlitePool;

use super::Words;
use super::inbox::{self, Notice};
use super::seed::Services;
use crate::db;
use crate::pages::Locale;

/// Something that can be applied for.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Service {
    /// What its address ends in.
    pub id: String,
    /// What it is.
    pub title: Words,
    /// Whom it is for, and how long it takes.
    pub about: Words,
}

/// Where an application stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(rename_all = "snake_case")]
pub enum State {
    /// Nobody has looked at it.
    Submitted,
    /// Somebody has.
    InReview,
    /// It is done as was asked.
    Approved,
    /// It lacks something.
    Returned,
    /// Its person has taken it back.
    Withdrawn,
}

/// An application.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Application {
    /// Its number.
    pub id: i64,
    /// What for.
    #[sqlx(rename = "service", try_from = "String")]
    pub service: ServiceRef,
    /// Why, in the person's words.
    pub reason: String,
    /// Where it stands.
    pub state: State,
    /// What the authority says to it.
    #[sqlx(try_from = "Answer")]
    pub answer: Option<Words>,
    /// When it was made, in the province's time (UTC+8).
    pub submitted_at: String,
    /// When it came to where it stands.
    pub changed_at: String,
}

/// An application that waits for the authority.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct OpenApplication {
    /// Its number.
    pub id: i64,
    /// Who applies.
    pub applicant: String,
    /// What for.
    #[sqlx(rename = "service", try_from = "String")]
    pub service: ServiceRef,
    /// Why, in the person's words.
    pub reason: String,
    /// Where it stands.
    pub state: State,
    /// When it was made, in the province's time (UTC+8).
    pub submitted_at: String,
}

/// What the authority makes of an application.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(rename_all = "snake_case")]
pub enum Decision {
    /// It is being looked at.
    InReview,
    /// It is done as was asked.
    Approved,
    /// It lacks something.
    Returned,
}

/// A service of the catalogue, by its id.
#[derive(Debug, Clone, Copy)]
pub struct ServiceRef(pub &'static Service);

/// An id that is not in the catalogue.
#[derive(Debug, thiserror::Error)]
#[error("there is no service {0:?} in data/services.toml")]
pub struct UnknownService(pub String);

impl TryFrom<String> for ServiceRef {
    type Error = UnknownService;

    fn try_from(id: String) -> Result<Self, UnknownService> {
        service(&id).map(Self).ok_or(UnknownService(id))
    }
}

/// A text in both languages that may be absent, as the database has it.
#[derive(Debug, sqlx::Type)]
#[sqlx(transparent)]
pub struct Answer(Option<String>);

impl TryFrom<Answer> for Option<Words> {
    type Error = serde_json::Error;

    fn try_from(answer: Answer) -> Result<Self, Self::Error> {
        answer.0.map(Words::try_from).transpose()
    }
}

static CATALOGUE: LazyLock<Vec<Service>> = LazyLock::new(|| {
    Services::load()
        .map(|services| services.applications)
        .unwrap_or_default()
});

/// All that can be applied for.
pub fn catalogue() -> &'static [Service] {
    &CATALOGUE
}

/// The service of this id.
pub fn service(id: &str) -> Option<&'static Service> {
    CATALOGUE.iter().find(|service| service.id == id)
}

const COLUMNS: &str = "SELECT id, service, reason, state, answer,
    strftime('%Y-%m-%d %H:%M', submitted_at, 'unixepoch', '+8 hours') AS submitted_at,
    strftime('%Y-%m-%d %H:%M', changed_at, 'unixepoch', '+8 hours') AS changed_at FROM applications";

/// A person's applications, the latest first.
///
/// # Errors
/// The database's.
pub async fn of(db: &SqlitePool, account_id: &str) -> Result<Vec<Application>, sqlx::Error> {
    let query = sqlx::AssertSqlSafe(format!("{COLUMNS} WHERE account_id = ?1 ORDER BY id DESC"));
    sqlx::query_as(query).bind(account_id).fetch_all(db).await
}

/// One of a person's applications.
///
/// # Errors
/// The database's.
pub async fn find(
    db: &SqlitePool,
    account_id: &str,
    id: i64,
) -> Result<Option<Application>, sqlx::Error> {
    let query = sqlx::AssertSqlSafe(format!("{COLUMNS} WHERE account_id = ?1 AND id = ?2"));
    sqlx::query_as(query)
        .bind(account_id)
        .bind(id)
        .fetch_optional(db)
        .await
}

/// Makes an application: its number.
///
/// # Errors
/// The database's.
pub async fn submit(
    db: &SqlitePool,
    account_id: &str,
    service: &Service,
    reason: &str,
) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar(
        "INSERT INTO applications (account_id, service, reason, state, submitted_at, changed_at)
         VALUES (?1, ?2, ?3, 'submitted', unixepoch(), unixepoch()) RETURNING id",
    )
    .bind(account_id)
    .bind(&service.id)
    .bind(reason)
    .fetch_one(db)
    .await
}

/// Takes an application back that nobody has looked at. Whether it could be.
///
/// # Errors
/// The database's.
pub async fn withdraw(db: &SqlitePool, account_id: &str, id: i64) -> Result<bool, sqlx::Error> {
    let update = sqlx::query(
        "UPDATE applications SET state = 'withdrawn', changed_at = unixepoch()
         WHERE account_id = ?1 AND id = ?2 AND state = 'submitted'",
    );
    Ok(update
        .bind(account_id)
        .bind(id)
        .execute(db)
        .await?
        .rows_affected()
        > 0)
}

/// Applications that wait for the authority, the oldest first.
///
/// # Errors
/// The database's.
pub async fn open(db: &SqlitePool) -> Result<Vec<OpenApplication>, sqlx::Error> {
    sqlx::query_as(
        "SELECT applications.id, name AS applicant, service, reason, state,
                strftime('%Y-%m-%d %H:%M', submitted_at, 'unixepoch', '+8 hours') AS submitted_at
         FROM applications JOIN accounts ON accounts.id = account_id
         WHERE state IN ('submitted', 'in_review') ORDER BY applications.id",
    )
    .fetch_all(db)
    .await
}

/// Decides on an application that waits, and tells its person. False if it does not wait any more.
///
/// # Errors
/// The database's; then nothing has happened.
pub async fn decide(
    db: &SqlitePool,
    id: i64,
    decision: Decision,
    answer: &str,
) -> Result<bool, sqlx::Error> {
    let answer = (!answer.is_empty()).then(|| Words::new(answer, answer));
    let mut transaction = db::write(db).await?;
    let update = sqlx::query_as(
        "UPDATE applications SET state = ?2, answer = ?3, changed_at = unixepoch()
         WHERE id = ?1 AND state IN ('submitted', 'in_review') RETURNING account_id, service",
    );
    let update = update
        .bind(id)
        .bind(decision)
        .bind(answer.as_ref().map(Words::to_json));
    let decided: Option<(String, String)> = update.fetch_optional(&mut *transaction).await?;
    let Some((account_id, service_id)) = decided else {
        return Ok(false);
    };
    let name =
        service(&service_id).map_or_else(|| Words::new("", ""), |service| service.title.clone());
    let (zh, en) = match decision {
        Decision::InReview => ("正在审核", "is being reviewed"),
        Decision::Approved => ("已办结", "is done"),
        Decision::Returned => ("已退回补正", "was returned"),
    };
    let title = Words::new(
        format!("您的申请{zh}：{}", name.of(&Locale::Chinese)),
        format!("Your application {en}: {}", name.of(&Locale::English)),
    );
    let body =
        answer.unwrap_or_else(|| Words::new("请在“我的申请”中查看。", "See “My applications”."));
    inbox::notify(&mut *transaction, &account_id, &Notice::new(title, body)).await?;
    transaction.commit().await?;
    Ok(true)
}
