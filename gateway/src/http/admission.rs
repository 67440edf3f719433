//! Admission of connections, browsers and logins, before anything is spent on them.
//!
//! A connection is counted when it is accepted, a browser when its socket, stream or poll starts,
//! and a login while no browser follows it. A refusal names a random time to come back after, so
//! that browsers refused together do not return together.

mod network_counts;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use saoma_protocol::ErrorCode;

use self::network_counts::NetworkCounts;
use crate::client_address::ClientAddress;
use crate::error::ApiError;
use crate::http::read_clock::Permit;
use crate::limits::{Meter, MeterClock, Rate, Verdict};
use crate::metrics::{AdmissionRefusal, Metrics};
use crate::random;

/// Maximum numbers of connections and browsers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Capacity {
    /// Browsers: sockets, event streams and polls. Again as many logins may wait without a browser.
    pub browsers: usize,
    /// Browsers of one address; also the maximum of its other connections. A /56 of IPv6 may have
    /// four times as many, and a /48 sixteen times.
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
    browsers_of: NetworkCounts,
    connections_of: NetworkCounts,
    pace: Mutex<Meter>,
    clock: MeterClock,
    metrics: Arc<Metrics>,
    leaving: AtomicBool,
    draining: AtomicBool,
}

/// A permit to hold one browser's connection, returned when dropped.
#[derive(Debug)]
pub(crate) struct ConnectionPermit {
    admission: Arc<Admission>,
    address: ClientAddress,
}

/// An accepted connection in the counts, taken out when dropped.
#[derive(Debug)]
pub(crate) struct AcceptedConnection {
    admission: Arc<Admission>,
    /// `None` for a connection from a trusted proxy, which carries the requests of many browsers.
    address: Option<ClientAddress>,
}

impl Admission {
    /// Creates counts with these maxima. `metrics` counts the refusals.
    pub(crate) fn new(capacity: Capacity, metrics: Arc<Metrics>) -> Self {
        Self {
            capacity,
            browsers: AtomicUsize::new(0),
            connections: AtomicUsize::new(0),
            browsers_of: NetworkCounts::default(),
            connections_of: NetworkCounts::default(),
            pace: Mutex::default(),
            clock: MeterClock::start(),
            metrics,
            leaving: AtomicBool::new(false),
            draining: AtomicBool::new(false),
        }
    }

    /// Admits one more browser, and counts it against the pace of new browsers.
    ///
    /// # Errors
    /// As [`Admission::take`] and [`Admission::pace`].
    pub(crate) fn admit(
        self: &Arc<Self>,
        address: &ClientAddress,
    ) -> Result<ConnectionPermit, ApiError> {
        let permit = self.take(address)?;
        self.pace()?;
        Ok(permit)
    }

    /// Admits one more browser at any pace: one that returns to a login is not new.
    ///
    /// # Errors
    /// Returns an error with a time to come back after if the node is draining or full, or a network
    /// of this address has too many.
    pub(crate) fn take(
        self: &Arc<Self>,
        address: &ClientAddress,
    ) -> Result<ConnectionPermit, ApiError> {
        if self.is_draining() {
            return Err(self.refuse(AdmissionRefusal::Draining));
        }
        let address = ClientAddress::from_ip(address.network());
        if !self
            .browsers_of
            .try_increment(&address, self.capacity.per_address)
        {
            return Err(self.refuse(AdmissionRefusal::Network));
        }
        if !try_increment(&self.browsers, self.capacity.browsers) {
            self.browsers_of.decrement(&address);
            return Err(self.refuse(AdmissionRefusal::Full));
        }
        Ok(ConnectionPermit {
            admission: Arc::clone(self),
            address,
        })
    }

    /// Counts one more new browser. Called once everything cheaper has let it pass, so that refused
    /// browsers take nothing of the pace.
    ///
    /// # Errors
    /// Returns an error with a time to come back after if new browsers come too fast.
    pub(crate) fn pace(&self) -> Result<(), ApiError> {
        let rate = Rate::new(self.capacity.per_second.get(), Duration::from_secs(1));
        let verdict = self.pace.lock().take(self.clock.now(), rate);
        match verdict {
            Verdict::Allowed => Ok(()),
            Verdict::Limited { .. } => Err(self.refuse(AdmissionRefusal::Pace)),
        }
    }

    fn refuse(&self, reason: AdmissionRefusal) -> ApiError {
        self.metrics.not_admitted(reason);
        let error = match reason {
            AdmissionRefusal::Draining => {
                ApiError::unavailable("this node is restarting: come back shortly")
            }
            AdmissionRefusal::Pace => {
                ApiError::unavailable("too many browsers come at once: come back shortly")
            }
            AdmissionRefusal::Full => ApiError::unavailable("this node is full: come back shortly"),
            AdmissionRefusal::Logins => {
                ApiError::unavailable("too many logins wait on this node: come back shortly")
            }
            AdmissionRefusal::Network => ApiError::new(
                ErrorCode::TooManyRequests,
                "too many sockets are open from your address",
            ),
        };
        later(error)
    }

