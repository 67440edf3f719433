//! A limiter of one process.

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::generations::Generations;
use super::{LimitName, Rate, Verdict};

/// Interval at which keys with their whole allowance are forgotten.
const FORGET_EVERY: Duration = Duration::from_secs(60);

/// Keys that are surely counted. Each takes 24 bytes, and more than twice as many are never kept.
const CAPACITY: usize = 131_072;

/// Counts attempts in this process. Holds a keyed hash and the theoretical arrival time of each key (GCRA), in bounded
/// room: a flood of keys has the oldest forgotten.
#[derive(Debug)]
pub struct LocalLimiter {
    arrivals: Arc<Mutex<Generations<u64, Instant>>>,
    hasher: RandomState,
    /// Ends with the limiter.
    _forgetting: JoinSet<()>,
}

impl LocalLimiter {
    /// Starts a limiter that has counted nothing. It needs a tokio runtime, in which it forgets keys at rest.
    pub fn start() -> Self {
        let arrivals = Arc::new(Mutex::new(Generations::new(CAPACITY)));
        let mut forgetting = JoinSet::new();
        forgetting.spawn(forget_keys_at_rest(Arc::clone(&arrivals)));
        Self {
            arrivals,
            hasher: RandomState::new(),
            _forgetting: forgetting,
        }
    }

    /// Counts an attempt, unless it is over the limit.
    pub fn take(&self, limit: LimitName, rate: Rate, key: &str) -> Verdict {
        match self.take_all_at(Instant::now(), &[(limit, rate, key)]) {
            Ok(()) => Verdict::Allowed,
            Err((_, retry_after)) => Verdict::Limited { retry_after },
        }
    }

    /// Returns the verdict that an attempt would get, without counting one.
    pub fn verdict(&self, limit: LimitName, rate: Rate, key: &str) -> Verdict {
        let (now, key) = (Instant::now(), self.hasher.hash_one((limit, key)));
        let arrival = self.arrivals.lock().get(&key);
        judge(now, arrival, rate).0
    }

    /// Counts an attempt against several limits, unless it is over one of them: then it counts against none.
    ///
    /// # Errors
    /// Returns the first limit that was reached, and the time after which another attempt is allowed.
    pub(crate) fn take_all(
        &self,
        limits: &[(LimitName, Rate, &str)],
    ) -> Result<(), (LimitName, Duration)> {
        self.take_all_at(Instant::now(), limits)
    }

    fn take_all_at(
        &self,
        now: Instant,
        limits: &[(LimitName, Rate, &str)],
    ) -> Result<(), (LimitName, Duration)> {
        let mut arrivals = self.arrivals.lock();
        let mut counted = Vec::with_capacity(limits.len());
        for (limit, rate, key) in limits {
            let key = self.hasher.hash_one((limit, key));
            match judge(now, arrivals.get(&key), *rate) {
                (Verdict::Allowed, next) => counted.push((key, next)),
                (Verdict::Limited { retry_after }, _) => return Err((*limit, retry_after)),
            }
        }
        for (key, next) in counted {
            arrivals.insert(key, next);
        }
        Ok(())
    }
}

/// Returns the verdict on an attempt, and the theoretical arrival time of the next one if it is allowed.
fn judge(now: Instant, arrival: Option<Instant>, rate: Rate) -> (Verdict, Instant) {
    let next = arrival.map_or(now, |arrival| arrival.max(now)) + rate.interval();
    let retry_after = next
        .saturating_duration_since(now)
        .saturating_sub(rate.allowance());
    let verdict = if retry_after.is_zero() {
        Verdict::Allowed
    } else {
        Verdict::Limited { retry_after }
    };
    (verdict, next)
}

async fn forget_keys_at_rest(arrivals: Arc<Mutex<Generations<u64, Instant>>>) {
    let mut ticks = tokio::time::interval(FORGET_EVERY);
    loop {
        let now = ticks.tick().await;
        arrivals.lock().retain(|arrival| arrival > now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: LimitName = LimitName::ScanPerPerson;

    #[tokio::test]
    async fn a_burst_is_allowed_and_then_one_attempt_in_each_interval() {
        let limiter = LocalLimiter::start();
        let start = Instant::now();
        let rate = Rate::new(3, Duration::from_secs(6));
        let take = |millis, key| {
            let now = start + Duration::from_millis(millis);
            let taken = limiter.take_all_at(now, &[(LIMIT, rate, key)]);
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
        assert!(limiter.arrivals.lock().len() <= 2 * CAPACITY);
    }
}
