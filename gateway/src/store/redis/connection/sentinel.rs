//! The master of a service that Sentinels watch. They are asked anew at every connection, because it may have changed.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::future::join_all;
use futures_util::stream::FuturesUnordered;
use redis::aio::MultiplexedConnection;
use redis::{
    Cmd, ConnectionInfo, ErrorKind, FromRedisValue, RedisConnectionInfo, RedisError, RedisResult,
    Value,
};

use super::dialer::{Dialer, Pushes, at};
use super::links::Links;
use super::replica_set::{Acknowledgement, ReplicaSet, ServerAddress};
use super::replication_info::ReplicationInfo;
use super::sentinel_report::{ReplicaReport, SentinelReport, join};

/// Time that a Sentinel may take to answer.
const PATIENCE: Duration = Duration::from_millis(500);

/// Time that a server may take to give an account of its replication.
const SERVER_PATIENCE: Duration = Duration::from_millis(200);

/// Sentinels that know the same service.
#[derive(Debug, Clone)]
pub(super) struct Sentinels {
    dialer: Dialer,
    links: Links,
    service: String,
    nodes: Arc<[ConnectionInfo]>,
}

impl Sentinels {
    pub(super) fn new(dialer: Dialer, service: String, nodes: Vec<ConnectionInfo>) -> Self {
        Self {
            links: Links::new(dialer.clone()),
            dialer,
            service,
            nodes: nodes.into(),
        }
    }

    /// Connects to the master for commands.
    pub(super) async fn connect(
        &self,
        broken: &Arc<AtomicBool>,
    ) -> RedisResult<(MultiplexedConnection, ServerAddress)> {
        let (address, master) = self.master().await?;
        let mut connection = self.dialer.connect(&master, broken).await?;
        must_be_master(&mut connection).await?;
        Ok((connection, address))
    }

    /// Connects to the master for a subscription.
    pub(super) async fn connect_to_hear(&self) -> RedisResult<(MultiplexedConnection, Pushes)> {
        let (_, master) = self.master().await?;
        let (mut connection, pushes) = self.dialer.connect_to_hear(&master).await?;
        must_be_master(&mut connection).await?;
        Ok((connection, pushes))
    }

    /// Connects to a server of the service for one caller.
    pub(super) async fn connect_to(
        &self,
        server: &ServerAddress,
    ) -> RedisResult<MultiplexedConnection> {
        let Some(sentinel) = self.nodes.first() else {
            return Err(no_sentinel());
        };
        let server = at(sentinel, &server.host, server.port);
        self.dialer.connect_once(&server).await
    }

    /// Returns the master and its replicas, by what the Sentinels say together. Returns `None` while they disagree.
    pub(super) async fn replica_set(&self) -> RedisResult<Option<ReplicaSet>> {
        let reports = join_all(self.nodes.iter().map(|sentinel| self.report(sentinel))).await;
        let mut said = no_sentinel();
        let mut answers = Vec::new();
        for report in reports {
            match report {
                Ok(report) => answers.push(report),
                Err(error) => said = error,
            }
        }
        if answers.is_empty() {
            return Err(said);
        }
        Ok(join(self.nodes.len(), &answers))
    }

    /// Returns those of the missing replicas that are alive and do not endanger the steps up to an offset, by their own
    /// accounts of this moment.
    pub(super) async fn harmless(
        &self,
        set: &ReplicaSet,
        connected: &[Acknowledgement],
        below: u64,
    ) -> RedisResult<Vec<ServerAddress>> {
        let missing = set.missing(connected);
        let master = self.replication_of(&set.master);
        let others = missing.iter().map(|one| self.replication_of(&one.address));
        let (master, others) = tokio::join!(master, join_all(others));
        let master = master?;
        let harmless = missing.into_iter().zip(others).filter(|(one, info)| {
            info.as_ref()
                .is_ok_and(|info| info.is_harmless(&master, one, set, connected, below))
        });
        Ok(harmless.map(|(one, _)| one.address.clone()).collect())
    }

    async fn replication_of(&self, server: &ServerAddress) -> RedisResult<ReplicationInfo> {
        let Some(sentinel) = self.nodes.first() else {
            return Err(no_sentinel());
        };
        let server = at(sentinel, &server.host, server.port);
        let mut question = redis::cmd("INFO");
        question.arg("replication");
        let text: String = self.links.ask(&server, &question, SERVER_PATIENCE).await?;
        Ok(ReplicationInfo::read(&text))
    }

