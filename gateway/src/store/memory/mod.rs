//! Logins in this process: the embedded default, for one node with nothing else.

mod device;
mod entry;
mod granted;
mod redemptions;
mod requests;
mod session;
mod sessions;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use dashmap::DashMap;
use dashmap::mapref::one::RefMut;
use parking_lot::{Mutex, RwLock};
use saoma_protocol::{Digest, LoginId, StateName, Timestamp, TransitionError, UserCode};
use tokio::task::JoinSet;

use self::entry::{Entry, Moved};
use self::requests::Requests;
use self::sessions::Sessions;
use super::{
    Applied, Attached, Attachment, Attempt, CodeOrigin, Confirmation, Counted, DevicePoll, Grant,
    Inbox, InboxEvent, Instants, LoginRecord, NewLogin, NodeId, Opening, Polled, Precondition,
    Redeemed, Redemption, RequestStore, ResumeAttempt, Scan, Scanned, SessionStore, Store,
    StoreError, StoredChange, Transition,
};
use crate::limits::{LocalLimiter, Verdict};
use crate::wall_clock;

/// Interval at which ended logins are swept out.
const SWEEP_EVERY: Duration = Duration::from_secs(10);

/// Returns from a verb if one of its attempts was over its limit.
macro_rules! allowed {
    ($counted:expr) => {
        if let Counted::Limited { limit, retry_after } = $counted {
            return Ok(Counted::Limited { limit, retry_after });
        }
    };
}
use allowed;

/// Logins in a map. Cheap to clone: all clones are one store.
#[derive(Debug, Clone)]
pub struct MemoryStore(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    /// Boxed, because a map keeps room for more than it holds.
    logins: DashMap<LoginId, Box<Entry>>,
    user_codes: DashMap<UserCode, LoginId>,
    requests: Requests,
    sessions: Sessions,
    limiter: LocalLimiter,
    inboxes: RwLock<HashMap<NodeId, Arc<dyn Inbox>>>,
    /// Each name once, for all of a node's logins.
    nodes: Mutex<HashSet<Arc<NodeId>>>,
    clock: Mutex<Timestamp>,
    /// Ends with the store.
    sweeping: Mutex<JoinSet<()>>,
}

impl MemoryStore {
    /// An empty store. Needs a tokio runtime, in which it sweeps ended logins out.
    pub fn start() -> Self {
        let shared = Arc::new(Shared {
            logins: DashMap::new(),
            user_codes: DashMap::new(),
            requests: Requests::default(),
            sessions: Sessions::default(),
            limiter: LocalLimiter::start(),
            inboxes: RwLock::default(),
            nodes: Mutex::default(),
            clock: Mutex::new(Timestamp::from_millis(0)),
            sweeping: Mutex::default(),
        });
        let weak = Arc::downgrade(&shared);
        let mut sweeping = JoinSet::new();
        sweeping.spawn(async move {
            let mut ticks = tokio::time::interval(SWEEP_EVERY);
            loop {
                ticks.tick().await;
                let Some(shared) = weak.upgrade() else { return };
                shared.sweep();
            }
        });
        *shared.sweeping.lock() = sweeping;
        Self(shared)
    }

    /// Returns the number of logins that are kept.
    pub fn len(&self) -> usize {
        self.0.logins.len()
    }

    /// Returns true if no login is kept.
    pub fn is_empty(&self) -> bool {
        self.0.logins.is_empty()
    }
}

impl Shared {
    /// The system's time, never going back.
    fn now(&self) -> Timestamp {
        let since_epoch = wall_clock::since_epoch();
        let now =
            Timestamp::from_millis(u64::try_from(since_epoch.as_millis()).unwrap_or(u64::MAX));
        let mut newest = self.clock.lock();
        *newest = now.max(*newest);
        *newest
    }

    fn sweep(&self) {
        let now = self.now();
        let gone = |entry: &Entry| {
            entry.is_abandoned(now) || entry.last_needed().plus(entry.kept_for()) <= now
        };
        self.logins.retain(|_, entry| !gone(entry));
        self.user_codes.retain(|_, id| self.logins.contains_key(id));
        self.requests.sweep(now);
        self.sessions.sweep(now);
    }

    /// Returns a login, unless its browser has not followed it in time.
    fn login(&self, id: LoginId) -> Option<RefMut<'_, LoginId, Box<Entry>>> {
        let now = self.now();
        let entry = self.logins.get_mut(&id);
        entry.filter(|entry| !entry.is_abandoned(now))
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

