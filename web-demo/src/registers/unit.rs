//! Units and the people who act for them, by the authority's records.

use saoma_protocol::{Identity, IdentityRole};
use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, sqlx::FromRow)]
pub(crate) struct Unit {
    pub id: String,
    pub name: String,
}

/// A person's role in a unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, sqlx::FromRow)]
pub(crate) struct Post {
    #[sqlx(flatten)]
    pub unit: Unit,
    /// The role: legal representative or operator.
    pub role: UnitRole,
}

/// A person who acts for a unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, sqlx::FromRow)]
pub(crate) struct UnitMember {
    pub id_number: String,
    pub name: String,
    pub role: UnitRole,
}

/// A unit and its people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct UnitRecord {
    pub unit: Unit,
    /// Legal representative first, then operators.
    pub members: Vec<UnitMember>,
}

/// A person's role in a unit, as the province knows it. The gateway passes it on as text.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, EnumString, IntoStaticStr,
)]
#[serde(rename_all = "snake_case")]
#[sqlx(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum UnitRole {
    /// The unit's legal representative.
    LegalRepresentative,
    /// An agent whom the legal representative has authorised.
    AuthorisedAgent,
    /// An operator whom the authority has added.
    Operator,
}

impl UnitRole {
    /// Returns the role as databases, registers and the gateway have it.
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// Returns the role of an identity, if the identity has one that the province knows.
    pub fn of(identity: &Identity) -> Option<Self> {
        let role = identity.role.as_ref().map(IdentityRole::as_str);
        role.and_then(|role| role.parse().ok())
    }
}
