//! Limits across nodes, counted in Redis.

use std::time::Duration;

use async_trait::async_trait;
use data_encoding::HEXLOWER;
use sha2::{Digest as _, Sha256};

use super::{LimitName, Limiter, Rate, Verdict};
use crate::store::{Connections, Script, StoreError, Toll};

/// Counts in the Redis that the nodes share.
#[derive(Debug)]
pub struct SharedLimiter {
    connections: Connections,
    take: Script,
}

impl SharedLimiter {
    /// Counts over these connections.
    pub fn new(connections: Connections) -> Self {
        Self {
            connections,
            take: Script::new(
                "limit",
                concat!(
                    include_str!("scripts/clock.lua"),
                    include_str!("scripts/take.lua"),
                    include_str!("scripts/limit.lua")
                ),
            ),
        }
    }
}

#[async_trait]
impl Limiter for SharedLimiter {
    async fn take(&self, limit: LimitName, rate: Rate, key: &str) -> Result<Verdict, StoreError> {
        let Toll {
            key,
            interval,
            burst,
            ..
        } = toll(limit, rate, key);
        let micros: u64 = self
            .connections
            .run(&self.take.on(key).arg(interval).arg(burst))
            .await?;
        Ok(match micros {
            0 => Verdict::Allowed,
            wait => Verdict::Limited {
                retry_after: Duration::from_micros(wait),
            },
        })
    }

    /// In a cluster the limit may be with another master.
    fn toll(&self, limit: LimitName, rate: Rate, key: &str) -> Option<Toll> {
        self.connections
            .is_one_server()
            .then(|| toll(limit, rate, key))
    }
}

fn toll(limit: LimitName, rate: Rate, key: &str) -> Toll {
    let interval = u64::try_from(rate.interval().as_micros())
        .unwrap_or(u64::MAX)
        .max(1);
    Toll {
        limit,
        key: limit_key(limit, key),
        interval,
        burst: rate.burst.get(),
    }
}

/// Keys hold addresses and persons: only their digests are kept.
fn limit_key(limit: LimitName, key: &str) -> String {
    let digest = Sha256::digest(key.as_bytes());
    format!(
        "saoma:limit:{}:{}",
        limit.as_str(),
        HEXLOWER.encode(&digest[..16])
    )
}
