//! The operators of a unit, whom the authority adds and removes in its register (S16). Where the register is elsewhere, so is
//! its desk; this is the demo's.

use sqlx::SqlitePool;

use super::notices;
use crate::accounts::Account;
use crate::accounts::id_number::IdNumber;
use crate::browsers;
use crate::db;
use crate::logouts::{self, LogoutReason, Logouts};
use crate::records::inbox::{self, Notice};
use crate::registers::{UnitRecord, UnitRole, add_operator, remove_operator};

/// Why a person is not added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AddRefused {
    /// They are the unit's legal representative, who may do all of it anyway.
    IsRepresentative,
    /// They are an operator of the unit already.
    IsOperator,
}

/// Adds an operator of this name, and tells them and the legal representative, as far as they have accounts, or does nothing.
///
/// # Errors
/// The outer error is the database's, the inner one the refusal.
pub(crate) async fn add(
    db: &SqlitePool,
    record: &UnitRecord,
    id_number: &IdNumber,
    name: &str,
) -> sqlx::Result<Result<(), AddRefused>> {
    let UnitRecord { unit, members } = record;
    let held = members
        .iter()
        .find(|member| member.id_number == id_number.as_str());
    match held.map(|member| member.role) {
        Some(UnitRole::LegalRepresentative) => return Ok(Err(AddRefused::IsRepresentative)),
        Some(_) => return Ok(Err(AddRefused::IsOperator)),
        None => {}
    }
    let (own, others) = (
        Account::of(db, id_number).await?,
        representative(db, record).await?,
    );
    let mut transaction = db::write(db).await?;
    if !add_operator(&mut transaction, &unit.id, id_number).await? {
        return Ok(Err(AddRefused::IsOperator));
    }
    let told = [
        (own, notices::operator_added(unit)),
        (others, notices::operator_of_unit_added(unit, name)),
    ];
    for (account, notice) in told {
        tell(&mut transaction, account.as_ref(), &notice).await?;
    }
    transaction.commit().await?;
    Ok(Ok(()))
}

/// Removes an operator, ends their logins for the unit at all sites, and tells them and the legal representative, or does
/// nothing. Returns false if they were none.
pub(crate) async fn remove(
    db: &SqlitePool,
    outbox: &Logouts,
    record: &UnitRecord,
    id_number: &IdNumber,
    name: &str,
) -> sqlx::Result<bool> {
    let unit = &record.unit;
    let (own, others) = (
        Account::of(db, id_number).await?,
        representative(db, record).await?,
    );
    let mut transaction = db::write(db).await?;
    if !remove_operator(&mut transaction, &unit.id, id_number).await? {
        return Ok(false);
    }
    if let Some(account) = &own {
        let identity_id = super::identity_id(unit);
        browsers::end_as(&mut *transaction, &account.id, &identity_id).await?;
        let reason = LogoutReason::OperatorRemoved;
        logouts::add(&mut *transaction, &account.id, Some(&identity_id), reason).await?;
    }
    let told = [
        (own, notices::operator_removed(unit)),
        (others, notices::operator_of_unit_removed(unit, name)),
    ];
    for (account, notice) in told {
        tell(&mut transaction, account.as_ref(), &notice).await?;
    }
    transaction.commit().await?;
    outbox.wake();
    Ok(true)
}

async fn representative(db: &SqlitePool, record: &UnitRecord) -> sqlx::Result<Option<Account>> {
    let mut members = record.members.iter();
    let held = members.find(|member| member.role == UnitRole::LegalRepresentative);
    match held.and_then(|member| IdNumber::try_from(member.id_number.clone()).ok()) {
        Some(id_number) => Account::of(db, &id_number).await,
        None => Ok(None),
    }
}

async fn tell(
    db: &mut sqlx::SqliteConnection,
    account: Option<&Account>,
    notice: &Notice,
) -> sqlx::Result<()> {
    match account {
        Some(account) => inbox::notify(db, &account.id, notice).await,
        None => Ok(()),
    }
}
