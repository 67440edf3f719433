//! What goes wrong: an order of faults that follows from the seed, and how those of links are brought about and mended.
//!
//! Two lanes of faults run side by side, one on the links, one on the processes (`process_faults`), so that faults of both
//! kinds overlap.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::time::sleep;

use super::books::Books;
use crate::support::{FaultProxy, Towards};

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

/// The links that can fail, each by a proxy of its own.
pub(super) struct Links {
    /// From browsers and phones to each node.
    pub(super) browsers: Vec<FaultProxy>,
    /// From each node to Redis, where proxies can stand.
    pub(super) redis: Vec<FaultProxy>,
}

/// Cards that are drawn until none is left, and shuffled then: each kind comes as often as another.
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

/// Counts the faults of a lane.
pub(super) struct Lane {
    extent: Extent,
    began: Instant,
    done: usize,
}

impl Lane {
    pub(super) fn begin(extent: Extent) -> Self {
        Self {
            extent,
            began: Instant::now(),
            done: 0,
        }
    }

    pub(super) fn goes_on(&mut self) -> bool {
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
    pub(super) async fn fail(
        mut self,
        extent: Extent,
        mut random: fastrand::Rng,
        books: Arc<Books>,
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
        let (mut deck, mut lane) = (Deck::of(cards), Lane::begin(extent));
        while lane.goes_on() {
            sleep(Duration::from_millis(random.u64(100..1200))).await;
            let (fault, to_redis) = *deck.draw(&mut random);
            let (links, which) = if to_redis {
                (&mut self.redis, "to Redis")
            } else {
                (&mut self.browsers, "of browsers")
            };
            let number = random.usize(..links.len());
            let hold = Duration::from_millis(random.u64(100..3500));
            books.fault(
                fault.name(),
                format!("{} for {hold:?}, {which} at node {number}", fault.name()),
            );
            fault.befall(&mut links[number], hold, &mut random).await;
        }
        self
    }
}
