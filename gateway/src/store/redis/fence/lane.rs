//! The fences of one master: one write and one `WAIT` for all steps that were executed before them.

use std::sync::Arc;
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{Pipeline, RedisResult, Value};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep};

use super::proof::Proof;
use super::watch::Watch;
use crate::error_chain::chain;
use crate::store::StoreError;
use crate::store::redis::connection::{
    Acknowledgement, Connections, MasterRole, ReplicaSet, ServerAddress,
};

/// Longest `WAIT`. Steps that come meanwhile join after it, so that one slow replica does not keep them from being read.
const WAIT: Duration = Duration::from_millis(100);

/// Pause after a fence that a replica did not reach.
const PAUSE: Duration = Duration::from_millis(2);

/// Pause after a failed try.
const REST: Duration = Duration::from_millis(20);

/// Time that the fence's own key lives.
const KEY_LIFETIME_MS: u64 = 1000;

/// Most steps that one fence covers. More would make its commands one long stretch of Redis' time.
const STEPS: usize = 512;

/// Result of waiting for the replicas of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::store::redis) enum Covered {
    /// Every replica that may be promoted has it.
    Kept,
    /// Its server is not the master any more, or does not have it: it may be taken again.
    Gone,
}

/// A step that waits for the replicas.
pub(super) struct Step {
    pub(super) proof: Proof,
    pub(super) deadline: Instant,
    pub(super) done: oneshot::Sender<Result<Covered, StoreError>>,
}

/// A step, and the offset in the replication stream below which it lies once the master has shown it.
struct Waiting {
    step: Step,
    below: Option<u64>,
}

/// The fences of one master.
pub(super) struct Lane {
    pub(super) server: ServerAddress,
    pub(super) connections: Connections,
    pub(super) watch: Arc<Watch>,
}

/// Reasons for a round to settle no step.
enum Trouble {
    Store(StoreError),
    /// The server is not the master of anything.
    NoMaster,
}

impl Lane {
    /// Serves the steps that come, forever.
    pub(super) async fn run(self, mut steps: mpsc::UnboundedReceiver<Step>) {
        let (mut link, mut connected) = (None, Vec::new());
        let mut waiting: Vec<Waiting> = Vec::new();
        loop {
            if waiting.is_empty() {
                match steps.recv().await {
                    Some(step) => waiting.push(Waiting { step, below: None }),
                    None => return,
                }
            }
            while waiting.len() < STEPS
                && let Ok(step) = steps.try_recv()
            {
                waiting.push(Waiting { step, below: None });
            }
            match self.round(&mut link, &mut connected, &mut waiting).await {
                Ok(()) => {}
                Err(Trouble::NoMaster) => {
                    link = None;
                    settle(&mut waiting, |_| Some(Ok(Covered::Gone)));
                }
                Err(Trouble::Store(error)) => {
                    tracing::debug!(server = %self.server, error = %chain(&error), "cannot ask a master for its replicas");
                    link = None;
                    self.watch.distrust();
                    // Its steps are shown anew: the server may have been another one before.
                    waiting.iter_mut().for_each(|one| one.below = None);
                    sleep(REST).await;
                }
            }
            let now = Instant::now();
            settle(&mut waiting, |one| {
                let is_late = one.step.deadline <= now;
                is_late.then(|| {
                    self.connections.metrics().replicas_timed_out();
                    Err(StoreError::Unreplicated)
                })
            });
        }
    }

