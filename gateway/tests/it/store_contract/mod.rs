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

use saoma_gateway::limits::{LimitName, Rate};
use saoma_gateway::store::{
    Applied, Attempt, Change, Confirmation, ConnectionSettings, Connections, Counted, Grant, Inbox,
    InboxEvent, LoginRequest, MemoryStore, NewLogin, NodeId, Opening, Precondition, Redemption,
    RedisStore, Scan, Scanned, Store, StoreMetrics, Transition,
};
use saoma_protocol::{
    AuthorizationCode, CodeChallenge, Digest, Event, Identity, IdentityKind, LoginId, PersonId,
    Place, RejectReason, RequesterContext, ScanCode, UserCode,
};
use tokio::sync::Notify;

use crate::support::RedisServer;

/// A store under test. A server of its own lives as long as the store.
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
            nonce: Some("n".into()),
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
    assert!(matches!(open(store, &login).await, Opening::Opened { .. }));
    login
}

/// The answer of a verb that was given no attempts to count.
pub(crate) fn uncounted<T>(counted: Counted<T>) -> T {
    match counted {
        Counted::Done(answer) => answer,
        Counted::Limited { limit, .. } => panic!("limited by {limit:?} without an attempt"),
    }
}

async fn open(store: &dyn Store, login: &NewLogin) -> Opening {
    uncounted(store.open(&[], login).await.unwrap())
}

/// An event for a store, by the verb that takes it.
#[derive(Debug, Clone)]
enum StoreEvent {
    Apply(Transition),
    Scan(Scan),
    Confirm(Confirmation),
}

impl StoreEvent {
    fn event(&self) -> Event {
        match self {
            Self::Apply(transition) => transition.event(),
            Self::Scan(scan) => scan.event(),
            Self::Confirm(confirmation) => confirmation.event(),
        }
    }

    /// The change that the browser of a login with this request is told.
    fn change(&self, request: &LoginRequest) -> Change {
        match self {
            Self::Apply(transition) => transition.change(),
            Self::Scan(scan) => scan.change(),
            Self::Confirm(confirmation) => confirmation.change(request),
        }
    }

    fn precondition(&self) -> Precondition {
        match self {
            Self::Apply(transition) => transition.precondition(),
            Self::Scan(scan) => scan.precondition,
            Self::Confirm(_) => Precondition::None,
        }
    }

    /// The same under another precondition, where the event can have one.
    fn under(mut self, new: Precondition) -> Self {
        match &mut self {
            Self::Scan(Scan { precondition, .. })
            | Self::Apply(
                Transition::Renew { precondition, .. }
                | Transition::Cancel { precondition }
                | Transition::Expire { precondition },
            ) => *precondition = new,
            Self::Apply(Transition::Reject { .. }) | Self::Confirm(_) => {}
        }
        self
    }

    /// The same with another time for the next state, where that has one.
    fn lasting(mut self, time: Duration) -> Self {
        match &mut self {
            Self::Scan(Scan { lifetime, .. })
            | Self::Confirm(Confirmation { lifetime, .. })
            | Self::Apply(Transition::Renew { lifetime, .. }) => *lifetime = time,
            Self::Apply(_) => {}
        }
        self
    }
}

async fn apply(store: &dyn Store, id: LoginId, event: &StoreEvent) -> Applied {
    match event {
        StoreEvent::Apply(transition) => store.apply(id, transition).await.unwrap(),
        StoreEvent::Confirm(confirmation) => {
            uncounted(store.confirm(&[], id, confirmation).await.unwrap())
        }
        StoreEvent::Scan(scan) => match uncounted(store.scan(&[], id, scan).await.unwrap()) {
            Scanned::Claimed {
                instants,
                repeated: false,
                ..
            } => Applied::Changed(instants),
            Scanned::Claimed { instants, .. } => Applied::Repeated(instants),
            Scanned::Refused(refusal) => Applied::Refused(refusal),
            Scanned::Unknown => Applied::Unknown,
        },
    }
}

fn scan(by: &str) -> StoreEvent {
    StoreEvent::Scan(Scan {
        person: person(by),
        masked_name: "示*".into(),
        precondition: Precondition::None,
        lifetime: MINUTE,
    })
}

fn reject(by: &str) -> StoreEvent {
    StoreEvent::Apply(Transition::Reject {
        person: person(by),
        reason: RejectReason::Declined,
    })
}

pub(crate) const CANCEL: Transition = Transition::Cancel {
    precondition: Precondition::None,
};

fn cancel() -> StoreEvent {
    StoreEvent::Apply(CANCEL)
}

fn expire() -> StoreEvent {
    StoreEvent::Apply(Transition::Expire {
        precondition: Precondition::None,
    })
}

fn renew(login: LoginId, seed: u8) -> StoreEvent {
    renew_to(
        ScanCode::from_random(login, [seed; 5]),
        UserCode::from_random([seed; 8]),
    )
}

fn renew_to(scan_code: ScanCode, user_code: UserCode) -> StoreEvent {
    StoreEvent::Apply(Transition::Renew {
        precondition: Precondition::None,
        scan_code,
        user_code,
        lifetime: MINUTE,
    })
}

/// A confirm that gives the code [`code`] of this text.
fn confirm(by: &str, identity: &str, text: &str) -> StoreEvent {
    StoreEvent::Confirm(Confirmation {
        person: person(by),
        name: "示例\"甲\"".into(),
        identity: Identity {
            id: identity.into(),
            kind: IdentityKind::PERSONAL,
            name: "示例甲".into(),
            role: None,
        },
        code: code(text),
        lifetime: MINUTE,
    })
}

fn code(text: &str) -> AuthorizationCode {
    let mut bytes = [0; 32];
    bytes[..text.len()].copy_from_slice(text.as_bytes());
    AuthorizationCode::from_random(id(1), bytes)
}

/// The redemption of the code of this text, as the right client does it.
fn redemption(text: &str, access_token: &str) -> Redemption<'static> {
    Redemption {
        code: code(text).digest(),
        client_id: "hall",
        redirect_uri: "https://hall.example/callback",
        challenge: Some(CodeChallenge::of("verifier")),
        access_token: digest(access_token),
        lifetime: MINUTE,
    }
}

/// The grant behind a confirm as `personal`, confirmed at this time.
fn grant(by: &str, auth_time: u64) -> Grant {
    Grant {
        client_id: "hall".into(),
        redirect_uri: "https://hall.example/callback".into(),
        code_challenge: CodeChallenge::of("verifier"),
        nonce: Some("n".into()),
        scope: "openid".into(),
        person: person(by),
        name: "示例\"甲\"".into(),
        identity: Identity {
            id: "personal".into(),
            kind: IdentityKind::PERSONAL,
            name: "示例甲".into(),
            role: None,
        },
        auth_time,
    }
}

/// An attempt of which `burst` are allowed in a minute.
fn attempt(burst: u32) -> Attempt<'static> {
    Attempt {
        limit: LimitName::ConfirmPerPerson,
        rate: Rate::new(burst, MINUTE),
        key: "p",
    }
}

async fn changed(store: &dyn Store, id: LoginId, event: &StoreEvent) {
    let applied = apply(store, id, event).await;
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
