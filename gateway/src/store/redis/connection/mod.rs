//! Connections to a Redis of any shape.

mod address;
mod cluster;
mod dialer;
mod error;
mod in_flight;
mod pool;
mod sentinel;

use std::fmt;
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{Cmd, ErrorKind, FromRedisValue, RedisResult, ServerErrorKind, Value};
use tokio::time::Instant;

use self::address::Shape;
pub use self::address::{AddressError, RedisAddress};
use self::cluster::Cluster;
use self::dialer::Dialer;
pub(super) use self::dialer::Pushes;
pub(super) use self::error::failure;
use self::error::{is_answer, understood};
use self::in_flight::InFlightLimit;
use self::pool::{Pool, Route};
use self::sentinel::Sentinels;
use super::script::{Call, Publisher};
use crate::store::{StoreError, StoreMetrics};

/// Settings of the connections to Redis.
#[derive(Debug, Clone)]
pub struct ConnectionSettings {
    /// Address: see [`RedisAddress::parse`].
    pub url: String,
    /// The only certificate authority to believe, in PEM; `None` believes the system's.
    pub ca: Option<Vec<u8>>,
    /// Connections to the one server or the master. A cluster has one to each of its nodes.
    pub pool_size: u32,
    /// Time that a command may take.
    pub command_timeout: Duration,
}

/// The fewest masters that make a cluster.
const MASTERS: usize = 3;

/// Connections to a Redis of any shape. Cheap to clone.
#[derive(Clone)]
pub struct Connections {
    topology: Topology,
    in_flight: InFlightLimit,
    metrics: StoreMetrics,
}

#[derive(Clone)]
enum Topology {
    /// One server, or the one master of a service.
    Pool(Pool),
    Cluster(Cluster),
}

impl fmt::Debug for Connections {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Connections");
        match &self.topology {
            Topology::Pool(pool) => shown.field("pool", &pool.state()),
            Topology::Cluster(_) => &mut shown,
        };
        shown.finish_non_exhaustive()
    }
}

impl Connections {
    /// Creates connections by these settings, without connecting yet.
    ///
    /// # Errors
    /// Returns an error if the URL is not one of Redis, or if the certificates cannot be read.
    pub fn new(settings: &ConnectionSettings, metrics: StoreMetrics) -> Result<Self, StoreError> {
        let ConnectionSettings {
            url,
            ca,
            pool_size,
            command_timeout,
        } = settings;
        let address = RedisAddress::parse(url)?;
        let dialer = Dialer::new(&address, ca.clone(), *command_timeout)?;
        let RedisAddress { shape, nodes, .. } = address;
        let pool = |route| {
            Topology::Pool(Pool::new(
                route,
                *pool_size,
                *command_timeout,
                metrics.clone(),
            ))
        };
        let topology = match shape {
            Shape::Single => match nodes.into_iter().next() {
                Some(node) => pool(Route::Fixed(dialer, node)),
                None => return Err(AddressError::Host(1).into()),
            },
            Shape::Sentinel { service } => {
                pool(Route::Master(Sentinels::new(dialer, service, nodes)))
            }
            Shape::Cluster => Topology::Cluster(Cluster::new(
                dialer,
                nodes,
                *command_timeout,
                metrics.clone(),
            )),
        };
        let servers = if matches!(topology, Topology::Cluster(_)) {
            MASTERS
        } else {
            1
        };
        let in_flight = InFlightLimit::new(servers, *command_timeout, metrics.clone());
        Ok(Self {
            topology,
            in_flight,
            metrics,
        })
    }

    /// Runs a script.
    ///
    /// # Errors
    /// No place among the commands under way, no answer in time, or none that is understood.
    pub(super) async fn run<T: FromRedisValue>(&self, call: &Call<'_>) -> Result<T, StoreError> {
        let _permit = self.in_flight.take().await?;
        let asked_at = Instant::now();
        let publisher = self.publisher().await?;
        let answer = match self.ask(&call.by_digest(publisher)).await? {
            Err(error) if error.kind() == ErrorKind::Server(ServerErrorKind::NoScript) => {
                self.ask(&call.by_source(publisher)).await?
            }
            answer => answer,
        };
        self.metrics.answered(call.verb(), asked_at.elapsed());
        understood(answer)
    }

    /// Runs a command on one key. `verb` is its name in metrics.
    ///
    /// # Errors
    /// No place among the commands under way, no answer in time, or none that is understood.
    pub async fn query<T: FromRedisValue>(
        &self,
        verb: &'static str,
        command: &Cmd,
    ) -> Result<T, StoreError> {
        let _permit = self.in_flight.take().await?;
        self.query_at_once(verb, command).await
    }

    /// The same, past the line.
    async fn query_at_once<T: FromRedisValue>(
        &self,
        verb: &'static str,
        command: &Cmd,
    ) -> Result<T, StoreError> {
        let asked_at = Instant::now();
        let answer = self.ask(command).await?;
        self.metrics.answered(verb, asked_at.elapsed());
        understood(answer)
    }

    /// Publishes to a node's channel, past the line: a node's probe of its inbox says nothing of Redis if it waits here,
    /// and a change that is to be told has had its place before.
    pub(super) async fn publish(&self, channel: &str, said: &str) -> Result<(), StoreError> {
        let mut publish = redis::cmd(match self.publisher().await? {
            Publisher::Script => "PUBLISH",
            Publisher::Caller => "SPUBLISH",
        });
        publish.arg(channel).arg(said);
        self.query_at_once("publish", &publish).await
    }

    /// Returns successfully if Redis answers commands. The question does not wait in line, because a long line is no
    /// outage.
    pub(super) async fn check(&self) -> Result<(), StoreError> {
        match &self.topology {
            Topology::Pool(_) => self.query_at_once("check", &redis::cmd("PING")).await,
            Topology::Cluster(cluster) => cluster.check().await,
        }
    }

    /// Subscribes over a connection of its own, and waits for the server to say so. Finds the server anew each time.
    pub(super) async fn subscribe(
        &self,
        channel: &str,
    ) -> RedisResult<(MultiplexedConnection, Pushes)> {
        match &self.topology {
            Topology::Pool(pool) => pool.subscribe(channel).await,
            Topology::Cluster(cluster) => cluster.subscribe(channel).await,
        }
    }

    /// Marks all present connections as broken, however they seem, and makes new ones.
    pub(super) fn invalidate(&self) {
        match &self.topology {
            Topology::Pool(pool) => pool.invalidate(),
            Topology::Cluster(cluster) => cluster.invalidate(),
        }
    }

    /// Returns true if one server has all keys, so that a script may touch several.
    pub(super) const fn is_one_server(&self) -> bool {
        matches!(self.topology, Topology::Pool(_))
    }

    pub(super) const fn metrics(&self) -> &StoreMetrics {
        &self.metrics
    }

    async fn publisher(&self) -> Result<Publisher, StoreError> {
        match &self.topology {
            Topology::Cluster(cluster) if cluster.is_sharded().await? => Ok(Publisher::Caller),
            // Without channels that belong to slots, a cluster passes on to all nodes what a script publishes.
            _ => Ok(Publisher::Script),
        }
    }

    async fn ask(&self, command: &Cmd) -> Result<RedisResult<Value>, StoreError> {
        let asked = match &self.topology {
            Topology::Pool(pool) => pool.query(command).await,
            Topology::Cluster(cluster) => cluster.query(command).await,
        };
        match &asked {
            Ok(answer) if is_answer(answer) => self.in_flight.answered(),
            _ => self.in_flight.failed(),
        }
        asked
    }
}
