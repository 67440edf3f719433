//! The version of the data behind a prefix.

use super::RedisStore;
use crate::store::{SCHEMA, SchemaFound, StoreError};

/// Time that the note lives, in milliseconds: 400 days, longer than any other key. Each node renews it while it runs.
const NOTE_LIFETIME_MS: u64 = 400 * 24 * 3600 * 1000;

impl RedisStore {
    /// Notes the version that this node writes, unless a newer one is noted.
    pub(super) async fn run_claim_schema(&self) -> Result<SchemaFound, StoreError> {
        let call = self.scripts.claim_schema.on(self.keys.schema());
        let call = call.arg(SCHEMA).arg(NOTE_LIFETIME_MS);
        Ok(SchemaFound::of(self.connections.run(&call).await?))
    }

    /// Reads the noted version, and notes nothing.
    pub(super) async fn read_schema(&self) -> Result<SchemaFound, StoreError> {
        let mut get = redis::cmd("GET");
        get.arg(self.keys.schema());
        let noted: Option<u32> = self.connections.query("probe", &get).await?;
        Ok(SchemaFound::of(noted.unwrap_or_default()))
    }
}
