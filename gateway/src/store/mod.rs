//! Where logins live: one trait, written as the login's verbs, with an implementation in memory and one in Redis.
//!
//! The stored state is the truth. A push to a node's [`Inbox`] is only a hint that it changed: it may be lost, and
//! whoever waits reads the rest with [`Store::attach`] or [`Store::changes_after`].
//!
//! The store owns the clock: every instant in its answers is its own, so nodes need not agree on the time.

mod attachment;
mod attempt;
mod confirmation;
mod memory;
mod metrics;
mod opening;
mod redis;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use saoma_protocol::{
    CodeChallenge, Digest, Event, Identity, Login, LoginId, PersonId, Refusal, RejectReason,
    ScanCode, Timestamp, UserCode,
};
use serde::{Deserialize, Serialize};

pub use self::attachment::{Attached, Attachment, Return};
pub use self::attempt::{Attempt, Counted, Toll};
pub use self::confirmation::Confirmation;
pub use self::memory::MemoryStore;
pub use self::metrics::StoreMetrics;
pub use self::opening::{LoginRequest, NewLogin, Opening};
#[cfg(any(test, fuzzing))]
pub(crate) use self::redis::inbox_push;
pub use self::redis::{
    AddressError, ConnectionSettings, Connections, RedisAddress, RedisStore, Script,
};

/// One gateway process, as the store knows it: the name of its inbox.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct NodeId(String);

impl NodeId {
    /// A node of this name: unique among the processes on one store.
    pub fn new(name: impl Into<String>) -> Self {
        Self(name.into())
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A login as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoginRecord {
    /// State, sequence number and time limit.
    pub login: Login,
    /// What the browser asked for.
    pub request: LoginRequest,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// Until when its code is renewed.
    pub closes_at: Timestamp,
    /// The store's clock at this reading.
    pub now: Timestamp,
}

/// What a browser is told of one change. Time limits are in the [`StoredChange`] around it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "change", rename_all = "snake_case")]
pub enum Change {
    /// The code was replaced.
    Renewed {
        /// What the new QR code holds.
        scan_code: ScanCode,
        /// What may be typed instead.
        user_code: UserCode,
    },
    /// A person has scanned.
    Scanned {
        /// The masked name.
        person: String,
    },
    /// The person has confirmed.
    Confirmed {
        /// Where the browser goes. Holds the authorization code: never log it.
        redirect_to: String,
    },
    /// The login was declined.
    Rejected {
        /// By whom.
        reason: RejectReason,
    },
    /// The browser gave up.
    Cancelled,
    /// Time ran out.
    Expired,
}

impl fmt::Debug for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Renewed { .. } => "Renewed",
            Self::Scanned { .. } => "Scanned",
            Self::Confirmed { .. } => "Confirmed",
            Self::Rejected { .. } => "Rejected",
            Self::Cancelled => "Cancelled",
            Self::Expired => "Expired",
        })
    }
}

/// A change with its place in the login's history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredChange {
    /// Its sequence number.
    pub seq: u32,
    /// When it happened.
    pub at: Timestamp,
    /// The time limit of the state that it led to.
    pub expires_at: Timestamp,
    /// What happened.
    #[serde(flatten)]
    pub change: Change,
}

/// What beside the event's own guard must hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// Nothing: the caller has proved itself already.
    Held,
    /// This is the login's current scan code. Not asked of a repeat.
    ScanCode(ScanCode),
    /// This is the login's current user code. Not asked of a repeat.
    UserCode(UserCode),
    /// This is the digest of the login's receive key.
    ReceiveKey(Digest),
    /// Nothing has happened since this sequence number.
    Seq(u32),
}

/// An event on its way into the store: applied whole, under the event's guard, or not at all.
#[derive(Debug, Clone)]
pub struct Transition {
    /// What happens. Never [`Event::Redeem`], which has [`Store::redeem`].
    pub event: Event,
    /// What must hold beside the guard.
    pub proof: Proof,
    /// What the browser is told.
    pub change: Change,
    /// How long the next state lives.
    pub lifetime: Duration,
    /// What a relying party gets for the code; with [`Event::Confirm`] only.
    pub grant: Option<(Digest, Grant)>,
}

