//! Two nodes on a scripted store, whose pushes are in the test's hand.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use saoma_protocol::{AuthorizationCode, LoginId, PersonId, RejectReason, ScanCode, UserCode};

use super::scripted_store::ScriptedStore;
use crate::cluster_secrets::ClusterSecrets;
use crate::logins::Logins;
use crate::random;
use crate::settings::{AgreeSetting, ClientSettings, Settings};
use crate::store::{
    Agreement, Change, Claims, Compare, Confirmation, Inbox, InboxEvent, PersonTag, Precondition,
    Scan, Store, Transition,
};

pub(super) const NODES: usize = 2;
pub(crate) const ORIGIN: &str = "https://hall.example";
pub(crate) const REDIRECT_URI: &str = "https://hall.example/callback";

const TAG: PersonTag = PersonTag::new([1; PersonTag::BYTES]);
const MINUTE: Duration = Duration::from_secs(60);

/// Events that can happen to the login in the store.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Happening {
    Renew,
    Scan,
    Confirm,
    Reject,
    Agree,
    Cancel,
    Expire,
}

/// The nodes, their store, and what has really happened.
pub(crate) struct Nodes {
    pub(super) store: Arc<ScriptedStore>,
    nodes: Vec<(Arc<Logins>, Arc<Postbox>)>,
    agreement: Agreement,
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

impl Nodes {
    /// Nodes whose client does not want its browsers to be asked.
    pub(crate) fn start() -> Self {
        Self::with(AgreeSetting::Off)
    }

    /// Nodes whose browsers are asked to agree to persons.
    pub(crate) fn asking() -> Self {
        Self::with(AgreeSetting::New)
    }

    fn with(agree: AgreeSetting) -> Self {
        let store = Arc::new(ScriptedStore::start());
        // All nodes know the keys that one of them has made.
        let cluster = ClusterSecrets::random();
        let nodes = (0..NODES)
            .map(|_| (logins(&store, &cluster, agree), Arc::default()))
            .collect();
        Self {
            store,
            nodes,
            agreement: match agree {
                AgreeSetting::New => Agreement::Unless([].into()),
                AgreeSetting::Off => Agreement::Off,
            },
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
        let precondition = Precondition::None;
        match happening {
            Happening::Renew => self.apply(id, renewal(id, MINUTE)).await,
            Happening::Scan => self.scan(id).await,
            Happening::Confirm => self.confirm(id).await,
            Happening::Reject => {
                let reason = RejectReason::Declined;
                let person = person();
                self.apply(id, Transition::Reject { person, reason }).await;
            }
            Happening::Agree => self.apply(id, Transition::Agree { precondition }).await,
            Happening::Cancel => {
                let reason = None;
                let transition = Transition::Cancel {
                    precondition,
                    reason,
                };
                self.apply(id, transition).await;
            }
            // The time of a code is up: that of a new one, which lived for no time.
            Happening::Expire => {
                self.apply(id, renewal(id, Duration::ZERO)).await;
                self.apply(id, Transition::Expire { precondition }).await;
            }
        }
    }

    async fn apply(&mut self, id: LoginId, transition: Transition) {
        let before = self.seq(id).await;
        let applied = self.store.apply(id, &transition).await;
        applied.expect("memory answers");
        self.remember(id, before, transition.change()).await;
    }

    async fn scan(&mut self, id: LoginId) {
        let before = self.seq(id).await;
        let scan = Scan {
            person: person(),
            person_tags: vec![TAG],
            masked_name: "示*".into(),
            precondition: Precondition::None,
            lifetime: MINUTE,
            compare: Compare::Expecting,
        };
        let scanned = self.store.scan(&[], id, &scan).await;
        scanned.expect("memory answers");
        let asks = self.agreement.asks(&scan.person_tags);
        self.remember(id, before, scan.change(asks)).await;
    }

    async fn confirm(&mut self, id: LoginId) {
        let before = self.seq(id).await;
        let record = self.store.read(id).await.expect("memory answers");
        let request = record.expect("the login is there").request;
        let identity = r#"{"id":"personal","kind":"personal","name":"示例甲"}"#;
        let confirmation = Confirmation {
            person: person(),
            person_tag: TAG,
            name: "示例甲".into(),
            identity: serde_json::from_str(identity).expect("an identity"),
            claims: Claims::default(),
            code: AuthorizationCode::from_random(id, random::bytes()),
            lifetime: MINUTE,
            same_user_code: false,
            is_expected: false,
        };
        let confirmed = self.store.confirm(&[], id, &confirmation).await;
        confirmed.expect("memory answers");
        let change = confirmation.change(&request, &self.agreement);
        self.remember(id, before, change).await;
    }

    /// Keeps the change in the history, if the login's state admitted it.
    async fn remember(&mut self, id: LoginId, before: u32, change: Change) {
        let after = self.seq(id).await;
        if after > before {
            self.history.insert(after, change);
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

fn renewal(id: LoginId, lifetime: Duration) -> Transition {
    Transition::Renew {
        precondition: Precondition::None,
        scan_code: ScanCode::from_random(id, random::bytes()),
        user_code: UserCode::from_random(random::bytes()),
        lifetime,
    }
}

fn logins(
    store: &Arc<ScriptedStore>,
    cluster: &ClusterSecrets,
    agree: AgreeSetting,
) -> Arc<Logins> {
    let mut settings = Settings::default();
    settings.server.public_url = "https://login.example".into();
    settings.sockets.ping_interval = MINUTE;
    settings.sockets.ping_timeout = MINUTE;
    settings.clients = vec![hall(agree)];
    let store = Arc::clone(store) as Arc<dyn Store>;
    Arc::new(Logins::without_persons(&settings, store, cluster))
}

fn hall(agree: AgreeSetting) -> ClientSettings {
    ClientSettings {
        client_id: "hall".into(),
        name: "Service hall".into(),
        redirect_uris: vec![REDIRECT_URI.into()],
        origins: vec![ORIGIN.into()],
        agree,
        ..ClientSettings::default()
    }
}