    fn take(&self, attempts: &[Attempt<'_>]) -> Counted<()> {
        for attempt in attempts {
            let Attempt { limit, rate, key } = *attempt;
            if let Verdict::Limited { retry_after } = self.limiter.take(limit, rate, key) {
                return Counted::Limited { limit, retry_after };
            }
        }
        Counted::Done(())
    }

    /// Tells the node that holds the browser of a change, if there is one, and returns the answer to the event.
    fn tell(&self, id: LoginId, node: &NodeId, moved: &Result<Moved, TransitionError>) -> Applied {
        match moved {
            Ok(Moved::Changed(stored)) => {
                let change = stored.clone();
                self.push(
                    node,
                    InboxEvent::Changed {
                        login_id: id,
                        change,
                    },
                );
                Applied::Changed(Instants {
                    now: stored.at,
                    expires_at: stored.expires_at,
                })
            }
            Ok(Moved::Repeated(instants)) => Applied::Repeated(*instants),
            Ok(Moved::Unproved) => Applied::Unknown,
            Err(refusal) => Applied::Refused(*refusal),
        }
    }

    fn push(&self, node: &NodeId, event: InboxEvent) {
        let inbox = self.inboxes.read().get(node).cloned();
        if let Some(inbox) = inbox {
            inbox.deliver(event);
        }
    }
}

#[async_trait]
impl Store for MemoryStore {
    async fn take(&self, attempts: &[Attempt<'_>]) -> Result<Counted<()>, StoreError> {
        Ok(self.0.take(attempts))
    }

    async fn give_back(&self, attempt: &Attempt<'_>) -> Result<(), StoreError> {
        let Attempt { limit, rate, key } = *attempt;
        self.0.limiter.give_back(limit, rate, key);
        Ok(())
    }

    async fn open(
        &self,
        attempts: &[Attempt<'_>],
        login: &NewLogin,
    ) -> Result<Counted<Opening>, StoreError> {
        let shared = &self.0;
        allowed!(shared.take(attempts));
        let at = shared.now();
        let entry = Entry::opened(login, shared.node(&login.node), at)?;
        if *shared.user_codes.entry(login.user_code).or_insert(login.id) != login.id {
            return Ok(Counted::Done(Opening::UserCodeTaken));
        }
        let expires_at = entry.login.expires_at;
        shared.logins.insert(login.id, Box::new(entry));
        Ok(Counted::Done(Opening::Opened { at, expires_at }))
    }

    async fn attach(
        &self,
        attempts: &[Attempt<'_>],
        browser: &ResumeAttempt<'_>,
    ) -> Result<Counted<Attached>, StoreError> {
        allowed!(self.0.take(attempts));
        let ResumeAttempt {
            id,
            receive_key,
            node,
            last_seq,
            attempt,
        } = *browser;
        let now = self.0.now();
        let entry = self.0.login(id);
        let Some(mut entry) = entry.filter(|entry| entry.receive_key == receive_key) else {
            return Ok(Counted::Done(Attached::Unknown));
        };
        let attempt = attempt.unwrap_or(entry.attempt);
        if attempt < entry.attempt {
            return Ok(Counted::Done(Attached::Stale));
        }
        entry.followed();
        entry.attempt = attempt;
        entry.attachment += 1;
        let previous = std::mem::replace(&mut entry.node, self.0.node(node));
        let attachment = Attachment {
            number: entry.attachment,
            record: entry.record(now)?,
            missed: entry.changes_after(last_seq),
        };
        drop(entry);
        if *previous != *node {
            let superseded = InboxEvent::Superseded {
                login_id: id,
                number: attachment.number,
            };
            self.0.push(&previous, superseded);
        }
        Ok(Counted::Done(Attached::Here(Box::new(attachment))))
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
        let entry = self.0.login(id);
        entry.map(|entry| entry.record(now)).transpose()
    }

    async fn apply(&self, id: LoginId, transition: &Transition) -> Result<Applied, StoreError> {
        let shared = &self.0;
        let Some(mut entry) = shared.login(id) else {
            return Ok(Applied::Unknown);
        };
        let now = shared.now();
        let replaced = entry.user_code;
        let moved = entry.apply(
            &transition.event(),
            transition.precondition(),
            transition.change(),
            (
                now,
                transition.lifetime().map(|lifetime| now.plus(lifetime)),
            ),
        );
        let renewed = (entry.user_code != replaced).then_some(entry.user_code);
        let node = Arc::clone(&entry.node);
        drop(entry);
        if let Some(user_code) = renewed {
            shared
                .user_codes
                .remove_if(&replaced, |_, owner| *owner == id);
            shared.user_codes.insert(user_code, id);
        }
        Ok(shared.tell(id, &node, &moved))
    }

    async fn scan(
        &self,
        attempts: &[Attempt<'_>],
        id: LoginId,
        scan: &Scan,
    ) -> Result<Counted<Scanned>, StoreError> {
        let shared = &self.0;
        allowed!(shared.take(attempts));
        let Some(mut entry) = shared.login(id) else {
            return Ok(Counted::Done(Scanned::Unknown));
        };
        let now = shared.now();
        let LoginRecord {
            request, opened_at, ..
        } = entry.record(now)?;
        let asks = entry.agreement.asks(&scan.person_tags);
        if scan.compare.includes(&request)
            && entry.admits(&scan.event(asks), scan.precondition, now)
        {
            return Ok(Counted::Done(Scanned::ToCompare(Box::new(request))));
        }
        let limit = entry.limit(now, scan.lifetime, false);
        let moved = entry.apply(
            &scan.event(asks),
            scan.precondition,
            scan.change(asks),
            (now, Some(limit)),
        );
        let asks = entry.login.state.name() == StateName::Asked;
        let node = Arc::clone(&entry.node);
        drop(entry);
        let claimed = |instants, repeated| Scanned::Claimed {
            request: Box::new(request),
            opened_at,
            instants,
            repeated,
            asks,
        };
        Ok(Counted::Done(match shared.tell(id, &node, &moved) {
            Applied::Changed(instants) => claimed(instants, false),
            Applied::Repeated(instants) => claimed(instants, true),
            Applied::Refused(refusal) => Scanned::Refused(refusal),
            Applied::Unknown | Applied::NotCompared | Applied::NotExpected => Scanned::Unknown,
        }))
    }

    async fn confirm(
        &self,
        attempts: &[Attempt<'_>],
        id: LoginId,
        confirmation: &Confirmation,
    ) -> Result<Counted<Applied>, StoreError> {
        let shared = &self.0;
        allowed!(shared.take(attempts));
        let Some(mut entry) = shared.logins.get_mut(&id) else {
            return Ok(Counted::Done(Applied::Unknown));
        };
        let now = shared.now();
        if entry.lacks_comparison(confirmation) {
            return Ok(Counted::Done(Applied::NotCompared));
        }
        let request = entry.record(now)?.request;
        if entry.lacks_expectation(&request, confirmation) {
            return Ok(Counted::Done(Applied::NotExpected));
        }
        let change = confirmation.change(&request, &entry.agreement);
        let limit = entry.limit(now, confirmation.lifetime, true);
        let moved = entry.apply(
            &confirmation.event(),
            Precondition::None,
            change,
            (now, Some(limit)),
        );
        if let Ok(Moved::Changed(_)) = moved {
            entry.grant(confirmation.code.digest(), confirmation.grant(request, now));
        }
        let node = Arc::clone(&entry.node);
        drop(entry);
        Ok(Counted::Done(shared.tell(id, &node, &moved)))
    }

    async fn redeem(
        &self,
        attempts: &[Attempt<'_>],
        id: LoginId,
        redemption: &Redemption<'_>,
    ) -> Result<Counted<Redeemed>, StoreError> {
        allowed!(self.0.take(attempts));
        self.0.redeem(id, redemption).map(Counted::Done)
    }

    async fn poll_device(&self, id: LoginId, poll: &DevicePoll<'_>) -> Result<Polled, StoreError> {
        let now = self.0.now();
        let entry = self.0.login(id);
        entry.map_or(Ok(Polled::Expired), |mut entry| entry.poll(poll, now))
    }

    async fn undo_redemption(
        &self,
        id: LoginId,
        origin: CodeOrigin,
        access_token: Digest,
    ) -> Result<(), StoreError> {
        self.0.undo_redemption(id, origin, access_token);
        Ok(())
    }

    async fn access(&self, id: LoginId, access_token: Digest) -> Result<Option<Grant>, StoreError> {
        Ok(self.0.access(id, access_token))
    }

    fn sessions(&self) -> &dyn SessionStore {
        self
    }

    fn requests(&self) -> &dyn RequestStore {
        self
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
