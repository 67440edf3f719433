//! Connections to a Redis of any shape.

mod address;
mod cluster;
mod cluster_report;
mod dialer;
mod error;
mod in_flight;
mod links;
mod pool;
mod replica_set;
mod replication_info;
mod script_runs;
mod sentinel;
mod sentinel_report;
mod server_clock;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{Cmd, FromRedisValue, RedisResult, Value};
use tokio::time::Instant;

use self::address::Shape;
pub use self::address::{AddressError, RedisAddress};
use self::cluster::Cluster;
use self::dialer::Dialer;
pub(super) use self::dialer::Pushes;
pub use self::dialer::TlsAuthentication;
pub(super) use self::error::failure;
use self::error::{is_answer, understood};
use self::in_flight::InFlightLimit;
use self::pool::{Pool, Route};
pub(super) use self::replica_set::{
    Acknowledgement, Candidate, MasterRole, ReplicaSet, ServerAddress,
};
use self::sentinel::Sentinels;
use self::server_clock::ServerClock;
use super::keys::Keys;
use crate::store::{StoreError, StoreMetrics};

/// Settings of the connections to Redis.
#[derive(Debug, Clone)]
pub struct ConnectionSettings {
    /// Address: see [`RedisAddress::parse`].
    pub url: String,
    /// Certificates of encrypted connections.
    pub authentication: TlsAuthentication,
    /// Connections to the one server or the master. A cluster has one to each of its nodes.
    pub pool_size: u32,
    /// Time that a command may take.
    pub command_timeout: Duration,
    /// Prefix of all keys and channels.
    pub key_prefix: String,
    /// Answers are withheld until every replica that may be promoted has them.
    pub wait_for_replicas: bool,
}

/// The fewest masters that make a cluster.
const MASTERS: usize = 3;

