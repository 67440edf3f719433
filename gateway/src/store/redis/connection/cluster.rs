//! A Redis Cluster: masters that share the keys among them. The redis crate keeps the connections and follows keys that
//! move; this module bounds every wait, and replaces a set of connections that reaches no node any more.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use parking_lot::Mutex;
use redis::aio::MultiplexedConnection;
use redis::cluster::ClusterClientBuilder;
use redis::cluster_async::ClusterConnection;
use redis::cluster_routing::{RoutingInfo, SingleNodeRoutingInfo};
use redis::{
    Cmd, ConnectionInfo, ErrorKind, ProtocolVersion, RedisError, RedisResult, TlsMode, Value,
};
use tokio::time::{Instant, timeout};

use super::cluster_report;
use super::dialer::{Dialer, Pushes, address_of, at, host_and_port, tcp_settings};
use super::error::failure;
use super::links::Links;
use super::replica_set::{ReplicaSet, ServerAddress};
use crate::random;
use crate::store::{StoreError, StoreMetrics};

/// Most times that a command is sent again after it reached a wrong master or its master vanished. Every command of the
/// store may be repeated.
const TRIES_AGAIN: u32 = 4;

/// The shortest and the longest wait before that, in milliseconds.
const WAIT_MS: (u64, u64) = (5, 100);

/// Pause between a failed try to connect and the next one.
const REST: Duration = Duration::from_millis(250);

/// Time of failures without a success after which the connections are taken to reach no node. The crate would try again
/// without a pause.
const LOST_AFTER: Duration = Duration::from_millis(500);

/// Time that a node may take to say which nodes there are.
const PATIENCE: Duration = Duration::from_millis(300);

/// Most times that a subscription is sent on to another master.
const REDIRECTIONS: usize = 4;

/// A cluster.
#[derive(Clone)]
pub(super) struct Cluster {
    dialer: Dialer,
    links: Links,
    timeout: Duration,
    metrics: StoreMetrics,
    shared: Arc<Shared>,
}

struct Shared {
    /// Nodes that the URL names, and those learnt since.
    nodes: Mutex<Vec<ConnectionInfo>>,
    connecting: tokio::sync::Mutex<Option<Instant>>,
    current: Mutex<Option<Current>>,
}

#[derive(Clone)]
struct Current {
    connection: ClusterConnection,
    /// Channels belong to slots, as keys do: from Redis 7 on.
    sharded: bool,
    /// When the failures began that no success has followed.
    failing_since: Arc<Mutex<Option<Instant>>>,
}

impl Cluster {
    pub(super) fn new(
        dialer: Dialer,
        nodes: Vec<ConnectionInfo>,
        timeout: Duration,
        metrics: StoreMetrics,
    ) -> Self {
        let shared = Shared {
            nodes: Mutex::new(nodes),
            connecting: tokio::sync::Mutex::default(),
            current: Mutex::default(),
        };
        Self {
            links: Links::new(dialer.clone()),
            dialer,
            timeout,
            metrics,
            shared: Arc::new(shared),
        }
    }

    /// Returns true if channels belong to slots: a script can then publish on channels of its own slot only.
    pub(super) async fn is_sharded(&self) -> Result<bool, StoreError> {
        Ok(self.current().await?.sharded)
    }

    pub(super) async fn query(&self, command: &Cmd) -> Result<RedisResult<Value>, StoreError> {
        let mut current = self.current().await?;
        let answer = timeout(self.timeout, command.query_async(&mut current.connection)).await;
        self.judge(&current, answer)
    }

    /// Returns successfully if a node says that every slot is served.
    pub(super) async fn check(&self) -> Result<(), StoreError> {
        let mut current = self.current().await?;
        let mut question = redis::cmd("CLUSTER");
        question.arg("INFO");
        let random = RoutingInfo::SingleNode(SingleNodeRoutingInfo::Random);
        let answer = timeout(
            self.timeout,
            current.connection.route_command(question, random),
        )
        .await;
        let said: String = self
            .judge(&current, answer)?
            .and_then(|value| Ok(redis::from_redis_value(value)?))
            .map_err(failure)?;
        if said
            .lines()
            .any(|line| line.trim_end() == "cluster_state:ok")
        {
            return Ok(());
        }
        Err(StoreError::unavailable(
            "the cluster does not serve all of its slots",
        ))
    }

    /// Subscribes with the master that has the channel, and waits for it to say so.
    pub(super) async fn subscribe(
        &self,
        channel: &str,
    ) -> RedisResult<(MultiplexedConnection, Pushes)> {
        let sharded = self
            .current()
            .await
            .map_err(|error| unavailable(&error))?
            .sharded;
        let mut nodes = self.shared.nodes.lock().clone();
        random::shuffle(&mut nodes);
        let mut said = RedisError::from((
            ErrorKind::ClusterConnectionNotFound,
            "the cluster has no node",
        ));
        for node in nodes {
            let subscribed = if sharded {
                self.subscribe_with_owner(node, channel).await
            } else {
                self.subscribe_anywhere(&node, channel).await
            };
            match subscribed {
                Ok(subscribed) => return Ok(subscribed),
                Err(error) => said = error,
            }
        }
        Err(said)
    }

