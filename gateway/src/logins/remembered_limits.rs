//! A store that is not asked while an earlier refusal of it lasts.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use saoma_protocol::{Digest, LoginId, UserCode};

use crate::limits::{RememberedRefusals, Verdict};
use crate::metrics::Metrics;
use crate::store::{
    Announcements, Applied, Attached, Attempt, CodeOrigin, Confirmation, Counted, DevicePoll,
    Grant, Inbox, LoginRecord, NewLogin, NodeId, Opening, Polled, Redeemed, Redemption,
    RequestStore, ResumeAttempt, Scan, Scanned, SessionStore, Store, StoreError, StoredChange,
    Transition,
};

/// A store whose refusals of attempts this node remembers until their `retry_after`.
#[derive(Debug)]
pub(super) struct RememberedLimits {
    store: Arc<dyn Store>,
    refusals: Arc<RememberedRefusals>,
    metrics: Arc<Metrics>,
}

impl RememberedLimits {
    /// Creates a memory in front of a store.
    pub(super) fn new(
        store: Arc<dyn Store>,
        refusals: Arc<RememberedRefusals>,
        metrics: Arc<Metrics>,
    ) -> Self {
        Self {
            store,
            refusals,
            metrics,
        }
    }

    /// Returns the refusal that still lasts for one of the attempts. None of them is counted then.
    fn remembered<T>(&self, attempts: &[Attempt<'_>]) -> Option<Counted<T>> {
        attempts.iter().find_map(|attempt| {
            let limit = attempt.limit;
            match self.refusals.verdict(limit, attempt.key) {
                Verdict::Allowed => None,
                Verdict::Limited { retry_after } => {
                    self.metrics.limit_remembered(limit);
                    Some(Counted::Limited { limit, retry_after })
                }
            }
        })
    }

    /// Remembers the refusal in an answer, if it is one.
    fn remember<T>(&self, attempts: &[Attempt<'_>], answer: &Counted<T>) {
        if let Counted::Limited { limit, retry_after } = *answer {
            for attempt in attempts.iter().filter(|attempt| attempt.limit == limit) {
                self.refusals
                    .remember(limit, attempt.key, Verdict::Limited { retry_after });
            }
        }
    }
}

/// Returns the remembered refusal of the attempts, else asks the store and remembers its refusal.
macro_rules! unless_remembered {
    ($self:ident, $attempts:ident, $asked:expr) => {{
        if let Some(refusal) = $self.remembered($attempts) {
            return Ok(refusal);
        }
        let answer = $asked.await?;
        $self.remember($attempts, &answer);
        Ok(answer)
    }};
}

#[async_trait]
impl Store for RememberedLimits {
    async fn take(&self, attempts: &[Attempt<'_>]) -> Result<Counted<()>, StoreError> {
        unless_remembered!(self, attempts, self.store.take(attempts))
    }

    async fn give_back(&self, attempt: &Attempt<'_>) -> Result<(), StoreError> {
        self.store.give_back(attempt).await
    }

    async fn open(
        &self,
        attempts: &[Attempt<'_>],
        login: &NewLogin,
    ) -> Result<Counted<Opening>, StoreError> {
        unless_remembered!(self, attempts, self.store.open(attempts, login))
    }

    async fn attach(
        &self,
        attempts: &[Attempt<'_>],
        browser: &ResumeAttempt<'_>,
    ) -> Result<Counted<Attached>, StoreError> {
        unless_remembered!(self, attempts, self.store.attach(attempts, browser))
    }

    async fn changes_after(
        &self,
        waiters: &[(LoginId, u32)],
    ) -> Result<Vec<(LoginId, Vec<StoredChange>)>, StoreError> {
        self.store.changes_after(waiters).await
    }

    async fn find_by_user_code(&self, code: UserCode) -> Result<Option<LoginId>, StoreError> {
        self.store.find_by_user_code(code).await
    }

    async fn read(&self, id: LoginId) -> Result<Option<LoginRecord>, StoreError> {
        self.store.read(id).await
    }

    async fn apply(&self, id: LoginId, transition: &Transition) -> Result<Applied, StoreError> {
        self.store.apply(id, transition).await
    }

    async fn scan(
        &self,
        attempts: &[Attempt<'_>],
        id: LoginId,
        scan: &Scan,
    ) -> Result<Counted<Scanned>, StoreError> {
        unless_remembered!(self, attempts, self.store.scan(attempts, id, scan))
    }

    async fn confirm(
        &self,
        attempts: &[Attempt<'_>],
        id: LoginId,
        confirmation: &Confirmation,
    ) -> Result<Counted<Applied>, StoreError> {
        unless_remembered!(
            self,
            attempts,
            self.store.confirm(attempts, id, confirmation)
        )
    }

    async fn redeem(
        &self,
        attempts: &[Attempt<'_>],
        id: LoginId,
        redemption: &Redemption<'_>,
    ) -> Result<Counted<Redeemed>, StoreError> {
        unless_remembered!(self, attempts, self.store.redeem(attempts, id, redemption))
    }

    async fn poll_device(&self, id: LoginId, poll: &DevicePoll<'_>) -> Result<Polled, StoreError> {
        self.store.poll_device(id, poll).await
    }

    async fn undo_redemption(
        &self,
        id: LoginId,
        origin: CodeOrigin,
        access_token: Digest,
    ) -> Result<(), StoreError> {
        self.store.undo_redemption(id, origin, access_token).await
    }

    fn sessions(&self) -> &dyn SessionStore {
        self.store.sessions()
    }

    async fn access(&self, id: LoginId, access_token: Digest) -> Result<Option<Grant>, StoreError> {
        self.store.access(id, access_token).await
    }

    fn requests(&self) -> &dyn RequestStore {
        self.store.requests()
    }

    async fn listen(&self, node: &NodeId, inbox: Arc<dyn Inbox>) -> Result<(), StoreError> {
        self.store.listen(node, inbox).await
    }

    async fn announce(
        &self,
        announcement: &str,
        lifetime: Duration,
    ) -> Result<Announcements, StoreError> {
        self.store.announce(announcement, lifetime).await
    }

    async fn check(&self) -> Result<(), StoreError> {
        self.store.check().await
    }

    fn inbox_is_live(&self) -> bool {
        self.store.inbox_is_live()
    }
}
