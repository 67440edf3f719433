//! The embedded population register.

use async_trait::async_trait;

use super::Embedded;
use crate::accounts::id_number::IdNumber;
use crate::registers::{PopulationRegister, RegisterError};

#[async_trait]
impl PopulationRegister for Embedded {
    async fn matches(&self, id_number: &IdNumber, name: &str) -> Result<bool, RegisterError> {
        let found =
            sqlx::query_scalar("SELECT 1 FROM register_persons WHERE id_number = ?1 AND name = ?2");
        let found: Option<i64> = found
            .bind(id_number.as_str())
            .bind(name.trim())
            .fetch_optional(&self.db)
            .await?;
        Ok(found.is_some())
    }
}
