//! Whether there is room for one more browser.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use crate::logins::Denial;

/// Counts the browsers that a node holds, up to its capacity.
#[derive(Debug)]
pub struct Admission {
    capacity: usize,
    held: AtomicUsize,
    draining: AtomicBool,
}

/// Room for one browser, given back when dropped.
#[derive(Debug)]
pub struct Place(Arc<Admission>);

impl Admission {
    /// Room for `capacity` browsers.
    pub const fn new(capacity: usize) -> Self {
        Self { capacity, held: AtomicUsize::new(0), draining: AtomicBool::new(false) }
    }

    /// Takes room for one more.
    ///
    /// # Errors
    /// The node is full or draining: another node, or this one later, has room.
    pub fn take(self: &Arc<Self>) -> Result<Place, Denial> {
        if self.is_draining() {
            return Err(Denial::unavailable("this node is restarting: come back shortly"));
        }
        let admit = |held| (held < self.capacity).then_some(held + 1);
        match self.held.fetch_update(Ordering::Relaxed, Ordering::Relaxed, admit) {
            Ok(_) => Ok(Place(Arc::clone(self))),
            Err(_) => Err(Denial {
                // Spread, so that those refused together do not come back together.
                retry_after: Some(Duration::from_secs(fastrand::u64(5..15))),
                ..Denial::unavailable("this node is full: come back shortly")
            }),
        }
    }

    /// Takes no more browsers from now on.
    pub fn drain(&self) {
        self.draining.store(true, Ordering::Relaxed);
    }

    /// Whether the node is draining.
    pub fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Relaxed)
    }

    /// Whether the node has room.
    pub fn has_room(&self) -> bool {
        self.held.load(Ordering::Relaxed) < self.capacity
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.held.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use saoma_protocol::ErrorCode;

    use super::*;

    #[test]
    fn a_full_node_refuses_and_says_when_to_come_back() {
        let admission = Arc::new(Admission::new(1));
        let place = admission.take().expect("there is room");
        let denial = admission.take().expect_err("the node is full");
        assert_eq!(denial.error, ErrorCode::TemporarilyUnavailable);
        assert!(denial.retry_after_seconds() >= Some(5));
        drop(place);
        assert!(admission.take().is_ok());
    }

    #[test]
    fn a_draining_node_takes_nobody() {
        let admission = Arc::new(Admission::new(9));
        admission.drain();
        assert!(admission.take().is_err());
    }
}
