//! The node's timers: pings, pongs and time limits of waiting browsers, on one wheel.

use std::sync::{Arc, Weak};
use std::time::Duration;

use saoma_protocol::Timestamp;

use super::waiter::{Phase, Waiter};
use super::wheel::{Tick, Wheel};
use crate::random;

/// The wheel's tick, and so the precision of all time limits.
const TICK: Duration = Duration::from_millis(100);

/// One turn takes 102.4 s: longer than the ping interval and most code lifetimes.
const SLOTS: usize = 1024;

/// The node's wheel, and how often it asks browsers for a sign of life.
#[derive(Debug)]
pub(crate) struct Timers {
    wheel: Wheel<Timer>,
    ping_interval: Duration,
    ping_timeout: Duration,
}

/// A timer of a waiting browser that has run out.
#[derive(Debug)]
pub(crate) enum Due {
    /// The time limit of its login's state is over.
    Limit(Arc<Waiter>),
    /// It is time for a ping.
    Ping(Arc<Waiter>),
    /// The answer to the last ping is due.
    Pong(Arc<Waiter>),
}

/// An entry of the wheel. The browser may be gone when it runs out.
#[derive(Debug)]
enum Timer {
    Limit(Weak<Waiter>),
    Ping(Weak<Waiter>),
    Pong(Weak<Waiter>),
}

impl Timers {
    /// Timers that ping every `ping_interval` and wait `ping_timeout` for the answer.
    pub(crate) fn new(ping_interval: Duration, ping_timeout: Duration) -> Self {
        Self {
            wheel: Wheel::new(TICK, SLOTS),
            ping_interval,
            ping_timeout,
        }
    }

    /// Pings the waiter from now on. The first ping comes at a random part of the interval, so that browsers which
    /// came together do not beat together.
    pub(crate) fn ping(&self, waiter: &Arc<Waiter>) {
        self.wheel.insert(
            random::part_of(self.ping_interval),
            Timer::Ping(Arc::downgrade(waiter)),
        );
    }

    /// Watches the waiter's time limit from now on, in place of an earlier one.
    pub(crate) fn watch(&self, waiter: &Arc<Waiter>, now: Timestamp) {
        let deadline = waiter.deadline();
        if deadline.phase != Phase::Settled {
            self.limit(waiter, now.until(deadline.expires_at));
        }
    }

    /// Runs the wheel forever, and hands over each timer that runs out while its browser is still there.
    pub(crate) async fn run(&self, due: impl Fn(Due)) {
        self.wheel
            .run(|tick, timer| {
                if let Some(timer) = timer.due(tick) {
                    due(timer);
                }
            })
            .await;
    }

    /// Expects the answer to a ping that has just been sent.
    pub(crate) fn expect_pong(&self, waiter: &Arc<Waiter>) {
        self.wheel
            .insert(self.ping_timeout, Timer::Pong(Arc::downgrade(waiter)));
    }

    /// Pings again when it is time, of which the wait for the last pong was a part.
    pub(crate) fn ping_again(&self, waiter: &Arc<Waiter>) {
        let left = self.ping_interval.saturating_sub(self.ping_timeout);
        self.wheel.insert(left, Timer::Ping(Arc::downgrade(waiter)));
    }

    /// Looks at the waiter's time limit after this time, and not when it was last meant to.
    pub(crate) fn limit(&self, waiter: &Arc<Waiter>, after: Duration) {
        let tick = self
            .wheel
            .insert(after, Timer::Limit(Arc::downgrade(waiter)));
        waiter.set_expiry_tick(tick);
    }
}

impl Timer {
    /// Returns the timer with its browser, unless that is gone or its time limit has been moved since.
    fn due(&self, tick: Tick) -> Option<Due> {
        match self {
            Self::Limit(waiter) => waiter
                .upgrade()
                .filter(|waiter| waiter.is_expiry_tick(tick))
                .map(Due::Limit),
            Self::Ping(waiter) => waiter.upgrade().map(Due::Ping),
            Self::Pong(waiter) => waiter.upgrade().map(Due::Pong),
        }
    }
}
