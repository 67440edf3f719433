//! Delegations: a unit's legal representative appoints an agent for some of its affairs until a
//! day, and may withdraw that.

use sqlx::SqlitePool;
use sqlx::types::Json;

use super::notices;
use super::scope::Scope;
use crate::accounts::Account;
use crate::accounts::id_number::IdNumber;
use crate::browsers;
use crate::db::{self, execute, fetch_all, fetch_one, fetch_optional};
use crate::logouts::{self, LogoutReason, Logouts};
use crate::records::inbox;
use crate::registers::Unit;

/// The time for which an ended or withdrawn delegation is still shown.
const SHOWN: &str = "-90 days";

#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::Type)]
#[sqlx(rename_all = "snake_case")]
pub(crate) enum DelegationState {
    /// It counts.
    Active,
    /// Its last day is over.
    Ended,
    /// The legal representative has withdrawn it.
    Withdrawn,
}

/// An agent's appointment.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(crate) struct Delegation {
    pub id: i64,
    pub unit_id: String,
    #[sqlx(try_from = "String")]
    pub id_number: IdNumber,
    pub name: String,
    #[sqlx(json)]
    pub scope: Scope,
    /// The first day (ISO 8601), as all days in the province's time.
    pub appointed_on: String,
    /// The last day that it counts.
    pub ends_on: String,
    pub withdrawn_on: Option<String>,
    pub state: DelegationState,
}

/// An appointment to be made, of a person whom the population register knows by this number and
/// name.
#[derive(Debug)]
pub(crate) struct NewDelegation<'a> {
    pub unit: &'a Unit,
    pub id_number: &'a IdNumber,
    pub name: &'a str,
    pub scope: &'a Scope,
    /// The last day, ISO 8601.
    pub ends_on: &'a str,
    /// The legal representative.
    pub by: &'a Account,
}

/// Why a day cannot be a delegation's last one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::Type)]
#[sqlx(rename_all = "snake_case")]
pub(crate) enum EndRefused {
    /// It is no day of the calendar.
    NoDay,
    /// It is not after today.
    TooSoon,
    /// It is more than three years away.
    TooLate,
}

/// Returns the first and the last day that a delegation made today can end on, ISO 8601.
pub(crate) async fn possible_ends(db: &SqlitePool) -> sqlx::Result<(String, String)> {
    let query = "SELECT date('now', '+8 hours', '+1 day'), date('now', '+8 hours', '+3 years')";
    fetch_one!(db, query).await
}

/// Returns why a delegation made today cannot end on this day.
pub(crate) async fn refused_end(db: &SqlitePool, day: &str) -> sqlx::Result<Option<EndRefused>> {
    let (refused,) = fetch_one!(db,
        "SELECT CASE WHEN ?1 IS NOT date(?1) THEN 'no_day'
                     WHEN ?1 < date('now', '+8 hours', '+1 day') THEN 'too_soon'
                     WHEN ?1 > date('now', '+8 hours', '+3 years') THEN 'too_late' END"; day)
    .await?;
    Ok(refused)
}

/// Appoints an agent and tells them, if they have an account, or does neither. Returns false if
/// they are an agent of the unit already.
pub(crate) async fn appoint(db: &SqlitePool, new: &NewDelegation<'_>) -> sqlx::Result<bool> {
    let account = Account::of(db, new.id_number).await?;
    let mut transaction = db::write(db).await?;
    let insert = "INSERT INTO delegations (unit_id, id_number, name, scope, ends_on, appointed_by, appointed_at)
        SELECT ?1, ?2, ?3, ?4, ?5, ?6, unixepoch() WHERE NOT EXISTS
            (SELECT 1 FROM delegations_today WHERE unit_id = ?1 AND id_number = ?2 AND state = 'active')";
    if !execute!(&mut *transaction, insert; &new.unit.id, new.id_number.as_str(), new.name,
        Json(new.scope), new.ends_on, &new.by.id)
    .await?
    {
        return Ok(false);
    }
    if let Some(account) = account {
        let appointed = notices::appointed(new.unit, new.scope, new.ends_on, &new.by.name);
        inbox::notify(&mut *transaction, &account.id, &appointed).await?;
    }
    transaction.commit().await?;
    Ok(true)
}

/// Withdraws a delegation of the unit's, ends the agent's logins for it at all sites, and tells them, or does nothing.
/// Returns false if it did not count any more.
pub(crate) async fn withdraw(
    db: &SqlitePool,
    outbox: &Logouts,
    unit: &Unit,
    delegation: &Delegation,
) -> sqlx::Result<bool> {
    let account = Account::of(db, &delegation.id_number).await?;
    let mut transaction = db::write(db).await?;
    let update = "UPDATE delegations SET withdrawn_at = unixepoch() WHERE id IN
        (SELECT id FROM delegations_today WHERE id = ?1 AND unit_id = ?2 AND state = 'active')";
    if !execute!(&mut *transaction, update; delegation.id, &unit.id).await? {
        return Ok(false);
    }
    if let Some(account) = account {
        let (account_id, identity_id) = (&account.id, super::identity_id(unit));
        browsers::end_as(&mut *transaction, account_id, &identity_id).await?;
        let reason = LogoutReason::DelegationWithdrawn;
        logouts::add(&mut *transaction, account_id, Some(&identity_id), reason).await?;
        inbox::notify(&mut *transaction, account_id, &notices::withdrawn(unit)).await?;
    }
    transaction.commit().await?;
    outbox.wake();
    Ok(true)
}

/// Returns the delegations of a person that count today.
pub(crate) async fn of_person(
    db: &SqlitePool,
    id_number: &IdNumber,
) -> sqlx::Result<Vec<Delegation>> {
    fetch_all!(db, "SELECT * FROM delegations_today WHERE id_number = ?1 AND state = 'active'
        ORDER BY unit_id, id"; id_number.as_str())
    .await
}

/// Returns the affairs that a person is an agent of this unit for today.
pub(crate) async fn scope(
    db: &SqlitePool,
    unit: &Unit,
    id_number: &IdNumber,
) -> sqlx::Result<Option<Scope>> {
    let mut held = of_person(db, id_number).await?.into_iter();
    let held = held.find(|delegation| delegation.unit_id == unit.id);
    Ok(held.map(|delegation| delegation.scope))
}

/// Returns the delegations of a unit: those that count, then those that have ended in the last 90
/// days.
pub(crate) async fn of_unit(db: &SqlitePool, unit_id: &str) -> sqlx::Result<Vec<Delegation>> {
    fetch_all!(db, "SELECT * FROM delegations_today WHERE unit_id = ?1
            AND min(ends_on, ifnull(withdrawn_on, ends_on)) >= date('now', '+8 hours', ?2)
        ORDER BY state <> 'active', appointed_at DESC, id DESC"; unit_id, SHOWN)
    .await
}

/// Returns a delegation of this unit that counts today.
pub(crate) async fn find(
    db: &SqlitePool,
    unit_id: &str,
    id: &str,
) -> sqlx::Result<Option<Delegation>> {
    fetch_optional!(db, "SELECT * FROM delegations_today
        WHERE unit_id = ?1 AND id = ?2 AND state = 'active'"; unit_id, id)
    .await
}

/// Returns true if this is a delegation of the unit's, whether it counts or not.
pub(crate) async fn existed(db: &SqlitePool, unit_id: &str, id: &str) -> sqlx::Result<bool> {
    let query = "SELECT EXISTS (SELECT 1 FROM delegations WHERE unit_id = ?1 AND id = ?2)";
    let (found,) = fetch_one!(db, query; unit_id, id).await?;
    Ok(found)
}
