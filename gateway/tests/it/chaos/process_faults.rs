//! Fault injection on processes, gateway nodes and Redis servers, and their recovery.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::task::block_in_place;
use tokio::time::sleep;

use super::link_faults::{Deck, FaultBudget, RunLength};
use super::nodes::Nodes;
use super::oracle::Oracle;
use super::store::Store;
use crate::support::RedisSentinel;

/// Time in which all servers follow one master. Sentinels leave a restarted server alone for ten
/// seconds.
const REPLICATED_WITHIN: Duration = Duration::from_secs(60);

/// Time for which a replica may lack what its master has answered.
const UNREPLICATED: Duration = Duration::from_secs(1);

/// Time for which writes are paused before a failover is ordered. The messages of the Sentinels to
/// the master are held up as well: after five seconds they would take it for dead.
const PAUSE: Duration = Duration::from_secs(4);

/// A fault of a process.
#[derive(Debug, Clone, Copy)]
enum ProcessFault {
    KillNode,
    DrainNode,
    RestartRedis,
    StopRedis,
    KillSubscriptions,
    KillSubscriptionsTwice,
    /// The Sentinels promote a replica, and the killed server returns as its replica.
    KillMaster,
    /// It answers nothing until the Sentinels have promoted a replica, and goes on then: a master
    /// that was superseded without its knowledge.
    FreezeMaster,
    /// A replica dies and returns.
    KillReplica,
    /// As some operators do it: writes are paused during the failover.
    FailOverPaused,
    /// The old master accepts writes until its replicas have left it, and these writes are lost.
    FailOver,
}

/// The processes that can fail.
pub(super) struct Processes {
    pub(super) nodes: Nodes,
    pub(super) store: Store,
    /// The master after the last failover.
    pub(super) master: Option<usize>,
}

impl ProcessFault {
    fn of(store: &Store) -> Vec<Self> {
        let mut all = vec![
            Self::KillNode,
            Self::DrainNode,
            Self::KillSubscriptions,
            Self::KillSubscriptionsTwice,
        ];
        all.extend(match store {
            Store::Durable(_) => &[Self::RestartRedis, Self::StopRedis][..],
            Store::Sentinel(_) => &[
                Self::KillMaster,
                Self::FreezeMaster,
                Self::KillReplica,
                Self::FailOverPaused,
                Self::FailOver,
            ],
        });
        all
    }

    const fn name(self) -> &'static str {
        match self {
            Self::KillNode => "node killed",
            Self::DrainNode => "node drained",
            Self::RestartRedis => "Redis restarted",
            Self::StopRedis => "Redis stopped and continued",
            Self::KillSubscriptions => "subscriptions killed",
            Self::KillSubscriptionsTwice => "subscriptions killed twice",
            Self::KillMaster => "master killed",
            Self::FreezeMaster => "master frozen",
            Self::KillReplica => "replica killed",
            Self::FailOverPaused => "failover ordered, writes paused before",
            Self::FailOver => "failover ordered",
        }
    }
}

impl Processes {
    /// Injects faults into processes, one after another. At the end all nodes run.
    pub(super) async fn inject_faults(
        mut self,
        run_length: RunLength,
        mut random: fastrand::Rng,
        oracle: Arc<Oracle>,
    ) -> Self {
        let (mut deck, mut budget) = (
            Deck::of(ProcessFault::of(&self.store)),
            FaultBudget::new(run_length),
        );
        while budget.take_next() {
            let pause = Duration::from_millis(random.u64(200..1800));
            let fault = *deck.draw(&mut random);
            let (node, hold) = (
                random.usize(..self.nodes.0.len()),
                Duration::from_millis(random.u64(100..3000)),
            );
            let outcome = async {
                self.nodes.supervise(pause).await?;
                self.inject(fault, node, hold, &oracle).await?;
                self.nodes.supervise(Duration::ZERO).await
            };
            if let Err(what) = outcome.await {
                oracle.run_violation(what);
            }
        }
        self
    }

    async fn inject(
        &mut self,
        fault: ProcessFault,
        node: usize,
        hold: Duration,
        oracle: &Oracle,
    ) -> Result<(), String> {
        let begins = || {
            oracle.fault(
                fault.name(),
                format!("{} for {hold:?}; node {node}, if it is one", fault.name()),
            );
        };
        let Self { nodes, store, .. } = self;
        match (fault, store) {
            (ProcessFault::KillNode, _) => {
                begins();
                nodes.0[node].kill();
                sleep(hold).await;
            }
            (ProcessFault::DrainNode, _) => {
                begins();
                nodes.0[node].drain().await?;
            }
            (ProcessFault::RestartRedis, Store::Durable(redis)) => {
                begins();
                redis.kill();
                nodes.supervise(hold).await?;
                block_in_place(|| redis.restart());
            }
            (ProcessFault::StopRedis, Store::Durable(redis)) => {
                begins();
                redis.signal("STOP");
                let rested = nodes.supervise(hold).await;
                redis.signal("CONT");
                rested?;
            }
            (ProcessFault::KillSubscriptions, store) => {
                begins();
                block_in_place(|| store.drop_subscribers());
            }
            (ProcessFault::KillSubscriptionsTwice, store) => {
                begins();
                block_in_place(|| store.drop_subscribers());
                // The first try to subscribe again comes within half a second.
                sleep(hold.min(Duration::from_millis(500))).await;
                block_in_place(|| store.drop_subscribers());
            }
            (ProcessFault::KillReplica, Store::Sentinel(_)) => {
                begins();
                self.kill_replica(node, hold).await?;
            }
            (
                ProcessFault::KillMaster
                | ProcessFault::FreezeMaster
                | ProcessFault::FailOverPaused
                | ProcessFault::FailOver,
                Store::Sentinel(_),
            ) => {
                self.until_replicated().await?;
                begins();
                self.fail_over(fault, oracle).await?;
            }
            (fault, _) => unreachable!("{fault:?} does not apply to this store"),
        }
        Ok(())
    }

