//! The slow sweep: reads again what became of the logins that wait here, for pushes that pub/sub has lost unnoticed.
//!
//! A login that was scanned is about to be confirmed, and its code is good for a minute: such are read often. The many
//! that only wait are read seldom.

use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};

use super::inbox::NodeInbox;
use super::waiter::{Phase, Waiter};
use crate::metrics::PushSource;

/// Logins that are read in one question to the store.
const BATCH: usize = 256;

/// Intervals at which logins are read again.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sweep {
    /// Those that were scanned. A multiple of rounds later all others are read too.
    pub scanned_every: Duration,
    /// Those that show a code.
    pub waiting_every: Duration,
}

impl Sweep {
    /// Sweeps forever.
    pub(crate) async fn run(self, inbox: NodeInbox) {
        let mut rounds = interval(self.scanned_every);
        rounds.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut all_due = Instant::now() + self.waiting_every;
        loop {
            rounds.tick().await;
            let unattended = inbox.waiters.forget_ended(inbox.clock.now());
            inbox.metrics.unattended(unattended);
            let all = Instant::now() >= all_due;
            if all {
                all_due = Instant::now() + self.waiting_every;
            }
            self.round(&inbox, all).await;
        }
    }

    /// Reads batch after batch, spread over the round so that the store sees no bursts. A store that does not answer
    /// ends the round.
    async fn round(&self, inbox: &NodeInbox, all: bool) {
        let holders = inbox.waiters.holders().into_iter();
        let waiters: Vec<Weak<Waiter>> = holders
            .filter(|waiter| is_swept(waiter, all))
            .map(|waiter| Arc::downgrade(&waiter))
            .collect();
        let batches = waiters.len().div_ceil(BATCH);
        let pause = self.scanned_every / u32::try_from(batches + 1).unwrap_or(u32::MAX);
        let started = Instant::now();
        for (number, batch) in (0_u32..).zip(waiters.chunks(BATCH)) {
            sleep_until(started + pause * number).await;
            if inbox.reread_batch(batch, PushSource::Sweep).await.is_err() {
                return;
            }
        }
    }
}

fn is_swept(waiter: &Arc<Waiter>, all: bool) -> bool {
    match waiter.deadline().phase {
        Phase::Scanned => true,
        Phase::Waiting => all,
        Phase::Settled => false,
    }
}
