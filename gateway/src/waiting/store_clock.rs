//! The store's clock as seen from a node, so that "expires in" needs no question to the store.

use std::sync::atomic::{AtomicU64, Ordering};

use saoma_protocol::Timestamp;
use tokio::time::Instant;

/// Follows the store's clock: corrected by each of its answers, carried on by the node's monotonic clock in between.
#[derive(Debug)]
pub(crate) struct StoreClock {
    started: Instant,
    millis_at_start: AtomicU64,
}

impl Default for StoreClock {
    fn default() -> Self {
        Self {
            started: Instant::now(),
            millis_at_start: AtomicU64::new(0),
        }
    }
}

impl StoreClock {
    /// Takes an instant that the store has just told.
    pub(crate) fn observe(&self, now: Timestamp) {
        self.millis_at_start.store(
            now.millis().saturating_sub(self.elapsed()),
            Ordering::Relaxed,
        );
    }

    /// The store's time, to within a round trip.
    pub(crate) fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.millis_at_start.load(Ordering::Relaxed) + self.elapsed())
    }

    fn elapsed(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}
