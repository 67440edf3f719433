//! Applications for the services of a catalogue, and what has come of them.

use std::sync::LazyLock;

use serde::Deserialize;
use sqlx::SqlitePool;
use sqlx::types::Json;

use super::inbox::{self, Notice};
use super::{OpenRecord, Record, Words};
use crate::db::{self, execute, fetch_one, fetch_optional};
use crate::pages::Texts;

/// A service that can be applied for.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Service {
    /// The end of its address.
    pub id: String,
    pub title: Words,
    /// The people it is for, and the time it takes.
    pub about: Words,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::Type)]
#[sqlx(rename_all = "snake_case")]
pub(crate) enum ApplicationState {
    /// The authority has not looked at it.
    Submitted,
    /// The authority looks at it.
    InReview,
    /// It is done as was asked.
    Approved,
    /// It lacks something.
    Returned,
    /// Its person has taken it back.
    Withdrawn,
}

/// An application. Instants are in the province's time (UTC+8).
#[derive(Debug, Clone, sqlx::FromRow)]
pub(crate) struct Application {
    pub id: i64,
    /// The name of the person who applies.
    pub applicant: String,
    #[sqlx(try_from = "String")]
    pub service: &'static Service,
    pub reason: String,
    pub state: ApplicationState,
    #[sqlx(json(nullable))]
    pub answer: Option<Words>,
    pub submitted_at: String,
    /// When it came to its state.
    pub changed_at: String,
}

impl Record for Application {
    const VIEW: &'static str = "application_records";
    const ORDER: &'static str = "id DESC";
}

impl OpenRecord for Application {
    const OPEN: &'static str = "state IN ('submitted', 'in_review')";
}

/// The authority's decision on an application.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(rename_all = "snake_case")]
pub(crate) enum Decision {
    InReview,
    /// It is done as was asked.
    Approved,
    /// It lacks something.
    Returned,
}

/// An id that is not in the catalogue.
#[derive(Debug, thiserror::Error)]
#[error("there is no service {0:?} in data/services.toml")]
pub struct UnknownService(String);

impl TryFrom<String> for &'static Service {
    type Error = UnknownService;

    fn try_from(id: String) -> Result<Self, UnknownService> {
        service(&id).ok_or(UnknownService(id))
    }
}

/// The catalogue of services, and the applications that the demo begins with.
pub(super) const SERVICES: &str = include_str!("../../data/services.toml");

static CATALOGUE: LazyLock<Vec<Service>> = LazyLock::new(|| read().unwrap_or_default());

fn read() -> Result<Vec<Service>, toml::de::Error> {
    let mut file: toml::Table = toml::from_str(SERVICES)?;
    file.remove("applications")
        .unwrap_or_else(|| toml::Value::Array(Vec::new()))
        .try_into()
}

/// Returns all services.
pub(crate) fn catalogue() -> &'static [Service] {
    &CATALOGUE
}

/// Returns the service of this id.
pub(crate) fn service(id: &str) -> Option<&'static Service> {
    CATALOGUE.iter().find(|service| service.id == id)
}

/// Makes an application. Returns its number. One in the same words within a minute is the second click of a double one, and is
/// not made again.
pub(crate) async fn submit(
    db: &SqlitePool,
    account_id: &str,
    service: &Service,
    reason: &str,
) -> sqlx::Result<i64> {
    let mut transaction = db::write(db).await?;
    let repeated =
        "SELECT id FROM applications WHERE account_id = ?1 AND service = ?2 AND reason = ?3
        AND state = 'submitted' AND submitted_at > unixepoch() - 60";
    let before: Option<(i64,)> =
        fetch_optional!(&mut *transaction, repeated; account_id, &service.id, reason).await?;
    if let Some((id,)) = before {
        return Ok(id);
    }
    let (id,) = fetch_one!(&mut *transaction,
        "INSERT INTO applications (account_id, service, reason, state, submitted_at, changed_at)
         VALUES (?1, ?2, ?3, 'submitted', unixepoch(), unixepoch()) RETURNING id";
        account_id, &service.id, reason)
    .await?;
    transaction.commit().await?;
    Ok(id)
}

/// Takes back an application that the authority has not looked at. Returns false if it has.
pub(crate) async fn withdraw(db: &SqlitePool, account_id: &str, id: i64) -> sqlx::Result<bool> {
    execute!(db, "UPDATE applications SET state = 'withdrawn', changed_at = unixepoch()
        WHERE account_id = ?1 AND id = ?2 AND state = 'submitted'"; account_id, id)
    .await
}

/// Decides on an application and tells its person, or does neither. Returns false if it does not
/// wait any more.
pub(crate) async fn decide(
    db: &SqlitePool,
    id: &str,
    decision: Decision,
    answer: &str,
) -> sqlx::Result<bool> {
    let answer = (!answer.is_empty()).then(|| Words::new(answer, answer));
    let mut transaction = db::write(db).await?;
    let decided: Option<(String, String)> = fetch_optional!(&mut *transaction,
        "UPDATE applications SET state = ?2, answer = ?3, changed_at = unixepoch()
         WHERE id = ?1 AND state IN ('submitted', 'in_review') RETURNING account_id, service";
        id, decision, answer.as_ref().map(Json))
    .await?;
    let Some((account_id, service_id)) = decided else {
        return Ok(false);
    };
    let title = Words::of_locales(|locale| {
        let texts: &Texts = locale.texts();
        let decided = texts.applications.decided[decision as usize];
        let title = service(&service_id).map_or("", |service| service.title.of(&locale));
        texts.applications.notice(decided, title)
    });
    let body = answer.unwrap_or_else(|| Words::of_texts(|texts| texts.applications.see));
    inbox::notify(&mut *transaction, &account_id, &Notice::new(title, body)).await?;
    transaction.commit().await?;
    Ok(true)
}
