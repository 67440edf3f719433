//! The made-up people of the demo's registers, put into empty tables.

use anyhow::{Context, anyhow};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sqlx::SqlitePool;
use sqlx::types::Json;

use crate::accounts::id_number::IdNumber;
use crate::accounts::password;
use crate::db::{self, execute, fetch_one};
use crate::registers::{CardState, Post, Region, Unit, UnitRole};

/// The statements that put them in.
const SEED: &str = include_str!("../../../data/registers.sql");

/// The contents of the demo's registers.
#[derive(Debug)]
pub(crate) struct DemoRegisters {
    population: Population,
    cards: Cards,
    units: Units,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Population {
    persons: Vec<Person>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Person {
    id_number: IdNumber,
    name: String,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Cards {
    /// The password of every card.
    password: String,
    regions: Vec<Region>,
    cards: Vec<DemoCard>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DemoCard {
    pub number: String,
    /// The holder.
    pub id_number: IdNumber,
    pub state: CardState,
    /// The phone on file, if any.
    #[serde(default)]
    pub phone: Option<String>,
    /// The code of its region.
    pub region: String,
    /// The day of issue.
    pub issued_on: String,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Units {
    units: Vec<DemoUnit>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct DemoUnit {
    id: String,
    name: String,
    legal_representative: IdNumber,
    #[serde(default)]
    operators: Vec<IdNumber>,
}

impl DemoRegisters {
    /// Reads the files.
    ///
    /// # Errors
    /// Returns an error if a file is not TOML of the expected form, or an ID number in it is
    /// invalid.
    pub(crate) fn load() -> anyhow::Result<Self> {
        let population = parse(
            "population.toml",
            include_str!("../../../data/population.toml"),
        )?;
        let cards = parse("cards.toml", include_str!("../../../data/cards.toml"))?;
        let units = parse("units.toml", include_str!("../../../data/units.toml"))?;
        Ok(Self {
            population,
            cards,
            units,
        })
    }

    pub(crate) fn card(&self, id_number: &IdNumber) -> Option<&DemoCard> {
        let mut cards = self.cards.cards.iter();
        cards.find(|card| card.id_number == *id_number)
    }

    /// The roles of a person in units.
    pub(crate) fn posts(&self, id_number: &IdNumber) -> Vec<Post> {
        let members = self.units.units.iter().flat_map(DemoUnit::members);
        let own = members.filter(|(_, member)| *member == id_number);
        own.map(|(post, _)| post).collect()
    }

    pub(crate) fn units(&self) -> Vec<Unit> {
        self.units.units.iter().map(DemoUnit::unit).collect()
    }

    /// The password of every card.
    pub(crate) fn card_password(&self) -> &str {
        &self.cards.password
    }

    /// All people, by ID number and name.
    pub(crate) fn persons(&self) -> impl Iterator<Item = (&IdNumber, &str)> {
        let persons = self.population.persons.iter();
        persons.map(|person| (&person.id_number, person.name.as_str()))
    }

    /// Puts them in, unless the register knows a person already.
    ///
    /// # Errors
    /// Returns an error if the database or the hash of the password fails; then nothing is put in.
    pub(crate) async fn seed(&self, db: &SqlitePool) -> anyhow::Result<()> {
        let mut transaction = db::write(db).await?;
        let seeded = "SELECT EXISTS (SELECT 1 FROM register_persons)";
        let (seeded,): (bool,) = fetch_one!(&mut *transaction, seeded).await?;
        if seeded {
            return Ok(());
        }
        let hash = password::hash(&self.cards.password)
            .map_err(|error| anyhow!("a password cannot be hashed: {error}"))?;
        let files = json!({
            "population": self.population, "cards": self.cards, "units": self.units,
            "password_hash": hash,
        });
        execute!(&mut *transaction, SEED; Json(files)).await?;
        Ok(transaction.commit().await?)
    }
}

impl DemoUnit {
    fn unit(&self) -> Unit {
        Unit {
            id: self.id.clone(),
            name: self.name.clone(),
        }
    }

    fn members(&self) -> impl Iterator<Item = (Post, &IdNumber)> {
        let post = |role| Post {
            unit: self.unit(),
            role,
        };
        let operators = self.operators.iter();
        let operators = operators.map(move |operator| (post(UnitRole::Operator), operator));
        let representative = &self.legal_representative;
        std::iter::once((post(UnitRole::LegalRepresentative), representative)).chain(operators)
    }
}

fn parse<T: serde::de::DeserializeOwned>(file: &'static str, text: &str) -> anyhow::Result<T> {
    toml::from_str(text).with_context(|| format!("data/{file} is wrong"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_people_of_the_registers_cannot_be_mistaken_for_real_ones() {
        for (id_number, name) in DemoRegisters::load().unwrap().persons() {
            // GB/T 2260 assigns no division beyond 82, and 示例 ("Example") is no surname.
            assert!(id_number.as_str().starts_with("990000"), "{name}");
            assert!(name.starts_with("示例"), "{name}");
        }
    }
}
