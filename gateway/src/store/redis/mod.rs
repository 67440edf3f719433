//! Logins in Redis: one hash each, changed by scripts that also tell the node which holds the browser.

mod announcements;
mod answers;
mod arguments;
mod connection;
mod device_poll;
mod fence;
#[cfg(any(test, fuzzing))]
mod fuzz_properties;
mod inbox;
mod keys;
mod limits;
mod liveness;
mod outbox;
mod probe;
mod requests;
mod schema;
mod script;
mod scripts;
mod session_answers;
mod sessions;
mod unanswered_redemption;
mod verbs;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use data_encoding::HEXLOWER;
use futures_util::future::try_join_all;
use redis::{FromRedisValue, Value};
use saoma_protocol::{Digest, LoginId, UserCode};
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use self::answers::{corrupt, from_json, read_limit, read_record};
pub use self::connection::{
    AddressError, ConnectionSettings, Connections, RedisAddress, TlsAuthentication,
};
use self::fence::{Covered, Fence, Proof};
#[cfg(any(test, fuzzing))]
pub(crate) use self::fuzz_properties::inbox_push;
use self::inbox::Subscription;
use self::keys::Keys;
use self::liveness::InboxLiveness;
use self::script::{Call, Publisher};
use self::scripts::Scripts;
use super::{
    Announcements, Applied, Attached, Attachment, Attempt, CodeOrigin, Confirmation, Counted,
    DevicePoll, Grant, Inbox, LoginRecord, NewLogin, NodeId, Opening, Polled, Redeemed, Redemption,
    RequestStore, ResumeAttempt, Scan, Scanned, SchemaFound, SessionStore, Store, StoreError,
    StoreFinding, StoredChange, Transition,
};
use crate::error_chain::chain;
use crate::random;

/// Time that a key lives by which the store was looked at, in milliseconds.
const CHECK_LIFETIME_MS: u32 = 10_000;

/// Pause before a script is run again whose server was superseded.
const RUN_AGAIN_AFTER: Duration = Duration::from_millis(50);

/// Logins in a Redis that several nodes share.
#[derive(Debug)]
pub struct RedisStore {
    connections: Connections,
    fence: Fence,
    keys: Keys,
    scripts: Arc<Scripts>,
    liveness: InboxLiveness,
    /// Keys by which the store is looked at.
    check_keys: Vec<String>,
    /// Subscriptions and redemptions that are still to be undone, which end with the store.
    tasks: parking_lot::Mutex<JoinSet<()>>,
}

impl RedisStore {
    /// Creates a store over these connections.
    pub fn new(connections: Connections) -> Self {
        let keys = connections.keys().clone();
        Self {
            fence: Fence::new(connections.clone()),
            connections,
            scripts: Arc::new(Scripts::new(&keys)),
            liveness: InboxLiveness::default(),
            check_keys: keys.checks(&HEXLOWER.encode(&random::bytes::<8>())),
            keys,
            tasks: parking_lot::Mutex::default(),
        }
    }

    /// Runs a script. Returns its answer once every replica that may be promoted has what it says, as `proof` shows it;
    /// an answer without a proof promises nothing and is returned at once. The caller publishes the message that the
    /// script hands over, so that a browser is told no earlier than its phone.
    ///
    /// A server that was superseded meanwhile may have answered. The script is then run again: every verb may be
    /// repeated, and gives the same answer if its change was kept.
    async fn run_kept<T: FromRedisValue>(
        &self,
        call: &Call<'_>,
        proof: impl Fn(&T) -> Result<Option<Proof>, StoreError>,
    ) -> Result<T, StoreError> {
        if !self.fence.is_needed().await? {
            return self.connections.run(call).await;
        }
        let last_run = Instant::now() + self.connections.timeout();
        loop {
            let (answer, server) = self.connections.run_for(call, Publisher::Caller).await?;
            let Some(proof) = proof(&answer)? else {
                return Ok(answer);
            };
            match self.fence.cover(server, proof).await? {
                Covered::Kept => return Ok(answer),
                Covered::Gone if Instant::now() >= last_run => {
                    return Err(StoreError::Unreplicated);
                }
                Covered::Gone => {
                    self.fence.distrust();
                    sleep(RUN_AGAIN_AFTER).await;
                }
            }
        }
    }

