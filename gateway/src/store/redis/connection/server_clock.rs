//! The server's clock as seen from this process, so that a script can be told by when it must begin.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::Instant;

/// Follows the server's clock: corrected by instants that the server tells, carried on by the process' monotonic clock in
/// between. Clones share it.
///
/// The masters of a cluster share one estimate. A master whose clock is ahead of it corrects it at the first command; on
/// one whose clock is behind, a command may begin later by the difference.
#[derive(Debug, Clone)]
pub(super) struct ServerClock {
    started: Instant,
    /// The server's time when this process' clock stood at `started`, in milliseconds since the epoch; 0 if unknown.
    millis_at_start: Arc<AtomicU64>,
}

impl Default for ServerClock {
    fn default() -> Self {
        Self {
            started: Instant::now(),
            millis_at_start: Arc::default(),
        }
    }
}

impl ServerClock {
    /// Takes an instant that the server told in answer to a command of `sent_at`, just now. The true clock is such that
    /// the instant lies between the two. An estimate outside moves to the nearer end, so that a slow answer does not
    /// worsen a good one.
    pub(super) fn observe(&self, millis: u64, sent_at: Instant) {
        self.observe_between(millis, sent_at, Instant::now());
    }

    fn observe_between(&self, millis: u64, sent_at: Instant, received_at: Instant) {
        let lowest = millis.saturating_sub(self.elapsed(received_at));
        let highest = millis.saturating_sub(self.elapsed(sent_at));
        // An unknown clock becomes the lowest: too early a time limit costs a repeat, too late a one breaks a promise.
        let corrected = |known: u64| Some(known.clamp(lowest, highest.max(lowest)));
        let _ = self
            .millis_at_start
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, corrected);
    }

    /// Returns the server's time after this duration, in milliseconds since the epoch. It is long past if the clock is
    /// unknown.
    pub(super) fn after(&self, duration: Duration) -> u64 {
        let at_start = self.millis_at_start.load(Ordering::Relaxed);
        let now = at_start.saturating_add(self.elapsed(Instant::now()));
        now.saturating_add(whole_millis(duration))
    }

    fn elapsed(&self, at: Instant) -> u64 {
        whole_millis(at.saturating_duration_since(self.started))
    }
}

pub(super) fn whole_millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A time of today.
    const TODAY: u64 = 1_790_000_000_000;

    const fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    /// A clock that was told `TODAY` in an answer which took no time.
    fn known() -> (ServerClock, Instant) {
        let clock = ServerClock::default();
        let start = clock.started;
        clock.observe_between(TODAY, start, start);
        (clock, start)
    }

    fn at_start(clock: &ServerClock) -> u64 {
        clock.millis_at_start.load(Ordering::Relaxed)
    }

    #[test]
    fn k10_the_time_limit_of_an_unknown_clock_is_long_past() {
        assert!(ServerClock::default().after(ms(1000)) < TODAY);
    }

    #[test]
    fn k10_an_unknown_clock_is_taken_to_be_as_early_as_it_can_be() {
        let clock = ServerClock::default();
        let start = clock.started;
        clock.observe_between(TODAY, start, start + ms(300));
        assert_eq!(at_start(&clock), TODAY - 300);
        clock.observe_between(TODAY + 400, start + ms(400), start + ms(410));
        assert_eq!(at_start(&clock), TODAY - 10, "a quicker answer is better");
    }

    #[test]
    fn k10_a_slow_answer_does_not_worsen_the_estimate() {
        let (clock, start) = known();
        // The server stood still before it read its clock, and after.
        clock.observe_between(TODAY + 900, start, start + ms(900));
        clock.observe_between(TODAY + 1000, start + ms(1000), start + ms(1900));
        assert_eq!(at_start(&clock), TODAY);
    }

    #[test]
    fn k10_another_servers_clock_is_followed_in_both_directions() {
        let (clock, start) = known();
        clock.observe_between(TODAY + 60_010, start + ms(10), start + ms(12));
        assert_eq!(at_start(&clock), TODAY + 59_998, "it is ahead");
        clock.observe_between(TODAY + 20, start + ms(20), start + ms(22));
        assert_eq!(at_start(&clock), TODAY, "it is not");
    }
}
