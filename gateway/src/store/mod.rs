//! Logins behind one trait, written as the login's verbs, with an implementation in memory and one in Redis.
//!
//! The stored state is the truth. A push to a node's [`Inbox`] is only a hint that it changed: the push may be lost, and
//! the node then reads the rest with [`Store::attach`] or [`Store::changes_after`].
//!
//! A session at the provider is what remains of a login for clients that need one: see [`SessionStore`].
//!
//! The store owns the clock: every instant in its answers is its own, so nodes need not agree on the time.

mod announcement;
mod attachment;
mod attempt;
mod change;
mod confirmation;
mod device_poll;
mod error;
mod inbox;
mod known_person;
mod memory;
mod metrics;
mod opening;
mod probe;
mod redemption;
mod redis;
mod refresh;
mod request_store;
mod schema;
mod session;
mod session_store;
mod transition;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use saoma_protocol::{Digest, LoginId, UserCode};

pub use self::announcement::Announcements;
pub use self::attachment::{Attached, Attachment, ResumeAttempt};
pub use self::attempt::{Attempt, Counted};
pub use self::change::{Change, StoredChange};
pub use self::confirmation::Confirmation;
pub use self::device_poll::{DevicePoll, DevicePolling, Polled, SLOW_DOWN_STEP};
pub use self::error::StoreError;
pub use self::inbox::{Inbox, InboxEvent, NodeId};
pub use self::known_person::{Agreement, KnownPerson, PersonTag};
pub use self::memory::MemoryStore;
pub use self::metrics::StoreMetrics;
pub use self::opening::{LoginRecord, LoginRequest, NewLogin, Opening};
pub use self::probe::StoreFinding;
pub use self::redemption::{
    CodeOrigin, Grant, PresentedVerifier, REDEEM_TRIES, Redeemed, Redemption,
};
#[cfg(any(test, fuzzing))]
pub(crate) use self::redis::inbox_push;
pub use self::redis::{
    AddressError, ConnectionSettings, Connections, RedisAddress, RedisStore, TlsAuthentication,
};
pub use self::refresh::{Refresh, Refreshed, RevokedToken};
pub use self::request_store::RequestStore;
pub use self::schema::{SCHEMA, SchemaFound};
pub use self::session::{
    EndReason, Ended, Family, FamilyId, KEEP_ENDED_SESSION, MAX_FAMILIES, NewFamily,
    SessionBeginning, SessionClient, SessionEnd, SessionJoin, SessionRecord, SessionTerms,
};
pub use self::session_store::SessionStore;
pub use self::transition::{Applied, Compare, Instants, Precondition, Scan, Scanned, Transition};
pub use crate::claims::{
    ClaimKind, Claims, ClaimsRequest, ClaimsRequestError, KNOWN_CLAIMS, KnownClaim, known_claim,
};

/// Time that an ended login is kept, for repeats and for browsers that come back late.
pub const KEEP_ENDED: Duration = Duration::from_secs(600);

/// Time that an ended login is kept if it was never scanned. It has told its browser nothing that could not be lost.
pub const KEEP_UNSCANNED: Duration = Duration::from_secs(60);

