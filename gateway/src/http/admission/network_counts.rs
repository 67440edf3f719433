//! Numbers of connections or browsers by network.

use dashmap::DashMap;

use crate::client_address::{ClientAddress, CountedNetwork};

/// Counts by network: a subscriber's, and those around it.
#[derive(Debug, Default)]
pub(super) struct NetworkCounts(DashMap<CountedNetwork, usize>);

impl NetworkCounts {
    /// Counts one more of an address, unless a network around it has its maximum. A refused one
    /// leaves nothing behind.
    pub(super) fn try_increment(&self, address: &ClientAddress, per_address: usize) -> bool {
        for (number, network) in address.networks().enumerate() {
            let share = usize::try_from(network.share()).unwrap_or(usize::MAX);
            let mut count = self.0.entry(network).or_default();
            *count += 1;
            let over = *count > per_address.saturating_mul(share);
            drop(count);
            if over {
                let counted = address.networks().take(number + 1);
                counted.for_each(|network| self.decrement_one(&network));
                return false;
            }
        }
        true
    }

    pub(super) fn decrement(&self, address: &ClientAddress) {
        address
            .networks()
            .for_each(|network| self.decrement_one(&network));
    }

    fn decrement_one(&self, network: &CountedNetwork) {
        self.0.remove_if_mut(network, |_, count| {
            *count = count.saturating_sub(1);
            *count == 0
        });
    }

    /// Returns the number of networks with a count.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}
