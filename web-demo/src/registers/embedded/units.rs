//! The embedded register of units.

use async_trait::async_trait;

use super::Embedded;
use crate::accounts::id_number::IdNumber;
use crate::db::{fetch_all, fetch_optional};
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
