//! State that all virtual users of a worker share.

use std::collections::{BTreeMap, VecDeque};
use std::error::Error;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use anyhow::{Context, ensure};
use saoma_client::{DEFAULT_TIMEOUT, RelyingParty, error_chain, stream};
use tokio::sync::{oneshot, watch};
use tokio::time::Instant;
use url::Url;

use super::connection_pool::ConnectionPool;
use super::recorder::Recorder;
use crate::loopback;
use crate::messages::{Plan, Target};
use crate::open_model::{Arrival, ConcurrencyLimit};
use crate::scenario::{Scenario, Step};

/// Loopback addresses of each worker's browsers.
const BROWSER_ADDRESSES: u64 = 1 << 18;

/// First number and count of the loopback addresses that a worker's phones share.
const PHONE_ADDRESSES: (u64, u64) = (50 << 18, 128);

/// First number of the abusers' loopback addresses.
pub(super) const ABUSER_ADDRESSES: u64 = 55 << 18;

/// Time limit of any step where browsers resume and phones ask again.
const FAILOVER_TIMEOUT: Duration = Duration::from_secs(90);

/// A signal to all virtual users.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Signal {
    /// Wait for an arrival.
    Wait,
    /// Drop the socket and resume, from this moment on and spread over this time.
    Reconnect(Instant, Duration),
    /// Cancel the login and end.
    Leave,
}

#[derive(Debug, Default)]
struct Queue {
    waiting: VecDeque<oneshot::Sender<Arrival>>,
    early: VecDeque<Arrival>,
}

/// Shared state of a worker.
#[derive(Debug)]
pub(super) struct WorkerState {
    pub(super) plan: Plan,
    pub(super) recorder: Recorder,
    /// Limit on arrivals in flight.
    pub(super) limit: ConcurrencyLimit,
    pub(super) signals: watch::Sender<Signal>,
    /// Number of open slots.
    pub(super) active: AtomicU64,
    /// Browsers that have resumed since the last [`Signal::Reconnect`].
    pub(super) resumed: AtomicU64,
    /// True while abuse is part of the phase.
    pub(super) under_abuse: AtomicBool,
    /// True while logins of the phase end with redeeming their codes.
    pub(super) redeem: AtomicBool,
    /// Common prefix of all QR codes' texts.
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

impl WorkerState {
    pub(super) fn new(plan: Plan) -> anyhow::Result<Self> {
        let timeout = timeout_of(&plan.scenario);
        let (gateway, from_loopback) = match &plan.target {
            Target::Gateway {
                nodes,
                deployment,
                tokens,
                authorities,
            } => {
                if let Some(authorities) = authorities {
                    stream::trust_only(authorities.as_bytes()).context("--ca")?;
                }
                ensure!(
                    !nodes.is_empty() && !tokens.is_empty(),
                    "a run needs a target and an app token"
                );
                let from_loopback = nodes
                    .iter()
                    .all(|node| loopback::target_address(node).is_some());
                let (first, count) = PHONE_ADDRESSES;
                let sources =
                    from_loopback.then_some((first + u64::from(plan.worker) * count, count));
                let pools = nodes
                    .iter()
                    .map(|node| ConnectionPool::new(node, sources, timeout));
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
                    target.is_ok_and(|target| loopback::target_address(&target).is_some()),
                )
            }
        };
        Ok(Self {
            recorder: Recorder::default(),
            limit: ConcurrencyLimit::new(plan.scenario.in_flight.div_ceil(plan.workers.max(1))),
            signals: watch::Sender::new(Signal::Wait),
            active: AtomicU64::new(0),
            resumed: AtomicU64::new(0),
            under_abuse: AtomicBool::new(false),
            redeem: AtomicBool::new(false),
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

    /// Returns the number of nodes.
    pub(super) fn nodes(&self) -> usize {
        self.gateway
            .as_ref()
            .map_or(1, |gateway| gateway.nodes.len())
    }

    /// Returns the time limit of any step.
    pub(super) const fn timeout(&self) -> Duration {
        timeout_of(&self.plan.scenario)
    }

    /// Returns the app token of an arrival's person. The last one is the abuser's in a scenario with abuse, so that no
    /// honest person meets the abuser's limits.
    pub(super) fn token(&self, person: u64) -> Option<&str> {
        let tokens = &self.gateway.as_ref()?.tokens;
        let honest = tokens.len() - usize::from(self.scenario().has_abuse());
        let person = usize::try_from(person).unwrap_or_default() % honest.max(1);
        tokens.get(person).map(String::as_str)
    }

    /// Returns the local address of a slot's browser, for a target on loopback.
    pub(super) fn local_address(&self, slot: u64) -> Option<IpAddr> {
        self.from_loopback.then(|| {
            let first = u64::from(self.plan.worker) * BROWSER_ADDRESSES;
            loopback::address(first + slot % BROWSER_ADDRESSES)
        })
    }

    /// Returns the local address of an abuser, for a target on loopback.
    pub(super) fn abuser_address(&self, number: u64) -> Option<IpAddr> {
        self.from_loopback
            .then(|| loopback::address(ABUSER_ADDRESSES + number))
    }

    /// Records a latency, under a kind of its own during abuse.
    pub(super) fn record(&self, kind: &'static str, latency: Duration) {
        let kind = if self.under_abuse.load(Ordering::Relaxed) {
            under_abuse(kind)
        } else {
            kind
        };
        self.recorder.latency(kind, latency);
    }

    /// Gives an arrival to the browser that has waited longest, or to the next one.
    ///
    /// The arrival of a single step is dropped if no browser waits for it: that browser has failed before, and was
    /// counted then.
    pub(super) fn arrive(&self, step: Step, mut arrival: Arrival) {
        let mut queues = self.queues();
        let queue = queues.entry(step).or_default();
        while let Some(waiting) = queue.waiting.pop_front() {
            match waiting.send(arrival) {
                Ok(()) => return,
                // The browser has ended while it waited.
                Err(unsent) => arrival = unsent,
            }
        }
        if step == Step::Whole {
            queue.early.push_back(arrival);
        }
    }

    /// Enqueues a browser for an arrival.
    pub(super) fn next_arrival(&self, step: Step) -> oneshot::Receiver<Arrival> {
        let (sender, receiver) = oneshot::channel();
        let mut queues = self.queues();
        let queue = queues.entry(step).or_default();
        match queue.early.pop_front() {
            // The receiver exists, so that this cannot fail.
            Some(arrival) => drop(sender.send(arrival)),
            None => queue.waiting.push_back(sender),
        }
        receiver
    }

    /// Drops the arrivals that found no browser and returns their number.
    pub(super) fn drop_early_arrivals(&self) -> usize {
        self.queues()
            .values_mut()
            .map(|queue| std::mem::take(&mut queue.early).len())
            .sum()
    }

    /// Counts a failed login. `context` begins the description.
    pub(super) fn fail(&self, context: &str, error: &dyn Error) {
        self.recorder
            .failed(&format!("{context}{}", error_chain(error)));
    }

    fn queues(&self) -> MutexGuard<'_, BTreeMap<Step, Queue>> {
        self.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Gateway {
    /// Returns the node for a number, in turns.
    pub(super) fn node(&self, number: usize) -> &Url {
        &self.nodes[number % self.nodes.len()]
    }

    /// Returns the connections to that node.
    pub(super) fn pool(&self, number: usize) -> &ConnectionPool {
        &self.pools[number % self.pools.len()]
    }
}

const fn timeout_of(scenario: &Scenario) -> Duration {
    if scenario.failover {
        FAILOVER_TIMEOUT
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
