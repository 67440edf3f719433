//! Time limits of waiting browsers: the node that holds a browser renews its code, or lets its login expire.

use std::sync::{Arc, Weak};
use std::time::Duration;

use saoma_protocol::{CloseCode, Event, LoginId, Timestamp};

use super::Logins;
use crate::metrics::PushSource;
use crate::store::{Applied, Change, Proof, StoreError, Transition};
use crate::waiter::{Deadline, Phase, Waiter};
use crate::wheel::{Tick, Wheel};

/// The wheel's tick, and so the precision of all time limits.
const TICK: Duration = Duration::from_millis(100);

/// One turn takes 102.4 s: longer than the ping interval and most code lifetimes.
const SLOTS: usize = 1024;

/// When a login that is due is looked at again: the store may be down, or its push be lost.
const LOOK_AGAIN: Duration = Duration::from_secs(2);

/// The node's wheel, and how often it asks browsers for a sign of life.
#[derive(Debug)]
pub struct Timers {
    wheel: Wheel<Timer>,
    ping_every: Duration,
    ping_timeout: Duration,
}

/// What falls due. The browser may have gone meanwhile.
#[derive(Debug)]
enum Timer {
    Limit(Weak<Waiter>),
    Ping(Weak<Waiter>),
    Pong(Weak<Waiter>),
}

impl Timers {
    /// Timers that ping every `ping_every` and wait `ping_timeout` for the answer.
    pub fn new(ping_every: Duration, ping_timeout: Duration) -> Self {
        Self {
            wheel: Wheel::new(TICK, SLOTS),
            ping_every,
            ping_timeout,
        }
    }

    /// Pings the waiter from now on. The first ping comes at a random part of the interval, so that browsers which
    /// came together do not beat together.
    pub fn ping(&self, waiter: &Arc<Waiter>) {
        self.wheel.insert(
            self.ping_every.mul_f64(fastrand::f64()),
            Timer::Ping(Arc::downgrade(waiter)),
        );
    }

    /// Watches the waiter's time limit from now on, whatever was watched before.
    pub fn watch(&self, waiter: &Arc<Waiter>, now: Timestamp) {
        let deadline = waiter.deadline();
        if deadline.phase != Phase::Settled {
            self.limit(waiter, now.until(deadline.expires_at));
        }
    }

    /// Pings again when it is time, of which the wait for the last pong was a part.
    fn ping_again(&self, waiter: &Arc<Waiter>) {
        let left = self.ping_every.saturating_sub(self.ping_timeout);
        self.wheel.insert(left, Timer::Ping(Arc::downgrade(waiter)));
    }

    fn limit(&self, waiter: &Arc<Waiter>, after: Duration) {
        let tick = self
            .wheel
            .insert(after, Timer::Limit(Arc::downgrade(waiter)));
        waiter.set_expiry_tick(tick);
    }
}

impl Logins {
    /// Serves the node's timers, forever.
    pub async fn run_timers(self: Arc<Self>) {
        self.timers
            .wheel
            .run(|tick, timer| self.fall_due(tick, &timer))
            .await;
    }

    fn fall_due(self: &Arc<Self>, tick: Tick, timer: &Timer) {
        match timer {
            Timer::Limit(waiter) => {
                if let Some(waiter) = waiter
                    .upgrade()
                    .filter(|waiter| waiter.is_expiry_tick(tick))
                {
                    self.limit_due(&waiter);
                }
            }
            Timer::Ping(waiter) => {
                if let Some(waiter) = waiter.upgrade() {
                    waiter.ping();
                    self.timers.wheel.insert(
                        self.timers.ping_timeout,
                        Timer::Pong(Arc::downgrade(&waiter)),
                    );
                }
            }
            Timer::Pong(waiter) => match waiter.upgrade() {
                Some(waiter) if waiter.awaits_pong() => waiter.close(CloseCode::PingTimeout),
                Some(waiter) => self.timers.ping_again(&waiter),
                None => {}
            },
        }
    }

    /// Passes a time limit that is over already, and has the waiter told at once what came of it.
    pub(super) async fn pass_limit_if_due(&self, waiter: &Arc<Waiter>) {
        let deadline = waiter.deadline();
        if deadline.phase != Phase::Settled && self.clock.now().until(deadline.expires_at).is_zero()
        {
            self.pass_limit(waiter, deadline).await;
            // Without an answer the waiter waits, and its limit is looked at again.
            let _ = self
                .inbox
                .reread_batch(&[Arc::downgrade(waiter)], PushSource::Resume)
                .await;
        }
    }

    fn limit_due(self: &Arc<Self>, waiter: &Arc<Waiter>) {
        let deadline = waiter.deadline();
        let left = self.clock.now().until(deadline.expires_at);
        if deadline.phase == Phase::Settled {
            return;
        }
        if !left.is_zero() {
            return self.timers.limit(waiter, left);
        }
        let (logins, waiter) = (Arc::clone(self), Arc::clone(waiter));
        self.inbox
            .tasks
            .spawn(async move { logins.pass_limit(&waiter, deadline).await });
    }

    async fn pass_limit(&self, waiter: &Arc<Waiter>, deadline: Deadline) {
        match self.renew_or_expire(waiter.login_id(), deadline).await {
            // The change itself comes by the inbox, and brings the next time limit; should it be lost, this finds out.
            Ok(Applied::Changed(_) | Applied::Repeated(_)) => self.timers.limit(waiter, LOOK_AGAIN),
            // The store knows of something newer, or its clock is behind: look at it again.
            Ok(Applied::Refused(_)) => {
                self.inbox.reread(vec![Arc::clone(waiter)]);
                self.timers.limit(waiter, LOOK_AGAIN);
            }
            Ok(Applied::Unknown) => self.forgotten(waiter, deadline).await,
            Err(error) => {
                tracing::warn!(%error, login_id = %waiter.login_id(), "a due login waits for the store");
                self.timers.limit(waiter, LOOK_AGAIN);
            }
        }
    }

    /// The store does not know the login as this node does: either a change is on its way, or the login is gone, or the
    /// store has lost what the browser was told.
    async fn forgotten(&self, waiter: &Arc<Waiter>, deadline: Deadline) {
        match self.store.read(waiter.login_id()).await {
            Ok(None) => waiter.close(CloseCode::UnknownLogin),
            Ok(Some(record)) if record.login.seq < deadline.seq => {
                waiter.close(CloseCode::UnknownLogin)
            }
            Ok(Some(record)) if record.login.seq == deadline.seq => {
                waiter.close(CloseCode::InternalError)
            }
            Ok(Some(_)) | Err(_) => {
                self.inbox.reread(vec![Arc::clone(waiter)]);
                self.timers.limit(waiter, LOOK_AGAIN);
            }
        }
    }

    async fn renew_or_expire(
        &self,
        id: LoginId,
        deadline: Deadline,
    ) -> Result<Applied, StoreError> {
        let left = self.clock.now().until(deadline.closes_at);
        let renews = deadline.phase == Phase::Waiting && !left.is_zero();
        let transition = Transition {
            event: if renews { Event::Renew } else { Event::Expire },
            proof: Proof::Seq(deadline.seq),
            change: if renews {
                self.renewal(id)
            } else {
                Change::Expired
            },
            lifetime: self.lifetimes.code.min(left),
            grant: None,
        };
        let applied = self.store.apply(id, &transition).await?;
        if let Applied::Changed(instants) = applied {
            self.clock.observe(instants.now);
            self.metrics.login_changed(transition.event.kind());
        }
        Ok(applied)
    }
}
