//! What goes wrong: an order of faults that follows from the seed, and how each is brought about and mended.
//!
//! Two lanes of faults run side by side, one on the links, one on the processes, so that faults of both kinds overlap.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::task::block_in_place;
use tokio::time::sleep;

use super::books::Books;
use super::nodes::Nodes;
use crate::support::{FaultProxy, RedisServer, Towards};

/// When a lane of faults ends.
#[derive(Debug, Clone, Copy)]
pub(super) enum Extent {
    Faults(usize),
    For(Duration),
}

/// What can happen to a link.
#[derive(Debug, Clone, Copy)]
enum LinkFault {
    Reset,
    /// The second time before what broke the first time has been put right.
    DoubleReset,
    Refuse,
    /// Connections stay, and no byte gets through any more; new ones pass afterwards.
    HalfOpen,
    DeafTowardsClient,
    DeafTowardsServer,
    Delay,
}

/// What can happen to a process. A failover of Redis belongs here once nodes can be told of sentinels.
#[derive(Debug, Clone, Copy)]
enum ProcessFault {
    KillNode,
    DrainNode,
    RestartRedis,
    StopRedis,
    KillSubscriptions,
    KillSubscriptionsTwice,
}

/// The links that can fail, each by a proxy of its own.
pub(super) struct Links {
    /// From browsers and phones to each node.
    pub(super) browsers: Vec<FaultProxy>,
    /// From each node to Redis.
    pub(super) redis: Vec<FaultProxy>,
}

/// The processes that can fail.
pub(super) struct Processes {
    pub(super) nodes: Nodes,
    pub(super) redis: RedisServer,
}

/// Cards that are drawn until none is left, and shuffled then: each kind comes as often as another.
struct Deck<T> {
    cards: Vec<T>,
    drawn: Vec<T>,
}

impl<T> Deck<T> {
    fn of(cards: Vec<T>) -> Self {
        Self { cards: Vec::new(), drawn: cards }
    }

    fn draw(&mut self, random: &mut fastrand::Rng) -> &T {
        if self.cards.is_empty() {
            std::mem::swap(&mut self.cards, &mut self.drawn);
            random.shuffle(&mut self.cards);
        }
        self.drawn.extend(self.cards.pop());
        self.drawn.last().expect("a deck has cards")
    }
}

/// Counts the faults of a lane.
struct Lane {
    extent: Extent,
    began: Instant,
    done: usize,
}

impl Lane {
    fn begin(extent: Extent) -> Self {
        Self { extent, began: Instant::now(), done: 0 }
    }

    fn goes_on(&mut self) -> bool {
        self.done += 1;
        match self.extent {
            Extent::Faults(count) => self.done <= count,
            Extent::For(time) => self.began.elapsed() < time,
        }
    }
}

impl LinkFault {
    const ALL: [Self; 7] = [
        Self::Reset,
        Self::DoubleReset,
        Self::Refuse,
        Self::HalfOpen,
        Self::DeafTowardsClient,
        Self::DeafTowardsServer,
        Self::Delay,
    ];

    const fn name(self) -> &'static str {
        match self {
            Self::Reset => "link reset",
            Self::DoubleReset => "link reset twice",
            Self::Refuse => "link refused",
            Self::HalfOpen => "link half-open",
            Self::DeafTowardsClient => "link deaf towards the client",
            Self::DeafTowardsServer => "link deaf towards the server",
            Self::Delay => "link slow",
        }
    }

    async fn befall(self, link: &mut FaultProxy, hold: Duration, random: &mut fastrand::Rng) {
        match self {
            Self::Reset => link.reset_all(),
            Self::DoubleReset => {
                link.reset_all();
                sleep(Duration::from_millis(random.u64(1..600))).await;
                link.reset_all();
            }
            Self::Refuse => link.refuse().await,
            Self::HalfOpen => link.swallow(Towards::Both),
            Self::DeafTowardsClient => link.swallow(Towards::Client),
            Self::DeafTowardsServer => link.swallow(Towards::Server),
            Self::Delay => link.delay(Duration::from_millis(random.u64(50..900))),
        }
        sleep(hold).await;
        link.restore();
    }
}

