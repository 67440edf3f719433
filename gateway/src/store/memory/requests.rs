//! Requests that clients send ahead of a login, and names that they use once, in memory.

use std::time::Duration;

use async_trait::async_trait;
use dashmap::{DashMap, Entry};
use saoma_protocol::{Digest, Timestamp};

use super::{MemoryStore, allowed};
use crate::store::{Attempt, Counted, RequestStore, StoreError};

/// Requests and used names, each with its end.
#[derive(Debug, Default)]
pub(super) struct Requests {
    used: DashMap<Digest, (Digest, Timestamp)>,
    pushed: DashMap<Digest, (Box<str>, Timestamp)>,
}

impl Requests {
    /// Removes what has ended.
    pub(super) fn sweep(&self, now: Timestamp) {
        self.used.retain(|_, (_, until)| *until > now);
        self.pushed.retain(|_, (_, until)| *until > now);
    }
}

#[async_trait]
impl RequestStore for MemoryStore {
    async fn use_once(
        &self,
        name: Digest,
        user: Digest,
        lifetime: Duration,
    ) -> Result<bool, StoreError> {
        let now = self.0.now();
        Ok(match self.0.requests.used.entry(name) {
            Entry::Occupied(used) if used.get().1 > now => used.get().0 == user,
            entry => {
                entry.insert((user, now.plus(lifetime)));
                true
            }
        })
    }

    async fn push_request(
        &self,
        attempts: &[Attempt<'_>],
        reference: Digest,
        request: &str,
        lifetime: Duration,
    ) -> Result<Counted<()>, StoreError> {
        allowed!(self.0.take(attempts));
        let until = self.0.now().plus(lifetime);
        self.0
            .requests
            .pushed
            .insert(reference, (request.into(), until));
        Ok(Counted::Done(()))
    }

    async fn pushed_request(&self, reference: Digest) -> Result<Option<String>, StoreError> {
        let now = self.0.now();
        let found = self.0.requests.pushed.get(&reference);
        let kept = found.filter(|found| found.1 > now);
        Ok(kept.map(|kept| kept.0.to_string()))
    }
}
