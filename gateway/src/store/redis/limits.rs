//! Limits on attempts in Redis: GCRA over keys that hold a theoretical arrival time.

use data_encoding::HEXLOWER;
use sha2::{Digest as _, Sha256};

use crate::limits::LimitName;
use crate::store::Attempt;

/// An attempt as the scripts count it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RateLimitCheck {
    /// The limit.
    pub(super) limit: LimitName,
    /// Redis key of the limit.
    pub(super) key: String,
    /// Time that one attempt takes from the allowance, in microseconds.
    pub(super) interval: u64,
    /// Size of the allowance, in intervals.
    pub(super) burst: u32,
}

impl RateLimitCheck {
    pub(super) fn of(attempt: &Attempt<'_>) -> Self {
        Self {
            limit: attempt.limit,
            key: limit_key(attempt.limit, attempt.key),
            interval: attempt.rate.interval_micros(),
            burst: attempt.rate.burst.get(),
        }
    }
}

/// Returns the Redis key of a limit. It holds a digest only, because the plain key is an address or a person.
fn limit_key(limit: LimitName, key: &str) -> String {
    let digest = Sha256::digest(key.as_bytes());
    format!(
        "saoma:limit:{}:{}",
        limit.as_str(),
        HEXLOWER.encode(&digest[..16])
    )
}
