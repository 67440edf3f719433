//! The embedded population register.

use async_trait::async_trait;
use saoma_protocol::typed;

use super::Embedded;
use crate::accounts::id_number::IdNumber;
use crate::db::fetch_optional;
use crate::registers::{PopulationRegister, Result};

#[async_trait]
impl PopulationRegister for Embedded {
    async fn registered_name(&self, id_number: &IdNumber, name: &str) -> Result<Option<String>> {
        let query = "SELECT name FROM register_persons WHERE id_number = ?1";
        let found: Option<(String,)> = fetch_optional!(&self.db, query; id_number.as_str()).await?;
        let key = typed::name_key(name);
        Ok(found
            .map(|(registered,)| registered)
            .filter(|registered| typed::name_key(registered) == key))
    }
}
