//! What a store promises, asked of each one alike.

mod attempts;
mod codes;
mod events;
mod inboxes;
mod interleavings;
mod model;

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use saoma_gateway::limits::{Limiter, LocalLimiter, SharedLimiter};
use saoma_gateway::store::{
    Applied, Change, ConnectionSettings, Connections, Grant, Inbox, InboxEvent, LoginRequest,
    MemoryStore, NewLogin, NodeId, Opening, Proof, RedisStore, Store, StoreMetrics, Transition,
};
use saoma_protocol::{
    CodeChallenge, Digest, Event, Identity, IdentityKind, LoginId, PersonId, Place, RejectReason,
    RequesterContext, ScanCode, UserCode,
};
use tokio::sync::Notify;

use crate::support::RedisServer;

/// A store under test. A server of its own lives as long as the store.
struct Subject {
    store: Arc<dyn Store>,
    /// Counts where the store keeps logins.
    limiter: Arc<dyn Limiter>,
    redis: Option<RedisServer>,
}

impl Subject {
    fn memory() -> Self {
        Self {
            store: Arc::new(MemoryStore::start()),
            limiter: Arc::new(LocalLimiter::start()),
            redis: None,
        }
    }

    fn redis() -> Self {
        let redis = RedisServer::start();
        let connections = redis_connections(&redis.url(), None);
        Self {
            redis: Some(redis),
            ..Self::over(connections)
        }
    }

    /// On a Redis that other checks have used before, and that has forgotten them.
    async fn on(url: &str, ca: Option<&Path>) -> Self {
        let subject = Self::over(redis_connections(url, ca));
        // Connecting must not take from the time of a check that is about time.
        subject.store.check().await.unwrap();
        subject
    }

    fn over(connections: Connections) -> Self {
        let store = Arc::new(RedisStore::new(connections.clone()));
        Self {
            store,
            limiter: Arc::new(SharedLimiter::new(connections)),
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

fn redis_connections(url: &str, ca: Option<&Path>) -> Connections {
    let settings = ConnectionSettings {
        url: url.to_owned(),
        ca: ca.map(|file| std::fs::read(file).unwrap()),
        pool_size: 2,
        command_timeout: Duration::from_secs(5),
    };
    Connections::new(&settings, StoreMetrics::default()).unwrap()
}

/// Runs each named check on each store. A Redis of several servers takes seconds to start, so all checks share it, one
/// after the other.
macro_rules! on_each_store {
    ($($name:ident),+ $(,)?) => {
        mod memory {
            $(#[tokio::test] async fn $name() { super::$name(crate::store_contract::Subject::memory()).await; })+
        }
        mod redis {
            $(#[tokio::test] async fn $name() { super::$name(crate::store_contract::Subject::redis()).await; })+
        }
        mod redis_shapes {
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
                let redis = RedisCluster::start();
                $(
                    redis.flush();
                    super::$name(Subject::on(&redis.url(), None).await).await;
                )+
            }
        }
    };
}
use on_each_store;

const MINUTE: Duration = Duration::from_secs(60);

fn node(name: &str) -> NodeId {
    NodeId::new(name)
}

fn id(number: u8) -> LoginId {
    LoginId::from_random([number; LoginId::BYTES])
}

fn person(name: &str) -> PersonId {
    PersonId::new(name)
}

fn digest(text: &str) -> Digest {
    Digest::of(text.as_bytes())
}

/// A login whose codes and key follow from its number.
pub fn new_login(number: u8) -> NewLogin {
    NewLogin {
        id: id(number),
        receive_key: digest("key"),
        scan_code: ScanCode::from_random(id(number), [1; 5]),
        user_code: UserCode::from_random([number; 8]),
        request: LoginRequest {
            client_id: "hall".into(),
            redirect_uri: "https://hall.example/callback".into(),
            answer_uri:
                "https://hall.example/callback?state=%22\\%22&iss=https%3A%2F%2Flogin.example"
                    .into(),
            nonce: None,
            scope: "openid".into(),
            code_challenge: CodeChallenge::of("verifier"),
            requester: RequesterContext {
                address: "192.0.2.1".into(),
                place: Place::Internet,
                place_name: None,
                browser: Some("Chrome 156".into()),
                system: None,
            },
        },
        node: node("a"),
        code_lifetime: MINUTE,
        waiting_lifetime: MINUTE * 10,
    }
}

async fn opened(store: &dyn Store, number: u8) -> NewLogin {
    let login = new_login(number);
    assert!(matches!(
        store.open(&login).await.unwrap(),
        Opening::Opened { .. }
    ));
    login
}

fn transition(event: Event, change: Change) -> Transition {
    Transition {
        event,
        proof: Proof::Held,
        change,
        lifetime: MINUTE,
        grant: None,
    }
}

fn scan(by: &str) -> Transition {
    transition(
        Event::Scan { person: person(by) },
        Change::Scanned {
            person: "示*".into(),
        },
    )
}

fn reject(by: &str) -> Transition {
    transition(
        Event::Reject { person: person(by) },
        Change::Rejected {
            reason: RejectReason::Declined,
        },
    )
}

pub fn cancel() -> Transition {
    transition(Event::Cancel, Change::Cancelled)
}

fn renew(login: LoginId, seed: u8) -> Transition {
    let change = Change::Renewed {
        scan_code: ScanCode::from_random(login, [seed; 5]),
        user_code: UserCode::from_random([seed; 8]),
    };
    transition(Event::Renew, change)
}

/// A confirm that gives the code `code`.
fn confirm(by: &str, identity: &str, code: &str) -> Transition {
    let event = Event::Confirm {
        person: person(by),
        identity: identity.into(),
    };
    let change = Change::Confirmed {
        redirect_to: format!("https://hall.example/callback?code={code}"),
    };
    Transition {
        grant: Some((digest(code), grant(by))),
        ..transition(event, change)
    }
}

fn grant(by: &str) -> Grant {
    Grant {
        client_id: "hall".into(),
        redirect_uri: "https://hall.example/callback".into(),
        code_challenge: CodeChallenge::of("verifier"),
        nonce: Some("n".into()),
        scope: "openid".into(),
        person: person(by),
        name: "示例甲".into(),
        identity: Identity {
            id: "personal".into(),
            kind: IdentityKind::PERSONAL,
            name: "示例甲".into(),
            role: None,
        },
        auth_time: 1_790_000_000,
    }
}

async fn changed(store: &dyn Store, id: LoginId, transition: &Transition) {
    let applied = store.apply(id, transition).await.unwrap();
    assert!(matches!(applied, Applied::Changed(_)), "{applied:?}");
}

/// An inbox that keeps what it is given.
#[derive(Debug, Default)]
struct Letters {
    letters: Mutex<Vec<InboxEvent>>,
    came: Notify,
}

impl Inbox for Letters {
    fn deliver(&self, event: InboxEvent) {
        self.letters.lock().unwrap().push(event);
        self.came.notify_waiters();
    }
}

impl Letters {
    /// Starts anew.
    fn forget(&self) {
        self.letters.lock().unwrap().clear();
    }

    /// All letters, once there are so many beside the first, which says that the inbox listens.
    async fn once_there_are(&self, count: usize) -> Vec<InboxEvent> {
        let enough = async {
            loop {
                let came = self.came.notified();
                let letters = self.letters.lock().unwrap().clone();
                let said: Vec<_> = letters
                    .into_iter()
                    .filter(|letter| *letter != InboxEvent::Listening)
                    .collect();
                if said.len() >= count {
                    return said;
                }
                came.await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), enough)
            .await
            .expect("the letters come")
    }
}