    /// Publishes the message that a script has handed over, if any: a node and its message. It is a hint; a node that
    /// misses it reads the login again.
    async fn tell(&self, told: &[String]) {
        let [node, message] = told else { return };
        let channel = self.keys.inbox(&NodeId::new(node));
        if let Err(error) = self.connections.publish(&channel, message).await {
            tracing::warn!(error = %chain(&error), node, "could not tell a node of a change");
        }
    }

    async fn changes_of(
        &self,
        id: LoginId,
        seq: u32,
    ) -> Result<(LoginId, Vec<StoredChange>), StoreError> {
        let key = self.keys.login(id);
        let call = self.scripts.changes.on(&*key).arg(seq);
        // A page that is told of a confirm goes to its portal, which must be able to redeem the code.
        let newest =
            |found: &Vec<String>| found.last().map(|last| proof_of(&key, last)).transpose();
        let found = self.run_kept(&call, newest).await?;
        Ok((id, read_changes(&found)?))
    }
}

/// Returns the proof of a change in a login's history, from the change as it is stored.
fn proof_of(key: &str, change: &str) -> Result<Proof, StoreError> {
    let stored: StoredChange = from_json(change)?;
    Ok(Proof::of_change(key, stored.seq, change))
}

fn read_changes(found: &[String]) -> Result<Vec<StoredChange>, StoreError> {
    found.iter().map(|change| from_json(change)).collect()
}

