//! The contract of a store, checked on every implementation.

mod agreement;
mod attempts;
mod claims;
mod codes;
mod devices;
mod events;
mod fixtures;
mod following;
mod inboxes;
mod interleavings;
mod logouts;
mod model;
mod refresh;
mod replicas;
mod requests;
mod sessions;
mod sign_on;

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use saoma_gateway::store::{
    ConnectionSettings, Connections, Inbox, InboxEvent, MemoryStore, RedisStore, Store,
    StoreMetrics, TlsAuthentication,
};
use tokio::sync::Notify;

pub(crate) use self::fixtures::*;
use crate::support::RedisServer;

/// A store under test, with its own server if it needs one.
struct Subject {
    store: Arc<dyn Store>,
    redis: Option<RedisServer>,
}

impl Subject {
    fn memory() -> Self {
        Self {
            store: Arc::new(MemoryStore::start()),
            redis: None,
        }
    }

    fn redis() -> Self {
        let redis = RedisServer::start();
        let connections = redis_connections(&redis.url(), None, "saoma:");
        Self {
            redis: Some(redis),
            ..Self::over(connections)
        }
    }

    /// Connects to a shared Redis that was flushed after earlier checks.
    async fn on(url: &str, ca: Option<&Path>) -> Self {
        // A prefix of its own shows that no name leaves it out.
        let subject = Self::over(redis_connections(url, ca, "hall-1:"));
        // Connects first, because a check with deadlines must not spend its time on the connection.
        subject.store.check().await.unwrap();
        subject
    }

    fn over(connections: Connections) -> Self {
        Self {
            store: Arc::new(RedisStore::new(connections)),
            redis: None,
        }
    }

    fn keys_without_end(&self) -> Vec<String> {
        self.redis
            .as_ref()
            .map(RedisServer::keys_without_end)
            .unwrap_or_default()
    }
}

fn redis_connections(url: &str, ca: Option<&Path>, prefix: &str) -> Connections {
    let settings = ConnectionSettings {
        url: url.to_owned(),
        authentication: TlsAuthentication {
            ca: ca.map(|file| std::fs::read(file).unwrap()),
            own: None,
        },
        pool_size: 2,
        command_timeout: Duration::from_secs(5),
        key_prefix: prefix.to_owned(),
        wait_for_replicas: true,
    };
    Connections::new(&settings, StoreMetrics::default()).unwrap()
}

/// Runs each named check on each store. A Redis of several servers takes seconds to start, so all
/// checks share it, one after the other.
macro_rules! on_each_store {
    ($($name:ident),+ $(,)?) => {
        mod memory {
            $(#[tokio::test] async fn $name() { super::$name(crate::store_contract::Subject::memory()).await; })+
        }
        mod redis {
            $(#[tokio::test] async fn $name() { super::$name(crate::store_contract::Subject::redis()).await; })+
        }
        pub(super) mod redis_shapes {
            use crate::store_contract::Subject;
            use crate::support::{RedisCluster, RedisSentinel, RedisTls};

            #[tokio::test]
            async fn with_tls_and_a_password() {
                $({
                    let redis = RedisTls::start();
                    super::$name(Subject::on(&redis.url(), Some(&redis.ca_file())).await).await;
                })+
            }

            #[tokio::test]
            async fn behind_sentinels() {
                let redis = RedisSentinel::start();
                $(
                    redis.flush();
                    super::$name(Subject::on(&redis.url(), None).await).await;
                )+
            }

            #[tokio::test]
            async fn in_a_cluster() {
                in_cluster(&RedisCluster::start()).await;
            }

            /// Runs the checks of this file in a cluster.
            pub(in crate::store_contract) async fn in_cluster(redis: &RedisCluster) {
                $(
                    redis.flush();
                    super::$name(Subject::on(&redis.url(), None).await).await;
                )+
            }
        }
    };
}
use on_each_store;

/// An inbox that records its events.
#[derive(Debug, Default)]
struct RecordingInbox {
    events: Mutex<Vec<InboxEvent>>,
    arrived: Notify,
}

impl Inbox for RecordingInbox {
    fn deliver(&self, event: InboxEvent) {
        self.events.lock().unwrap().push(event);
        self.arrived.notify_waiters();
    }
}

impl RecordingInbox {
    /// Discards all recorded events.
    fn clear(&self) {
        self.events.lock().unwrap().clear();
    }

    /// Waits for `count` events, not counting `Listening`, and returns them.
    async fn wait_for_events(&self, count: usize) -> Vec<InboxEvent> {
        let enough = async {
            loop {
                let arrived = self.arrived.notified();
                let events = self.events.lock().unwrap().clone();
                let received: Vec<_> = events
                    .into_iter()
                    .filter(|event| *event != InboxEvent::Listening)
                    .collect();
                if received.len() >= count {
                    return received;
                }
                arrived.await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), enough)
            .await
            .expect("the events arrive in time")
    }
}
