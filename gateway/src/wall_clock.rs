//! The system's clock, for times that leave the node: in tokens, metrics and a store of one process.
#![allow(
    clippy::disallowed_methods,
    reason = "the one place for the system's clock"
)]

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Returns the time since the Unix epoch, or zero if the system's clock is before it.
pub(crate) fn since_epoch() -> Duration {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
}