/// Connections to a Redis of any shape. Cheap to clone.
#[derive(Clone)]
pub struct Connections {
    topology: Topology,
    in_flight: InFlightLimit,
    metrics: StoreMetrics,
    waits: bool,
    timeout: Duration,
    clock: ServerClock,
    keys: Keys,
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
            authentication,
            pool_size,
            command_timeout,
            wait_for_replicas,
            key_prefix,
        } = settings;
        let address = RedisAddress::parse(url)?;
        let dialer = Dialer::new(&address, authentication, *command_timeout)?;
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
            waits: *wait_for_replicas,
            timeout: *command_timeout,
            clock: ServerClock::default(),
            keys: Keys::new(key_prefix),
        })
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
        let (answer, _) = self.ask(command).await?;
        self.metrics.answered(verb, asked_at.elapsed());
        understood(answer)
    }

    /// Publishes to a node's channel, past the line: a node's probe of its inbox says nothing of Redis if it waits here,
    /// and a change that is to be told has had its place before.
    pub(super) async fn publish(&self, channel: &str, said: &str) -> Result<(), StoreError> {
        let mut publish = redis::cmd(if self.is_sharded().await? {
            "SPUBLISH"
        } else {
            "PUBLISH"
        });
        publish.arg(channel).arg(said);
        self.query_at_once("publish", &publish).await
    }

    /// Returns successfully if a cluster serves all of its slots. One server is looked at by its keys alone.
    pub(super) async fn check_slots(&self) -> Result<(), StoreError> {
        match &self.topology {
            Topology::Pool(_) => Ok(()),
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

    /// Returns the names of keys and channels.
    pub(super) const fn keys(&self) -> &Keys {
        &self.keys
    }

    /// Returns true if one server has all keys, so that a script may touch several.
    pub(super) const fn is_one_server(&self) -> bool {
        matches!(self.topology, Topology::Pool(_))
    }

    pub(super) const fn metrics(&self) -> &StoreMetrics {
        &self.metrics
    }

    /// Returns true if channels belong to slots.
    async fn is_sharded(&self) -> Result<bool, StoreError> {
        match &self.topology {
            Topology::Cluster(cluster) => cluster.is_sharded().await,
            Topology::Pool(_) => Ok(false),
        }
    }

    /// Returns true if answers are withheld until the replicas have them, where there are replicas.
    pub(super) const fn waits_for_replicas(&self) -> bool {
        self.waits
    }

    /// Returns true if no party watches over the one server: a lost replica is then remembered for a while.
    pub(super) const fn is_unwatched(&self) -> bool {
        match &self.topology {
            Topology::Pool(pool) => matches!(pool.route(), Route::Fixed(..)),
            Topology::Cluster(_) => false,
        }
    }

    /// Returns true if a party watches over one master.
    pub(super) const fn is_watched(&self) -> bool {
        match &self.topology {
            Topology::Pool(pool) => matches!(pool.route(), Route::Master(_)),
            Topology::Cluster(_) => false,
        }
    }

    pub(super) const fn timeout(&self) -> Duration {
        self.timeout
    }

    /// Returns the masters and their replicas. Returns none while those that watch over them disagree. `before` is the
    /// last answer.
    ///
    /// # Errors
    /// Returns an error if no server or Sentinel answers.
    pub(super) async fn replica_sets(
        &self,
        before: &[ReplicaSet],
    ) -> Result<Vec<ReplicaSet>, StoreError> {
        let pool = match &self.topology {
            Topology::Cluster(cluster) => {
                return cluster.replica_sets(before).await.map_err(failure);
            }
            Topology::Pool(pool) => pool,
        };
        if let Route::Master(sentinels) = pool.route() {
            let set = sentinels.replica_set().await.map_err(failure)?;
            return Ok(set.into_iter().collect());
        }
        let (role, server) = pool.query(&redis::cmd("ROLE")).await?;
        let connected = match role {
            Ok(role) => MasterRole::read(role).map_or_else(Vec::new, |role| role.replicas),
            // A server that does not tell its role, or not to this user, is taken to have no replicas.
            Err(error) if error.code().is_some() => Vec::new(),
            Err(error) => return Err(failure(error)),
        };
        Ok(vec![ReplicaSet {
            master: (*server).clone(),
            promotable: connected.into_iter().map(unwatched).collect(),
            never_promoted: Vec::new(),
            leaves_out: false,
            slots: Vec::new(),
            same_names: true,
        }])
    }

    /// Returns those of the replicas that are not connected, are alive, and do not endanger the steps up to an offset.
    pub(super) async fn harmless(
        &self,
        set: &ReplicaSet,
        connected: &[Acknowledgement],
        below: u64,
    ) -> Vec<ServerAddress> {
        match &self.topology {
            Topology::Pool(pool) => match pool.route() {
                Route::Master(sentinels) => sentinels
                    .harmless(set, connected, below)
                    .await
                    .unwrap_or_default(),
                Route::Fixed(..) => Vec::new(),
            },
            Topology::Cluster(_) => Vec::new(),
        }
    }

    /// Connects to a server of the deployment for one caller.
    pub(super) async fn connect_to(
        &self,
        server: &ServerAddress,
    ) -> Result<MultiplexedConnection, StoreError> {
        let connected = match &self.topology {
            Topology::Cluster(cluster) => cluster.connect_to(server).await,
            Topology::Pool(pool) => match pool.route() {
                Route::Fixed(dialer, node) => dialer.connect_once(node).await,
                Route::Master(sentinels) => sentinels.connect_to(server).await,
            },
        };
        connected.map_err(failure)
    }

    async fn ask(
        &self,
        command: &Cmd,
    ) -> Result<(RedisResult<Value>, Option<Arc<ServerAddress>>), StoreError> {
        let asked = match &self.topology {
            Topology::Pool(pool) => pool
                .query(command)
                .await
                .map(|(answer, server)| (answer, Some(server))),
            Topology::Cluster(cluster) => cluster.query(command).await.map(|answer| (answer, None)),
        };
        match &asked {
            Ok((answer, _)) if is_answer(answer) => self.in_flight.answered(),
            _ => self.in_flight.failed(),
        }
        asked
    }
}

/// A replica of a server over which no party watches.
fn unwatched(connected: Acknowledgement) -> Candidate {
    Candidate {
        address: connected.replica,
        priority: 0,
        reported: 0,
    }
}
