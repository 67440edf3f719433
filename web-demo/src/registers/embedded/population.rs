//! The embedded population register.

use async_trait::async_trait;

use super::Embedded;
use crate::accounts::id_number::IdNumber;
use crate::db::fetch_one;
use crate::registers::{PopulationRegister, Result};

#[async_trait]
impl PopulationRegister for Embedded {
    async fn matches(&self, id_number: &IdNumber, name: &str) -> Result<bool> {
        let query =
            "SELECT EXISTS (SELECT 1 FROM register_persons WHERE id_number = ?1 AND name = ?2)";
        let (found,) = fetch_one!(&self.db, query; id_number.as_str(), name.trim()).await?;
        Ok(found)
    }
}
