//! The masters and their replicas as they were last described, asked for again while steps are taken.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::error_chain::chain;
use crate::store::StoreError;
use crate::store::redis::connection::{Candidate, Connections, ReplicaSet, ServerAddress};

/// Age at which a description is asked for again, while the old one still serves.
const RENEW_AFTER: Duration = Duration::from_secs(1);

/// The same where no replica is known and no party watches over the server.
const RENEW_UNWATCHED_AFTER: Duration = Duration::from_secs(5);

/// The same while a replica is missing.
const RENEW_IN_TROUBLE_AFTER: Duration = Duration::from_millis(100);

/// Age at which a description is not used before it was asked for again.
const STALE_AFTER: Duration = Duration::from_secs(2);

/// Time for which a replica is missed that left a server over which no party watches. A service that moves its address
/// to such a replica does so within this time.
const MISSED_FOR: Duration = Duration::from_secs(60);

/// What is known of the replicas of a deployment.
pub(super) struct Watch {
    connections: Connections,
    state: Mutex<State>,
    asking: tokio::sync::Mutex<()>,
    /// Wakes the task that renews the description.
    aged: Notify,
    /// Tells that another master was named.
    moved: Arc<Notify>,
}

#[derive(Default)]
struct State {
    sets: Option<Arc<[ReplicaSet]>>,
    /// The reason why they were never described.
    failure: Option<StoreError>,
    asked_at: Option<Instant>,
    /// Time at which that was asked which was answered last.
    answered_at: Option<Instant>,
    in_trouble: bool,
    /// Replicas of an unwatched server, with the time at which each was last connected.
    seen: HashMap<ServerAddress, (Candidate, Instant)>,
}

impl Watch {
    pub(super) fn new(connections: Connections) -> Self {
        Self {
            connections,
            state: Mutex::default(),
            asking: tokio::sync::Mutex::default(),
            aged: Notify::new(),
            moved: Arc::default(),
        }
    }

    /// Returns what tells that another server is the master.
    pub(super) fn moved(&self) -> Arc<Notify> {
        Arc::clone(&self.moved)
    }

    /// Renews the description whenever it has aged, forever.
    pub(super) async fn run(self: Arc<Self>) {
        loop {
            self.aged.notified().await;
            // The next caller finds out what came of it.
            let _ = self.ask().await;
        }
    }

    /// Returns the masters with their replicas. If none answers that could describe them, the last description holds:
    /// a master that is cut off does not forget its replicas.
    ///
    /// # Errors
    /// Returns an error if they were never described.
    pub(super) async fn sets(&self) -> Result<Arc<[ReplicaSet]>, StoreError> {
        if let Some(sets) = self.known() {
            return Ok(sets);
        }
        self.ask().await
    }

    /// Returns the masters with their replicas, asked for from now on.
    ///
    /// # Errors
    /// Returns an error if none answers that could describe them.
    pub(super) async fn sets_of_now(&self) -> Result<Arc<[ReplicaSet]>, StoreError> {
        let came = Instant::now();
        let sets = self.ask().await?;
        let is_new = self.state.lock().answered_at.is_some_and(|at| at >= came);
        let old = "no party answers that watches over the masters";
        is_new
            .then_some(sets)
            .ok_or_else(|| StoreError::unavailable(old))
    }

    /// Has the description renewed soon.
    pub(super) fn distrust(&self) {
        self.state.lock().in_trouble = true;
    }

    /// Returns the description if it is fresh enough, and has an older one renewed.
    fn known(&self) -> Option<Arc<[ReplicaSet]>> {
        let state = self.state.lock();
        let (sets, age) = (state.sets.clone()?, state.asked_at?.elapsed());
        let is_unwatched = self.connections.is_unwatched();
        let is_alone = sets.iter().all(|set| set.promotable.is_empty());
        let renew_after = if state.in_trouble {
            RENEW_IN_TROUBLE_AFTER
        } else if is_unwatched && is_alone {
            RENEW_UNWATCHED_AFTER
        } else {
            RENEW_AFTER
        };
        // An unwatched server is not waited for: it serves all the same.
        if age > STALE_AFTER && !is_unwatched {
            return None;
        }
        if age > renew_after {
            self.aged.notify_one();
        }
        Some(sets)
    }

    async fn ask(&self) -> Result<Arc<[ReplicaSet]>, StoreError> {
        let came = Instant::now();
        let _turn = self.asking.lock().await;
        let before = {
            let state = self.state.lock();
            // Of thousands of callers each would otherwise wait for a question of its own.
            match (&state.sets, &state.failure, state.asked_at) {
                (Some(sets), _, Some(asked_at)) if asked_at > came => return Ok(Arc::clone(sets)),
                (None, Some(failure), Some(asked_at)) if asked_at > came => {
                    return Err(failure.clone());
                }
                _ => state.sets.clone(),
            }
        };
        let asked_at = Instant::now();
        let asked = self
            .connections
            .replica_sets(before.as_deref().unwrap_or_default())
            .await;
        let mut state = self.state.lock();
        state.asked_at = Some(asked_at);
        match asked {
            Ok(mut sets) => {
                state.answered_at = state.asked_at;
                state.in_trouble = false;
                if self.connections.is_unwatched() {
                    state.remember(&mut sets);
                }
                let sets: Arc<[ReplicaSet]> = sets.into();
                let has_moved = before.is_some_and(|before| masters(&before) != masters(&sets));
                state.sets = Some(Arc::clone(&sets));
                drop(state);
                if has_moved && self.connections.is_watched() && !sets.is_empty() {
                    tracing::info!(master = %sets[0].master, "the Sentinels name another master");
                    // A master that was superseded goes on to answer.
                    self.connections.invalidate();
                    self.moved.notify_waiters();
                }
                Ok(sets)
            }
            Err(error) => {
                tracing::debug!(error = %chain(&error), "cannot learn which replicas there are");
                match before {
                    Some(before) => Ok(before),
                    None => {
                        state.failure = Some(error.clone());
                        Err(error)
                    }
                }
            }
        }
    }
}

impl State {
    /// Adds the replicas that were connected a short time ago.
    fn remember(&mut self, sets: &mut [ReplicaSet]) {
        let now = Instant::now();
        for set in sets {
            for replica in &set.promotable {
                let address = replica.address.clone();
                self.seen.insert(address, (replica.clone(), now));
            }
            self.seen
                .retain(|_, (_, seen)| now.duration_since(*seen) < MISSED_FOR);
            let seen = self.seen.values();
            set.promotable = seen.map(|(replica, _)| replica.clone()).collect();
        }
    }
}

fn masters(sets: &[ReplicaSet]) -> Vec<&ServerAddress> {
    sets.iter().map(|set| &set.master).collect()
}
