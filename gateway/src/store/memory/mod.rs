//! Logins in this process: the embedded default, for one node with nothing else.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use parking_lot::{Mutex, RwLock};
use saoma_protocol::{
    Digest, Event, Login, LoginId, LoginState, Outcome, ScanCode, Timestamp, UserCode,
};
use tokio::task::AbortHandle;

use super::{
    Applied, Attached, Attachment, Change, Grant, Inbox, InboxEvent, Instants, KEEP_ENDED,
    LoginRecord, NewLogin, NodeId, Opening, Proof, REDEEM_TRIES, Redemption, Return, Store,
    StoreError, StoredChange, Transition,
};

/// How often ended logins are swept out.
const SWEEP_EVERY: Duration = Duration::from_secs(10);

/// Logins in a map. Cheap to clone: all clones are one store.
#[derive(Debug, Clone)]
pub struct MemoryStore(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    /// Boxed, because a map keeps room for more than it holds.
    logins: dashmap::DashMap<LoginId, Box<Entry>>,
    user_codes: dashmap::DashMap<UserCode, LoginId>,
    inboxes: RwLock<HashMap<NodeId, Arc<dyn Inbox>>>,
    /// Each name once, for all of a node's logins.
    nodes: Mutex<HashSet<Arc<NodeId>>>,
    clock: Mutex<Timestamp>,
    sweeping: Mutex<Option<AbortHandle>>,
}

#[derive(Debug)]
struct Entry {
    login: Login,
    /// As JSON, in one piece: half the size of ten strings, and seldom read.
    request: Box<[u8]>,
    receive_key: Digest,
    scan_code: ScanCode,
    user_code: UserCode,
    opened_at: Timestamp,
    closes_at: Timestamp,
    node: Arc<NodeId>,
    attachment: u64,
    attempt: u32,
    changes: Vec<StoredChange>,
    granted: Option<Box<Granted>>,
}

#[derive(Debug)]
struct Granted {
    code: Digest,
    tries: u32,
    grant: Grant,
    access_token: Option<(Digest, Timestamp)>,
}

impl MemoryStore {
    /// An empty store. Needs a tokio runtime, in which it sweeps ended logins out.
    pub fn start() -> Self {
        let shared = Arc::new(Shared {
            logins: dashmap::DashMap::new(),
            user_codes: dashmap::DashMap::new(),
            inboxes: RwLock::default(),
            nodes: Mutex::default(),
            clock: Mutex::new(Timestamp::from_millis(0)),
            sweeping: Mutex::default(),
        });
        let weak = Arc::downgrade(&shared);
        let sweeping = tokio::spawn(async move {
            let mut ticks = tokio::time::interval(SWEEP_EVERY);
            loop {
                ticks.tick().await;
                let Some(shared) = weak.upgrade() else { return };
                shared.sweep();
            }
        });
        *shared.sweeping.lock() = Some(sweeping.abort_handle());
        Self(shared)
    }

    /// How many logins are kept.
    pub fn len(&self) -> usize {
        self.0.logins.len()
    }

    /// Whether none is kept.
    pub fn is_empty(&self) -> bool {
        self.0.logins.is_empty()
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        if let Some(sweeping) = self.sweeping.lock().take() {
            sweeping.abort();
        }
    }
}

impl Shared {
    /// The system's time, never going back.
    fn now(&self) -> Timestamp {
        let since_epoch = SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or_default();
        let now =
            Timestamp::from_millis(u64::try_from(since_epoch.as_millis()).unwrap_or(u64::MAX));
        let mut newest = self.clock.lock();
        *newest = now.max(*newest);
        *newest
    }

    fn sweep(&self) {
        let now = self.now();
        let gone = |entry: &Entry| entry.last_needed().plus(KEEP_ENDED) <= now;
        self.logins.retain(|_, entry| !gone(entry));
        self.user_codes.retain(|_, id| self.logins.contains_key(id));
    }

    fn node(&self, node: &NodeId) -> Arc<NodeId> {
        let mut nodes = self.nodes.lock();
        if let Some(known) = nodes.get(node) {
            return Arc::clone(known);
        }
        let new = Arc::new(node.clone());
        nodes.insert(Arc::clone(&new));
        new
    }

    fn push(&self, node: &NodeId, event: InboxEvent) {
        let inbox = self.inboxes.read().get(node).cloned();
        if let Some(inbox) = inbox {
            inbox.deliver(event);
        }
    }
}

impl Entry {
    fn last_needed(&self) -> Timestamp {
        let token = self
            .granted
            .as_ref()
            .and_then(|granted| granted.access_token)
            .map(|(_, until)| until);
        self.login
            .expires_at
            .max(token.unwrap_or(self.login.expires_at))
    }

