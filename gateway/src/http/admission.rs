//! Admission of connections and browsers, before anything is spent on them.
//!
//! A connection is counted when it is accepted, a browser when its socket, stream or poll starts. A
//! refusal names a random time to come back after, so that browsers refused together do not return
//! together.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use dashmap::DashMap;
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use saoma_protocol::ErrorCode;

use crate::client_address::ClientAddress;
use crate::error::ApiError;
use crate::random;

/// Maximum numbers of connections and browsers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Capacity {
    /// Browsers: sockets, event streams and polls.
    pub browsers: usize,
    /// Browsers of one address; also the maximum of its other connections.
    pub per_address: usize,
    /// Open files that connections and browsers use together.
    pub files: usize,
    /// New browsers per second.
    pub per_second: std::num::NonZeroU32,
}

/// Counts the connections and browsers of a node, up to its capacity.
#[derive(Debug)]
pub(crate) struct Admission {
    capacity: Capacity,
    browsers: AtomicUsize,
    connections: AtomicUsize,
    browsers_of: DashMap<IpAddr, usize>,
    connections_of: DashMap<IpAddr, usize>,
    pace: DefaultDirectRateLimiter,
    leaving: AtomicBool,
    draining: AtomicBool,
}

/// A permit to hold one browser's connection, returned when dropped.
#[derive(Debug)]
pub(crate) struct ConnectionPermit {
    admission: Arc<Admission>,
    address: IpAddr,
}

/// An accepted connection in the counts, taken out when dropped.
#[derive(Debug)]
pub(crate) struct AcceptedConnection {
    admission: Arc<Admission>,
    /// `None` for a connection from a trusted proxy, which carries the requests of many browsers.
    address: Option<IpAddr>,
}

impl Admission {
    /// Creates counts with these maxima.
    pub(crate) fn new(capacity: Capacity) -> Self {
        Self {
            capacity,
            browsers: AtomicUsize::new(0),
            connections: AtomicUsize::new(0),
            browsers_of: DashMap::new(),
            connections_of: DashMap::new(),
            pace: RateLimiter::direct(Quota::per_second(capacity.per_second)),
            leaving: AtomicBool::new(false),
            draining: AtomicBool::new(false),
        }
    }

    /// Admits one more browser.
    ///
    /// # Errors
    /// Returns an error with a time to come back after if the node is draining or full, new browsers
    /// come too fast, or this address has too many.
    pub(crate) fn take(
        self: &Arc<Self>,
        address: &ClientAddress,
    ) -> Result<ConnectionPermit, ApiError> {
        if self.is_draining() {
            return Err(later(ApiError::unavailable(
                "this node is restarting: come back shortly",
            )));
        }
        if self.pace.check().is_err() {
            return Err(later(ApiError::unavailable(
                "too many browsers come at once: come back shortly",
            )));
        }
        if !try_increment(&self.browsers, self.capacity.browsers) {
            return Err(later(ApiError::unavailable(
                "this node is full: come back shortly",
            )));
        }
        let permit = ConnectionPermit {
            admission: Arc::clone(self),
            address: address.network(),
        };
        // On an error the permit's drop takes it out of both counts.
        if increment(&self.browsers_of, permit.address) > self.capacity.per_address {
            return Err(later(ApiError::new(
                ErrorCode::TooManyRequests,
                "too many sockets are open from your address",
            )));
        }
        Ok(permit)
    }

    /// Admits one more connection; `None` if there is no room, or the peer has too many. A proxy's
    /// connections have no maximum of their own.
    pub(crate) fn connect(
        self: &Arc<Self>,
        peer: &ClientAddress,
        is_proxy: bool,
    ) -> Option<AcceptedConnection> {
        let browsers = self.browsers.load(Ordering::Relaxed);
        if !try_increment(
            &self.connections,
            self.capacity.files.saturating_sub(browsers),
        ) {
            return None;
        }
        let connected = AcceptedConnection {
            admission: Arc::clone(self),
            address: (!is_proxy).then(|| peer.network()),
        };
        match connected.address {
            Some(address)
                if increment(&self.connections_of, address) > self.capacity.per_address =>
            {
                None
            }
            _ => Some(connected),
        }
    }

    /// Announces the drain: the node serves on, but is not ready for more.
    pub(crate) fn leave(&self) {
        self.leaving.store(true, Ordering::Relaxed);
    }

    /// Refuses new browsers from now on.
    pub(crate) fn drain(&self) {
        self.leave();
        self.draining.store(true, Ordering::Relaxed);
    }

    /// Returns true once the drain is announced.
    pub(crate) fn is_leaving(&self) -> bool {
        self.leaving.load(Ordering::Relaxed)
    }

