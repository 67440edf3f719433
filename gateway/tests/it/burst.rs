//! Many commands at once: Redis is kept busy and not flooded, and one that is merely slow is not taken for dead.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use prometheus_client::registry::Registry;
use saoma_gateway::store::{
    Applied, ConnectionSettings, Connections, NewLogin, Opening, RedisStore, Store, StoreError,
    StoreMetrics,
};
use saoma_protocol::{LoginId, ScanCode, UserCode};

use crate::store_contract::{CANCEL, new_login, uncounted};
use crate::support::{FaultProxy, RedisServer, Towards, until};

const MANY: u32 = 2500;

/// A node's store, and its numbers.
struct Scene {
    connections: Connections,
    store: Arc<RedisStore>,
    registry: Registry,
}

impl Scene {
    fn at(url: String, command_timeout: Duration) -> Self {
        let (metrics, mut registry) = (StoreMetrics::default(), Registry::default());
        metrics.register(&mut registry);
        let settings = ConnectionSettings {
            url,
            ca: None,
            pool_size: 4,
            command_timeout,
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

    /// Takes Redis so long, and whoever asks over the same connection after it: it waits for replicas that are none.
    async fn take(&self, milliseconds: u32) -> Result<u32, StoreError> {
        self.connections
            .query("wait", redis::cmd("WAIT").arg(1).arg(milliseconds))
            .await
    }

    fn number(&self, name: &str) -> u64 {
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &self.registry).unwrap();
        let line = text
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.expect("the number is there").parse().unwrap()
    }
}

/// Each browser is a task of its own, as on a node, and asks again if it is turned away.
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
async fn whatever_thousands_of_browsers_ask_for_at_once_is_done_in_the_end() {
    let redis = RedisServer::start();
    let scene = Scene::at(redis.url(), Duration::from_secs(10));
    scene.store.check().await.unwrap();
    let opened = scene.open_all().await;
    assert!(
        opened
            .iter()
            .all(|opened| matches!(opened, Ok(Opening::Opened { .. })))
    );

    redis.command(&["CLIENT", "PAUSE", "1000", "ALL"]);
    let checked = async {
        until(|| scene.number("store_commands_waiting") > u64::from(MANY / 2)).await;
        assert!(scene.number("store_commands_in_flight") <= 256);
        scene.store.check().await.unwrap();
        assert!(
            scene.number("store_commands_waiting") > 0,
            "whether Redis answers is asked past the line"
        );
    };
    let (cancelled, ()) = tokio::join!(scene.cancel_all(), checked);
    assert!(
        cancelled
            .iter()
            .all(|applied| matches!(applied, Ok(Applied::Changed(_))))
    );
    assert_eq!(
        scene.number("store_connections_broken_total"),
        0,
        "Redis was busy, and not away"
    );
    assert_eq!(
        scene.number("store_commands_waiting") + scene.number("store_commands_in_flight"),
        0
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_waits_in_line_for_a_redis_that_has_vanished() {
    let redis = RedisServer::start();
    let link = FaultProxy::to(redis.address());
    let scene = Scene::at(
        format!("redis://{}", link.address()),
        Duration::from_secs(1),
    );
    scene.store.check().await.unwrap();
    link.swallow(Towards::Both);
    let told = tokio::time::timeout(Duration::from_secs(20), scene.open_all())
        .await
        .expect("everybody is told");
    assert!(
        told.iter()
            .all(|told| matches!(told, Err(StoreError::Timeout | StoreError::Unavailable(_))))
    );
    assert_eq!(
        scene.number("store_commands_rejected_total"),
        0,
        "it is not busy but gone"
    );
}

#[tokio::test]
async fn of_connections_that_have_all_died_without_a_word_one_is_waited_for() {
    let redis = RedisServer::start();
    let link = FaultProxy::to(redis.address());
    let scene = Scene::at(
        format!("redis://{}", link.address()),
        Duration::from_millis(500),
    );
    scene.store.check().await.unwrap();
    until(|| scene.number("store_connections_opened_total") == 4).await;
    link.deafen_all();
    assert!(matches!(
        scene.store.check().await,
        Err(StoreError::Timeout)
    ));
    scene.store.check().await.expect("a new connection");
    assert_eq!(scene.number("store_connections_broken_total"), 4);
}

#[tokio::test]
async fn a_connection_on_which_others_are_answered_is_kept() {
    let redis = RedisServer::start();
    let scene = Scene::at(redis.url(), Duration::from_secs(1));
    scene.store.check().await.unwrap();
    let (in_time, too_late) = tokio::join!(scene.take(300), scene.take(900));
    assert!(
        in_time.is_ok() && matches!(too_late, Err(StoreError::Timeout)),
        "{in_time:?} {too_late:?}"
    );
    scene.store.check().await.unwrap();
    assert_eq!(scene.number("store_connections_broken_total"), 0);
}
