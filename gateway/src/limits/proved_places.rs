//! Places from which a secret was proved lately.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use parking_lot::RwLock;
use tokio::time::Instant;

use super::generations::Generations;

/// Time for which a proof is remembered.
const LIFETIME: Duration = Duration::from_secs(24 * 60 * 60);

/// Age of a remembered proof from which a new one renews it, so that most proofs take no write lock.
const RENEW_AFTER: Duration = Duration::from_secs(60 * 60);

/// Places that are surely remembered. Each takes 16 bytes.
const CAPACITY: usize = 16_384;

/// Places from which a secret was proved in the last day, on this node: an address, or an address with a client. Wrong
/// secrets from such a place have an allowance of their own, so that those of strangers in the networks around it do not
/// lock its real owner out.
#[derive(Debug)]
pub struct ProvedPlaces {
    /// Ends of proofs, by a keyed hash of the place, so that collisions cannot be provoked.
    until: RwLock<Generations<u64, Instant>>,
    hasher: RandomState,
}

impl Default for ProvedPlaces {
    fn default() -> Self {
        Self {
            until: RwLock::new(Generations::new(CAPACITY)),
            hasher: RandomState::new(),
        }
    }
}

impl ProvedPlaces {
    /// Allowance of a proved place for wrong secrets, as a multiple of that of another address: one a second by default.
    /// Strong secrets cannot be guessed at this rate, and a stranger at the same address has to try without pause to keep
    /// the right secret out.
    pub const SHARE: u32 = 60;

    /// Remembers that a secret was proved from a place.
    pub fn remember(&self, place: &str) {
        self.remember_at(Instant::now(), place);
    }

    /// Returns true if a secret was proved from this place in the last day.
    pub fn contains(&self, place: &str) -> bool {
        self.is_known_at(Instant::now(), place)
    }

    fn remember_at(&self, now: Instant, place: &str) {
        if !self.is_known_at(now + LIFETIME, place) {
            let place = self.hasher.hash_one(place);
            self.until
                .write()
                .insert(place, now + LIFETIME + RENEW_AFTER);
        }
    }

    fn is_known_at(&self, now: Instant, place: &str) -> bool {
        let place = self.hasher.hash_one(place);
        let until = self.until.read().get(&place);
        until.is_some_and(|until| now < until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proof_is_remembered_for_a_day_and_renewed_by_the_next() {
        let places = ProvedPlaces::default();
        let start = Instant::now();
        let hours = |hours: u64| start + Duration::from_secs(hours * 60 * 60);
        places.remember_at(start, "a");
        assert!(places.is_known_at(hours(24), "a"));
        assert!(!places.is_known_at(hours(25), "a"));
        assert!(!places.is_known_at(start, "b"));
        places.remember_at(hours(2), "a");
        assert!(places.is_known_at(hours(26), "a"));
        assert!(!places.is_known_at(hours(27), "a"));
    }
}
