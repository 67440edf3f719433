//! Two nodes on a scripted store, whose pushes are in the test's hand.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use parking_lot::Mutex;
use saoma_protocol::{Event, LoginId, PersonId, RejectReason, ScanCode, UserCode};
use tokio_util::task::TaskTracker;

use super::scripted_store::ScriptedStore;
use crate::identity::{IdentityBackend, IdentityError, Person};
use crate::limits::LocalLimiter;
use crate::logins::{Logins, Wording};
use crate::metrics::Metrics;
use crate::random;
use crate::relying_parties::Clients;
use crate::settings::{ClientSettings, Lifetimes, Limits};
use crate::store::{Change, Inbox, InboxEvent, NodeId, Proof, Store, Transition};
use crate::waiting::inbox::NodeInbox;
use crate::waiting::registry::Waiters;
use crate::waiting::store_clock::StoreClock;
use crate::waiting::timers::Timers;

pub(super) const NODES: usize = 2;
pub(crate) const ORIGIN: &str = "https://hall.example";
pub(crate) const REDIRECT_URI: &str = "https://hall.example/callback";

const MINUTE: Duration = Duration::from_secs(60);

/// What can happen to the login in the store.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Happening {
    Renew,
    Scan,
    Confirm,
    Reject,
    Cancel,
    Expire,
}

/// The nodes, their store, and what has really happened.
pub(crate) struct Nodes {
    pub(super) store: Arc<ScriptedStore>,
    nodes: Vec<(Arc<Logins>, Arc<Postbox>)>,
    pub(super) history: BTreeMap<u32, Change>,
}

/// Pushes on their way to a node.
#[derive(Debug, Default)]
struct Postbox(Mutex<Vec<InboxEvent>>);

impl Inbox for Postbox {
    fn deliver(&self, event: InboxEvent) {
        self.0.lock().push(event);
    }
}

#[derive(Debug)]
struct Nobody;

#[async_trait]
impl IdentityBackend for Nobody {
    async fn identify(&self, _: &str) -> Result<Person, IdentityError> {
        Err(IdentityError::InvalidToken)
    }
}

impl Nodes {
    pub(crate) fn start() -> Self {
        let store = Arc::new(ScriptedStore::start());
        let nodes = (0..NODES)
            .map(|number| (logins(number, &store), Arc::default()))
            .collect();
        Self {
            store,
            nodes,
            history: BTreeMap::new(),
        }
    }

    pub(crate) async fn listen(&self) {
        for (logins, postbox) in &self.nodes {
            self.store
                .listen(&logins.node, Arc::clone(postbox) as Arc<dyn Inbox>)
                .await
                .expect("memory listens");
            postbox.0.lock().clear();
        }
    }

    pub(crate) fn logins(&self, node: usize) -> &Arc<Logins> {
        &self.nodes[node].0
    }

    /// An event, if the login's state admits it.
    pub(crate) async fn happen(&mut self, id: LoginId, happening: Happening) {
        let (event, change, lifetime) = match happening {
            Happening::Renew => (Event::Renew, renewed(id), MINUTE),
            Happening::Scan => (
                Event::Scan { person: person() },
                Change::Scanned {
                    person: "示*".into(),
                },
                MINUTE,
            ),
            Happening::Confirm => {
                let event = Event::Confirm {
                    person: person(),
                    identity: "personal".into(),
                };
                (
                    event,
                    Change::Confirmed {
                        redirect_to: format!("{REDIRECT_URI}?code=c"),
                    },
                    MINUTE,
                )
            }
            Happening::Reject => {
                let change = Change::Rejected {
                    reason: RejectReason::Declined,
                };
                (Event::Reject { person: person() }, change, Duration::ZERO)
            }
            Happening::Cancel => (Event::Cancel, Change::Cancelled, Duration::ZERO),
            Happening::Expire => return self.expire(id).await,
        };
        self.apply(id, event, change, lifetime).await;
    }

    /// The time of a code is up: that of a new one, which lived for no time.
    async fn expire(&mut self, id: LoginId) {
        self.apply(id, Event::Renew, renewed(id), Duration::ZERO)
            .await;
        self.apply(id, Event::Expire, Change::Expired, Duration::ZERO)
            .await;
    }

    async fn apply(&mut self, id: LoginId, event: Event, change: Change, lifetime: Duration) {
        let transition = Transition {
            event,
            proof: Proof::Held,
            change,
            lifetime,
            grant: None,
        };
        let before = self.seq(id).await;
        self.store
            .apply(id, &transition)
            .await
            .expect("memory answers");
        let after = self.seq(id).await;
        if after > before {
            self.history.insert(after, transition.change);
        }
    }

    async fn seq(&self, id: LoginId) -> u32 {
        self.store
            .read(id)
            .await
            .expect("memory answers")
            .expect("the login is there")
            .login
            .seq
    }

    pub(crate) fn push(&self, node: usize, which: usize, again: bool) {
        let (logins, postbox) = &self.nodes[node];
        let event = {
            let mut pushes = postbox.0.lock();
            if which >= pushes.len() {
                return;
            }
            if again {
                pushes[which].clone()
            } else {
                pushes.remove(which)
            }
        };
        logins.inbox.deliver(event);
    }

    pub(super) fn lose_push(&self, node: usize, which: usize) {
        let mut pushes = self.nodes[node].1.0.lock();
        if which < pushes.len() {
            pushes.remove(which);
        }
    }

    pub(super) fn listening(&self, node: usize) {
        self.nodes[node].0.inbox.deliver(InboxEvent::Listening);
    }

    pub(crate) fn are_empty(&self) -> bool {
        self.nodes
            .iter()
            .all(|(logins, _)| logins.waiters.len() == 0)
    }
}

fn person() -> PersonId {
    PersonId::new("p")
}

fn renewed(id: LoginId) -> Change {
    Change::Renewed {
        scan_code: ScanCode::from_random(id, random::bytes()),
        user_code: UserCode::from_random(random::bytes()),
    }
}

fn logins(number: usize, store: &Arc<ScriptedStore>) -> Arc<Logins> {
    let store: Arc<dyn Store> = Arc::clone(store) as Arc<dyn Store>;
    let (waiters, clock, metrics) = (
        Arc::<Waiters>::default(),
        Arc::<StoreClock>::default(),
        Arc::<Metrics>::default(),
    );
    let timers = Arc::new(Timers::new(MINUTE, MINUTE));
    let inbox = NodeInbox {
        waiters: Arc::clone(&waiters),
        store: Arc::clone(&store),
        clock: Arc::clone(&clock),
        timers: Arc::clone(&timers),
        metrics: Arc::clone(&metrics),
        tasks: TaskTracker::new(),
    };
    Arc::new(Logins {
        node: NodeId::new(format!("node {number}")),
        public_origin: "https://login.example".into(),
        store,
        clients: Arc::new(Clients::new(vec![hall()])),
        identity: Arc::new(Nobody),
        limiter: Arc::new(LocalLimiter::start()),
        limits: Limits::default(),
        lifetimes: Lifetimes::default(),
        waiters,
        inbox,
        timers,
        clock,
        metrics,
        wording: Wording::new("https://login.example"),
    })
}

fn hall() -> ClientSettings {
    ClientSettings {
        client_id: "hall".into(),
        name: "Service hall".into(),
        secret: None,
        redirect_uris: vec![REDIRECT_URI.into()],
        origins: vec![ORIGIN.into()],
    }
}
