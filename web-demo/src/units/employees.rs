//! The employees whom a unit has registered with the social insurance, and the base declared for
//! each.

use saoma_protocol::typed;
use sqlx::SqlitePool;

use super::notices;
use crate::accounts::Account;
use crate::accounts::id_number::IdNumber;
use crate::db::{self, execute, fetch_all, fetch_one, fetch_optional};
use crate::records::{Yuan, inbox};
use crate::registers::Unit;

/// The bases that can be declared, in whole yuan a month.
pub(crate) const BASES: std::ops::RangeInclusive<i64> = 1_000..=100_000;

/// An employee of a unit.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(crate) struct Employee {
    /// The number of their pages.
    pub id: i64,
    #[sqlx(try_from = "String")]
    pub id_number: IdNumber,
    pub name: String,
    /// The monthly wage that contributions follow from.
    pub base: Yuan,
    /// The first day (ISO 8601).
    pub registered_on: String,
}

/// A person to be registered, whom the population register knows by this number and name.
#[derive(Debug)]
pub(crate) struct NewEmployee<'a> {
    pub id_number: &'a IdNumber,
    pub name: &'a str,
    pub base: Yuan,
}

/// Reads a base in whole yuan, such as `6000`, `6,000` or `6000元`. Returns `None` outside of [`BASES`].
pub(crate) fn base(typed: &str) -> Option<Yuan> {
    let yuan: i64 = typed::amount(typed).parse().ok()?;
    BASES.contains(&yuan).then_some(Yuan(yuan * 100))
}

/// Returns the employees of a unit today, the first registered first.
pub(crate) async fn of_unit(db: &SqlitePool, unit: &Unit) -> sqlx::Result<Vec<Employee>> {
    fetch_all!(db, "SELECT * FROM employees WHERE unit_id = ?1 AND left_on IS NULL
        ORDER BY registered_on, id"; &unit.id)
    .await
}

/// Returns an employee of a unit today.
pub(crate) async fn find(db: &SqlitePool, unit: &Unit, id: &str) -> sqlx::Result<Option<Employee>> {
    fetch_optional!(db, "SELECT * FROM employees WHERE unit_id = ?1 AND id = ?2 AND left_on IS NULL";
        &unit.id, id).await
}

/// Registers an employee and tells them, if they have an account, or does neither. Returns false if
/// they work for the unit already.
pub(crate) async fn register(
    db: &SqlitePool,
    unit: &Unit,
    new: &NewEmployee<'_>,
) -> sqlx::Result<bool> {
    let insert = "INSERT INTO employees (unit_id, id_number, name, base, registered_on)
        VALUES (?1, ?2, ?3, ?4, date('now', '+8 hours')) ON CONFLICT DO NOTHING";
    let account = Account::of(db, new.id_number).await?;
    let mut transaction = db::write(db).await?;
    if !execute!(&mut *transaction, insert;
        &unit.id, new.id_number.as_str(), new.name, new.base)
    .await?
    {
        return Ok(false);
    }
    if let Some(account) = account {
        let notice = notices::registered(unit, new.base);
        inbox::notify(&mut *transaction, &account.id, &notice).await?;
    }
    transaction.commit().await?;
    Ok(true)
}

/// Ends an employee's registration today and tells them, or does neither. Returns false if they do
/// not work for the unit.
pub(crate) async fn end(db: &SqlitePool, unit: &Unit, id: &str) -> sqlx::Result<bool> {
    let Some(employee) = find(db, unit, id).await? else {
        return Ok(false);
    };
    let account = Account::of(db, &employee.id_number).await?;
    let mut transaction = db::write(db).await?;
    let end =
        "UPDATE employees SET left_on = date('now', '+8 hours') WHERE id = ?1 AND left_on IS NULL";
    if !execute!(&mut *transaction, end; employee.id).await? {
        return Ok(false);
    }
    if let Some(account) = account {
        inbox::notify(&mut *transaction, &account.id, &notices::left(unit)).await?;
    }
    transaction.commit().await?;
    Ok(true)
}

/// Returns true if this is an employee of the unit's, now or before.
pub(crate) async fn existed(db: &SqlitePool, unit: &Unit, id: &str) -> sqlx::Result<bool> {
    let query = "SELECT EXISTS (SELECT 1 FROM employees WHERE unit_id = ?1 AND id = ?2)";
    let (found,) = fetch_one!(db, query; &unit.id, id).await?;
    Ok(found)
}

/// Declares another base. Returns false if the person does not work for the unit.
pub(crate) async fn declare(
    db: &SqlitePool,
    unit: &Unit,
    id: &str,
    base: Yuan,
) -> sqlx::Result<bool> {
    let update =
        "UPDATE employees SET base = ?3 WHERE unit_id = ?1 AND id = ?2 AND left_on IS NULL";
    execute!(db, update; &unit.id, id, base).await
}

/// Registers the demo's people for whom one of these units has paid, unless an employee is
/// registered already. People who were not paid for in the last month of the records have left.
pub(crate) async fn seed(db: &SqlitePool, units: &[Unit]) -> sqlx::Result<()> {
    let mut transaction = db::write(db).await?;
    let seeded = "SELECT EXISTS (SELECT 1 FROM employees)";
    let (seeded,): (bool,) = fetch_one!(&mut *transaction, seeded).await?;
    if seeded {
        return Ok(());
    }
    for unit in units {
        execute!(&mut *transaction,
            "INSERT INTO employees (unit_id, id_number, name, base, registered_on, left_on)
             SELECT ?1, id_number, name, max(base), min(month) || '-01',
                    CASE WHEN max(month) < (SELECT max(month) FROM contributions)
                         THEN date(max(month) || '-01', '+1 month', '-1 day') END
             FROM contributions JOIN accounts ON accounts.id = account_id
             WHERE unit = ?2 AND insurance = 'pension' GROUP BY account_id ORDER BY min(month)";
            &unit.id, &unit.name)
        .await?;
    }
    transaction.commit().await
}