/// An answer to [`Store::apply`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Applied {
    /// The login has changed; its browser's node has been told.
    Changed(Instants),
    /// The event had been applied before: the first answer holds.
    Repeated(Instants),
    /// The state machine refuses.
    Refused(Refusal),
    /// No such login, or the [`Proof`] does not hold.
    Unknown,
}

/// What a scan finds out about the login that it claims.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// What the browser asked for.
    pub request: LoginRequest,
    /// When.
    pub opened_at: Timestamp,
}

/// The instants of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Instants {
    /// The store's clock.
    pub now: Timestamp,
    /// The time limit of the state that holds.
    pub expires_at: Timestamp,
}

/// What an authorization code stands for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// The relying party that may redeem it.
    pub client_id: String,
    /// The redirect URI that it must repeat (RFC 6749 §4.1.3).
    pub redirect_uri: String,
    /// What its verifier must match.
    pub code_challenge: CodeChallenge,
    /// Goes into the ID token.
    pub nonce: Option<String>,
    /// What was asked for.
    pub scope: String,
    /// Who logs in.
    pub person: PersonId,
    /// The person's name.
    pub name: String,
    /// As what.
    pub identity: Identity,
    /// When the person confirmed, in Unix seconds.
    pub auth_time: u64,
}

/// An answer to [`Store::redeem`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Redemption {
    /// The first and only one: the access token is good from now.
    Redeemed,
    /// The code was redeemed before: the access token of then is ended (RFC 6749 §4.1.2).
    Replayed,
    /// No such code, or its time is up, or it was ended by failed tries.
    Invalid,
}

/// A message to a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InboxEvent {
    /// A login whose browser this node holds has changed.
    Changed {
        /// The login.
        login_id: LoginId,
        /// What happened.
        change: StoredChange,
    },
    /// A browser has attached elsewhere.
    Superseded {
        /// The login.
        login_id: LoginId,
        /// The number of the attachment that holds now.
        number: u64,
    },
    /// The inbox listens, for the first time or again: what was sent before may be lost, so every waiter is re-read.
    Listening,
}

/// The receiving end of a node's inbox. Called in order; must not block.
pub trait Inbox: fmt::Debug + Send + Sync + 'static {
    /// Takes one event.
    fn deliver(&self, event: InboxEvent);
}

/// Why the store did not answer.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// It cannot be reached. Whether the command took effect is not known.
    #[error("the store cannot be reached: {0}")]
    Unavailable(String),
    /// It did not answer in time. Whether the command took effect is not known.
    #[error("the store did not answer in time")]
    Timeout,
    /// It answers, and too many commands are under way and wait. This one was not sent.
    #[error("the store is busy: too many commands wait for it")]
    Busy,
    /// It answered what this version does not understand.
    #[error("the store holds what this version does not understand: {0}")]
    Corrupt(String),
}

impl StoreError {
    /// What to tell whoever wanted something of the store.
    pub(crate) const fn advice(&self) -> &'static str {
        match self {
            Self::Busy => "too many want something at once: try again shortly",
            Self::Unavailable(_) | Self::Timeout | Self::Corrupt(_) => {
                "the store of logins is down: try again shortly"
            }
        }
    }
}

/// How long an ended login is kept, for repeats and for browsers that come back late.
pub const KEEP_ENDED: Duration = Duration::from_secs(600);

/// Wrong tries after which an authorization code is dead.
pub const REDEEM_TRIES: u32 = 3;

