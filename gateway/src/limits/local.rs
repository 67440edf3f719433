//! A limiter of one process.

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::task::JoinSet;

use super::generations::Generations;
use super::meter::{Meter, MeterClock};
use super::{LimitName, Rate, Verdict};

/// Interval at which keys with their whole allowance are forgotten.
const FORGET_EVERY: Duration = Duration::from_secs(60);

/// Keys that are surely counted. Each takes 16 bytes, and more than twice as many are never kept.
const CAPACITY: usize = 131_072;

/// Counts attempts in this process. Holds a keyed hash and the meter of each key, in bounded room: a flood of keys has the
/// oldest forgotten.
#[derive(Debug)]
pub struct LocalLimiter {
    meters: Arc<Mutex<Generations<u64, Meter>>>,
    clock: MeterClock,
    hasher: RandomState,
    /// Ends with the limiter.
    _forgetting: JoinSet<()>,
}

impl LocalLimiter {
    /// Starts a limiter that has counted nothing. It needs a tokio runtime, in which it forgets keys at rest.
    pub fn start() -> Self {
        let meters = Arc::new(Mutex::new(Generations::new(CAPACITY)));
        let clock = MeterClock::start();
        let mut forgetting = JoinSet::new();
        forgetting.spawn(forget_meters_at_rest(Arc::clone(&meters), clock));
        Self {
            meters,
            clock,
            hasher: RandomState::new(),
            _forgetting: forgetting,
        }
    }

    /// Counts an attempt, unless it is over the limit.
    pub fn take(&self, limit: LimitName, rate: Rate, key: &str) -> Verdict {
        match self.take_all_at(self.clock.now(), &[(limit, rate, key)]) {
            Ok(()) => Verdict::Allowed,
            Err((_, retry_after)) => Verdict::Limited { retry_after },
        }
    }

    /// Returns the verdict that an attempt would get, without counting one.
    pub fn verdict(&self, limit: LimitName, rate: Rate, key: &str) -> Verdict {
        let key = self.hasher.hash_one((limit, key));
        let meter = self.meters.lock().get(&key).unwrap_or_default();
        meter.verdict(self.clock.now(), rate)
    }

    /// Takes a counted attempt back.
    pub(crate) fn give_back(&self, limit: LimitName, rate: Rate, key: &str) {
        let key = self.hasher.hash_one((limit, key));
        let mut meters = self.meters.lock();
        if let Some(mut meter) = meters.get(&key) {
            meter.give_back(rate);
            meters.insert(key, meter);
        }
    }

    /// Counts an attempt against several limits, unless it is over one of them: then it counts against none.
    ///
    /// # Errors
    /// Returns the first limit that was reached, and the time after which another attempt is allowed.
    pub(crate) fn take_all<K: AsRef<str>>(
        &self,
        limits: &[(LimitName, Rate, K)],
    ) -> Result<(), (LimitName, Duration)> {
        self.take_all_at(self.clock.now(), limits)
    }

    fn take_all_at<K: AsRef<str>>(
        &self,
        now: u64,
        limits: &[(LimitName, Rate, K)],
    ) -> Result<(), (LimitName, Duration)> {
        let mut meters = self.meters.lock();
        let mut counted = Vec::with_capacity(limits.len());
        for (limit, rate, key) in limits {
            let key = self.hasher.hash_one((limit, key.as_ref()));
            let mut meter = meters.get(&key).unwrap_or_default();
            match meter.take(now, *rate) {
                Verdict::Allowed => counted.push((key, meter)),
                Verdict::Limited { retry_after } => return Err((*limit, retry_after)),
            }
        }
        for (key, meter) in counted {
            meters.insert(key, meter);
        }
        Ok(())
    }
}

async fn forget_meters_at_rest(meters: Arc<Mutex<Generations<u64, Meter>>>, clock: MeterClock) {
    let mut ticks = tokio::time::interval(FORGET_EVERY);
    loop {
        ticks.tick().await;
        let now = clock.now();
        meters.lock().retain(|meter| !meter.is_at_rest(now));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: LimitName = LimitName::ScanPerPerson;

    #[tokio::test]
    async fn a_burst_is_allowed_and_then_one_attempt_in_each_interval() {
        let limiter = LocalLimiter::start();
        let rate = Rate::new(3, Duration::from_secs(6));
        let take = |millis: u64, key| {
            let taken = limiter.take_all_at(millis * 1000, &[(LIMIT, rate, key)]);
            taken.err().map(|(_, retry_after)| retry_after.as_millis())
        };
        assert_eq!([0, 0, 0].map(|at| take(at, "a")), [None; 3]);
        assert_eq!(take(0, "a"), Some(2000));
        assert_eq!(take(0, "b"), None, "keys are counted apart");
        assert_eq!(take(1500, "a"), Some(500));
        assert_eq!(take(2000, "a"), None);
        assert_eq!(take(2000, "a"), Some(2000));
        assert_eq!([60_000; 3].map(|at| take(at, "a")), [None; 3]);
    }

    #[tokio::test]
    async fn an_attempt_over_one_limit_counts_against_none() {
        let limiter = LocalLimiter::start();
        let large = (
            LimitName::OpenPerNetwork48,
            Rate::new(2, Duration::from_secs(60)),
            "net",
        );
        let small = |key| (LIMIT, Rate::new(1, Duration::from_secs(60)), key);
        assert!(limiter.take_all(&[large, small("a")]).is_ok());
        for _ in 0..9 {
            let refused = limiter.take_all(&[large, small("a")]);
            assert!(matches!(refused, Err((LIMIT, _))), "{refused:?}");
        }
        assert!(limiter.take_all(&[large, small("b")]).is_ok());
        let refused = limiter.take_all(&[large, small("c")]);
        assert!(
            matches!(refused, Err((LimitName::OpenPerNetwork48, _))),
            "{refused:?}"
        );
    }

    #[tokio::test]
    async fn a_flood_of_keys_takes_a_bounded_room() {
        let limiter = LocalLimiter::start();
        let rate = Rate::new(1, Duration::from_secs(3600));
        for number in 0..3 * CAPACITY {
            limiter.take(LIMIT, rate, &number.to_string());
        }
        assert!(limiter.meters.lock().len() <= 2 * CAPACITY);
    }
}
