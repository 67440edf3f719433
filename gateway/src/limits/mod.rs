//! Limits on attempts, by GCRA, the generic cell rate algorithm: the table of all limits, a limiter that counts in this
//! process, and memories for refusals of the store and for places that have proved a secret.

mod generations;
mod local;
mod meter;
mod proved_places;
mod refusals;
mod table;

use std::num::NonZeroU32;
use std::time::Duration;

pub(crate) use generations::Generations;
pub use local::LocalLimiter;
pub use meter::Meter;
pub(crate) use meter::MeterClock;
pub use proved_places::ProvedPlaces;
pub(crate) use refusals::RememberedRefusals;
use serde::{Deserialize, Serialize};
pub use table::{Bounded, CountedIn, Declaration, LimitName, Limits};

/// A rate of attempts: `burst` at once, and as many again over each period, evenly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Rate {
    /// Attempts.
    pub burst: NonZeroU32,
    /// The period.
    #[serde(with = "humantime_serde")]
    #[cfg_attr(test, schemars(with = "Duration"))]
    pub per: Duration,
}

impl Rate {
    /// Creates a rate of `burst` attempts per period. Zero is treated as one.
    pub fn new(burst: u32, per: Duration) -> Self {
        Self {
            burst: NonZeroU32::new(burst).unwrap_or(NonZeroU32::MIN),
            per,
        }
    }

    /// Returns the time that one attempt takes from the allowance.
    pub fn interval(&self) -> Duration {
        Duration::from_micros(self.interval_micros())
    }

    /// Returns [`Self::interval`] in microseconds, rounded up: otherwise a burst that does not divide the period would
    /// admit more.
    pub(crate) fn interval_micros(&self) -> u64 {
        let interval = self.per.as_micros().div_ceil(self.burst.get().into());
        u64::try_from(interval).unwrap_or(u64::MAX).max(1)
    }

    /// Returns the rate with so many times the attempts in the same period.
    #[must_use]
    pub fn times(self, factor: u32) -> Self {
        Self::new(self.burst.get().saturating_mul(factor), self.per)
    }

    /// Returns the time that all attempts of a burst take together, in microseconds.
    fn allowance_micros(&self) -> u64 {
        self.interval_micros()
            .saturating_mul(self.burst.get().into())
    }
}

/// A limiter's answer to an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The attempt is allowed.
    Allowed,
    /// The attempt is over the limit.
    Limited {
        /// Time after which another attempt is allowed.
        retry_after: Duration,
    },
}
