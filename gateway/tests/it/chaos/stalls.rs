//! Time without any success: the longest, and after each death of a master.
//!
//! Sentinels in tilt mode take part in no failover for 30 s. They enter it when they had no processor
//! or no disk for two seconds, as on a machine with too much to do. No client can shorten that time,
//! so it is counted on its own. A machine with too much to do also makes everything else late: the
//! part of the longest stall in which a task waited for a processor is reported with it.

use std::time::{Duration, Instant};

/// Time in which people are in again after any fault, such as the death of a master. The Sentinels of
/// a run take a server for dead after five seconds.
pub(super) const RECOVERED_WITHIN: Duration = Duration::from_secs(15);

/// Answers of a master that are still on their way when it dies.
const ON_THE_WAY: Duration = Duration::from_secs(1);

/// Times of successes, as far as a run reports them.
#[derive(Debug, Default)]
pub(super) struct Stalls {
    last: Option<Instant>,
    longest: Duration,
    longest_from: Option<Instant>,
    /// Time for which tasks had waited for a processor at the last success.
    last_starved: Duration,
    /// The part of the longest time in which tasks waited for a processor.
    longest_starved: Duration,
    /// The longest time without a success, without the time in tilt mode.
    longest_untilted: Duration,
    deaths: Vec<Death>,
    /// Beginning and end of each time in which a Sentinel was in tilt mode. The last one may last.
    tilts: Vec<(Instant, Option<Instant>)>,
}

#[derive(Debug)]
struct Death {
    at: Instant,
    /// The longest time until people were in again, without the time in tilt mode.
    recovery: Duration,
}

impl Stalls {
    /// Records that a step of a login succeeded.
    pub(super) fn succeeded(&mut self) {
        self.succeeded_at(Instant::now());
    }

    fn succeeded_at(&mut self, now: Instant) {
        let starved = starved();
        let starved_before = std::mem::replace(&mut self.last_starved, starved);
        let Some(last) = self.last.replace(now) else {
            return;
        };
        let gap = now - last;
        if gap > self.longest {
            (self.longest, self.longest_from) = (gap, Some(last));
            self.longest_starved = starved.saturating_sub(starved_before);
        }
        let untilted = gap - self.tilted_between(last, now);
        self.longest_untilted = self.longest_untilted.max(untilted);
        for number in 0..self.deaths.len() {
            let at = self.deaths[number].at;
            // The gap that the death began, or one that it fell into.
            if last < at + ON_THE_WAY && gap > ON_THE_WAY {
                let recovery = (now - at) - self.tilted_between(at, now);
                let death = &mut self.deaths[number];
                death.recovery = death.recovery.max(recovery);
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

    /// Records whether a Sentinel is in tilt mode. Returns true if that has just begun.
    pub(super) fn tilt(&mut self, is_tilted: bool) -> bool {
        self.tilt_at(is_tilted, Instant::now())
    }

    fn tilt_at(&mut self, is_tilted: bool, now: Instant) -> bool {
        match self.tilts.last_mut() {
            Some((_, end @ None)) if !is_tilted => *end = Some(now),
            None | Some((_, Some(_))) if is_tilted => {
                self.tilts.push((now, None));
                return true;
            }
            _ => {}
        }
        false
    }

    fn tilted_between(&self, from: Instant, until: Instant) -> Duration {
        let overlap = |(began, ended): &(Instant, Option<Instant>)| {
            let ended = ended.map_or(until, |ended| ended.min(until));
            ended.saturating_duration_since(from.max(*began))
        };
        self.tilts.iter().map(overlap).sum()
    }

    /// Returns the longest time without a success, and its beginning.
    pub(super) fn longest(&self) -> (Duration, Option<Instant>) {
        (self.longest, self.longest_from)
    }

    /// Returns the part of the longest time without a success in which a task of this machine waited
    /// for a processor.
    pub(super) fn longest_starved(&self) -> Duration {
        self.longest_starved
    }

    /// Returns the longest time without a success, without the time in tilt mode.
    pub(super) fn longest_untilted(&self) -> Duration {
        self.longest_untilted
    }

    /// Returns the time in which a Sentinel was in tilt mode.
    pub(super) fn tilted(&self) -> Duration {
        let first = self.tilts.first().map(|(began, _)| *began);
        first.map_or(Duration::ZERO, |first| {
            self.tilted_between(first, Instant::now())
        })
    }

    /// Returns the longest time from a death of a master to the next success, without the time in tilt
    /// mode.
    pub(super) fn slowest_recovery(&self) -> Option<Duration> {
        self.deaths.iter().map(|death| death.recovery).max()
    }
}

/// Returns the time for which a task of this machine has waited for a processor since its start, or
/// zero if the system does not tell.
fn starved() -> Duration {
    let pressure = std::fs::read_to_string("/proc/pressure/cpu").unwrap_or_default();
    let total = pressure
        .lines()
        .next()
        .and_then(|some| some.rsplit_once("total="));
    Duration::from_micros(total.map_or(0, |(_, total)| total.parse().unwrap_or(0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_time_in_tilt_mode_is_taken_off_a_stall() {
        let began = Instant::now();
        let at = |seconds| began + Duration::from_secs(seconds);
        let mut stalls = Stalls::default();
        stalls.succeeded_at(began);
        assert!(stalls.tilt_at(true, at(2)));
        assert!(!stalls.tilt_at(true, at(3)), "it has begun before");
        stalls.tilt_at(false, at(32));
        stalls.succeeded_at(at(36));
        assert_eq!(stalls.longest().0, Duration::from_secs(36));
        assert_eq!(stalls.longest_untilted(), Duration::from_secs(6));
        stalls.succeeded_at(at(46));
        assert_eq!(stalls.longest_untilted(), Duration::from_secs(10));
        stalls.tilt_at(true, at(50));
        stalls.succeeded_at(at(60));
        assert_eq!(stalls.longest_untilted(), Duration::from_secs(10));
    }
}