/// Logins, and the limits on attempts at them. Every method is one atomic step of at most one round trip.
///
/// A verb with `attempts` counts them first, in their order; an empty slice counts nothing. Where limits and logins may
/// be on different servers (a Redis Cluster), each attempt takes a round trip of its own before the verb's.
///
/// # Errors
/// Every method returns a [`StoreError`] if there was no answer. The caller may repeat it: events are idempotent.
#[async_trait]
pub trait Store: fmt::Debug + Send + Sync + 'static {
    /// Counts attempts, and does nothing else.
    async fn take(&self, attempts: &[Attempt<'_>]) -> Result<Counted<()>, StoreError>;

    /// Takes a counted attempt back.
    async fn give_back(&self, attempt: &Attempt<'_>) -> Result<(), StoreError>;

    /// Counts attempts, then opens a login in state `waiting`.
    async fn open(
        &self,
        attempts: &[Attempt<'_>],
        login: &NewLogin,
    ) -> Result<Counted<Opening>, StoreError>;

    /// Counts attempts, then moves a login's browser to its new node and reads the login, in one step. Tells the previous
    /// node, if it is another one.
    async fn attach(
        &self,
        attempts: &[Attempt<'_>],
        browser: &ResumeAttempt<'_>,
    ) -> Result<Counted<Attached>, StoreError>;

    /// Returns the changes of each login after the sequence number that its waiter knows.
    async fn changes_after(
        &self,
        waiters: &[(LoginId, u32)],
    ) -> Result<Vec<(LoginId, Vec<StoredChange>)>, StoreError>;

    /// Returns the login that a user code leads to, or led to until it was renewed: a [`Precondition`] tells the two
    /// apart.
    async fn find_by_user_code(&self, code: UserCode) -> Result<Option<LoginId>, StoreError>;

    /// Reads a login.
    async fn read(&self, id: LoginId) -> Result<Option<LoginRecord>, StoreError>;

    /// Applies an event, keeps the change for browsers that come back, and tells the node that holds the browser.
    async fn apply(&self, id: LoginId, transition: &Transition) -> Result<Applied, StoreError>;

    /// Counts attempts, then applies a scan. Returns the browser's request if this person owns the login.
    async fn scan(
        &self,
        attempts: &[Attempt<'_>],
        id: LoginId,
        scan: &Scan,
    ) -> Result<Counted<Scanned>, StoreError>;

    /// Counts attempts, then applies a confirm, joined with the browser's request.
    async fn confirm(
        &self,
        attempts: &[Attempt<'_>],
        id: LoginId,
        confirmation: &Confirmation,
    ) -> Result<Counted<Applied>, StoreError>;

    /// Counts attempts, then redeems a code for an access token. The same token again is the same redemption; another
    /// one is a replay, which ends the first.
    async fn redeem(
        &self,
        attempts: &[Attempt<'_>],
        id: LoginId,
        redemption: &Redemption<'_>,
    ) -> Result<Counted<Redeemed>, StoreError>;

    /// Answers a device's poll. One that comes too soon while the login is undecided lengthens the device's interval, which
    /// all nodes then hold it to.
    async fn poll_device(&self, id: LoginId, poll: &DevicePoll<'_>) -> Result<Polled, StoreError>;

    /// Undoes the redemption for this access token, so that the code can be redeemed again while its time lasts. Does
    /// nothing if the code's access token is another one.
    async fn undo_redemption(
        &self,
        id: LoginId,
        origin: CodeOrigin,
        access_token: Digest,
    ) -> Result<(), StoreError>;

    /// Returns the grant behind an access token while the token is good. A session's end ends its access tokens.
    async fn access(&self, id: LoginId, access_token: Digest) -> Result<Option<Grant>, StoreError>;

    /// Returns the requests that clients have sent ahead of a login, and the names that they have used.
    fn requests(&self) -> &dyn RequestStore;

    /// Returns the sessions at the provider.
    fn sessions(&self) -> &dyn SessionStore;

    /// Starts to listen to `node`'s inbox, until the store is dropped.
    ///
    /// Returns once it listens for the first time, so that a node takes no browser whose changes it would miss.
    async fn listen(&self, node: &NodeId, inbox: Arc<dyn Inbox>) -> Result<(), StoreError>;

    /// Announces this node to the others on the store. Returns the announcements of the last `lifetime`, oldest first,
    /// this one included. A store that no other node reaches returns none.
    async fn announce(
        &self,
        announcement: &str,
        lifetime: Duration,
    ) -> Result<Announcements, StoreError> {
        let _ = (announcement, lifetime);
        Ok(Announcements::default())
    }

    /// Notes the version of what this node writes, unless a newer one is noted. A store that does not outlive the process has
    /// no other version.
    async fn claim_schema(&self) -> Result<SchemaFound, StoreError> {
        Ok(SchemaFound::Understood)
    }

    /// Tries everything that a login needs, on keys that are thrown away, and returns all that is wrong.
    async fn probe(&self) -> Vec<StoreFinding> {
        Vec::new()
    }

    /// Returns successfully if the store takes what a login writes.
    async fn check(&self) -> Result<(), StoreError>;

    /// Returns true if the inbox has received something lately.
    fn inbox_is_live(&self) -> bool;
}
