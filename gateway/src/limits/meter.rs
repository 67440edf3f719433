//! A rate limit of a single key, in four bytes.

use std::time::Duration;

use super::{Rate, Verdict};

/// Counts the attempts of one key by GCRA. Small enough for each waiting socket to have one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Meter {
    /// Theoretical arrival time of the next attempt, in milliseconds of a clock that wraps around.
    arrival: u32,
}

impl Meter {
    /// Creates a meter that has counted nothing. `now` is in milliseconds, and wraps around.
    pub(crate) const fn new(now: u32) -> Self {
        Self { arrival: now }
    }

    /// Counts an attempt, unless it is over the limit.
    pub(crate) fn take(&mut self, now: u32, rate: Rate) -> Verdict {
        let (interval, allowance) = (millis(rate.interval()), millis(rate.allowance()));
        let ahead = self.arrival.wrapping_sub(now);
        // An arrival time in the past is far ahead on a clock that wraps around.
        let ahead = if ahead > allowance { 0 } else { ahead };
        let next = ahead.saturating_add(interval);
        if next > allowance {
            return Verdict::Limited {
                retry_after: Duration::from_millis((next - allowance).into()),
            };
        }
        self.arrival = now.wrapping_add(next);
        Verdict::Allowed
    }
}

fn millis(duration: Duration) -> u32 {
    u32::try_from(duration.as_millis()).unwrap_or(u32::MAX / 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_is_allowed_and_then_one_in_each_interval_also_when_the_clock_wraps() {
        let rate = Rate::new(8, Duration::from_secs(16));
        for start in [0, 5, u32::MAX - 1000] {
            let mut meter = Meter::new(start);
            let mut take = |after: u32| meter.take(start.wrapping_add(after), rate);
            for _ in 0..8 {
                assert_eq!(take(0), Verdict::Allowed);
            }
            let retry_after = Duration::from_millis(1500);
            assert_eq!(take(500), Verdict::Limited { retry_after });
            assert_eq!(take(2000), Verdict::Allowed);
            assert!(matches!(take(2000), Verdict::Limited { .. }));
            for _ in 0..8 {
                assert_eq!(take(3_600_000), Verdict::Allowed);
            }
            assert!(matches!(take(3_600_000), Verdict::Limited { .. }));
        }
    }
}
