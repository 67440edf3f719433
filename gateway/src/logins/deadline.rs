//! Time limits of waiting browsers: the node that holds a browser renews its code, or lets its login expire.

use std::sync::Arc;
use std::time::Duration;

use saoma_protocol::{CloseCode, LoginId};

use super::Logins;
use crate::error_chain::chain;
use crate::metrics::PushSource;
use crate::store::{Applied, Precondition, StoreError, Transition};
use crate::waiting::timers::Due;
use crate::waiting::waiter::{Deadline, Phase, Waiter};

/// When a login that is due is looked at again: the store may be down, or its push be lost.
const LOOK_AGAIN: Duration = Duration::from_secs(2);

impl Logins {
    /// Serves the node's timers, forever.
    pub(crate) async fn run_timers(self: Arc<Self>) {
        self.timers.run(|due| self.fall_due(&due)).await;
    }

    fn fall_due(self: &Arc<Self>, due: &Due) {
        match due {
            Due::Limit(waiter) => self.limit_due(waiter),
            Due::Ping(waiter) => {
                waiter.ping();
                self.timers.expect_pong(waiter);
            }
            Due::Pong(waiter) if waiter.awaits_pong() => waiter.close(CloseCode::PingTimeout),
            Due::Pong(waiter) => self.timers.ping_again(waiter),
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
            Ok(Applied::Refused(_) | Applied::NotCompared | Applied::NotExpected) => {
                self.inbox.reread(vec![Arc::clone(waiter)]);
                self.timers.limit(waiter, LOOK_AGAIN);
            }
            Ok(Applied::Unknown) => self.forgotten(waiter, deadline).await,
            Err(error) => {
                // In an outage each waiting login comes here, again and again.
                if let Some(left_out) = self.log_throttle.admit(("limit", "store")) {
                    tracing::warn!(error = %chain(&error), login_id = %waiter.login_id(), left_out, "a due login waits for the store");
                }
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
                let ended = self.end_if_lost(waiter.login_id(), &record.login, deadline.seq);
                match ended.await {
                    Ok(()) => waiter.close(CloseCode::UnknownLogin),
                    Err(_) => self.timers.limit(waiter, LOOK_AGAIN),
                }
            }
            Ok(Some(record)) if record.login.seq == deadline.seq => {
                waiter.close(CloseCode::InternalError);
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
        let precondition = Precondition::Seq(deadline.seq);
        let transition = if deadline.phase == Phase::Waiting && !left.is_zero() {
            self.renewal(id, precondition, self.lifetimes.code.min(left))
        } else {
            Transition::Expire { precondition }
        };
        let applied = self.store.apply(id, &transition).await?;
        if let Applied::Changed(instants) = applied {
            self.clock.observe(instants.now);
            self.metrics.login_changed(transition.event().kind());
        }
        Ok(applied)
    }
}
