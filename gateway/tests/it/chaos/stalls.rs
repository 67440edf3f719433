//! Time without any success: the longest, and after each death of a master.

use std::time::{Duration, Instant};

/// Time in which people are in again after the death of a master. The Sentinels of a run take a
/// server for dead after five seconds.
pub(super) const RECOVERED_WITHIN: Duration = Duration::from_secs(15);

/// Answers of a master that are still on their way when it dies.
const ON_THE_WAY: Duration = Duration::from_secs(1);

/// Times of successes, as far as a run reports them.
#[derive(Debug, Default)]
pub(super) struct Stalls {
    last: Option<Instant>,
    longest: Duration,
    longest_from: Option<Instant>,
    deaths: Vec<Death>,
}

#[derive(Debug)]
struct Death {
    at: Instant,
    /// The longest time until people were in again.
    recovery: Duration,
}

impl Stalls {
    /// Records that a step of a login succeeded.
    pub(super) fn succeeded(&mut self) {
        let now = Instant::now();
        let Some(last) = self.last.replace(now) else {
            return;
        };
        let gap = now - last;
        if gap > self.longest {
            (self.longest, self.longest_from) = (gap, Some(last));
        }
        for death in &mut self.deaths {
            // The gap that the death began, or one that it fell into.
            if last < death.at + ON_THE_WAY && gap > ON_THE_WAY {
                death.recovery = death.recovery.max(now - death.at);
            }
        }
    }

    /// Records the death of a master.
    pub(super) fn master_died(&mut self) {
        self.deaths.push(Death {
            at: Instant::now(),
            recovery: Duration::ZERO,
        });
    }

    /// Returns the longest time without a success, and its beginning.
    pub(super) fn longest(&self) -> (Duration, Option<Instant>) {
        (self.longest, self.longest_from)
    }

    /// Returns the longest time from a death of a master to the next success.
    pub(super) fn slowest_recovery(&self) -> Option<Duration> {
        self.deaths.iter().map(|death| death.recovery).max()
    }
}
