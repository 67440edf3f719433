//! Refusals of the store that a node remembers until they end.

use std::hash::{BuildHasher, RandomState};

use parking_lot::RwLock;
use tokio::time::Instant;

use super::generations::Generations;
use super::{LimitName, Verdict};

/// Refusals that are surely remembered. Each takes 16 bytes.
const CAPACITY: usize = 65_536;

/// Refusals of attempts, each until the time that it named. While one lasts the store would refuse again, so it is not
/// asked: a flood over a limit costs the store one question in each interval of the limit.
#[derive(Debug)]
pub(crate) struct RememberedRefusals {
    /// By a keyed hash of limit and key, so that collisions cannot be provoked.
    until: RwLock<Generations<u64, Instant>>,
    hasher: RandomState,
}

impl Default for RememberedRefusals {
    fn default() -> Self {
        Self {
            until: RwLock::new(Generations::new(CAPACITY)),
            hasher: RandomState::new(),
        }
    }
}

impl RememberedRefusals {
    /// Returns the refusal that still lasts for these attempts, if there is one.
    pub(crate) fn verdict(&self, limit: LimitName, key: &str) -> Verdict {
        self.verdict_at(Instant::now(), limit, key)
    }

    /// Remembers a refusal.
    pub(crate) fn remember(&self, limit: LimitName, key: &str, verdict: Verdict) {
        self.remember_at(Instant::now(), limit, key, verdict);
    }

    /// Forgets all refusals: the store is asked again.
    pub(crate) fn forget_all(&self) {
        self.until.write().retain(|_| false);
    }

    fn verdict_at(&self, now: Instant, limit: LimitName, key: &str) -> Verdict {
        let until = self.until.read();
        if until.is_empty() {
            return Verdict::Allowed;
        }
        let left = until
            .get(&self.hash(limit, key))
            .map(|until| until.saturating_duration_since(now))
            .filter(|left| !left.is_zero());
        left.map_or(Verdict::Allowed, |retry_after| Verdict::Limited {
            retry_after,
        })
    }

    fn remember_at(&self, now: Instant, limit: LimitName, key: &str, verdict: Verdict) {
        if let Verdict::Limited { retry_after } = verdict
            && let Some(until) = now.checked_add(retry_after)
        {
            self.until.write().insert(self.hash(limit, key), until);
        }
    }

    fn hash(&self, limit: LimitName, key: &str) -> u64 {
        self.hasher.hash_one((limit, key))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_refusal_lasts_as_long_as_it_says_and_for_its_key_alone() {
        let refusals = RememberedRefusals::default();
        let (limit, other) = (LimitName::OpenPerAddress, LimitName::ScanPerPerson);
        let start = Instant::now();
        let after = |seconds| start + Duration::from_secs(seconds);
        let limited = |seconds| Verdict::Limited {
            retry_after: Duration::from_secs(seconds),
        };
        assert_eq!(refusals.verdict_at(start, limit, "a"), Verdict::Allowed);
        refusals.remember_at(start, limit, "a", limited(3));
        assert_eq!(refusals.verdict_at(after(1), limit, "a"), limited(2));
        assert_eq!(refusals.verdict_at(after(1), limit, "b"), Verdict::Allowed);
        assert_eq!(refusals.verdict_at(after(1), other, "a"), Verdict::Allowed);
        assert_eq!(refusals.verdict_at(after(3), limit, "a"), Verdict::Allowed);
    }

    #[test]
    fn a_flood_of_keys_takes_a_bounded_room() {
        let refusals = RememberedRefusals::default();
        let retry_after = Duration::from_secs(60);
        for number in 0..5 * CAPACITY {
            let key = number.to_string();
            refusals.remember(
                LimitName::OpenPerAddress,
                &key,
                Verdict::Limited { retry_after },
            );
        }
        assert!(refusals.until.read().len() <= 2 * CAPACITY);
    }
}
