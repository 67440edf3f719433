//! A limiter of one process, by `governor`.

use std::sync::Arc;
use std::time::Duration;

use dashmap::DashMap;
use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use tokio::task::JoinSet;

use super::{LimitName, Rate, Verdict};

/// Interval at which keys with their whole allowance are forgotten.
const FORGET_EVERY: Duration = Duration::from_secs(60);

type Keyed = Arc<DefaultKeyedRateLimiter<String>>;

/// Counts attempts in this process.
#[derive(Debug)]
pub struct LocalLimiter {
    limiters: Arc<DashMap<(LimitName, Rate), Keyed>>,
    clock: DefaultClock,
    /// Ends with the limiter.
    _forgetting: JoinSet<()>,
}

impl LocalLimiter {
    /// Starts a limiter that has counted nothing. It needs a tokio runtime, in which it forgets keys at rest.
    pub fn start() -> Self {
        let limiters: Arc<DashMap<_, Keyed>> = Arc::default();
        let mut forgetting = JoinSet::new();
        forgetting.spawn(forget_keys_at_rest(Arc::clone(&limiters)));
        Self {
            limiters,
            clock: DefaultClock::default(),
            _forgetting: forgetting,
        }
    }

    /// Counts an attempt, unless it is over the limit.
    pub fn take(&self, limit: LimitName, rate: Rate, key: &str) -> Verdict {
        match self.limiter(limit, rate).check_key(&key.to_owned()) {
            Ok(()) => Verdict::Allowed,
            Err(not_until) => Verdict::Limited {
                retry_after: not_until.wait_time_from(self.clock.now()),
            },
        }
    }

    fn limiter(&self, limit: LimitName, rate: Rate) -> Keyed {
        let made = || {
            let quota =
                Quota::with_period(rate.interval()).unwrap_or(Quota::per_second(rate.burst));
            Arc::new(RateLimiter::dashmap(quota.allow_burst(rate.burst)))
        };
        Arc::clone(&self.limiters.entry((limit, rate)).or_insert_with(made))
    }
}

async fn forget_keys_at_rest(limiters: Arc<DashMap<(LimitName, Rate), Keyed>>) {
    let mut ticks = tokio::time::interval(FORGET_EVERY);
    loop {
        ticks.tick().await;
        let all: Vec<Keyed> = limiters
            .iter()
            .map(|entry| Arc::clone(entry.value()))
            .collect();
        for limiter in all {
            limiter.retain_recent();
            limiter.shrink_to_fit();
        }
    }
}
