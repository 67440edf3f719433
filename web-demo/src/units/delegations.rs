//! Delegations: a unit's legal representative appoints an agent for some of its affairs until a day, and may withdraw that.

use sqlx::SqlitePool;

use super::notices;
use super::scope::Scope;
use crate::accounts::Account;
use crate::accounts::id_number::IdNumber;
use crate::records::inbox;
use crate::registers::Unit;
use crate::{browsers, db};

/// How long an ended or withdrawn delegation is still shown, in days.
const SHOWN_DAYS: u32 = 90;

/// What holds of a delegation that counts today. Nothing else decides it, so an end takes effect by itself at midnight (UTC+8).
const IN_FORCE: &str = "withdrawn_at IS NULL AND ends_on >= date('now', '+8 hours')";

const COLUMNS: &str = "SELECT id, unit_id, id_number, name, scope, ends_on,
    date(appointed_at, 'unixepoch', '+8 hours') AS appointed_on,
    date(withdrawn_at, 'unixepoch', '+8 hours') AS withdrawn_on,
    CASE WHEN withdrawn_at IS NOT NULL THEN 'withdrawn' WHEN ends_on < date('now', '+8 hours') THEN 'ended'
         ELSE 'active' END AS state FROM delegations";

/// How a delegation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::Type)]
#[sqlx(rename_all = "snake_case")]
pub enum DelegationState {
    /// It counts.
    Active,
    /// Its last day is over.
    Ended,
    /// The legal representative has withdrawn it.
    Withdrawn,
}

/// An agent's appointment.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Delegation {
    /// What it is withdrawn by.
    pub id: i64,
    /// By which unit.
    pub unit_id: String,
    /// The agent's citizen ID number.
    #[sqlx(try_from = "String")]
    pub id_number: IdNumber,
    /// The agent's name.
    pub name: String,
    /// For what.
    #[sqlx(try_from = "String")]
    pub scope: Scope,
    /// The first day (ISO 8601), as all days in the province's time.
    pub appointed_on: String,
    /// The last day that it counts.
    pub ends_on: String,
    /// When it was withdrawn.
    pub withdrawn_on: Option<String>,
    /// How it stands today.
    pub state: DelegationState,
}

/// An appointment to be made, of a person whom the population register knows by this number and name.
#[derive(Debug)]
pub struct NewDelegation<'a> {
    /// By which unit.
    pub unit: &'a Unit,
    /// The agent's citizen ID number.
    pub id_number: &'a IdNumber,
    /// The agent's name.
    pub name: &'a str,
    /// For what.
    pub scope: &'a Scope,
    /// The last day, ISO 8601.
    pub ends_on: &'a str,
    /// Who appoints.
    pub by: &'a Account,
}

/// Why a day cannot be a delegation's last one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::Type)]
#[sqlx(rename_all = "snake_case")]
pub enum EndRefused {
    /// It is no day of the calendar.
    NoDay,
    /// It is not after today.
    TooSoon,
    /// It is more than three years away.
    TooLate,
}

/// The first and the last day that a delegation made today can end on, ISO 8601.
///
/// # Errors
/// The database's.
pub async fn possible_ends(db: &SqlitePool) -> Result<(String, String), sqlx::Error> {
    sqlx::query_as("SELECT date('now', '+8 hours', '+1 day'), date('now', '+8 hours', '+3 years')")
        .fetch_one(db)
        .await
}

/// Whether a delegation made today can end on this day.
///
/// # Errors
/// The database's.
pub async fn check_end(db: &SqlitePool, day: &str) -> Result<Result<(), EndRefused>, sqlx::Error> {
    let refused = sqlx::query_scalar(
        "SELECT CASE WHEN ?1 IS NOT date(?1) THEN 'no_day'
                     WHEN ?1 < date('now', '+8 hours', '+1 day') THEN 'too_soon'
                     WHEN ?1 > date('now', '+8 hours', '+3 years') THEN 'too_late' END",
    );
    let refused: Option<EndRefused> = refused.bind(day).fetch_one(db).await?;
    Ok(refused.map_or(Ok(()), Err))
}

