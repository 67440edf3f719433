//! The employees whom a unit has registered with the social insurance, and the base that it declares for each.

use sqlx::SqlitePool;

use super::notices;
use crate::accounts::Account;
use crate::accounts::id_number::IdNumber;
use crate::db;
use crate::records::{Yuan, inbox};
use crate::registers::Unit;

/// The bases that can be declared, in whole yuan a month.
pub const BASES: std::ops::RangeInclusive<i64> = 1_000..=100_000;

const COLUMNS: &str =
    "SELECT id, id_number, name, base, registered_on FROM employees WHERE left_on IS NULL";

/// Somebody who works for a unit.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Employee {
    /// What their pages are found by.
    pub id: i64,
    /// Their citizen ID number.
    #[sqlx(try_from = "String")]
    pub id_number: IdNumber,
    /// Their name.
    pub name: String,
    /// What their contributions follow from, a month.
    #[sqlx(try_from = "i64")]
    pub base: Yuan,
    /// The first day (ISO 8601).
    pub registered_on: String,
}

/// Somebody to be registered, whom the population register knows by this number and name.
#[derive(Debug)]
pub struct NewEmployee<'a> {
    /// Their citizen ID number.
    pub id_number: &'a IdNumber,
    /// Their name.
    pub name: &'a str,
    /// What is declared for them.
    pub base: Yuan,
}

/// A base as it is typed, in whole yuan; none outside of [`BASES`].
pub fn base(typed: &str) -> Option<Yuan> {
    let yuan: i64 = typed.trim().parse().ok()?;
    BASES.contains(&yuan).then_some(Yuan(yuan * 100))
}

/// Those who work for a unit today, the first registered first.
///
/// # Errors
/// The database's.
pub async fn of_unit(db: &SqlitePool, unit: &Unit) -> Result<Vec<Employee>, sqlx::Error> {
    let query = sqlx::AssertSqlSafe(format!(
        "{COLUMNS} AND unit_id = ?1 ORDER BY registered_on, id"
    ));
    sqlx::query_as(query).bind(&unit.id).fetch_all(db).await
}

/// One of them.
///
/// # Errors
/// The database's.
pub async fn find(db: &SqlitePool, unit: &Unit, id: i64) -> Result<Option<Employee>, sqlx::Error> {
    let query = sqlx::AssertSqlSafe(format!("{COLUMNS} AND unit_id = ?1 AND id = ?2"));
    sqlx::query_as(query)
        .bind(&unit.id)
        .bind(id)
        .fetch_optional(db)
        .await
}

/// Registers an employee and tells them, if they have an account. False if they work for the unit already.
///
/// # Errors
/// The database's; then nothing has happened.
pub async fn register(
    db: &SqlitePool,
    unit: &Unit,
    new: &NewEmployee<'_>,
) -> Result<bool, sqlx::Error> {
    let account = Account::of(db, new.id_number).await?;
    let mut transaction = db::write(db).await?;
    let insert = sqlx::query(
        "INSERT INTO employees (unit_id, id_number, name, base, registered_on)
         VALUES (?1, ?2, ?3, ?4, date('now', '+8 hours')) ON CONFLICT DO NOTHING",
    );
    let insert = insert
        .bind(&unit.id)
        .bind(new.id_number.as_str())
        .bind(new.name)
        .bind(new.base.0);
    if insert.execute(&mut *transaction).await?.rows_affected() == 0 {
        return Ok(false);
    }
    if let Some(account) = account {
        inbox::notify(
            &mut *transaction,
            &account.id,
            &notices::registered(unit, new.base),
        )
        .await?;
    }
    transaction.commit().await?;
    Ok(true)
}

/// Ends an employee's registration today and tells them. False if they do not work for the unit.
///
/// # Errors
/// The database's; then nothing has happened.
pub async fn end(db: &SqlitePool, unit: &Unit, id: i64) -> Result<bool, sqlx::Error> {
    let Some(employee) = find(db, unit, id).await? else {
        return Ok(false);
    };
    let account = Account::of(db, &employee.id_number).await?;
    let mut transaction = db::write(db).await?;
    let end = sqlx::query(
        "UPDATE employees SET left_on = date('now', '+8 hours') WHERE id = ?1 AND left_on IS NULL",
    );
    if end
        .bind(id)
        .execute(&mut *transaction)
        .await?
        .rows_affected()
        == 0
    {
        return Ok(false);
    }
    if let Some(account) = account {
        inbox::notify(&mut *transaction, &account.id, &notices::left(unit)).await?;
    }
    transaction.commit().await?;
    Ok(true)
}

/// Declares another base. False if they do not work for the unit.
///
/// # Errors
/// The database's.
pub async fn declare(
    db: &SqlitePool,
    unit: &Unit,
    id: i64,
    base: Yuan,
) -> Result<bool, sqlx::Error> {
    let update = sqlx::query(
        "UPDATE employees SET base = ?3 WHERE unit_id = ?1 AND id = ?2 AND left_on IS NULL",
    );
    Ok(update
        .bind(&unit.id)
        .bind(id)
        .bind(base.0)
        .execute(db)
        .await?
        .rows_affected()
        > 0)
}

/// Registers those of the demo's people for whom one of these units has paid, if nobody is registered yet. Whoever was not paid for
/// in the last month of the records has left.
///
/// # Errors
/// The database's; then nothing has happened.
pub async fn seed(db: &SqlitePool, units: &[Unit]) -> Result<(), sqlx::Error> {
    let mut transaction = db::write(db).await?;
    let seeded: bool = sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM employees)")
        .fetch_one(&mut *transaction)
        .await?;
    if seeded {
        return Ok(());
    }
    for unit in units {
        sqlx::query(
            "INSERT INTO employees (unit_id, id_number, name, base, registered_on, left_on)
             SELECT ?1, id_number, name, max(base), min(month) || '-01',
                    CASE WHEN max(month) < (SELECT max(month) FROM contributions)
                         THEN date(max(month) || '-01', '+1 month', '-1 day') END
             FROM contributions JOIN accounts ON accounts.id = account_id
             WHERE unit = ?2 AND insurance = 'pension' GROUP BY account_id ORDER BY min(month)",
        )
        .bind(&unit.id)
        .bind(&unit.name)
        .execute(&mut *transaction)
        .await?;
    }
    transaction.commit().await
}
