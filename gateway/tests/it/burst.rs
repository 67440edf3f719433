//! Bursts of commands: the number in flight is bounded, and a slow Redis is not taken for a dead
//! one.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use prometheus_client::registry::Registry;
use saoma_gateway::store::{
    Applied, ConnectionSettings, Connections, NewLogin, Opening, RedisStore, Store, StoreError,
    StoreMetrics, TlsAuthentication,
};
use saoma_protocol::{LoginId, ScanCode, UserCode};

use crate::store_contract::{CANCEL, new_login, uncounted};
use crate::support::{FaultProxy, RedisServer, Towards, until};

const MANY: u32 = 2500;

/// A store and its metrics.
struct Setup {
    connections: Connections,
    store: Arc<RedisStore>,
    registry: Registry,
}

impl Setup {
    fn at(url: String, command_timeout: Duration) -> Self {
        let (metrics, mut registry) = (StoreMetrics::default(), Registry::default());
        metrics.register(&mut registry);
        let settings = ConnectionSettings {
            url,
            authentication: TlsAuthentication::default(),
            pool_size: 4,
            command_timeout,
            key_prefix: "saoma:".into(),
            wait_for_replicas: true,
        };
        let connections = Connections::new(&settings, metrics).unwrap();
        Self {
            connections: connections.clone(),
            store: Arc::new(RedisStore::new(connections)),
            registry,
        }
    }

    async fn open_all(&self) -> Vec<Result<Opening, StoreError>> {
        let store = Arc::clone(&self.store);
        at_once(move |number| {
            let store = Arc::clone(&store);
            async move { store.open(&[], &login(number)).await.map(uncounted) }
        })
        .await
    }

    async fn cancel_all(&self) -> Vec<Result<Applied, StoreError>> {
        let store = Arc::clone(&self.store);
        at_once(move |number| {
            let store = Arc::clone(&store);
            async move { store.apply(login(number).id, &CANCEL).await }
        })
        .await
    }

    /// Blocks this connection, and commands behind it, by a WAIT for a replica that does not exist.
    async fn block_redis(&self, milliseconds: u32) -> Result<u32, StoreError> {
        self.connections
            .query("fence", redis::cmd("WAIT").arg(1).arg(milliseconds))
            .await
    }

    fn metric(&self, name: &str) -> u64 {
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &self.registry).unwrap();
        let line = text
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.expect("the number is there").parse().unwrap()
    }
}

/// Runs one task per browser, as a node does, and retries commands that are rejected as busy.
async fn at_once<T, F>(
    ask: impl Fn(u32) -> F + Clone + Send + 'static,
) -> Vec<Result<T, StoreError>>
where
    T: Send + 'static,
    F: Future<Output = Result<T, StoreError>> + Send + 'static,
{
    let asked = (0..MANY).map(|number| {
        let ask = ask.clone();
        tokio::spawn(async move {
            loop {
                match ask(number).await {
                    Err(StoreError::Busy) => {}
                    told => return told,
                }
            }
        })
    });
    join_all(asked)
        .await
        .into_iter()
        .map(Result::unwrap)
        .collect()
}

fn login(number: u32) -> NewLogin {
    let (mut id, mut code) = ([7; LoginId::BYTES], [7; 8]);
    id[..4].copy_from_slice(&number.to_be_bytes());
    code[..4].copy_from_slice(&number.to_be_bytes());
    let id = LoginId::from_random(id);
    NewLogin {
        id,
        scan_code: ScanCode::from_random(id, [1; 5]),
        user_code: UserCode::from_random(code),
        ..new_login(1)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_command_of_a_burst_completes_and_redis_is_not_flooded() {
    let redis = RedisServer::start();
    let setup = Setup::at(redis.url(), Duration::from_secs(10));
    setup.store.check().await.unwrap();
    let opened = setup.open_all().await;
    assert!(
        opened
            .iter()
            .all(|opened| matches!(opened, Ok(Opening::Opened { .. })))
    );

    redis.command(&["CLIENT", "PAUSE", "1000", "ALL"]);
    let checked = async {
        until(|| setup.metric("store_commands_waiting") > u64::from(MANY / 2)).await;
        assert!(setup.metric("store_commands_in_flight") <= 256);
        setup.store.check().await.unwrap();
        assert!(
            setup.metric("store_commands_waiting") > 0,
            "the health check does not wait in the queue"
        );
    };
    let (cancelled, ()) = tokio::join!(setup.cancel_all(), checked);
    assert!(
        cancelled
            .iter()
            .all(|applied| matches!(applied, Ok(Applied::Changed(_))))
    );
    assert_eq!(
        setup.metric("store_connections_broken_total"),
        0,
        "Redis was slow, not gone"
    );
    assert_eq!(
        setup.metric("store_commands_waiting") + setup.metric("store_commands_in_flight"),
        0
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_burst_fails_in_time_when_redis_has_vanished() {
    let redis = RedisServer::start();
    let link = FaultProxy::to(redis.address());
    let setup = Setup::at(
        format!("redis://{}", link.address()),
        Duration::from_secs(1),
    );
    setup.store.check().await.unwrap();
    link.swallow(Towards::Both);
    let told = tokio::time::timeout(Duration::from_secs(20), setup.open_all())
        .await
        .expect("every command ends");
    assert!(
        told.iter()
            .all(|told| matches!(told, Err(StoreError::Timeout | StoreError::Unavailable(_))))
    );
    assert_eq!(
        setup.metric("store_commands_rejected_total"),
        0,
        "it is not busy but gone"
    );
}

#[tokio::test]
async fn one_timeout_replaces_all_dead_connections() {
    let redis = RedisServer::start();
    let link = FaultProxy::to(redis.address());
    let setup = Setup::at(
        format!("redis://{}", link.address()),
        Duration::from_millis(500),
    );
    setup.store.check().await.unwrap();
    until(|| setup.metric("store_connections_opened_total") == 4).await;
    link.blackhole_all();
    assert!(matches!(
        setup.store.check().await,
        Err(StoreError::Timeout)
    ));
    setup.store.check().await.expect("a new connection");
    assert_eq!(setup.metric("store_connections_broken_total"), 4);
}

#[tokio::test]
async fn a_connection_that_still_answers_survives_a_timeout() {
    let redis = RedisServer::start();
    let setup = Setup::at(redis.url(), Duration::from_secs(1));
    setup.store.check().await.unwrap();
    let (in_time, too_late) = tokio::join!(setup.block_redis(300), setup.block_redis(900));
    assert!(
        in_time.is_ok() && matches!(too_late, Err(StoreError::Timeout)),
        "{in_time:?} {too_late:?}"
    );
    setup.store.check().await.unwrap();
    assert_eq!(setup.metric("store_connections_broken_total"), 0);
}
