//! Limits on attempts in Redis: GCRA over keys that hold a theoretical arrival time.

use super::keys::Keys;
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
    pub(super) fn of(keys: &Keys, attempt: &Attempt<'_>) -> Self {
        Self {
            limit: attempt.limit,
            key: keys.limit(attempt.limit, attempt.key),
            interval: attempt.rate.interval_micros(),
            burst: attempt.rate.burst.get(),
        }
    }
}
