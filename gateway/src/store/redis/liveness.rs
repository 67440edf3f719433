//! Liveness of a node's inbox.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::Instant;

/// Never, or not since the connection broke.
const NOT_AT_ALL: u64 = u64::MAX;

/// Time of the inbox's last activity. Clones share it: the subscription writes, readiness reads.
#[derive(Debug, Clone)]
pub(super) struct InboxLiveness {
    started: Instant,
    last_activity: Arc<AtomicU64>,
}

impl Default for InboxLiveness {
    fn default() -> Self {
        Self {
            started: Instant::now(),
            last_activity: Arc::new(AtomicU64::new(NOT_AT_ALL)),
        }
    }
}

impl InboxLiveness {
    /// Returns true if the inbox was active within this time.
    pub(super) fn is_live(&self, within: Duration) -> bool {
        let last_activity = self.last_activity.load(Ordering::Relaxed);
        last_activity != NOT_AT_ALL
            && self.started.elapsed() < Duration::from_millis(last_activity) + within
    }

    pub(super) fn record_activity(&self) {
        let now = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.last_activity.store(now, Ordering::Relaxed);
    }

    pub(super) fn invalidate(&self) {
        self.last_activity.store(NOT_AT_ALL, Ordering::Relaxed);
    }
}
