//! Limits across nodes, counted in Redis.

use std::time::Duration;

use async_trait::async_trait;
use data_encoding::HEXLOWER;
use sha2::{Digest as _, Sha256};

use super::{LimitName, Limiter, Rate, Verdict};
use crate::store::{Connections, Script, StoreError};

/// Counts in the Redis that the nodes share.
#[derive(Debug)]
pub struct SharedLimiter {
    connections: Connections,
    take: Script,
}

impl SharedLimiter {
    /// Counts over these connections.
    pub fn new(connections: Connections) -> Self {
        Self { connections, take: Script::new("limit", include_str!("scripts/take.lua")) }
    }
}

#[async_trait]
impl Limiter for SharedLimiter {
    async fn take(&self, limit: LimitName, rate: Rate, key: &str) -> Result<Verdict, StoreError> {
        let call = self.take.on(limit_key(limit, key));
        let call = call.arg(rate.interval().as_micros().max(1)).arg(rate.burst.get());
        let micros: u64 = self.connections.run(&call).await?;
        Ok(match micros {
            0 => Verdict::Allowed,
            wait => Verdict::Limited { retry_after: Duration::from_micros(wait) },
        })
    }
}

/// Keys hold addresses and persons: only their digests are kept.
fn limit_key(limit: LimitName, key: &str) -> String {
    let digest = Sha256::digest(key.as_bytes());
    format!("saoma:limit:{}:{}", limit.as_str(), HEXLOWER.encode(&digest[..16]))
}