#[async_trait]
impl Store for RedisStore {
    async fn take(&self, attempts: &[Attempt<'_>]) -> Result<Counted<()>, StoreError> {
        self.run_take(attempts).await
    }

    async fn give_back(&self, attempt: &Attempt<'_>) -> Result<(), StoreError> {
        self.run_give_back(attempt).await
    }

    async fn open(
        &self,
        attempts: &[Attempt<'_>],
        login: &NewLogin,
    ) -> Result<Counted<Opening>, StoreError> {
        self.run_open(attempts, login).await
    }

    async fn attach(
        &self,
        attempts: &[Attempt<'_>],
        browser: &ResumeAttempt<'_>,
    ) -> Result<Counted<Attached>, StoreError> {
        let ResumeAttempt {
            id,
            receive_key,
            node,
            last_seq,
            attempt,
        } = *browser;
        let checks = match self.checks(attempts).await? {
            Counted::Done(checks) => checks,
            Counted::Limited { limit, retry_after } => {
                return Ok(Counted::Limited { limit, retry_after });
            }
        };
        let key = self.keys.login(id);
        let call = self.scripts.attach.on(&*key);
        let call = call
            .arg(id.to_string())
            .arg(receive_key.to_string())
            .arg(node.as_str())
            .arg(last_seq);
        type Answer = (String, u64, Value, Vec<String>, Vec<String>);
        let proof = |(word, _, _, missed, _): &Answer| match missed.last() {
            Some(newest) => proof_of(&key, newest).map(Some),
            // A login that is unknown here may be known to the master that took this one's place.
            None => Ok((word == "unknown").then(|| Proof::of_server(&key))),
        };
        let call = call.arg(attempt.unwrap_or_default()).counting(&checks);
        let (word, number, record, missed, told) = self.run_kept(&call, proof).await?;
        match word.as_str() {
            "here" => {}
            "stale" => return Ok(Counted::Done(Attached::Stale)),
            "unknown" => return Ok(Counted::Done(Attached::Unknown)),
            "limited" => return read_limit(&told, &checks),
            _ => return Err(corrupt("an unknown answer to a return")),
        }
        self.tell(&told).await;
        Ok(Counted::Done(Attached::Here(Box::new(Attachment {
            number,
            record: read_record(record)?,
            missed: read_changes(&missed)?,
        }))))
    }

    async fn changes_after(
        &self,
        waiters: &[(LoginId, u32)],
    ) -> Result<Vec<(LoginId, Vec<StoredChange>)>, StoreError> {
        let reads = waiters.iter().map(|(id, seq)| self.changes_of(*id, *seq));
        let mut found = try_join_all(reads).await?;
        found.retain(|(_, changes)| !changes.is_empty());
        Ok(found)
    }

    async fn find_by_user_code(&self, code: UserCode) -> Result<Option<LoginId>, StoreError> {
        let mut get = redis::cmd("GET");
        get.arg(self.keys.user_code(code));
        let found: Option<String> = self.connections.query("find_by_user_code", &get).await?;
        let id = |id: String| {
            id.parse()
                .map_err(|_| corrupt("a user code leads to no login id"))
        };
        found.map(id).transpose()
    }

    async fn read(&self, id: LoginId) -> Result<Option<LoginRecord>, StoreError> {
        let key = self.keys.login(id);
        let call = self.scripts.read.on(&*key);
        let none = |found: &Option<Value>| Ok(found.is_none().then(|| Proof::of_server(&key)));
        let found = self.run_kept(&call, none).await?;
        found.map(read_record).transpose()
    }

    async fn apply(&self, id: LoginId, transition: &Transition) -> Result<Applied, StoreError> {
        match transition {
            Transition::Renew {
                user_code,
                lifetime,
                ..
            } => {
                let claim = self.claim_user_code(*user_code, id, *lifetime);
                Ok(tokio::try_join!(claim, self.run_apply(id, transition))?.1)
            }
            _ => self.run_apply(id, transition).await,
        }
    }

    async fn scan(
        &self,
        attempts: &[Attempt<'_>],
        id: LoginId,
        scan: &Scan,
    ) -> Result<Counted<Scanned>, StoreError> {
        self.run_scan(attempts, id, scan).await
    }

    async fn confirm(
        &self,
        attempts: &[Attempt<'_>],
        id: LoginId,
        confirmation: &Confirmation,
    ) -> Result<Counted<Applied>, StoreError> {
        self.run_confirm(attempts, id, confirmation).await
    }

    async fn redeem(
        &self,
        attempts: &[Attempt<'_>],
        id: LoginId,
        redemption: &Redemption<'_>,
    ) -> Result<Counted<Redeemed>, StoreError> {
        self.run_redeem(attempts, id, redemption).await
    }

    async fn poll_device(&self, id: LoginId, poll: &DevicePoll<'_>) -> Result<Polled, StoreError> {
        self.run_poll_device(id, poll).await
    }

    async fn undo_redemption(
        &self,
        id: LoginId,
        origin: CodeOrigin,
        access_token: Digest,
    ) -> Result<(), StoreError> {
        self.run_undo_redemption(id, origin, access_token).await
    }

    async fn access(&self, id: LoginId, access_token: Digest) -> Result<Option<Grant>, StoreError> {
        self.run_access(id, access_token).await
    }

    fn sessions(&self) -> &dyn SessionStore {
        self
    }

    fn requests(&self) -> &dyn RequestStore {
        self
    }

    async fn listen(&self, node: &NodeId, inbox: Arc<dyn Inbox>) -> Result<(), StoreError> {
        let subscription = Subscription {
            connections: self.connections.clone(),
            node: node.clone(),
            inbox,
            liveness: self.liveness.clone(),
            moved: self.fence.moved(),
        };
        let (first, listens) = oneshot::channel();
        self.tasks.lock().spawn(subscription.run(first));
        listens.await.unwrap_or(Err(StoreError::Timeout))
    }

    async fn announce(
        &self,
        announcement: &str,
        lifetime: Duration,
    ) -> Result<Announcements, StoreError> {
        announcements::announce(&self.connections, announcement, lifetime).await
    }

    async fn claim_schema(&self) -> Result<SchemaFound, StoreError> {
        self.run_claim_schema().await
    }

    async fn probe(&self) -> Vec<StoreFinding> {
        self.run_probe().await
    }

    async fn check(&self) -> Result<(), StoreError> {
        self.connections.check_slots().await?;
        let keys = if self.connections.is_one_server() {
            self.check_keys.get(..1).unwrap_or_default()
        } else {
            &self.check_keys
        };
        let checks = keys.iter().map(async |key| {
            let call = self.scripts.check.on(&**key).arg(CHECK_LIFETIME_MS);
            self.connections.run_at_once(&call).await
        });
        try_join_all(checks).await.map(drop)
    }

    fn inbox_is_live(&self) -> bool {
        self.liveness.is_live(inbox::DEAD_AFTER)
    }
}