    /// A replica dies and returns.
    async fn kill_replica(&mut self, number: usize, hold: Duration) -> Result<(), String> {
        self.until_replicated().await?;
        let replica = self.sentinels(|redis| {
            let replicas = redis.replicas();
            let replica = replicas[number % replicas.len()];
            redis.kill(replica);
            replica
        });
        self.nodes.supervise(hold * 2).await?;
        self.sentinels(|redis| redis.restart(replica));
        Ok(())
    }

    /// Another server becomes the master.
    async fn fail_over(&mut self, fault: ProcessFault, oracle: &Oracle) -> Result<(), String> {
        self.until("the Sentinels agree", |redis| redis.master().is_some())
            .await?;
        let before = self.sentinels(|redis| redis.master().expect("they agree"));
        if self.master.is_some_and(|made| made != before) {
            // No loss window was opened for it, so its losses are not excused.
            oracle.fault(
                "unordered failover",
                "an unordered failover before this fault".into(),
            );
        }
        let began = Instant::now();
        if matches!(fault, ProcessFault::KillMaster) {
            oracle.state().stalls.master_died();
            let killed = self.sentinels(RedisSentinel::kill_master);
            oracle.open_loss_window(began - UNREPLICATED, Instant::now());
            self.until_master_changes(killed).await?;
            self.sentinels(|redis| redis.restart(killed));
            return Ok(());
        }
        if matches!(fault, ProcessFault::FreezeMaster) {
            oracle.state().stalls.master_died();
            self.sentinels(|redis| redis.freeze(before));
            oracle.open_loss_window(began - UNREPLICATED, began + REPLICATED_WITHIN);
            let changed = self.until_master_changes(before).await;
            self.sentinels(|redis| redis.thaw(before));
            changed?;
            self.until_replicated().await?;
            oracle.close_loss_window();
            return Ok(());
        }
        let is_paused = matches!(fault, ProcessFault::FailOverPaused);
        if is_paused {
            self.sentinels(|redis| redis.pause_writes(PAUSE));
        }
        self.until("the Sentinels take the order", |redis| redis.fail_over())
            .await?;
        // Flows ask during the failover whether an answer is excused, so the window opens before it
        // ends.
        let ordered = Instant::now();
        let loses_from = if is_paused { began + PAUSE } else { ordered };
        oracle.open_loss_window(loses_from, ordered + REPLICATED_WITHIN);
        if let Err(what) = self.until_master_changes(before).await {
            if self.sentinels(|redis| redis.master()) != Some(before) {
                return Err(what);
            }
            // The Sentinels abandon a failover if they do not agree in time.
            oracle.fault(
                "failover given up by the Sentinels",
                "the failover was given up".into(),
            );
        }
        oracle.close_loss_window();
        Ok(())
    }

    /// Waits until all servers replicate one master, so that the next failover finds a replica with
    /// all data.
    async fn until_replicated(&mut self) -> Result<(), String> {
        match self.store {
            Store::Durable(_) => Ok(()),
            Store::Sentinel(_) => {
                self.until("all servers follow one master", |redis| redis.is_whole())
                    .await
            }
        }
    }

    async fn until_master_changes(&mut self, before: usize) -> Result<(), String> {
        let is_another =
            |redis: &mut RedisSentinel| redis.master().is_some_and(|now| now != before);
        self.until("the Sentinels name another master", is_another)
            .await?;
        self.master = self.sentinels(|redis| redis.master());
        Ok(())
    }

    async fn until(
        &mut self,
        what: &str,
        holds: impl Fn(&mut RedisSentinel) -> bool,
    ) -> Result<(), String> {
        let asked = Instant::now();
        while !self.sentinels(&holds) {
            if asked.elapsed() > REPLICATED_WITHIN {
                return Err(format!("timed out waiting until {what}"));
            }
            self.nodes.supervise(Duration::from_millis(50)).await?;
        }
        Ok(())
    }

    fn sentinels<T>(&mut self, act: impl FnOnce(&mut RedisSentinel) -> T) -> T {
        let Store::Sentinel(redis) = &mut self.store else {
            unreachable!("there are no Sentinels")
        };
        block_in_place(|| act(redis))
    }
}
