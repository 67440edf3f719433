//! The embedded register of units.

use async_trait::async_trait;
use sqlx::{SqliteConnection, SqlitePool};

use super::Embedded;
use crate::accounts::id_number::IdNumber;
use crate::db::{execute, fetch_all, fetch_optional};
use crate::registers::{Post, Result, UnitRecord, UnitRegister};

#[async_trait]
impl UnitRegister for Embedded {
    async fn posts(&self, id_number: &IdNumber) -> Result<Vec<Post>> {
        let query = "SELECT id, name, role FROM register_posts JOIN register_units ON id = unit_id
            WHERE id_number = ?1 ORDER BY id";
        Ok(fetch_all!(&self.db, query; id_number.as_str()).await?)
    }

    async fn unit(&self, unit_id: &str) -> Result<Option<UnitRecord>> {
        let query = "SELECT id, name FROM register_units WHERE id = ?1";
        let Some(unit) = fetch_optional!(&self.db, query; unit_id).await? else {
            return Ok(None);
        };
        let query = "SELECT id_number, name, role FROM register_posts JOIN register_persons USING (id_number)
            WHERE unit_id = ?1 ORDER BY role <> 'legal_representative', id_number";
        let members = fetch_all!(&self.db, query; unit_id).await?;
        Ok(Some(UnitRecord { unit, members }))
    }
}

/// Returns all units, in the order of their ids.
pub(crate) async fn all_units(db: &SqlitePool) -> Result<Vec<UnitRecord>> {
    let ids: Vec<(String,)> = fetch_all!(db, "SELECT id FROM register_units ORDER BY id").await?;
    let register = Embedded::new(db.clone());
    let mut units = Vec::new();
    for (id,) in ids {
        units.extend(register.unit(&id).await?);
    }
    Ok(units)
}

/// Adds an operator in the authority's place. Returns false if the person has a role in the unit already.
pub(crate) async fn add_operator(
    db: &mut SqliteConnection,
    unit_id: &str,
    id_number: &IdNumber,
) -> sqlx::Result<bool> {
    let add = "INSERT INTO register_posts (unit_id, id_number, role) VALUES (?1, ?2, 'operator')
        ON CONFLICT DO NOTHING";
    execute!(db, add; unit_id, id_number.as_str()).await
}

/// Removes an operator in the authority's place. Returns false if the person is no operator.
pub(crate) async fn remove_operator(
    db: &mut SqliteConnection,
    unit_id: &str,
    id_number: &IdNumber,
) -> sqlx::Result<bool> {
    let remove = "DELETE FROM register_posts
        WHERE unit_id = ?1 AND id_number = ?2 AND role = 'operator'";
    execute!(db, remove; unit_id, id_number.as_str()).await
}
