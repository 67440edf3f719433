//! Units, and who acts for them in what role.

use saoma_protocol::{Identity, IdentityKind, UnitRole};
use sqlx::SqlitePool;

const ROLES: [UnitRole; 3] = [UnitRole::LegalRepresentative, UnitRole::AuthorisedAgent, UnitRole::Operator];

/// A role as the database has it.
pub const fn role_name(role: UnitRole) -> &'static str {
    match role {
        UnitRole::LegalRepresentative => "legal_representative",
        UnitRole::AuthorisedAgent => "authorised_agent",
        UnitRole::Operator => "operator",
    }
}

/// The units that a citizen may act for, as identities.
///
/// # Errors
/// The database's.
pub async fn identities(db: &SqlitePool, citizen_id: &str) -> Result<Vec<Identity>, sqlx::Error> {
    let rows: Vec<(String, String, String)> = sqlx::query_as(
        "SELECT units.id, units.name, unit_roles.role FROM unit_roles JOIN units ON units.id = unit_roles.unit_id
         WHERE unit_roles.citizen_id = ?1 ORDER BY units.id",
    )
    .bind(citizen_id)
    .fetch_all(db)
    .await?;
    rows.into_iter().map(|(id, name, role)| identity(&id, name, &role)).collect()
}

/// A person who acts for a unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Their name.
    pub name: String,
    /// What they are to it.
    pub role: UnitRole,
}

/// Who acts for the unit of an identity, by role and name.
///
/// # Errors
/// The database's.
pub async fn members(db: &SqlitePool, identity_id: &str) -> Result<Vec<Member>, sqlx::Error> {
    let rows: Vec<(String, String)> = sqlx::query_as(
        "SELECT citizens.name, unit_roles.role FROM unit_roles JOIN citizens ON citizens.id = unit_roles.citizen_id
         WHERE unit_roles.unit_id = ?1 ORDER BY unit_roles.role, citizens.id",
    )
    .bind(identity_id.trim_start_matches("unit:"))
    .fetch_all(db)
    .await?;
    rows.into_iter().map(|(name, role)| Ok(Member { name, role: known(&role)? })).collect()
}

fn known(role: &str) -> Result<UnitRole, sqlx::Error> {
    let known = ROLES.into_iter().find(|known| role_name(*known) == role);
    known.ok_or_else(|| sqlx::Error::Decode(format!("unit role {role:?}").into()))
}

fn identity(unit_id: &str, name: String, role: &str) -> Result<Identity, sqlx::Error> {
    Ok(Identity { id: format!("unit:{unit_id}"), kind: IdentityKind::Unit, name, role: Some(known(role)?) })
}
