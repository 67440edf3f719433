//! The made-up people of the demo's registers, put into empty tables.

use serde::Deserialize;
use sqlx::{Sqlite, SqlitePool, Transaction};

use crate::accounts::id_number::IdNumber;
use crate::accounts::{SeedError, password};
use crate::registers::{CardState, Post, Region, Unit, UnitRole};

/// What the demo's registers hold.
#[derive(Debug)]
pub struct DemoRegisters {
    population: Population,
    cards: Cards,
    units: Units,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Population {
    persons: Vec<Person>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Person {
    id_number: IdNumber,
    name: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Cards {
    /// The password of every card.
    password: String,
    regions: Vec<Region>,
    cards: Vec<DemoCard>,
}

/// A card of the demo.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DemoCard {
    /// Its number.
    pub number: String,
    /// Whose it is.
    pub id_number: IdNumber,
    /// Its state.
    pub state: CardState,
    /// The phone on file, if any.
    #[serde(default)]
    pub phone: Option<String>,
    /// The code of its region.
    pub region: String,
    /// The day of issue.
    pub issued_on: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Units {
    units: Vec<DemoUnit>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct DemoUnit {
    id: String,
    name: String,
    legal_representative: IdNumber,
    #[serde(default)]
    operators: Vec<IdNumber>,
}

impl DemoRegisters {
    /// What the files say.
    ///
    /// # Errors
    /// A file does not parse, or an ID number in it is wrong.
    pub fn load() -> Result<Self, SeedError> {
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

    /// The card of a person.
    pub fn card(&self, id_number: &IdNumber) -> Option<&DemoCard> {
        self.cards
            .cards
            .iter()
            .find(|card| card.id_number == *id_number)
    }

    /// What a person is to units.
    pub fn posts(&self, id_number: &IdNumber) -> Vec<Post> {
        let members = self.units.units.iter().flat_map(DemoUnit::members);
        members
            .filter(|(_, member)| *member == id_number)
            .map(|(post, _)| post)
            .collect()
    }

    /// All units.
    pub fn units(&self) -> Vec<Unit> {
        self.units
            .units
            .iter()
            .map(|DemoUnit { id, name, .. }| Unit {
                id: id.clone(),
                name: name.clone(),
            })
            .collect()
    }

    /// The password of every card.
    pub fn card_password(&self) -> &str {
        &self.cards.password
    }

    /// Everybody, by ID number and name.
    pub fn persons(&self) -> impl Iterator<Item = (&IdNumber, &str)> {
        self.population
            .persons
            .iter()
            .map(|person| (&person.id_number, person.name.as_str()))
    }

    /// Puts them in, all or none, if the register holds nobody yet.
    ///
    /// # Errors
    /// See [`SeedError`].
    pub async fn seed(&self, db: &SqlitePool) -> Result<(), SeedError> {
        let mut transaction = crate::db::write(db).await?;
        let persons: i64 = sqlx::query_scalar("SELECT count(*) FROM register_persons")
            .fetch_one(&mut *transaction)
            .await?;
        if persons > 0 {
            return Ok(());
        }
        for Person { id_number, name } in &self.population.persons {
            let insert =
                sqlx::query("INSERT INTO register_persons (id_number, name) VALUES (?1, ?2)");
            insert
                .bind(id_number.as_str())
                .bind(name)
                .execute(&mut *transaction)
                .await?;
        }
        self.seed_cards(&mut transaction).await?;
        for unit in &self.units.units {
            unit.insert(&mut transaction).await?;
        }
        Ok(transaction.commit().await?)
    }

    async fn seed_cards(&self, db: &mut Transaction<'_, Sqlite>) -> Result<(), SeedError> {
        for Region {
            code,
            name,
            e_card_open,
            checks_passwords,
        } in &self.cards.regions
        {
            let insert = sqlx::query("INSERT INTO register_regions VALUES (?1, ?2, ?3, ?4)");
            insert
                .bind(code)
                .bind(name)
                .bind(e_card_open)
                .bind(checks_passwords)
                .execute(&mut **db)
                .await?;
        }
        let hash = password::hash(&self.cards.password).map_err(SeedError::Password)?;
        for card in &self.cards.cards {
            let insert = sqlx::query(
                "INSERT INTO register_cards (number, id_number, state, phone, region, issued_on, password_hash)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            );
            insert
                .bind(&card.number)
                .bind(card.id_number.as_str())
                .bind(card.state)
                .bind(&card.phone)
                .bind(&card.region)
                .bind(&card.issued_on)
                .bind(&hash)
                .execute(&mut **db)
                .await?;
        }
        Ok(())
    }
}

impl DemoUnit {
    fn members(&self) -> impl Iterator<Item = (Post, &IdNumber)> {
        let unit = Unit {
            id: self.id.clone(),
            name: self.name.clone(),
        };
        let operators = self
            .operators
            .iter()
            .map(|operator| (UnitRole::Operator, operator));
        std::iter::once((UnitRole::LegalRepresentative, &self.legal_representative))
            .chain(operators)
            .map(move |(role, person)| {
                (
                    Post {
                        unit: unit.clone(),
                        role,
                    },
                    person,
                )
            })
    }

    async fn insert(&self, db: &mut Transaction<'_, Sqlite>) -> Result<(), sqlx::Error> {
        let insert = sqlx::query("INSERT INTO register_units (id, name) VALUES (?1, ?2)");
        insert
            .bind(&self.id)
            .bind(&self.name)
            .execute(&mut **db)
            .await?;
        for (post, person) in self.members() {
            let insert = sqlx::query(
                "INSERT INTO register_posts (unit_id, id_number, role) VALUES (?1, ?2, ?3)",
            );
            insert
                .bind(&self.id)
                .bind(person.as_str())
                .bind(post.role.as_str())
                .execute(&mut **db)
                .await?;
        }
        Ok(())
    }
}

fn parse<T: serde::de::DeserializeOwned>(file: &'static str, text: &str) -> Result<T, SeedError> {
    toml::from_str(text).map_err(|error| SeedError::File { file, error })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_in_the_registers_can_be_mistaken_for_a_real_person() {
        for (id_number, name) in DemoRegisters::load().unwrap().persons() {
            // GB/T 2260 assigns no division beyond 82, and nobody is called "Example".
            assert!(id_number.as_str().starts_with("990000"), "{name}");
            assert!(name.starts_with("示例"), "{name}");
        }
    }
}
