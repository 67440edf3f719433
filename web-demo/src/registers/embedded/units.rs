//! The embedded register of units.

use async_trait::async_trait;
use sqlx::sqlite::SqliteRow;
use sqlx::{FromRow, Row};

use super::Embedded;
use crate::accounts::id_number::IdNumber;
use crate::registers::{Post, RegisterError, Unit, UnitMember, UnitRecord, UnitRegister, UnitRole};

#[async_trait]
impl UnitRegister for Embedded {
    async fn posts(&self, id_number: &IdNumber) -> Result<Vec<Post>, RegisterError> {
        let posts = sqlx::query_as(
            "SELECT id, name, role FROM register_posts JOIN register_units ON id = unit_id
             WHERE id_number = ?1 ORDER BY id",
        );
        Ok(posts.bind(id_number.as_str()).fetch_all(&self.db).await?)
    }

    async fn unit(&self, unit_id: &str) -> Result<Option<UnitRecord>, RegisterError> {
        let unit = sqlx::query_as("SELECT id, name FROM register_units WHERE id = ?1");
        let Some(unit) = unit.bind(unit_id).fetch_optional(&self.db).await? else {
            return Ok(None);
        };
        let members = sqlx::query_as(
            "SELECT id_number, name, role FROM register_posts JOIN register_persons USING (id_number)
             WHERE unit_id = ?1 ORDER BY role <> 'legal_representative', id_number",
        );
        Ok(Some(UnitRecord {
            unit,
            members: members.bind(unit_id).fetch_all(&self.db).await?,
        }))
    }
}

impl FromRow<'_, SqliteRow> for Post {
    fn from_row(row: &SqliteRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            unit: Unit::from_row(row)?,
            role: role(row)?,
        })
    }
}

impl FromRow<'_, SqliteRow> for UnitMember {
    fn from_row(row: &SqliteRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            id_number: row.try_get("id_number")?,
            name: row.try_get("name")?,
            role: role(row)?,
        })
    }
}

fn role(row: &SqliteRow) -> Result<UnitRole, sqlx::Error> {
    let name: &str = row.try_get("role")?;
    let known = [UnitRole::LegalRepresentative, UnitRole::Operator]
        .into_iter()
        .find(|role| role.as_str() == name);
    known.ok_or_else(|| sqlx::Error::Decode(format!("unit role {name:?}").into()))
}
