//! A store that is right, and whose answers come when the test wants.

use std::sync::Arc;

use async_trait::async_trait;
use parking_lot::Mutex;
use saoma_protocol::{Digest, LoginId, UserCode};
use tokio::sync::oneshot;

use crate::store::{
    Applied, Attached, Attempt, CodeOrigin, Confirmation, Counted, DevicePoll, Grant, Inbox,
    LoginRecord, MemoryStore, NewLogin, NodeId, Opening, Polled, Redeemed, Redemption,
    RequestStore, ResumeAttempt, Scan, Scanned, SessionStore, Store, StoreError, StoredChange,
    Transition,
};

/// The memory store, with its answers in the test's hand.
#[derive(Debug)]
pub(super) struct ScriptedStore {
    memory: MemoryStore,
    script: Mutex<Script>,
}

#[derive(Debug, Default)]
struct Script {
    holds: bool,
    held: Vec<oneshot::Sender<()>>,
    reads_fail: bool,
    next_attach_is_lost: bool,
}

impl ScriptedStore {
    pub(super) fn start() -> Self {
        Self {
            memory: MemoryStore::start(),
            script: Mutex::default(),
        }
    }

    pub(super) fn hold_answers(&self, hold: bool) {
        self.script.lock().holds = hold;
    }

    pub(super) fn answer(&self, which: usize) {
        let mut script = self.script.lock();
        if which < script.held.len() {
            // Whoever asked may have gone.
            let _ = script.held.remove(which).send(());
        }
    }

    pub(super) fn fail_reads(&self, fail: bool) {
        self.script.lock().reads_fail = fail;
    }

    pub(super) fn lose_next_attach(&self) {
        self.script.lock().next_attach_is_lost = true;
    }

    /// Everything is answered, and at once.
    pub(super) fn heal(&self) {
        *self.script.lock() = Script::default();
    }

    /// Keeps back what is under way.
    async fn keep_back(&self) {
        let answered = {
            let mut script = self.script.lock();
            if !script.holds {
                return;
            }
            let (answer, answered) = oneshot::channel();
            script.held.push(answer);
            answered
        };
        // An end of the holding is an answer too.
        let _ = answered.await;
    }
}

#[async_trait]
impl Store for ScriptedStore {
    async fn give_back(&self, attempt: &Attempt<'_>) -> Result<(), StoreError> {
        self.memory.give_back(attempt).await
    }

    async fn take(&self, attempts: &[Attempt<'_>]) -> Result<Counted<()>, StoreError> {
        self.memory.take(attempts).await
    }

    async fn open(
        &self,
        attempts: &[Attempt<'_>],
        login: &NewLogin,
    ) -> Result<Counted<Opening>, StoreError> {
        self.memory.open(attempts, login).await
    }

    async fn attach(
        &self,
        attempts: &[Attempt<'_>],
        browser: &ResumeAttempt<'_>,
    ) -> Result<Counted<Attached>, StoreError> {
        // The question is under way as well as the answer.
        self.keep_back().await;
        let answer = self.memory.attach(attempts, browser).await;
        let lost = std::mem::take(&mut self.script.lock().next_attach_is_lost);
        self.keep_back().await;
        if lost {
            Err(StoreError::Timeout)
        } else {
            answer
        }
    }

    async fn changes_after(
        &self,
        waiters: &[(LoginId, u32)],
    ) -> Result<Vec<(LoginId, Vec<StoredChange>)>, StoreError> {
        let answer = self.memory.changes_after(waiters).await;
        let fails = self.script.lock().reads_fail;
        self.keep_back().await;
        if fails {
            Err(StoreError::unavailable("the test says so"))
        } else {
            answer
        }
    }

    async fn find_by_user_code(&self, code: UserCode) -> Result<Option<LoginId>, StoreError> {
        self.memory.find_by_user_code(code).await
    }

    async fn read(&self, id: LoginId) -> Result<Option<LoginRecord>, StoreError> {
        self.memory.read(id).await
    }

    async fn apply(&self, id: LoginId, transition: &Transition) -> Result<Applied, StoreError> {
        self.memory.apply(id, transition).await
    }

    async fn scan(
        &self,
        attempts: &[Attempt<'_>],
        id: LoginId,
        scan: &Scan,
    ) -> Result<Counted<Scanned>, StoreError> {
        self.memory.scan(attempts, id, scan).await
    }

    async fn confirm(
        &self,
        attempts: &[Attempt<'_>],
        id: LoginId,
        confirmation: &Confirmation,
    ) -> Result<Counted<Applied>, StoreError> {
        self.memory.confirm(attempts, id, confirmation).await
    }

    async fn redeem(
        &self,
        attempts: &[Attempt<'_>],
        id: LoginId,
        redemption: &Redemption<'_>,
    ) -> Result<Counted<Redeemed>, StoreError> {
        self.memory.redeem(attempts, id, redemption).await
    }

    async fn poll_device(&self, id: LoginId, poll: &DevicePoll<'_>) -> Result<Polled, StoreError> {
        self.memory.poll_device(id, poll).await
    }

    async fn undo_redemption(
        &self,
        id: LoginId,
        origin: CodeOrigin,
        access_token: Digest,
    ) -> Result<(), StoreError> {
        self.memory.undo_redemption(id, origin, access_token).await
    }

    fn sessions(&self) -> &dyn SessionStore {
        self.memory.sessions()
    }

    async fn access(&self, id: LoginId, access_token: Digest) -> Result<Option<Grant>, StoreError> {
        self.memory.access(id, access_token).await
    }

    fn requests(&self) -> &dyn RequestStore {
        self.memory.requests()
    }

    async fn listen(&self, node: &NodeId, inbox: Arc<dyn Inbox>) -> Result<(), StoreError> {
        self.memory.listen(node, inbox).await
    }

    async fn check(&self) -> Result<(), StoreError> {
        self.memory.check().await
    }

    fn inbox_is_live(&self) -> bool {
        self.memory.inbox_is_live()
    }
}