    /// Returns true once new browsers are refused.
    pub(crate) fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Relaxed)
    }

    /// Returns true if the node has room for another browser.
    pub(crate) fn has_room(&self) -> bool {
        self.browsers.load(Ordering::Relaxed) < self.capacity.browsers
    }
}

impl ConnectionPermit {
    /// Returns the network that the browser is counted by.
    pub(crate) const fn network(&self) -> ClientAddress {
        ClientAddress::from_ip(self.address)
    }
}

impl Drop for ConnectionPermit {
    fn drop(&mut self) {
        self.admission.browsers.fetch_sub(1, Ordering::Relaxed);
        decrement(&self.admission.browsers_of, self.address);
    }
}

impl Drop for AcceptedConnection {
    fn drop(&mut self) {
        self.admission.connections.fetch_sub(1, Ordering::Relaxed);
        if let Some(address) = self.address {
            decrement(&self.admission.connections_of, address);
        }
    }
}

fn later(error: ApiError) -> ApiError {
    ApiError {
        retry_after: Some(random::seconds(5..=14)),
        ..error
    }
}

fn try_increment(count: &AtomicUsize, limit: usize) -> bool {
    let admit = |count| (count < limit).then_some(count + 1);
    count
        .fetch_update(Ordering::Relaxed, Ordering::Relaxed, admit)
        .is_ok()
}

fn increment(counts: &DashMap<IpAddr, usize>, address: IpAddr) -> usize {
    let mut count = counts.entry(address).or_default();
    *count += 1;
    *count
}

fn decrement(counts: &DashMap<IpAddr, usize>, address: IpAddr) {
    counts.remove_if_mut(&address, |_, count| {
        *count = count.saturating_sub(1);
        *count == 0
    });
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use super::*;

    fn admission(browsers: usize, per_address: usize, per_second: u32) -> Arc<Admission> {
        let per_second = NonZeroU32::new(per_second).expect("a rate");
        Arc::new(Admission::new(Capacity {
            browsers,
            per_address,
            files: 4,
            per_second,
        }))
    }

    fn address(last: u8) -> ClientAddress {
        ClientAddress::from_ip([192, 0, 2, last].into())
    }

    #[test]
    fn a_full_node_refuses_and_says_when_to_come_back() {
        let admission = admission(1, 9, 9);
        let permit = admission.take(&address(1)).expect("there is room");
        let error = admission.take(&address(2)).expect_err("the node is full");
        assert_eq!(error.error, ErrorCode::TemporarilyUnavailable);
        assert!(error.retry_after_seconds() >= Some(5));
        drop(permit);
        assert!(admission.take(&address(2)).is_ok());
    }

    #[test]
    fn one_address_does_not_take_the_room_of_the_others() {
        let admission = admission(9, 1, 9);
        let permit = admission.take(&address(1)).expect("there is room");
        assert_eq!(
            admission
                .take(&address(1))
                .expect_err("it has its share")
                .error,
            ErrorCode::TooManyRequests
        );
        assert!(admission.take(&address(2)).is_ok());
        drop(permit);
        assert!(admission.take(&address(1)).is_ok());
        assert!(
            admission.browsers_of.is_empty(),
            "addresses are forgotten with their last browser"
        );
    }

    #[test]
    fn more_than_the_pace_are_refused() {
        let admission = admission(9, 9, 2);
        let taken = [1, 2, 3].map(|last| admission.take(&address(last)).is_ok());
        assert_eq!(taken, [true, true, false]);
    }

    #[test]
    fn a_draining_node_admits_no_browser_and_one_that_is_about_to_still_does() {
        let admission = admission(9, 9, 9);
        admission.leave();
        assert!(admission.is_leaving() && admission.take(&address(1)).is_ok());
        admission.drain();
        assert!(admission.take(&address(1)).is_err());
    }

    #[test]
    fn connections_and_browsers_share_the_files() {
        let admission = admission(9, 3, 9);
        let permit = admission.take(&address(1)).expect("there is room");
        let connections = [1, 2, 3, 4].map(|last| admission.connect(&address(last), false));
        assert_eq!(
            connections.map(|connected| connected.is_some()),
            [true, true, true, false]
        );
        drop(permit);
        let of_one = [(); 4].map(|()| admission.connect(&address(1), false));
        assert_eq!(
            of_one.map(|connected| connected.is_some()),
            [true, true, true, false]
        );
        let of_proxy = [(); 4].map(|()| admission.connect(&address(1), true));
        assert!(
            of_proxy.iter().all(Option::is_some),
            "a proxy's are many people's"
        );
        drop(of_proxy);
        assert!(admission.connections_of.is_empty());
    }
}
