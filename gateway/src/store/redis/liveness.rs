//! When a node's inbox was last heard of.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::Instant;

/// Never, or not since the connection broke.
const NOT_AT_ALL: u64 = u64::MAX;

/// Shared between whoever hears and whoever asks.
#[derive(Debug, Clone)]
pub(super) struct Hearing {
    started: Instant,
    heard_at: Arc<AtomicU64>,
}

impl Default for Hearing {
    fn default() -> Self {
        Self {
            started: Instant::now(),
            heard_at: Arc::new(AtomicU64::new(NOT_AT_ALL)),
        }
    }
}

impl Hearing {
    /// Whether it was heard of no longer ago than this.
    pub(super) fn is_live(&self, within: Duration) -> bool {
        let heard_at = self.heard_at.load(Ordering::Relaxed);
        heard_at != NOT_AT_ALL && self.started.elapsed() < Duration::from_millis(heard_at) + within
    }

    pub(super) fn heard(&self) {
        let now = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.heard_at.store(now, Ordering::Relaxed);
    }

    pub(super) fn lost(&self) {
        self.heard_at.store(NOT_AT_ALL, Ordering::Relaxed);
    }
}