    fn proves(&self, proof: Proof) -> bool {
        match proof {
            Proof::Held => true,
            Proof::ScanCode(code) => self.scan_code == code,
            Proof::UserCode(code) => self.user_code == code,
            Proof::ReceiveKey(key) => self.receive_key == key,
            Proof::Seq(seq) => self.login.seq == seq,
        }
    }

    fn record(&self, now: Timestamp) -> Result<LoginRecord, StoreError> {
        Ok(LoginRecord {
            login: self.login.clone(),
            request: serde_json::from_slice(&self.request).map_err(corrupt)?,
            opened_at: self.opened_at,
            closes_at: self.closes_at,
            now,
        })
    }

    fn changes_after(&self, seq: u32) -> Vec<StoredChange> {
        self.changes
            .iter()
            .filter(|change| change.seq > seq)
            .cloned()
            .collect()
    }

    fn granted(&self, code: Digest) -> Option<&Granted> {
        self.granted
            .as_deref()
            .filter(|granted| granted.code == code && granted.tries < REDEEM_TRIES)
    }
}

#[async_trait]
impl Store for MemoryStore {
    async fn open(&self, login: &NewLogin) -> Result<Opening, StoreError> {
        let shared = &self.0;
        let request = serde_json::to_vec(&login.request)
            .map_err(corrupt)?
            .into_boxed_slice();
        if *shared.user_codes.entry(login.user_code).or_insert(login.id) != login.id {
            return Ok(Opening::UserCodeTaken);
        }
        let at = shared.now();
        let expires_at = at.plus(login.code_lifetime);
        let entry = Entry {
            login: Login {
                state: LoginState::Waiting,
                seq: 1,
                expires_at,
            },
            request,
            receive_key: login.receive_key,
            scan_code: login.scan_code,
            user_code: login.user_code,
            opened_at: at,
            closes_at: at.plus(login.waiting_lifetime),
            node: shared.node(&login.node),
            attachment: 1,
            attempt: 1,
            changes: Vec::new(),
            granted: None,
        };
        shared.logins.insert(login.id, Box::new(entry));
        Ok(Opening::Opened { at, expires_at })
    }

    async fn attach(&self, browser: &Return<'_>) -> Result<Attached, StoreError> {
        let Return {
            id,
            receive_key,
            node,
            last_seq,
            attempt,
        } = *browser;
        let now = self.0.now();
        let Some(mut entry) = self
            .0
            .logins
            .get_mut(&id)
            .filter(|entry| entry.receive_key == receive_key)
        else {
            return Ok(Attached::Unknown);
        };
        let attempt = attempt.unwrap_or(entry.attempt);
        if attempt < entry.attempt {
            return Ok(Attached::Outrun);
        }
        entry.attempt = attempt;
        entry.attachment += 1;
        let previous = std::mem::replace(&mut entry.node, self.0.node(node));
        let missed = entry.changes_after(last_seq);
        let attachment = Attachment {
            number: entry.attachment,
            record: entry.record(now)?,
            missed,
        };
        drop(entry);
        if *previous != *node {
            self.0.push(
                &previous,
                InboxEvent::Superseded {
                    login_id: id,
                    number: attachment.number,
                },
            );
        }
        Ok(Attached::Here(Box::new(attachment)))
    }

    async fn changes_after(
        &self,
        waiters: &[(LoginId, u32)],
    ) -> Result<Vec<(LoginId, Vec<StoredChange>)>, StoreError> {
        let changes =
            |(id, seq): &(LoginId, u32)| Some((*id, self.0.logins.get(id)?.changes_after(*seq)));
        Ok(waiters
            .iter()
            .filter_map(changes)
            .filter(|(_, changes)| !changes.is_empty())
            .collect())
    }

    async fn find_by_user_code(&self, code: UserCode) -> Result<Option<LoginId>, StoreError> {
        Ok(self.0.user_codes.get(&code).map(|id| *id))
    }

    async fn read(&self, id: LoginId) -> Result<Option<LoginRecord>, StoreError> {
        let now = self.0.now();
        self.0
            .logins
            .get(&id)
            .map(|entry| entry.record(now))
            .transpose()
    }

