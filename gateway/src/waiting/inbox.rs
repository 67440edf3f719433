//! The receiver of a node's inbox: turns changes into deliveries, and reads again those that may have been missed.

use std::sync::{Arc, Weak};
use std::time::Duration;

use saoma_protocol::LoginId;
use tokio::time::sleep;
use tokio_util::task::TaskTracker;

use super::registry::Waiters;
use super::store_clock::StoreClock;
use super::timers::Timers;
use super::waiter::{Offered, Waiter};
use crate::error_chain::chain;
use crate::metrics::{Metrics, PushSource};
use crate::random;
use crate::store::{Inbox, InboxEvent, Store, StoreError, StoredChange};

/// Logins that are read again in one question to the store.
const REREAD_BATCH: usize = 256;

/// Longest pause between a failed read and the next one.
const READ_AGAIN_WITHIN: Duration = Duration::from_secs(2);

/// Delivers to the waiters of one node.
#[derive(Debug, Clone)]
pub(crate) struct NodeInbox {
    /// The browsers that wait here.
    pub waiters: Arc<Waiters>,
    /// Store to read changes again from.
    pub store: Arc<dyn Store>,
    /// Clock that the store's answers correct.
    pub clock: Arc<StoreClock>,
    /// Watches the time limits that changes bring.
    pub timers: Arc<Timers>,
    /// Counts pushes by how they were found.
    pub metrics: Arc<Metrics>,
    /// Owns the reading tasks.
    pub tasks: TaskTracker,
}

impl Inbox for NodeInbox {
    fn deliver(&self, event: InboxEvent) {
        match event {
            InboxEvent::Changed { login_id, change } => {
                self.metrics
                    .push_lag(self.clock.now().millis().saturating_sub(change.at.millis()));
                self.waiters
                    .changed_unattended(login_id, &change.change, change.expires_at);
                for waiter in self.waiters.of(login_id) {
                    self.offer(&waiter, change.clone());
                }
            }
            InboxEvent::Superseded { login_id, number } => {
                self.waiters.attended(login_id);
                for waiter in self.waiters.of(login_id) {
                    waiter.superseded_by(number);
                }
            }
            InboxEvent::Listening => self.reread(self.waiters.all()),
        }
    }
}

impl NodeInbox {
    /// Offers a change to a waiter; reads the history when one is missing before it.
    fn offer(&self, waiter: &Arc<Waiter>, change: StoredChange) {
        match waiter.offer(change) {
            Offered::Queued => {
                self.metrics.pushed(PushSource::Inbox);
                self.timers.watch(waiter, self.clock.now());
            }
            Offered::Seen => {}
            Offered::Gap { .. } => self.reread(vec![Arc::clone(waiter)]),
        }
    }

    /// Offers a piece of history. It has no gaps that reading at once again would close.
    pub(crate) fn offer_in_order(
        &self,
        waiter: &Arc<Waiter>,
        changes: &[StoredChange],
        source: PushSource,
    ) {
        let queued = changes
            .iter()
            .filter(|change| waiter.offer((*change).clone()) == Offered::Queued)
            .count();
        (0..queued).for_each(|_| self.metrics.pushed(source));
        self.timers.watch(waiter, self.clock.now());
    }

    /// Reads the changes of these waiters' logins, in a task that repeats the question until it is answered: as long as
    /// the subscription stays up, no other event would trigger the read.
    pub(crate) fn reread(&self, waiters: Vec<Arc<Waiter>>) {
        let inbox = self.clone();
        let waiters: Vec<Weak<Waiter>> = waiters.iter().map(Arc::downgrade).collect();
        self.tasks.spawn(async move {
            for batch in waiters.chunks(REREAD_BATCH) {
                while inbox.reread_batch(batch, PushSource::Reread).await.is_err() {
                    sleep(random::part_of(READ_AGAIN_WITHIN)).await;
                }
            }
        });
    }

    /// Reads what happened to the logins of those waiters that are still there.
    ///
    /// # Errors
    /// The store does not answer, which has been logged.
    pub(crate) async fn reread_batch(
        &self,
        waiters: &[Weak<Waiter>],
        source: PushSource,
    ) -> Result<(), StoreError> {
        let waiters = waiters.iter().filter_map(Weak::upgrade);
        let known: Vec<(LoginId, u32)> = waiters
            .map(|waiter| (waiter.login_id(), waiter.last_seq()))
            .collect();
        if known.is_empty() {
            return Ok(());
        }
        let found = self.store.changes_after(&known).await.inspect_err(|error| {
            tracing::warn!(error = %chain(&error), logins = known.len(), "could not read again what may have been missed");
        })?;
        for (login_id, changes) in found {
            for waiter in self.waiters.of(login_id) {
                self.offer_in_order(&waiter, &changes, source);
            }
        }
        Ok(())
    }
}
