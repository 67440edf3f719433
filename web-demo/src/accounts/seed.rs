//! The demo's citizens, put into an empty database.

use saoma_protocol::UnitRole;
use serde::Deserialize;
use sqlx::{Sqlite, SqlitePool, Transaction};

use super::id_number::IdNumber;
use super::password;
use crate::cards::CardState;
use crate::units;

/// The file that they are written in.
const CITIZENS: &str = include_str!("../../data/citizens.toml");

/// The citizens of the demo.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DemoCitizens {
    /// The password of every one of them.
    pub password: String,
    /// The units that some of them act for.
    pub units: Vec<DemoUnit>,
    /// They themselves.
    pub citizens: Vec<DemoCitizen>,
}

/// A unit of the demo.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DemoUnit {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
}

/// A citizen of the demo.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DemoCitizen {
    /// The `sub` of their tokens.
    pub id: String,
    /// Their name.
    pub name: String,
    /// What they log in to the app with.
    pub user_name: String,
    /// Their number.
    pub id_number: IdNumber,
    /// Their social-security card, if any.
    #[serde(default)]
    pub card: Option<DemoCard>,
    /// What they are to units.
    #[serde(default)]
    pub roles: Vec<DemoRole>,
}

/// A card of the demo.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DemoCard {
    /// The state of the physical card.
    pub state: CardState,
    /// Whether the electronic one has been applied for.
    pub e_card: bool,
}

/// A role of the demo.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DemoRole {
    /// The unit's id.
    pub unit: String,
    /// The role.
    pub role: UnitRole,
}

/// Why the demo's citizens could not be put in.
#[derive(Debug, thiserror::Error)]
pub enum SeedError {
    /// The file is wrong.
    #[error("data/citizens.toml is wrong: {0}")]
    File(#[from] toml::de::Error),
    /// A password could not be hashed.
    #[error("a password cannot be hashed: {0}")]
    Password(argon2::password_hash::Error),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

impl DemoCitizens {
    /// The citizens of the file.
    ///
    /// # Errors
    /// The file does not parse, or an ID number in it is wrong.
    pub fn load() -> Result<Self, SeedError> {
        Ok(toml::from_str(CITIZENS)?)
    }
}

/// Puts them in, all or none, if the database holds no citizen yet.
///
/// # Errors
/// See [`SeedError`].
pub async fn seed(db: &SqlitePool, demo: &DemoCitizens) -> Result<(), SeedError> {
    let mut transaction = db.begin().await?;
    let citizens: i64 = sqlx::query_scalar("SELECT count(*) FROM citizens").fetch_one(&mut *transaction).await?;
    if citizens > 0 {
        return Ok(());
    }
    for unit in &demo.units {
        let insert = sqlx::query("INSERT INTO units (id, name) VALUES (?1, ?2)");
        insert.bind(&unit.id).bind(&unit.name).execute(&mut *transaction).await?;
    }
    // One password and thus one hash for all: who reads the database learns what the terminal says anyway.
    let hash = password::hash(&demo.password).map_err(SeedError::Password)?;
    for citizen in &demo.citizens {
        insert(&mut transaction, citizen, &hash).await?;
    }
    Ok(transaction.commit().await?)
}

async fn insert(db: &mut Transaction<'_, Sqlite>, citizen: &DemoCitizen, hash: &str) -> Result<(), sqlx::Error> {
    let DemoCitizen { id, name, user_name, id_number, card, roles } = citizen;
    let insert = sqlx::query("INSERT INTO citizens (id, name, id_number) VALUES (?1, ?2, ?3)");
    insert.bind(id).bind(name).bind(id_number.as_str()).execute(&mut **db).await?;
    let insert = sqlx::query("INSERT INTO accounts (user_name, citizen_id, password_hash) VALUES (?1, ?2, ?3)");
    insert.bind(user_name).bind(id).bind(hash).execute(&mut **db).await?;
    if let Some(card) = card {
        let insert = sqlx::query(
            "INSERT INTO cards (citizen_id, state, e_card_since) VALUES (?1, ?2, iif(?3, unixepoch(), NULL))",
        );
        insert.bind(id).bind(card.state).bind(card.e_card).execute(&mut **db).await?;
    }
    for role in roles {
        let insert = sqlx::query("INSERT INTO unit_roles (unit_id, citizen_id, role) VALUES (?1, ?2, ?3)");
        insert.bind(&role.unit).bind(id).bind(units::role_name(role.role)).execute(&mut **db).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_demo_citizen_can_be_mistaken_for_a_real_person() {
        for citizen in DemoCitizens::load().unwrap().citizens {
            // GB/T 2260 assigns no division beyond 82, and nobody is called "Example".
            assert!(citizen.id_number.as_str().starts_with("990000"), "{}", citizen.name);
            assert!(citizen.name.starts_with("示例"), "{}", citizen.name);
        }
    }
}
