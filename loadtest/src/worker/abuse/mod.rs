//! Abuse: floods of every door from a few addresses. Their outcomes are counted apart from the logins.

mod refreshes;
mod requests;

use std::sync::Arc;

use http::header::RETRY_AFTER;
use saoma_client::{Browser, BrowserError, DEFAULT_TIMEOUT};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use self::requests::{Door, Intruder};
use super::connection_pool::ConnectionPool;
use super::state::{ABUSER_ADDRESSES, Gateway, WorkerState};
use crate::open_model::{Clock, ConcurrencyLimit, schedule};
use crate::ramp::Ramp;
use crate::scenario::Abuse;

/// Maximum number of the abusers' requests in flight at one door.
const MAX_IN_FLIGHT: u32 = 100;

/// The runtime's timers, whose milliseconds are precise enough for abuse.
struct CoarseClock;

impl Clock for CoarseClock {
    async fn until(&mut self, moment: Instant) {
        sleep_until(moment).await;
    }
}

/// A flood of some seconds.
#[derive(Debug)]
struct Flood {
    state: Arc<WorkerState>,
    /// Number of addresses from which it comes.
    addresses: u64,
    /// Connections of the abusers to each node.
    pools: Vec<ConnectionPool>,
    intruder: Intruder,
    began: Instant,
    seconds: f64,
}

/// Floods the gateway for some seconds.
pub(super) async fn flood(
    state: &Arc<WorkerState>,
    abuse: Abuse,
    began: Instant,
    seconds: f64,
) -> anyhow::Result<()> {
    let Some(gateway) = &state.gateway else {
        return Ok(());
    };
    let addresses = u64::from(abuse.addresses.max(1));
    let sources = state
        .abuser_address(0)
        .map(|_| (ABUSER_ADDRESSES, addresses));
    let pools = gateway
        .nodes
        .iter()
        .map(|node| ConnectionPool::new(node, sources, DEFAULT_TIMEOUT));
    let flood = Arc::new(Flood {
        addresses,
        pools: pools.collect::<anyhow::Result<_>>()?,
        intruder: Intruder::new(gateway, state.qr_prefix.get()),
        state: Arc::clone(state),
        began,
        seconds,
    });
    let mut doors = JoinSet::new();
    doors.spawn(Arc::clone(&flood).open_sockets(abuse.opens));
    doors.spawn(refreshes::flood(Arc::clone(&flood), abuse.refreshes));
    for (door, rate) in Door::rates(&abuse) {
        doors.spawn(Arc::clone(&flood).send(door, rate));
    }
    doors.join_all().await;
    Ok(())
}

impl Flood {
    /// Returns this worker's moments at a rate of all workers together.
    fn moments(&self, rate: f64) -> impl Iterator<Item = (u64, std::time::Duration)> + use<> {
        let plan = &self.state.plan;
        Ramp::steady(rate, self.seconds).share(plan.worker, plan.workers)
    }

    /// Sends requests to one door, to the nodes in turn.
    async fn send(self: Arc<Self>, door: Door, rate: f64) {
        let limit = ConcurrencyLimit::new(MAX_IN_FLIGHT);
        let moments = self.moments(rate);
        schedule(&mut CoarseClock, self.began, moments, &limit, |arrival| {
            let Some((arrival, _)) = arrival else {
                self.count(door.name(), "not sent: too many unanswered");
                return;
            };
            let flood = Arc::clone(&self);
            tokio::spawn(async move {
                let outcome = flood.request(door, arrival.number).await;
                flood.count(door.name(), &outcome);
                drop(arrival);
            });
        })
        .await;
        limit.drained().await;
    }

    async fn request(&self, door: Door, number: u64) -> String {
        let Ok(request) = self.intruder.request(door, number) else {
            return "not sent: invalid request".into();
        };
        let node = usize::try_from(number).unwrap_or_default() % self.pools.len();
        match saoma_client::HttpClient::send(&self.pools[node], request).await {
            Ok(answer) if answer.headers().contains_key(RETRY_AFTER) => {
                format!("{} with Retry-After", answer.status().as_u16())
            }
            Ok(answer) => answer.status().as_u16().to_string(),
            Err(_) => "no answer".into(),
        }
    }

    /// Opens sockets with a login each, and abandons them.
    async fn open_sockets(self: Arc<Self>, rate: f64) {
        let limit = ConcurrencyLimit::new(MAX_IN_FLIGHT);
        let moments = self.moments(rate);
        schedule(&mut CoarseClock, self.began, moments, &limit, |arrival| {
            if let Some((arrival, _)) = arrival {
                let flood = Arc::clone(&self);
                tokio::spawn(async move {
                    let outcome = match flood.open(arrival.number).await {
                        Ok(_) => "opened".into(),
                        Err(outcome) => outcome,
                    };
                    flood.count("open", &outcome);
                    drop(arrival);
                });
            }
        })
        .await;
        limit.drained().await;
    }

    /// Opens a socket with a login from an abuser's address. Returns the outcome if that is refused.
    async fn open(&self, number: u64) -> Result<Browser, String> {
        let gateway = self.gateway().ok_or("no gateway")?;
        let node = gateway.node(usize::try_from(number).unwrap_or_default());
        let address = self.state.abuser_address(number % self.addresses);
        let opening = async {
            let (mut browser, login) =
                Browser::connect_opening(address, node, &gateway.party).await?;
            login.opened(browser.next().await?)?;
            Ok(browser)
        };
        opening.await.map_err(|error| match error {
            BrowserError::Refused { status, .. } => status.as_u16().to_string(),
            BrowserError::Unexpected(_) => "answered by an error".into(),
            _ => "no answer".into(),
        })
    }

    fn gateway(&self) -> Option<&Gateway> {
        self.state.gateway.as_ref()
    }

    fn count(&self, door: &str, outcome: &str) {
        self.state
            .recorder
            .count(format!("flood, {door}: {outcome}"));
    }
}