    async fn subscribe_anywhere(
        &self,
        node: &ConnectionInfo,
        channel: &str,
    ) -> RedisResult<(MultiplexedConnection, Pushes)> {
        let (mut connection, pushes) = self.dialer.connect_to_hear(node).await?;
        connection.subscribe(channel).await?;
        Ok((connection, pushes))
    }

    async fn subscribe_with_owner(
        &self,
        mut node: ConnectionInfo,
        channel: &str,
    ) -> RedisResult<(MultiplexedConnection, Pushes)> {
        let mut subscribe = redis::cmd("SSUBSCRIBE");
        subscribe.arg(channel);
        let mut redirections = 0;
        loop {
            let (mut connection, pushes) = self.dialer.connect_to_hear(&node).await?;
            let Err(error) = subscribe.query_async::<Value>(&mut connection).await else {
                // The owner may have become a replica, to which no message is published. It knows the new roles.
                self.learn(&mut connection, &node).await;
                return Ok((connection, pushes));
            };
            redirections += 1;
            node = match error
                .redirect_node()
                .and_then(|(owner, _)| host_and_port(owner))
            {
                Some((host, port)) if redirections <= REDIRECTIONS => {
                    at(&node, known_host(host, &node), port)
                }
                _ => return Err(error),
            };
        }
    }

    /// Remembers which nodes there are, for the day when those in the URL are gone.
    async fn learn(&self, connection: &mut MultiplexedConnection, node: &ConnectionInfo) {
        let mut question = redis::cmd("CLUSTER");
        question.arg("SLOTS");
        let Ok(slots) = question.query_async::<Vec<Vec<Value>>>(connection).await else {
            return;
        };
        let found = slots
            .into_iter()
            .flat_map(|range| range.into_iter().skip(2))
            .filter_map(host_of)
            .map(|(host, port)| at(node, known_host(&host, node), port));
        self.remember(found);
    }

    fn remember(&self, found: impl Iterator<Item = ConnectionInfo>) {
        let mut nodes = self.shared.nodes.lock();
        for node in found {
            if !nodes.iter().any(|known| known.addr() == node.addr()) {
                nodes.push(node);
            }
        }
    }

    /// Returns the masters and their replicas, by what the masters say together; the owner of a slot by the newest
    /// epoch comes first. `before` is the last answer.
    pub(super) async fn replica_sets(&self, before: &[ReplicaSet]) -> RedisResult<Vec<ReplicaSet>> {
        let nodes = self.shared.nodes.lock().clone();
        let Some(first) = nodes.first() else {
            return Err(RedisError::from((
                ErrorKind::ClusterConnectionNotFound,
                "the cluster has no node",
            )));
        };
        let masters: Vec<ConnectionInfo> = before
            .iter()
            .map(|set| at(first, &set.master.host, set.master.port))
            .collect();
        let mut said = Err(RedisError::from((ErrorKind::Io, "no master answers")));
        if !masters.is_empty() {
            said = self.reports(&masters).await;
        }
        if said.is_err() {
            // The masters are not known yet, or have gone.
            said = self.reports(&nodes).await;
        }
        let (asked, reports) = said?;
        let sets = cluster_report::join(asked, &reports);
        if before.is_empty() {
            // The nodes of the URL may be replicas, which say who the masters are.
            let masters: Vec<ConnectionInfo> = sets
                .iter()
                .map(|set| at(first, &set.master.host, set.master.port))
                .collect();
            let (asked, reports) = self.reports(&masters).await?;
            return Ok(cluster_report::join(asked, &reports));
        }
        Ok(sets)
    }

    /// Asks these nodes which nodes there are. Returns their number and the answers.
    async fn reports(
        &self,
        nodes: &[ConnectionInfo],
    ) -> RedisResult<(usize, Vec<Vec<cluster_report::NodeReport>>)> {
        let mut question = redis::cmd("CLUSTER");
        question.arg("NODES");
        let by_name = self.dialer.certificates().is_some();
        let asking = nodes.iter().map(|node| async {
            let text: String = self.links.ask(node, &question, PATIENCE).await?;
            Ok(cluster_report::read(&text, &address_of(node).host, by_name))
        });
        let mut said = RedisError::from((ErrorKind::Io, "no node of the cluster answers"));
        let mut reports = Vec::new();
        for answer in join_all(asking).await {
            match answer {
                Ok(report) => reports.push(report),
                Err(error) => said = error,
            }
        }
        if reports.is_empty() {
            return Err(said);
        }
        Ok((nodes.len(), reports))
    }