    async fn apply(&self, id: LoginId, transition: &Transition) -> Result<Applied, StoreError> {
        let shared = &self.0;
        let Some(mut entry) = shared.logins.get_mut(&id) else {
            return Ok(Applied::Unknown);
        };
        let now = shared.now();
        let (state, seq) = match entry.login.apply(&transition.event, now) {
            Ok(Outcome::Changed { state, seq }) => (state, seq),
            Ok(Outcome::Repeated) => {
                return Ok(Applied::Repeated(Instants {
                    now,
                    expires_at: entry.login.expires_at,
                }));
            }
            Err(refusal) => return Ok(Applied::Refused(refusal)),
        };
        if !entry.proves(transition.proof) {
            return Ok(Applied::Unknown);
        }
        let expires_at = now.plus(transition.lifetime);
        entry.login = Login {
            state,
            seq,
            expires_at,
        };
        let stored = StoredChange {
            seq,
            at: now,
            expires_at,
            change: transition.change.clone(),
        };
        let outdated = keep_change(&mut entry, stored.clone());
        if let Some((code, grant)) = &transition.grant {
            entry.granted = Some(Box::new(Granted {
                code: *code,
                tries: 0,
                grant: grant.clone(),
                access_token: None,
            }));
        }
        let (node, user_code) = (Arc::clone(&entry.node), entry.user_code);
        drop(entry);
        if let Some(outdated) = outdated {
            shared
                .user_codes
                .remove_if(&outdated, |_, owner| *owner == id);
            shared.user_codes.insert(user_code, id);
        }
        shared.push(
            &node,
            InboxEvent::Changed {
                login_id: id,
                change: stored,
            },
        );
        Ok(Applied::Changed(Instants { now, expires_at }))
    }

    async fn grant(&self, id: LoginId, code: Digest) -> Result<Option<Grant>, StoreError> {
        Ok(self
            .0
            .logins
            .get(&id)
            .and_then(|entry| entry.granted(code).map(|granted| granted.grant.clone())))
    }

    async fn redeem(
        &self,
        id: LoginId,
        code: Digest,
        access_token: Digest,
        lifetime: Duration,
    ) -> Result<Redemption, StoreError> {
        let now = self.0.now();
        let Some(mut entry) = self
            .0
            .logins
            .get_mut(&id)
            .filter(|entry| entry.granted(code).is_some())
        else {
            return Ok(Redemption::Invalid);
        };
        match entry.login.apply(&Event::Redeem, now) {
            Ok(Outcome::Changed { state, .. }) => {
                entry.login.state = state;
                entry
                    .changes
                    .retain(|stored| !matches!(stored.change, Change::Confirmed { .. }));
                if let Some(granted) = &mut entry.granted {
                    granted.access_token = Some((access_token, now.plus(lifetime)));
                }
                Ok(Redemption::Redeemed)
            }
            _ if matches!(entry.login.state, LoginState::Redeemed { .. }) => {
                let Some(granted) = &mut entry.granted else {
                    return Ok(Redemption::Invalid);
                };
                if granted
                    .access_token
                    .is_some_and(|(token, _)| token == access_token)
                {
                    return Ok(Redemption::Redeemed);
                }
                granted.access_token = None;
                Ok(Redemption::Replayed)
            }
            _ => Ok(Redemption::Invalid),
        }
    }

    async fn count_failed_redemption(&self, id: LoginId) -> Result<(), StoreError> {
        if let Some(mut entry) = self.0.logins.get_mut(&id)
            && let Some(granted) = &mut entry.granted
        {
            granted.tries += 1;
        }
        Ok(())
    }

    async fn access(&self, id: LoginId, access_token: Digest) -> Result<Option<Grant>, StoreError> {
        let now = self.0.now();
        let good = |granted: &Granted| {
            granted
                .access_token
                .is_some_and(|(token, until)| token == access_token && now < until)
        };
        let entry = self.0.logins.get(&id);
        Ok(entry.and_then(|entry| {
            entry
                .granted
                .as_deref()
                .filter(|granted| good(granted))
                .map(|granted| granted.grant.clone())
        }))
    }

    async fn listen(&self, node: &NodeId, inbox: Arc<dyn Inbox>) -> Result<(), StoreError> {
        inbox.deliver(InboxEvent::Listening);
        self.0.inboxes.write().insert(node.clone(), inbox);
        Ok(())
    }

    async fn check(&self) -> Result<(), StoreError> {
        Ok(())
    }

    fn inbox_is_live(&self) -> bool {
        true
    }
}

fn corrupt(error: serde_json::Error) -> StoreError {
    StoreError::Corrupt(error.to_string())
}

/// Keeps a change for browsers that come back. A renewal outdates the one before; the user code that died is given
/// back.
fn keep_change(entry: &mut Entry, stored: StoredChange) -> Option<UserCode> {
    let mut outdated = None;
    if let Change::Renewed {
        scan_code,
        user_code,
    } = stored.change
    {
        entry
            .changes
            .retain(|kept| !matches!(kept.change, Change::Renewed { .. }));
        outdated = Some(std::mem::replace(&mut entry.user_code, user_code));
        entry.scan_code = scan_code;
    }
    // They are few, and kept for minutes.
    entry.changes.reserve_exact(1);
    entry.changes.push(stored);
    outdated
}