    /// Sends one fence, and settles the steps that all replicas have. `connected` are the replicas of the last one.
    async fn round(
        &self,
        link: &mut Option<MultiplexedConnection>,
        connected: &mut Vec<Acknowledgement>,
        waiting: &mut Vec<Waiting>,
    ) -> Result<(), Trouble> {
        let set = self.replica_set().await?;
        let mut connection = match link {
            Some(link) => link.clone(),
            None => link
                .insert(self.connections.connect_to(&self.server).await?)
                .clone(),
        };
        let asked_at = Instant::now();
        let replicas = set.number(connected);
        let commands = self.commands(waiting, replicas);
        let answers = commands.query_async(&mut connection).await;
        let answers: Vec<RedisResult<Value>> = answers.map_err(StoreError::unavailable)?;
        self.connections
            .metrics()
            .answered("fence", asked_at.elapsed());
        let mut answers = answers.into_iter();
        let shown: Vec<_> = waiting
            .iter()
            .map(|one| one.below.is_none().then(|| read_shown(answers.next())))
            .collect();
        // Without a write of its own, replicas that have left unnoticed would seem to have everything.
        let is_written = replicas > 0 && matches!(answers.next(), Some(Ok(_)));
        let before = read_role(answers.next())?;
        // The answer to `WAIT` does not count: it has the replicas tell at once what they have.
        let after = match answers.next_back() {
            Some(role) => read_role(Some(role))?,
            None => before.clone(),
        };
        let mut shown = shown.into_iter();
        settle(waiting, |one| {
            let (found, later) = shown.next().flatten()?;
            one.below = Some(before.offset);
            let holds = one.step.proof.holds(found.as_deref(), later.as_deref());
            (!holds).then_some(Ok(Covered::Gone))
        });
        // A replica that was left out as dead may have returned, and may have been promoted and gone before it was seen. The
        // description must then be younger than the steps.
        let set = if set.leaves_out {
            self.own(&self.watch.sets_of_now().await?)?
        } else {
            set
        };
        // A replica that came meanwhile counts. One that left is missed, unless its own account, which is younger than the
        // steps, says that it is not promoted: an account by the Sentinels may be older.
        let set = if set.missing(&after.replicas).is_empty() {
            set
        } else {
            let harmless = self
                .connections
                .harmless(&set, &after.replicas, before.offset)
                .await;
            set.without(&harmless)
        };
        let kept = set.kept_up_to(&after.replicas);
        let kept = kept.map(|kept| if is_written { kept } else { 0 });
        tracing::trace!(server = %self.server, below = before.offset, ?kept, replicas = ?after.replicas, "a fence");
        settle(waiting, |one| {
            let has_all = kept.is_none_or(|kept| one.below.is_some_and(|below| below <= kept));
            has_all.then_some(Ok(Covered::Kept))
        });
        *connected = after.replicas;
        if !waiting.is_empty() {
            if !is_written {
                waiting.iter_mut().for_each(|one| one.below = None);
            }
            self.watch.distrust();
            // A server that takes no writes does not hold `WAIT` up either.
            sleep(PAUSE).await;
        }
        Ok(())
    }

    /// Returns the commands of a fence: they read the steps that were not shown yet, write, ask for the master's role,
    /// wait, and ask for the role again. Without replicas they read and ask for the role.
    fn commands(&self, waiting: &[Waiting], replicas: usize) -> Pipeline {
        let mut commands = redis::pipe();
        commands.ignore_errors();
        for one in waiting.iter().filter(|one| one.below.is_none()) {
            commands.add_command(one.step.proof.question());
        }
        let (Some(first), 1..) = (waiting.first(), replicas) else {
            commands.cmd("ROLE");
            return commands;
        };
        let wait = WAIT.min(self.connections.timeout() / 2);
        commands
            .cmd("SET")
            .arg(self.connections.keys().fence(&first.step.proof.key))
            .arg("")
            .arg("PX")
            .arg(KEY_LIFETIME_MS);
        commands.cmd("ROLE");
        commands
            .cmd("WAIT")
            .arg(replicas)
            .arg(wait.as_millis().max(1) as u64);
        commands.cmd("ROLE");
        commands
    }

    /// Returns the replicas of this master.
    async fn replica_set(&self) -> Result<ReplicaSet, Trouble> {
        self.own(&self.watch.sets().await?)
    }

    fn own(&self, sets: &[ReplicaSet]) -> Result<ReplicaSet, Trouble> {
        if sets.is_empty() {
            let error = "the Sentinels do not agree on a master";
            return Err(StoreError::unavailable(error).into());
        }
        let own = sets.iter().find(|set| set.master == self.server);
        own.cloned().ok_or(Trouble::NoMaster)
    }
}

/// Reads two fields of a hash, or the score of a member. The key may have moved to another master.
fn read_shown(answer: Option<RedisResult<Value>>) -> (Option<String>, Option<String>) {
    match answer.and_then(Result::ok) {
        Some(fields @ Value::Array(_)) => redis::from_redis_value(fields).unwrap_or_default(),
        Some(score) => (redis::from_redis_value(score).unwrap_or_default(), None),
        None => (None, None),
    }
}

fn read_role(answer: Option<RedisResult<Value>>) -> Result<MasterRole, Trouble> {
    match answer {
        Some(Ok(role)) => MasterRole::read(role).ok_or(Trouble::NoMaster),
        Some(Err(error)) => Err(StoreError::unavailable(error).into()),
        None => Err(Trouble::NoMaster),
    }
}

/// Answers the steps for which `judge` has an answer, and keeps the others.
fn settle(
    waiting: &mut Vec<Waiting>,
    mut judge: impl FnMut(&mut Waiting) -> Option<Result<Covered, StoreError>>,
) {
    let mut kept = Vec::with_capacity(waiting.len());
    for mut one in waiting.drain(..) {
        match judge(&mut one) {
            // A caller that has left hears nothing.
            Some(answer) => drop(one.step.done.send(answer)),
            None => kept.push(one),
        }
    }
    *waiting = kept;
}

impl From<StoreError> for Trouble {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}