/// Appoints an agent and tells them, if they have an account. False if they are one of the unit's already.
///
/// # Errors
/// The database's; then nothing has happened.
pub async fn appoint(db: &SqlitePool, new: &NewDelegation<'_>) -> Result<bool, sqlx::Error> {
    let account = Account::of(db, new.id_number).await?;
    let mut transaction = db::write(db).await?;
    let insert = sqlx::AssertSqlSafe(format!(
        "INSERT INTO delegations (unit_id, id_number, name, scope, ends_on, appointed_by, appointed_at)
         SELECT ?1, ?2, ?3, ?4, ?5, ?6, unixepoch()
         WHERE NOT EXISTS (SELECT 1 FROM delegations WHERE unit_id = ?1 AND id_number = ?2 AND {IN_FORCE})"
    ));
    let inserted = sqlx::query(insert)
        .bind(&new.unit.id)
        .bind(new.id_number.as_str())
        .bind(new.name)
        .bind(new.scope.to_json())
        .bind(new.ends_on)
        .bind(&new.by.id)
        .execute(&mut *transaction)
        .await?;
    if inserted.rows_affected() == 0 {
        return Ok(false);
    }
    if let Some(account) = account {
        inbox::notify(&mut *transaction, &account.id, &notices::appointed(new)).await?;
    }
    transaction.commit().await?;
    Ok(true)
}

/// Withdraws a delegation of the unit's, ends the agent's logins for it, and tells them. False if it did not count any more.
///
/// # Errors
/// The database's; then nothing has happened.
pub async fn withdraw(
    db: &SqlitePool,
    unit: &Unit,
    delegation: &Delegation,
) -> Result<bool, sqlx::Error> {
    let account = Account::of(db, &delegation.id_number).await?;
    let mut transaction = db::write(db).await?;
    let update = sqlx::AssertSqlSafe(format!(
        "UPDATE delegations SET withdrawn_at = unixepoch() WHERE id = ?1 AND unit_id = ?2 AND {IN_FORCE}"
    ));
    let update = sqlx::query(update)
        .bind(delegation.id)
        .bind(&unit.id)
        .execute(&mut *transaction)
        .await?;
    if update.rows_affected() == 0 {
        return Ok(false);
    }
    if let Some(account) = account {
        browsers::end_as(&mut *transaction, &account.id, &super::identity_id(unit)).await?;
        inbox::notify(&mut *transaction, &account.id, &notices::withdrawn(unit)).await?;
    }
    transaction.commit().await?;
    Ok(true)
}

/// The delegations of a person that count today.
///
/// # Errors
/// The database's.
pub async fn of_person(
    db: &SqlitePool,
    id_number: &IdNumber,
) -> Result<Vec<Delegation>, sqlx::Error> {
    let query = sqlx::AssertSqlSafe(format!(
        "{COLUMNS} WHERE id_number = ?1 AND {IN_FORCE} ORDER BY unit_id, id"
    ));
    sqlx::query_as(query)
        .bind(id_number.as_str())
        .fetch_all(db)
        .await
}

/// What a person is an agent of this unit for today.
///
/// # Errors
/// The database's.
pub async fn scope(
    db: &SqlitePool,
    unit: &Unit,
    id_number: &IdNumber,
) -> Result<Option<Scope>, sqlx::Error> {
    let held = of_person(db, id_number).await?;
    Ok(held
        .into_iter()
        .find(|delegation| delegation.unit_id == unit.id)
        .map(|delegation| delegation.scope))
}

/// The delegations of a unit: those that count, then those that have not for long.
///
/// # Errors
/// The database's.
pub async fn of_unit(db: &SqlitePool, unit_id: &str) -> Result<Vec<Delegation>, sqlx::Error> {
    let query = sqlx::AssertSqlSafe(format!(
        "{COLUMNS} WHERE unit_id = ?1
             AND min(ends_on, ifnull(date(withdrawn_at, 'unixepoch', '+8 hours'), ends_on))
                 >= date('now', '+8 hours', '-{SHOWN_DAYS} days')
         ORDER BY state <> 'active', delegations.appointed_at DESC, id DESC"
    ));
    sqlx::query_as(query).bind(unit_id).fetch_all(db).await
}

/// A delegation of this unit that counts today.
///
/// # Errors
/// The database's.
pub async fn find(
    db: &SqlitePool,
    unit_id: &str,
    id: i64,
) -> Result<Option<Delegation>, sqlx::Error> {
    let query = sqlx::AssertSqlSafe(format!(
        "{COLUMNS} WHERE unit_id = ?1 AND id = ?2 AND {IN_FORCE}"
    ));
    sqlx::query_as(query)
        .bind(unit_id)
        .bind(id)
        .fetch_optional(db)
        .await
}
