//! The master of a service that Sentinels watch: asked for anew at every connection, for it may have changed.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{ConnectionInfo, ErrorKind, RedisConnectionInfo, RedisError, RedisResult, Value};
use tokio::time::timeout;

use super::dialer::{Dialer, Pushes, at};

/// Time that one Sentinel may take: the next may know as well.
const PATIENCE: Duration = Duration::from_millis(500);

/// Sentinels that know the same service.
#[derive(Debug, Clone)]
pub(super) struct Sentinels {
    dialer: Dialer,
    service: String,
    nodes: Vec<ConnectionInfo>,
    /// The one that answered last: asked first.
    preferred: Arc<AtomicUsize>,
}

impl Sentinels {
    pub(super) fn new(dialer: Dialer, service: String, nodes: Vec<ConnectionInfo>) -> Self {
        Self {
            dialer,
            service,
            nodes,
            preferred: Arc::default(),
        }
    }

    /// Connects to the master for commands.
    pub(super) async fn connect(
        &self,
        broken: &Arc<AtomicBool>,
    ) -> RedisResult<MultiplexedConnection> {
        let mut connection = self.dialer.connect(&self.master().await?, broken).await?;
        must_be_master(&mut connection).await?;
        Ok(connection)
    }

    /// Connects to the master for a subscription.
    pub(super) async fn connect_to_hear(&self) -> RedisResult<(MultiplexedConnection, Pushes)> {
        let (mut connection, pushes) = self.dialer.connect_to_hear(&self.master().await?).await?;
        must_be_master(&mut connection).await?;
        Ok((connection, pushes))
    }

    /// Returns the master's address, by the first Sentinel that answers.
    async fn master(&self) -> RedisResult<ConnectionInfo> {
        let mut said = RedisError::from((ErrorKind::EmptySentinelList, "no Sentinel to ask"));
        let first = self.preferred.load(Ordering::Relaxed);
        for index in (first..first + self.nodes.len()).map(|index| index % self.nodes.len()) {
            match timeout(PATIENCE, self.ask(&self.nodes[index])).await {
                Ok(Ok(master)) => {
                    self.preferred.store(index, Ordering::Relaxed);
                    return Ok(master);
                }
                Ok(Err(error)) => said = error,
                Err(_) => said = RedisError::from((ErrorKind::Io, "no Sentinel answers in time")),
            }
        }
        // The next try begins with another.
        self.preferred
            .store((first + 1) % self.nodes.len().max(1), Ordering::Relaxed);
        Err(said)
    }

    async fn ask(&self, sentinel: &ConnectionInfo) -> RedisResult<ConnectionInfo> {
        let open = sentinel
            .clone()
            .set_redis_settings(RedisConnectionInfo::default());
        let answer = match self.ask_by(&open).await {
            // The Sentinels know the servers' password anyway: it is how they watch them.
            Err(error) if error.code() == Some("NOAUTH") => {
                let settings = sentinel.redis_settings().clone().set_db(0);
                self.ask_by(&sentinel.clone().set_redis_settings(settings))
                    .await
            }
            answer => answer,
        };
        let unknown = || {
            RedisError::from((
                ErrorKind::MasterNameNotFoundBySentinel,
                "a Sentinel knows no such service",
            ))
        };
        let (host, port) = answer?.ok_or_else(unknown)?;
        Ok(at(sentinel, &host, port))
    }

    async fn ask_by(&self, sentinel: &ConnectionInfo) -> RedisResult<Option<(String, u16)>> {
        let mut connection = self.dialer.connect_once(sentinel).await?;
        let mut question = redis::cmd("SENTINEL");
        question.arg("GET-MASTER-ADDR-BY-NAME").arg(&self.service);
        question.query_async(&mut connection).await
    }
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
