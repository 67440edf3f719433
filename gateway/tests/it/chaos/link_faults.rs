//! Fault injection on links: the seeded sequence of faults, their injection and their recovery.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::time::sleep;

use super::oracle::Oracle;
use crate::support::{FaultProxy, Towards};

/// Length of a run, as a number of faults per injector or as a time.
#[derive(Debug, Clone, Copy)]
pub(super) enum RunLength {
    Faults(usize),
    For(Duration),
}

/// A fault of a link.
#[derive(Debug, Clone, Copy)]
enum LinkFault {
    Reset,
    /// The second reset comes before recovery from the first.
    DoubleReset,
    Refuse,
    /// Connections stay open and pass no bytes. New ones pass after recovery.
    HalfOpen,
    BlackholeTowardsClient,
    BlackholeTowardsServer,
    Delay,
}

/// The links under fault injection, each with its own proxy.
pub(super) struct Links {
    /// From browsers and phones to each node.
    pub(super) browsers: Vec<FaultProxy>,
    /// From each node to Redis. Empty if no proxy can stand there.
    pub(super) redis: Vec<FaultProxy>,
}

/// A shuffled deck that refills when it is empty, so that each kind of fault occurs equally often.
pub(super) struct Deck<T> {
    cards: Vec<T>,
    drawn: Vec<T>,
}

impl<T> Deck<T> {
    pub(super) fn of(cards: Vec<T>) -> Self {
        Self {
            cards: Vec::new(),
            drawn: cards,
        }
    }

    pub(super) fn draw(&mut self, random: &mut fastrand::Rng) -> &T {
        if self.cards.is_empty() {
            std::mem::swap(&mut self.cards, &mut self.drawn);
            random.shuffle(&mut self.cards);
        }
        self.drawn.extend(self.cards.pop());
        self.drawn.last().expect("a deck has cards")
    }
}

/// Counts the faults of one injector against the run's length.
pub(super) struct FaultBudget {
    run_length: RunLength,
    began: Instant,
    done: usize,
}

impl FaultBudget {
    pub(super) fn new(run_length: RunLength) -> Self {
        Self {
            run_length,
            began: Instant::now(),
            done: 0,
        }
    }

    pub(super) fn take_next(&mut self) -> bool {
        self.done += 1;
        match self.run_length {
            RunLength::Faults(count) => self.done <= count,
            RunLength::For(time) => self.began.elapsed() < time,
        }
    }
}

impl LinkFault {
    const ALL: [Self; 7] = [
        Self::Reset,
        Self::DoubleReset,
        Self::Refuse,
        Self::HalfOpen,
        Self::BlackholeTowardsClient,
        Self::BlackholeTowardsServer,
        Self::Delay,
    ];

    const fn name(self) -> &'static str {
        match self {
            Self::Reset => "link reset",
            Self::DoubleReset => "link reset twice",
            Self::Refuse => "link refused",
            Self::HalfOpen => "link half-open",
            Self::BlackholeTowardsClient => "link silent towards the client",
            Self::BlackholeTowardsServer => "link silent towards the server",
            Self::Delay => "link slow",
        }
    }

    async fn inject(self, link: &mut FaultProxy, hold: Duration, random: &mut fastrand::Rng) {
        match self {
            Self::Reset => link.reset_all(),
            Self::DoubleReset => {
                link.reset_all();
                sleep(Duration::from_millis(random.u64(1..600))).await;
                link.reset_all();
            }
            Self::Refuse => link.refuse().await,
            Self::HalfOpen => link.swallow(Towards::Both),
            Self::BlackholeTowardsClient => link.swallow(Towards::Client),
            Self::BlackholeTowardsServer => link.swallow(Towards::Server),
            Self::Delay => link.delay(Duration::from_millis(random.u64(50..900))),
        }
        sleep(hold).await;
        link.restore();
    }
}

impl Links {
    /// Injects faults into links, one after another, and restores each link.
    pub(super) async fn inject_faults(
        mut self,
        run_length: RunLength,
        mut random: fastrand::Rng,
        oracle: Arc<Oracle>,
    ) -> Self {
        let ends: &[bool] = if self.redis.is_empty() {
            &[false]
        } else {
            &[true, false]
        };
        let cards = LinkFault::ALL
            .into_iter()
            .flat_map(|fault| ends.iter().map(move |end| (fault, *end)))
            .collect();
        let (mut deck, mut budget) = (Deck::of(cards), FaultBudget::new(run_length));
        while budget.take_next() {
            sleep(Duration::from_millis(random.u64(100..1200))).await;
            let (fault, to_redis) = *deck.draw(&mut random);
            let (links, which) = if to_redis {
                (&mut self.redis, "to Redis")
            } else {
                (&mut self.browsers, "of browsers")
            };
            let number = random.usize(..links.len());
            let hold = Duration::from_millis(random.u64(100..3500));
            oracle.fault(
                fault.name(),
                format!("{} for {hold:?}, {which} at node {number}", fault.name()),
            );
            fault.inject(&mut links[number], hold, &mut random).await;
        }
        self
    }
}