impl Links {
    /// Makes links fail, one after another.
    pub(super) async fn fail(mut self, extent: Extent, mut random: fastrand::Rng, books: Arc<Books>) -> Self {
        let cards = LinkFault::ALL.into_iter().flat_map(|fault| [(fault, true), (fault, false)]).collect();
        let (mut deck, mut lane) = (Deck::of(cards), Lane::begin(extent));
        while lane.goes_on() {
            sleep(Duration::from_millis(random.u64(100..1200))).await;
            let (fault, to_redis) = *deck.draw(&mut random);
            let (links, which) =
                if to_redis { (&mut self.redis, "to Redis") } else { (&mut self.browsers, "of browsers") };
            let number = random.usize(..links.len());
            let hold = Duration::from_millis(random.u64(100..3500));
            books.fault(fault.name(), format!("{} for {hold:?}, {which} at node {number}", fault.name()));
            fault.befall(&mut links[number], hold, &mut random).await;
        }
        self
    }
}

impl ProcessFault {
    const ALL: [Self; 6] = [
        Self::KillNode,
        Self::DrainNode,
        Self::RestartRedis,
        Self::StopRedis,
        Self::KillSubscriptions,
        Self::KillSubscriptionsTwice,
    ];

    const fn name(self) -> &'static str {
        match self {
            Self::KillNode => "node killed",
            Self::DrainNode => "node drained",
            Self::RestartRedis => "Redis restarted",
            Self::StopRedis => "Redis stopped and continued",
            Self::KillSubscriptions => "subscriptions killed",
            Self::KillSubscriptionsTwice => "subscriptions killed twice",
        }
    }
}

impl Processes {
    /// Makes processes fail, one after another. At the end all run.
    pub(super) async fn fail(mut self, extent: Extent, mut random: fastrand::Rng, books: Arc<Books>) -> Self {
        let (mut deck, mut lane) = (Deck::of(ProcessFault::ALL.to_vec()), Lane::begin(extent));
        while lane.goes_on() {
            let pause = Duration::from_millis(random.u64(200..1800));
            let fault = *deck.draw(&mut random);
            let (node, hold) = (random.usize(..self.nodes.0.len()), Duration::from_millis(random.u64(100..3000)));
            let outcome = async {
                self.nodes.rest(pause).await?;
                books.fault(fault.name(), format!("{} for {hold:?}; node {node}, if it is one", fault.name()));
                self.befall(fault, node, hold).await
            };
            if let Err(what) = outcome.await {
                books.violated_by_all(what);
            }
        }
        self
    }

    async fn befall(&mut self, fault: ProcessFault, node: usize, hold: Duration) -> Result<(), String> {
        match fault {
            ProcessFault::KillNode => {
                self.nodes.0[node].kill();
                sleep(hold).await;
            }
            ProcessFault::DrainNode => self.nodes.0[node].drain().await?,
            ProcessFault::RestartRedis => {
                self.redis.kill();
                self.nodes.rest(hold).await?;
                block_in_place(|| self.redis.restart());
            }
            ProcessFault::StopRedis => {
                self.redis.signal("STOP");
                let rested = self.nodes.rest(hold).await;
                self.redis.signal("CONT");
                rested?;
            }
            ProcessFault::KillSubscriptions => block_in_place(|| self.redis.drop_subscribers()),
            ProcessFault::KillSubscriptionsTwice => {
                block_in_place(|| self.redis.drop_subscribers());
                // The first try to subscribe again comes within half a second.
                sleep(hold.min(Duration::from_millis(500))).await;
                block_in_place(|| self.redis.drop_subscribers());
            }
        }
        self.nodes.rest(Duration::ZERO).await
    }
}
