//! GCRA, the generic cell rate algorithm: the count of one key, in six bytes. `attempts.lua` is the same arithmetic for
//! the nodes on one Redis.

use std::time::Duration;

use tokio::time::Instant;

use super::{Rate, Verdict};

/// The attempts of one key. The default has counted nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Meter {
    /// Theoretical arrival time of the next attempt, in microseconds. Six bytes are enough for almost nine years. A socket
    /// has two meters: with eight bytes each, a hibernated socket would need a larger task.
    arrival: [u8; 6],
}

impl Meter {
    /// Counts an attempt, unless it is over the limit. `now` is in microseconds since an instant that stays the same.
    pub fn take(&mut self, now: u64, rate: Rate) -> Verdict {
        let next = self
            .arrival()
            .max(now)
            .saturating_add(rate.interval_micros());
        let latest = now.saturating_add(rate.allowance_micros());
        if next > latest {
            return Verdict::Limited {
                retry_after: Duration::from_micros(next - latest),
            };
        }
        self.set_arrival(next);
        Verdict::Allowed
    }

    /// Returns the verdict that an attempt would get, without counting one.
    pub fn verdict(mut self, now: u64, rate: Rate) -> Verdict {
        self.take(now, rate)
    }

    /// Takes a counted attempt back.
    pub(crate) fn give_back(&mut self, rate: Rate) {
        self.set_arrival(self.arrival().saturating_sub(rate.interval_micros()));
    }

    /// Returns true if the whole allowance is there again, so that the meter can be forgotten.
    pub(crate) const fn is_at_rest(self, now: u64) -> bool {
        self.arrival() <= now
    }

    const fn arrival(self) -> u64 {
        let [a, b, c, d, e, f] = self.arrival;
        u64::from_be_bytes([0, 0, a, b, c, d, e, f])
    }

    fn set_arrival(&mut self, micros: u64) {
        let [_, _, bytes @ ..] = micros.min((1 << 48) - 1).to_be_bytes();
        self.arrival = bytes;
    }
}

/// The clock of meters in this process.
#[derive(Debug, Clone, Copy)]
pub(crate) struct MeterClock {
    start: Instant,
}

impl MeterClock {
    /// Starts a clock.
    pub(crate) fn start() -> Self {
        Self {
            start: Instant::now(),
        }
    }

    /// Returns the microseconds since the start.
    pub(crate) fn now(self) -> u64 {
        u64::try_from(self.start.elapsed().as_micros()).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MICROSECOND: Duration = Duration::from_micros(1);

    /// Periods as settings allow them. Few are a multiple of their burst.
    fn rates() -> impl Strategy<Value = Rate> {
        let period = prop_oneof![
            (1..120_u64).prop_map(Duration::from_secs),
            (1_000_000..86_400_000_000_u64).prop_map(Duration::from_micros),
        ];
        (1..40_u32, period).prop_map(|(burst, per)| Rate::new(burst, per))
    }

    /// Times between attempts, in thousandths of the rate's interval.
    fn gaps() -> impl Strategy<Value = Vec<u64>> {
        let gap = prop_oneof![4 => Just(0), 4 => 0..2000_u64, 1 => 0..60_000_u64];
        proptest::collection::vec(gap, 1..150)
    }

    fn after(now: u64, duration: Duration) -> u64 {
        now + u64::try_from(duration.as_micros()).expect("a day at most")
    }

    proptest! {
        #[test]
        fn no_window_admits_more_than_the_burst_and_the_rate(
            rate in rates(), gaps in gaps(), start in 0..u64::from(u32::MAX),
        ) {
            let (mut meter, mut now, mut admitted) = (Meter::default(), start, Vec::new());
            for gap in gaps {
                now += gap * rate.interval_micros() / 1000;
                if meter.take(now, rate) == Verdict::Allowed {
                    admitted.push(now);
                }
            }
            let (burst, per) = (u128::from(rate.burst.get()), rate.per.as_micros());
            for (first, from) in admitted.iter().enumerate() {
                for (count, to) in admitted[first..].iter().enumerate() {
                    let above_the_burst = (count as u128 + 1).saturating_sub(burst);
                    prop_assert!(above_the_burst * per <= u128::from(to - from) * burst);
                }
            }
        }

        #[test]
        fn an_attempt_is_admitted_at_the_named_time_and_refused_just_before(
            rate in rates(), gaps in gaps(),
        ) {
            let (mut meter, mut now) = (Meter::default(), 0);
            for gap in gaps {
                now += gap * rate.interval_micros() / 1000;
                let Verdict::Limited { retry_after } = meter.take(now, rate) else {
                    continue;
                };
                let again = after(now, retry_after);
                prop_assert_eq!(meter.verdict(again, rate), Verdict::Allowed);
                prop_assert_eq!(
                    meter.verdict(again - 1, rate),
                    Verdict::Limited { retry_after: MICROSECOND }
                );
            }
        }

        #[test]
        fn a_meter_at_rest_is_as_a_new_one_and_others_have_less(rate in rates(), gaps in gaps()) {
            let (mut meter, mut now) = (Meter::default(), 1);
            for gap in gaps {
                now += gap * rate.interval_micros() / 1000;
                let left = |mut meter: Meter| {
                    (0..).take_while(|_| meter.take(now, rate) == Verdict::Allowed).count()
                };
                let whole = left(Meter::default());
                prop_assert_eq!(whole, rate.burst.get() as usize);
                prop_assert_eq!(left(meter) == whole, meter.is_at_rest(now));
                meter.take(now, rate);
            }
        }

        #[test]
        fn an_attempt_given_back_has_not_been(rate in rates(), gaps in gaps()) {
            let (mut meter, mut now) = (Meter::default(), 1);
            for gap in gaps {
                now += gap * rate.interval_micros() / 1000;
                let mut other = meter;
                if other.take(now, rate) == Verdict::Allowed {
                    other.give_back(rate);
                    prop_assert_eq!(other.is_at_rest(now), meter.is_at_rest(now));
                    prop_assert_eq!(other.verdict(now, rate), meter.verdict(now, rate));
                    prop_assert!(meter.is_at_rest(now) || other == meter);
                }
                meter.take(now, rate);
            }
        }
    }
}