/// Where logins live. Every method is one atomic step, at most one round trip; those that count an [`Attempt`] take one
/// more for each limit where the store cannot count it in the same one, and what the attempt is at comes last.
///
/// # Errors
/// Every method gives [`StoreError`] when there was no answer. A caller may repeat it: events are idempotent.
#[async_trait]
pub trait Store: fmt::Debug + Send + Sync + 'static {
    /// Opens a login in state `waiting`.
    async fn open(&self, login: &NewLogin) -> Result<Opening, StoreError>;

    /// Counts an attempt, and opens a login as [`Store::open`] does.
    async fn open_counted(
        &self,
        attempt: &Attempt<'_>,
        login: &NewLogin,
    ) -> Result<Counted<Opening>, StoreError> {
        attempt.before(self.open(login)).await
    }

    /// Moves a login's browser to its new node and reads the login, in one step. Tells the node that held it before,
    /// when it is another.
    async fn attach(&self, browser: &Return<'_>) -> Result<Attached, StoreError>;

    /// What happened to each login after the sequence number that its waiter knows.
    async fn changes_after(
        &self,
        waiters: &[(LoginId, u32)],
    ) -> Result<Vec<(LoginId, Vec<StoredChange>)>, StoreError>;

    /// The login that a user code leads to, or led to until it was renewed: whether it still does is for the
    /// [`Proof`] to say.
    async fn find_by_user_code(&self, code: UserCode) -> Result<Option<LoginId>, StoreError>;

    /// Reads a login.
    async fn read(&self, id: LoginId) -> Result<Option<LoginRecord>, StoreError>;

    /// Applies an event, keeps the change for browsers that come back, and tells the node that holds the browser.
    async fn apply(&self, id: LoginId, transition: &Transition) -> Result<Applied, StoreError>;

    /// Counts an attempt, unless that has been done, and applies a scan. Says what was asked for where it is claimed, now or
    /// before.
    async fn scan(
        &self,
        attempt: Option<&Attempt<'_>>,
        id: LoginId,
        scan: &Transition,
    ) -> Result<Counted<(Applied, Option<Asked>)>, StoreError> {
        let scanned = async {
            let Some(LoginRecord {
                request, opened_at, ..
            }) = self.read(id).await?
            else {
                return Ok((Applied::Unknown, None));
            };
            Ok((
                self.apply(id, scan).await?,
                Some(Asked { request, opened_at }),
            ))
        };
        match attempt {
            Some(attempt) => attempt.before(scanned).await,
            None => scanned.await.map(Counted::Done),
        }
    }

    /// Counts an attempt, and applies a confirm.
    async fn confirm(
        &self,
        attempt: &Attempt<'_>,
        id: LoginId,
        confirmation: &Confirmation,
    ) -> Result<Counted<Applied>, StoreError> {
        let confirmed = async {
            match self.read(id).await? {
                Some(record) => {
                    self.apply(id, &confirmation.transition(record.request, record.now))
                        .await
                }
                None => Ok(Applied::Unknown),
            }
        };
        attempt.before(confirmed).await
    }

    /// What an authorization code stands for, redeemed or not; `None` for any other code.
    async fn grant(&self, id: LoginId, code: Digest) -> Result<Option<Grant>, StoreError>;

    /// Counts an attempt, and reads what a code stands for as [`Store::grant`] does.
    async fn grant_counted(
        &self,
        attempt: &Attempt<'_>,
        id: LoginId,
        code: Digest,
    ) -> Result<Counted<Option<Grant>>, StoreError> {
        attempt.before(self.grant(id, code)).await
    }

    /// Redeems a code for an access token that lives for `lifetime`. The same token again is the same redemption; another
    /// is a replay, which ends the first.
    async fn redeem(
        &self,
        id: LoginId,
        code: Digest,
        access_token: Digest,
        lifetime: Duration,
    ) -> Result<Redemption, StoreError>;

    /// Counts a failed try at a code; the [`REDEEM_TRIES`]th ends it.
    async fn count_failed_redemption(&self, id: LoginId) -> Result<(), StoreError>;

    /// What an access token stands for while it is good.
    async fn access(&self, id: LoginId, access_token: Digest) -> Result<Option<Grant>, StoreError>;

    /// Starts to listen to `node`'s inbox, until the store is dropped.
    ///
    /// Returns once it listens for the first time, so that a node takes no browser that it cannot hear of.
    async fn listen(&self, node: &NodeId, inbox: Arc<dyn Inbox>) -> Result<(), StoreError>;

    /// Whether commands are answered.
    async fn check(&self) -> Result<(), StoreError>;

    /// Whether the inbox has been heard of lately.
    fn inbox_is_live(&self) -> bool;
}
