//! What goes wrong with processes, nodes and servers, and how it is mended.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::task::block_in_place;
use tokio::time::sleep;

use super::books::Books;
use super::faults::{Deck, Extent, Lane};
use super::nodes::Nodes;
use super::store::Store;
use crate::support::RedisSentinel;

/// How long Sentinels may take until all servers follow one master: they let one that has come back be for ten seconds.
const WHOLE_WITHIN: Duration = Duration::from_secs(60);

/// What can happen to a process.
#[derive(Debug, Clone, Copy)]
enum ProcessFault {
    KillNode,
    DrainNode,
    RestartRedis,
    StopRedis,
    KillSubscriptions,
    KillSubscriptionsTwice,
    /// Its replicas have what was written before; the Sentinels promote one, and make the killed one its replica.
    KillMaster,
    /// As operators shall order it: nothing is written meanwhile.
    FailOverPaused,
    /// The old master takes writes until its replicas have left it, and those are lost.
    FailOver,
}

/// The processes that can fail.
pub(super) struct Processes {
    pub(super) nodes: Nodes,
    pub(super) store: Store,
    /// The master that the last failover has made.
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
            Store::Sentinel(_) => &[Self::KillMaster, Self::FailOverPaused, Self::FailOver],
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
            Self::FailOverPaused => "failover ordered, writes paused before",
            Self::FailOver => "failover ordered",
        }
    }
}

impl Processes {
    /// Makes processes fail, one after another. At the end all nodes run.
    pub(super) async fn fail(
        mut self,
        extent: Extent,
        mut random: fastrand::Rng,
        books: Arc<Books>,
    ) -> Self {
        let (mut deck, mut lane) = (Deck::of(ProcessFault::of(&self.store)), Lane::begin(extent));
        while lane.goes_on() {
            let pause = Duration::from_millis(random.u64(200..1800));
            let fault = *deck.draw(&mut random);
            let (node, hold) = (
                random.usize(..self.nodes.0.len()),
                Duration::from_millis(random.u64(100..3000)),
            );
            let outcome = async {
                self.nodes.rest(pause).await?;
                self.befall(fault, node, hold, &books).await?;
                self.nodes.rest(Duration::ZERO).await
            };
            if let Err(what) = outcome.await {
                books.violated_by_all(what);
            }
        }
        self
    }

    async fn befall(
        &mut self,
        fault: ProcessFault,
        node: usize,
        hold: Duration,
        books: &Books,
    ) -> Result<(), String> {
        let begins = || {
            books.fault(
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
                nodes.rest(hold).await?;
                block_in_place(|| redis.restart());
            }
            (ProcessFault::StopRedis, Store::Durable(redis)) => {
                begins();
                redis.signal("STOP");
                let rested = nodes.rest(hold).await;
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
            (
                ProcessFault::KillMaster | ProcessFault::FailOverPaused | ProcessFault::FailOver,
                Store::Sentinel(_),
            ) => {
                self.once_whole().await?;
                begins();
                self.fail_over(fault, books).await?;
            }
            (fault, _) => unreachable!("{fault:?} is none of this store's"),
        }
        Ok(())
    }

    /// Another server becomes the master.
    async fn fail_over(&mut self, fault: ProcessFault, books: &Books) -> Result<(), String> {
        let before = self.sentinels(|redis| redis.once_replicated());
        if self.master.is_some_and(|made| made != before) {
            // Nothing was written down to excuse what it may have lost.
            books.fault(
                "failover that nobody ordered",
                "a failover that nobody ordered, before this".into(),
            );
        }
        let began = Instant::now();
        if matches!(fault, ProcessFault::KillMaster) {
            let killed = self.sentinels(RedisSentinel::kill_master);
            books.unsure(began, Instant::now());
            self.once_another(killed).await?;
            self.sentinels(|redis| redis.restart(killed));
            return Ok(());
        }
        if matches!(fault, ProcessFault::FailOverPaused) {
            self.sentinels(|redis| redis.pause_writes());
        }
        self.once("the Sentinels take the order", |redis| redis.fail_over())
            .await?;
        // Whoever takes part asks meanwhile whether what it was told is certain.
        let ordered = Instant::now();
        let loses = matches!(fault, ProcessFault::FailOver);
        if loses {
            books.unsure(ordered, ordered + WHOLE_WITHIN);
        }
        if let Err(what) = self.once_another(before).await {
            if self.sentinels(|redis| redis.master()) != Some(before) {
                return Err(what);
            }
            // They have taken the order and given it up, as they do when they do not agree in time.
            books.fault(
                "failover given up by the Sentinels",
                "the failover was given up".into(),
            );
        }
        if loses {
            books.sure_again();
        }
        if matches!(fault, ProcessFault::FailOverPaused) {
            self.once_whole().await?;
            self.sentinels(|redis| redis.take_writes(before));
        }
        Ok(())
    }

    /// Waits until what Sentinels watch is as it was at the start: the next failover finds a replica that has everything.
    async fn once_whole(&mut self) -> Result<(), String> {
        match self.store {
            Store::Durable(_) => Ok(()),
            Store::Sentinel(_) => {
                self.once("all servers follow one master", |redis| redis.is_whole())
                    .await
            }
        }
    }

    async fn once_another(&mut self, before: usize) -> Result<(), String> {
        let is_another =
            |redis: &mut RedisSentinel| redis.master().is_some_and(|now| now != before);
        self.once("the Sentinels name another master", is_another)
            .await?;
        self.master = self.sentinels(|redis| redis.master());
        Ok(())
    }

    async fn once(
        &mut self,
        what: &str,
        holds: impl Fn(&mut RedisSentinel) -> bool,
    ) -> Result<(), String> {
        let asked = Instant::now();
        while !self.sentinels(&holds) {
            if asked.elapsed() > WHOLE_WITHIN {
                return Err(format!("waited in vain: {what}"));
            }
            self.nodes.rest(Duration::from_millis(50)).await?;
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
