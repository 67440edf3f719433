//! What all browsers of a worker have in common.

use std::collections::{BTreeMap, VecDeque};
use std::error::Error;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use anyhow::ensure;
use saoma_client::{DEFAULT_TIMEOUT, RelyingParty, error_chain};
use tokio::sync::{oneshot, watch};
use tokio::time::Instant;
use url::Url;

use super::connection_pool::ConnectionPool;
use super::tally::Tally;
use crate::open_model::{Arrival, Room};
use crate::orders::{Plan, Target};
use crate::scenario::{Scenario, Step};
use crate::source::{loopback, loopback_target};

/// Loopback addresses of each worker's browsers, so that they are no others'.
const ADDRESSES: u64 = 1 << 18;

/// Loopback addresses that phones of a worker share.
const PHONES: (u64, u64) = (50 << 18, 128);

/// Loopback addresses of those who flood.
pub(super) const ABUSERS: u64 = 55 << 18;

/// How long anything may take where browsers come back.
const LONG_PATIENCE: Duration = Duration::from_secs(90);

/// What all browsers are told.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Signal {
    /// Wait for an arrival.
    Wait,
    /// Lose the socket and come back: when, and over how long that is spread.
    Reconnect(Instant, Duration),
    /// Give up.
    Leave,
}

#[derive(Debug, Default)]
struct Queue {
    waiting: VecDeque<oneshot::Sender<Arrival>>,
    early: VecDeque<Arrival>,
}

/// A worker's share of the run.
#[derive(Debug)]
pub(super) struct Site {
    pub(super) plan: Plan,
    pub(super) tally: Tally,
    /// Room for logins under way.
    pub(super) room: Room,
    pub(super) signals: watch::Sender<Signal>,
    /// Browsers that live.
    pub(super) living: AtomicU64,
    /// Browsers that have come back since they were told to.
    pub(super) returned: AtomicU64,
    /// Whether the server is being flooded.
    pub(super) flooded: AtomicBool,
    /// The beginning of every QR code's text.
    pub(super) qr_prefix: OnceLock<String>,
    pub(super) gateway: Option<Gateway>,
    from_loopback: bool,
    queues: Mutex<BTreeMap<Step, Queue>>,
}

/// The gateway under load.
#[derive(Debug)]
pub(super) struct Gateway {
    pub(super) nodes: Vec<Url>,
    pub(super) party: RelyingParty,
    /// App tokens of the persons.
    pub(super) tokens: Vec<String>,
    /// Connections of phones and relying parties to each node.
    pub(super) pools: Vec<ConnectionPool>,
}

impl Site {
    pub(super) fn new(plan: Plan) -> anyhow::Result<Self> {
        let patience = patience(&plan.scenario);
        let (gateway, from_loopback) = match &plan.target {
            Target::Gateway {
                nodes,
                deployment,
                tokens,
            } => {
                ensure!(
                    !nodes.is_empty() && !tokens.is_empty(),
                    "there must be a target and a person"
                );
                let from_loopback = nodes.iter().all(|node| loopback_target(node).is_some());
                let sources = from_loopback
                    .then_some((PHONES.0 + u64::from(plan.worker) * PHONES.1, PHONES.1));
                let pools = nodes
                    .iter()
                    .map(|node| ConnectionPool::new(node, sources, patience));
                let gateway = Gateway {
                    pools: pools.collect::<anyhow::Result<_>>()?,
                    nodes: nodes.clone(),
                    party: deployment.relying_party(),
                    tokens: tokens.clone(),
                };
                (Some(gateway), from_loopback)
            }
            Target::Plain { subscribe, .. } => {
                let target = Url::parse(&subscribe.replace("{id}", "0"));
                (
                    None,
                    target.is_ok_and(|target| loopback_target(&target).is_some()),
                )
            }
        };
        Ok(Self {
            tally: Tally::default(),
            room: Room::new(plan.scenario.in_flight.div_ceil(plan.workers.max(1))),
            signals: watch::Sender::new(Signal::Wait),
            living: AtomicU64::new(0),
            returned: AtomicU64::new(0),
            flooded: AtomicBool::new(false),
            qr_prefix: OnceLock::new(),
            gateway,
            from_loopback,
            queues: Mutex::default(),
            plan,
        })
    }

