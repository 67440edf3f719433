//! Units and who acts for them, as the authority has it.

use saoma_protocol::UnitRole;
use serde::{Deserialize, Serialize};

/// A unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, sqlx::FromRow)]
pub struct Unit {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
}

/// What a person is to a unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Post {
    /// The unit.
    pub unit: Unit,
    /// The role: legal representative or operator.
    pub role: UnitRole,
}

/// A person who acts for a unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnitMember {
    /// Their citizen ID number.
    pub id_number: String,
    /// Their name.
    pub name: String,
    /// Their role.
    pub role: UnitRole,
}

/// A unit and its people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnitRecord {
    /// The unit.
    pub unit: Unit,
    /// Legal representative first, then operators.
    pub members: Vec<UnitMember>,
}

/// A role as databases and registers have it.
pub const fn role_name(role: UnitRole) -> &'static str {
    match role {
        UnitRole::LegalRepresentative => "legal_representative",
        UnitRole::AuthorisedAgent => "authorised_agent",
        UnitRole::Operator => "operator",
    }
}