    /// Connects to a server of the cluster for one caller.
    pub(super) async fn connect_to(
        &self,
        server: &ServerAddress,
    ) -> RedisResult<MultiplexedConnection> {
        let Some(node) = self.shared.nodes.lock().first().cloned() else {
            return Err(RedisError::from((
                ErrorKind::ClusterConnectionNotFound,
                "the cluster has no node",
            )));
        };
        let server = at(&node, &server.host, server.port);
        self.dialer.connect_once(&server).await
    }

    /// Takes the connections of today for broken.
    pub(super) fn invalidate(&self) {
        if self.shared.current.lock().take().is_some() {
            self.metrics.connection_broken();
        }
    }

    fn judge<T>(
        &self,
        current: &Current,
        answer: Result<RedisResult<T>, tokio::time::error::Elapsed>,
    ) -> Result<RedisResult<T>, StoreError> {
        let failed = match &answer {
            Ok(Ok(_)) => false,
            Ok(Err(error)) => {
                error.is_io_error() || error.kind() == ErrorKind::ClusterConnectionNotFound
            }
            Err(_) => true,
        };
        let mut failing_since = current.failing_since.lock();
        if !failed {
            *failing_since = None;
        } else if failing_since.get_or_insert_with(Instant::now).elapsed() > LOST_AFTER {
            let mut shared = self.shared.current.lock();
            if shared
                .as_ref()
                .is_some_and(|now| Arc::ptr_eq(&now.failing_since, &current.failing_since))
            {
                *shared = None;
                self.metrics.connection_broken();
            }
        }
        answer.map_err(|_| StoreError::Timeout)
    }

    async fn current(&self) -> Result<Current, StoreError> {
        if let Some(current) = self.shared.current.lock().clone() {
            return Ok(current);
        }
        match timeout(self.timeout * 2, self.connect()).await {
            Ok(connected) => connected,
            Err(_) => Err(StoreError::Timeout),
        }
    }

    async fn connect(&self) -> Result<Current, StoreError> {
        let mut failed_at = self.shared.connecting.lock().await;
        // The previous holder of the lock may have connected.
        if let Some(current) = self.shared.current.lock().clone() {
            return Ok(current);
        }
        if failed_at.is_some_and(|failed_at| failed_at.elapsed() < REST) {
            return Err(StoreError::unavailable("the cluster cannot be reached"));
        }
        // Stands if this is dropped before it is done.
        *failed_at = Some(Instant::now());
        let current = self.connect_to_all().await.map_err(failure)?;
        *failed_at = None;
        *self.shared.current.lock() = Some(current.clone());
        self.metrics.connection_opened();
        Ok(current)
    }

    async fn connect_to_all(&self) -> RedisResult<Current> {
        let nodes = self.shared.nodes.lock().clone();
        let mut client = ClusterClientBuilder::new(nodes)
            .use_protocol(ProtocolVersion::RESP3)
            .retries(TRIES_AGAIN)
            .min_retry_wait(WAIT_MS.0)
            .max_retry_wait(WAIT_MS.1)
            .connection_timeout(self.timeout)
            .response_timeout(self.timeout)
            .tcp_settings(tcp_settings(self.timeout));
        if let Some(certificates) = self.dialer.certificates() {
            client = client.tls(TlsMode::Secure).certs(certificates.clone());
        }
        let mut connection = client.build()?.get_async_connection().await?;
        let mut question = redis::cmd("COMMAND");
        question.arg("INFO").arg("SPUBLISH");
        let random = RoutingInfo::SingleNode(SingleNodeRoutingInfo::Random);
        let known = connection.route_command(question, random).await?;
        let sharded = matches!(&known, Value::Array(commands) if !matches!(commands.first(), None | Some(Value::Nil)));
        Ok(Current {
            connection,
            sharded,
            failing_since: Arc::default(),
        })
    }
}

/// Host and port in an entry of `CLUSTER SLOTS`.
fn host_of(entry: Value) -> Option<(String, u16)> {
    let Value::Array(entry) = entry else {
        return None;
    };
    let mut entry = entry.into_iter();
    let host = redis::from_redis_value::<Option<String>>(entry.next()?)
        .ok()?
        .unwrap_or_default();
    Some((host, redis::from_redis_value(entry.next()?).ok()?))
}

/// A node that knows no name of its own leaves it out: it is where it was asked.
fn known_host<'a>(host: &'a str, asked: &'a ConnectionInfo) -> &'a str {
    match (host, asked.addr()) {
        (
            "" | "?",
            redis::ConnectionAddr::Tcp(host, _) | redis::ConnectionAddr::TcpTls { host, .. },
        ) => host,
        _ => host,
    }
}

fn unavailable(error: &StoreError) -> RedisError {
    RedisError::from((
        ErrorKind::Io,
        "the cluster cannot be reached",
        error.to_string(),
    ))
}
