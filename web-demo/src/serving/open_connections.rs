//! Connections that are open, up to a maximum.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

/// Maximum number of connections of a process.
const MAX_CONNECTIONS: usize = 1024;

/// Maximum number of connections of one address. A browser opens six, and an office may share an address.
const MAX_PER_ADDRESS: usize = 256;

/// Counts connections.
#[derive(Debug, Clone)]
pub(super) struct OpenConnections {
    counts: Arc<Mutex<Counts>>,
    max: usize,
    max_per_address: usize,
}

#[derive(Debug, Default)]
struct Counts {
    all: usize,
    of_address: HashMap<IpAddr, usize>,
}

/// An open connection in the counts, taken out when dropped.
#[derive(Debug)]
pub(super) struct ConnectionPermit {
    counts: Arc<Mutex<Counts>>,
    /// `None` for a trusted proxy, which carries the requests of many people.
    address: Option<IpAddr>,
}

impl Default for OpenConnections {
    fn default() -> Self {
        Self::new(MAX_CONNECTIONS, MAX_PER_ADDRESS)
    }
}

impl OpenConnections {
    fn new(max: usize, max_per_address: usize) -> Self {
        Self {
            counts: Arc::default(),
            max,
            max_per_address,
        }
    }

    /// Admits one more connection; `None` if there is no room, or the address has its share. `address` is `None` for a
    /// trusted proxy.
    pub(super) fn admit(&self, address: Option<IpAddr>) -> Option<ConnectionPermit> {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.all >= self.max {
            return None;
        }
        if let Some(address) = address {
            let count = counts.of_address.entry(address).or_default();
            if *count >= self.max_per_address {
                return None;
            }
            *count += 1;
        }
        counts.all += 1;
        Some(ConnectionPermit {
            counts: Arc::clone(&self.counts),
            address,
        })
    }
}

impl Drop for ConnectionPermit {
    fn drop(&mut self) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        counts.all -= 1;
        if let Some(address) = self.address
            && let Entry::Occupied(mut count) = counts.of_address.entry(address)
        {
            *count.get_mut() -= 1;
            if *count.get() == 0 {
                count.remove();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Row A19.
    #[test]
    fn connections_are_bounded_in_all_and_for_each_address() {
        let open = OpenConnections::new(4, 2);
        let admit = |last| open.admit(Some([192, 0, 2, last].into()));
        let held = [admit(1), admit(1), admit(1), admit(2), admit(3), admit(4)];
        let admitted = held.each_ref().map(Option::is_some);
        assert_eq!(admitted, [true, true, false, true, true, false]);
        drop(held);
        let of_a_proxy = [(); 4].map(|()| open.admit(None));
        assert!(of_a_proxy.iter().all(Option::is_some));
        assert!(open.admit(None).is_none());
        drop(of_a_proxy);
        assert!(open.counts.lock().unwrap().of_address.is_empty());
    }
}
