//! Fences: an answer is given once every replica that may be promoted has what it says.
//!
//! Redis answers before its replicas have a write. If its master dies then, a person is told of a decision that the next
//! master does not know, and a code that was redeemed can be redeemed again.
//!
//! `WAIT` waits for the writes of its own connection only, and does nothing within a script. A connection to the master
//! that carries nothing else therefore sends a small write and `WAIT` behind it. Replication is one ordered stream, so
//! the replicas that have this write have everything that was executed before it: one fence serves all steps that were
//! taken until then, and while it is on its way the next steps gather.

mod lane;
mod proof;
mod watch;

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::{Notify, mpsc, oneshot};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};

pub(super) use self::lane::Covered;
use self::lane::{Lane, Step};
pub(super) use self::proof::{Later, Proof};
use self::watch::Watch;
use super::connection::{Connections, ServerAddress};
use super::keys;
use crate::store::StoreError;

/// The fences of a deployment.
pub(super) struct Fence {
    connections: Connections,
    watch: Arc<Watch>,
    lanes: Mutex<HashMap<ServerAddress, mpsc::UnboundedSender<Step>>>,
    /// The tasks of the lanes and of the watch, which end with the store.
    tasks: Mutex<JoinSet<()>>,
}

impl std::fmt::Debug for Fence {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Fence").finish_non_exhaustive()
    }
}

impl Fence {
    /// Creates the fences of a deployment, without connecting yet.
    pub(super) fn new(connections: Connections) -> Self {
        let watch = Arc::new(Watch::new(connections.clone()));
        let mut tasks = JoinSet::new();
        if connections.waits_for_replicas() {
            tasks.spawn(Arc::clone(&watch).run());
        }
        Self {
            connections,
            watch,
            lanes: Mutex::default(),
            tasks: Mutex::new(tasks),
        }
    }

    /// Returns true if there are replicas to wait for. One master under Sentinels is always taken to have some, because
    /// it may have been superseded.
    ///
    /// # Errors
    /// Returns an error if it is not known yet and the deployment does not answer.
    pub(super) async fn is_needed(&self) -> Result<bool, StoreError> {
        if !self.connections.waits_for_replicas() {
            return Ok(false);
        }
        if self.connections.is_watched() {
            return Ok(true);
        }
        let sets = self.watch.sets().await?;
        Ok(sets.iter().any(|set| !set.promotable.is_empty()))
    }

    /// Waits until the replicas have a step. `server` took it; a cluster does not tell which one did.
    ///
    /// # Errors
    /// Returns [`StoreError::Unreplicated`] if they do not have it in time.
    pub(super) async fn cover(
        &self,
        server: Option<Arc<ServerAddress>>,
        proof: Proof,
    ) -> Result<Covered, StoreError> {
        let deadline = Instant::now() + self.connections.timeout();
        let server = match server {
            Some(server) => (*server).clone(),
            None => match self.owner_of(&proof.key).await? {
                Some(owner) => owner,
                None => return Err(StoreError::unavailable("no master has the login's slot")),
            },
        };
        let (done, covered) = oneshot::channel();
        let step = Step {
            proof,
            deadline,
            done,
        };
        // The lane's task ends with the store only.
        let _ = self.lane(server).send(step);
        // A lane answers late steps by itself. It may be held up by one question to a server that has gone silent.
        match timeout_at(deadline + self.connections.timeout(), covered).await {
            Ok(Ok(covered)) => covered,
            _ => Err(StoreError::Unreplicated),
        }
    }

    /// Has the deployment described anew: a step was not kept.
    pub(super) fn distrust(&self) {
        self.watch.distrust();
        if self.connections.is_watched() {
            self.connections.invalidate();
        }
    }

    /// Returns what tells that another server is the one master: the old one goes on to answer for a while.
    pub(super) fn moved(&self) -> Arc<Notify> {
        self.watch.moved()
    }

    async fn owner_of(&self, key: &str) -> Result<Option<ServerAddress>, StoreError> {
        let slot = keys::slot(key);
        let sets = self.watch.sets().await?;
        let owner = sets.iter().find(|set| set.has_slot(slot));
        Ok(owner.map(|set| set.master.clone()))
    }

    fn lane(&self, server: ServerAddress) -> mpsc::UnboundedSender<Step> {
        let mut lanes = self.lanes.lock();
        let lane = lanes.entry(server).or_insert_with_key(|server| {
            let (sender, steps) = mpsc::unbounded_channel();
            let lane = Lane {
                server: server.clone(),
                connections: self.connections.clone(),
                watch: Arc::clone(&self.watch),
            };
            self.tasks.lock().spawn(lane.run(steps));
            sender
        });
        lane.clone()
    }
}