    async fn report(&self, sentinel: &ConnectionInfo) -> RedisResult<SentinelReport> {
        let master = self.name_master(sentinel).await?;
        let mut question = redis::cmd("SENTINEL");
        question.arg("REPLICAS").arg(&self.service);
        let replicas: Vec<HashMap<String, String>> = self.ask(sentinel, &question).await?;
        let mut question = redis::cmd("SENTINEL");
        question.arg("MASTER").arg(&self.service);
        let known: HashMap<String, String> = self.ask(sentinel, &question).await?;
        let text = |name: &str| known.get(name).map_or("", String::as_str);
        // The master may have changed between two questions.
        if (text("ip"), text("port")) != (&*master.host, &*master.port.to_string()) {
            return Err(no_sentinel());
        }
        let is_master_down = text("flags").split(',').any(|flag| flag == "s_down");
        Ok(SentinelReport {
            master,
            is_master_down,
            replicas: replicas.iter().filter_map(ReplicaReport::read).collect(),
        })
    }

    /// Returns the master's address: the one that more than half of the Sentinels name, or else the one that most of
    /// those name that answer. A single Sentinel may be cut off together with a master that was superseded.
    async fn master(&self) -> RedisResult<(ServerAddress, ConnectionInfo)> {
        let mut said = no_sentinel();
        let mut named = HashMap::<ServerAddress, (usize, &ConnectionInfo)>::new();
        let mut asking: FuturesUnordered<_> = self
            .nodes
            .iter()
            .map(|sentinel| async move { (sentinel, self.name_master(sentinel).await) })
            .collect();
        while let Some((sentinel, answer)) = asking.next().await {
            match answer {
                Ok(master) => {
                    let (votes, _) = named.entry(master).or_insert((0, sentinel));
                    *votes += 1;
                    if 2 * *votes > self.nodes.len() {
                        break;
                    }
                }
                Err(error) => said = error,
            }
        }
        let most = named.into_iter().max_by_key(|(_, (votes, _))| *votes);
        most.map(|(master, (_, sentinel))| {
            let server = at(sentinel, &master.host, master.port);
            (master, server)
        })
        .ok_or(said)
    }

    async fn name_master(&self, sentinel: &ConnectionInfo) -> RedisResult<ServerAddress> {
        let mut question = redis::cmd("SENTINEL");
        question.arg("GET-MASTER-ADDR-BY-NAME").arg(&self.service);
        let answer: Option<(String, u16)> = self.ask(sentinel, &question).await?;
        let (host, port) = answer.ok_or_else(|| {
            RedisError::from((
                ErrorKind::MasterNameNotFoundBySentinel,
                "a Sentinel knows no such service",
            ))
        })?;
        Ok(ServerAddress::new(host, port))
    }

    async fn ask<T: FromRedisValue>(
        &self,
        sentinel: &ConnectionInfo,
        question: &Cmd,
    ) -> RedisResult<T> {
        let open = sentinel
            .clone()
            .set_redis_settings(RedisConnectionInfo::default());
        match self.links.ask(&open, question, PATIENCE).await {
            // The Sentinels know the servers' password anyway: it is how they watch them.
            Err(error) if error.code() == Some("NOAUTH") => {
                let settings = sentinel.redis_settings().clone().set_db(0);
                let known = sentinel.clone().set_redis_settings(settings);
                self.links.ask(&known, question, PATIENCE).await
            }
            answer => answer,
        }
    }
}

fn no_sentinel() -> RedisError {
    RedisError::from((ErrorKind::EmptySentinelList, "no Sentinel to ask"))
}

/// A Sentinel may not have heard of a change yet, and name the old master.
async fn must_be_master(connection: &mut MultiplexedConnection) -> RedisResult<()> {
    let role: Vec<Value> = redis::cmd("ROLE").query_async(connection).await?;
    match role.first() {
        Some(Value::BulkString(name)) if name == b"master" => Ok(()),
        _ => Err(RedisError::from((
            ErrorKind::Io,
            "the server that a Sentinel named is no master",
        ))),
    }
}