    /// Admits one more connection; `None` if there is no room, or a network of the peer has too
    /// many. A proxy's connections have no maximum of their own.
    pub(crate) fn connect(
        self: &Arc<Self>,
        peer: &ClientAddress,
        is_proxy: bool,
    ) -> Option<AcceptedConnection> {
        let address = (!is_proxy).then(|| ClientAddress::from_ip(peer.network()));
        let per_address = self.capacity.per_address;
        if let Some(address) = &address
            && !self.connections_of.try_increment(address, per_address)
        {
            return None;
        }
        let browsers = self.browsers.load(Ordering::Relaxed);
        let room = self.capacity.files.saturating_sub(browsers);
        if !try_increment(&self.connections, room) {
            if let Some(address) = &address {
                self.connections_of.decrement(address);
            }
            return None;
        }
        Some(AcceptedConnection {
            admission: Arc::clone(self),
            address,
        })
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
        self.address
    }

    /// Admits one more login of this browser. `reached` returns true if so many logins wait without
    /// a browser on the node.
    ///
    /// # Errors
    /// Returns an error with a time to come back after if they do.
    pub(crate) fn admit_login(&self, reached: impl FnOnce(usize) -> bool) -> Result<(), ApiError> {
        let admission = &self.admission;
        if reached(admission.capacity.browsers) {
            return Err(admission.refuse(AdmissionRefusal::Logins));
        }
        Ok(())
    }
}

impl Drop for ConnectionPermit {
    fn drop(&mut self) {
        self.admission.browsers.fetch_sub(1, Ordering::Relaxed);
        self.admission.browsers_of.decrement(&self.address);
    }
}

impl Permit for AcceptedConnection {
    /// Once three quarters of the node's connections are taken, those of browsers and phones do not idle. A proxy's
    /// carry the requests of many.
    fn is_wanted_back(&self) -> bool {
        let admission = &self.admission;
        let browsers = admission.browsers.load(Ordering::Relaxed);
        let room = admission.capacity.files.saturating_sub(browsers);
        let taken = admission.connections.load(Ordering::Relaxed);
        self.address.is_some() && taken > room / 4 * 3
    }
}

impl Drop for AcceptedConnection {
    fn drop(&mut self) {
        self.admission.connections.fetch_sub(1, Ordering::Relaxed);
        if let Some(address) = &self.address {
            self.admission.connections_of.decrement(address);
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

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use super::*;

    fn admission(browsers: usize, per_address: usize, per_second: u32) -> Arc<Admission> {
        let per_second = NonZeroU32::new(per_second).expect("a rate");
        let capacity = Capacity {
            browsers,
            per_address,
            files: 4,
            per_second,
        };
        Arc::new(Admission::new(capacity, Arc::default()))
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
            admission.browsers_of.len() == 0,
            "addresses are forgotten with their last browser"
        );
    }

    #[test]
    fn more_than_the_pace_are_refused() {
        let admission = admission(9, 9, 2);
        let taken = [1, 2, 3].map(|last| admission.admit(&address(last)).is_ok());
        assert_eq!(taken, [true, true, false]);
        assert!(
            admission.take(&address(4)).is_ok(),
            "a browser that returns takes no pace"
        );
    }

    /// Row A6.
    #[test]
    fn larger_networks_have_larger_shares_and_refused_browsers_leave_nothing_behind() {
        let admission = admission(1000, 2, 9);
        let address =
            |subnet: u16| ClientAddress::from_ip([0x2001, 0xdb8, 1, subnet, 0, 0, 0, 1].into());
        let taken: Vec<_> = (0..1000)
            .filter_map(|subnet| admission.take(&address(subnet)).ok())
            .collect();
        assert_eq!(taken.len(), 32, "16 * 2 of the /48");
        assert!(admission.browsers_of.len() <= 32 + 4 + 1);
        drop(taken);
        assert!(admission.browsers_of.len() == 0);
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
        assert!(admission.connections_of.len() == 0);
    }

    #[test]
    fn idle_connections_give_way_once_room_is_scarce_and_a_proxys_do_not() {
        let admission = admission(9, 9, 9);
        let proxy = admission.connect(&address(9), true).expect("there is room");
        let mut connections = Vec::new();
        for (last, is_scarce) in [(1, false), (2, false), (3, true)] {
            connections.push(admission.connect(&address(last), false).expect("room"));
            assert_eq!(connections[0].is_wanted_back(), is_scarce, "{last}");
        }
        assert!(!proxy.is_wanted_back());
    }
}