    pub(super) const fn scenario(&self) -> &Scenario {
        &self.plan.scenario
    }

    /// How many nodes there are.
    pub(super) fn nodes(&self) -> usize {
        self.gateway
            .as_ref()
            .map_or(1, |gateway| gateway.nodes.len())
    }

    /// How long anything may take.
    pub(super) const fn patience(&self) -> Duration {
        patience(&self.plan.scenario)
    }

    /// The address that the browser of a seat comes from, on loopback.
    pub(super) fn source(&self, seat: u64) -> Option<IpAddr> {
        self.from_loopback
            .then(|| loopback(u64::from(self.plan.worker) * ADDRESSES + seat % ADDRESSES))
    }

    /// The address of one who floods.
    pub(super) fn abuser(&self, number: u64) -> Option<IpAddr> {
        self.from_loopback.then(|| loopback(ABUSERS + number))
    }

    /// Measures a latency, apart while the server is flooded.
    pub(super) fn measured(&self, kind: &'static str, took: Duration) {
        let kind = if self.flooded.load(Ordering::Relaxed) {
            under_abuse(kind)
        } else {
            kind
        };
        self.tally.measured(kind, took);
    }

    /// One arrives: it goes to the browser that has waited longest, or to the next that comes. For a step of a login
    /// none comes any more when none is waiting: those that are missing have broken off, and were counted.
    pub(super) fn arrive(&self, step: Step, mut arrival: Arrival) {
        let mut queues = self.queues();
        let queue = queues.entry(step).or_default();
        while let Some(waiting) = queue.waiting.pop_front() {
            match waiting.send(arrival) {
                Ok(()) => return,
                // That browser has gone.
                Err(back) => arrival = back,
            }
        }
        if step == Step::Whole {
            queue.early.push_back(arrival);
        }
    }

    /// A browser waits for an arrival.
    pub(super) fn wait(&self, step: Step) -> oneshot::Receiver<Arrival> {
        let (sender, receiver) = oneshot::channel();
        let mut queues = self.queues();
        let queue = queues.entry(step).or_default();
        match queue.early.pop_front() {
            // The receiver is at hand.
            Some(arrival) => drop(sender.send(arrival)),
            None => queue.waiting.push_back(sender),
        }
        receiver
    }

    /// Sends away those who have arrived and found no browser.
    pub(super) fn send_away(&self) -> usize {
        self.queues()
            .values_mut()
            .map(|queue| std::mem::take(&mut queue.early).len())
            .sum()
    }

    /// A login broke off, and its seat stays empty.
    pub(super) fn broke_off(&self, doing: &str, error: &dyn Error) -> bool {
        self.tally.failed(&format!("{doing}{}", error_chain(error)));
        false
    }

    fn queues(&self) -> MutexGuard<'_, BTreeMap<Step, Queue>> {
        self.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Gateway {
    /// The node that a number comes round to.
    pub(super) fn node(&self, number: usize) -> &Url {
        &self.nodes[number % self.nodes.len()]
    }

    /// Connections to that node.
    pub(super) fn pool(&self, number: usize) -> &ConnectionPool {
        &self.pools[number % self.pools.len()]
    }
}

const fn patience(scenario: &Scenario) -> Duration {
    if scenario.come_back {
        LONG_PATIENCE
    } else {
        DEFAULT_TIMEOUT
    }
}

fn under_abuse(kind: &'static str) -> &'static str {
    match kind {
        "handshake" => "handshake under abuse",
        "open" => "open under abuse",
        "scan" => "scan under abuse",
        "confirm" => "confirm under abuse",
        "push" => "push under abuse",
        "redeem" => "redeem under abuse",
        "login" => "login under abuse",
        other => other,
    }
}
