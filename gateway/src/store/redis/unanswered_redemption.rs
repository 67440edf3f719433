//! Redemptions whose answer the client does not get.

use std::sync::Arc;
use std::time::Duration;

use saoma_protocol::{Digest, EventKind, LoginId};
use tokio::runtime::Handle;
use tokio::time::{Instant, sleep, sleep_until};

use super::RedisStore;
use super::arguments::millis;
use super::keys::Keys;
use super::script::Call;
use super::scripts::Scripts;
use crate::store::{CodeOrigin, KEEP_ENDED, StoreError};

/// Time for which a redemption is undone whose answer was withheld or lost: longer than a failover.
const GIVE_BACK_WITHIN: Duration = Duration::from_secs(30);

/// Pause between two tries.
const GIVE_BACK_AGAIN_AFTER: Duration = Duration::from_millis(100);

/// A redemption that has no answer yet. If it gets none, it is undone, so that the client's repeat redeems the code and is
/// not taken for a replay: also if its caller is gone, as after a client that has closed its connection.
pub(super) struct UnansweredRedemption<'a> {
    store: &'a RedisStore,
    id: LoginId,
    origin: CodeOrigin,
    access_token: Digest,
    is_to_be_undone: bool,
}

impl UnansweredRedemption<'_> {
    /// Takes the answer.
    pub(super) async fn settle<T>(&mut self, answer: &Result<T, StoreError>) {
        self.is_to_be_undone = match answer {
            // Nothing was sent.
            Ok(_) | Err(StoreError::Busy) => false,
            // The master answers, and its replicas are late.
            Err(StoreError::Unreplicated) => {
                let undone =
                    self.store
                        .run_undo_redemption(self.id, self.origin, self.access_token);
                undone.await.is_err()
            }
            Err(_) => true,
        };
    }
}

impl Drop for UnansweredRedemption<'_> {
    /// The server may have redeemed the code in time, and after a failover the next master may have that redemption, so
    /// this is tried until one answers.
    fn drop(&mut self) {
        let Ok(runtime) = Handle::try_current() else {
            return;
        };
        if !self.is_to_be_undone {
            return;
        }
        let (id, origin, access_token) = (self.id, self.origin, self.access_token);
        let connections = self.store.connections.clone();
        let (scripts, keys) = (Arc::clone(&self.store.scripts), self.store.keys.clone());
        let undoing = async move {
            // Until its deadline the redemption may still be on its way, on another connection than what undoes it.
            let executed_by = Instant::now() + connections.timeout();
            let until = executed_by + GIVE_BACK_WITHIN;
            while Instant::now() < until {
                let call = undo_redemption(&scripts, &keys, id, origin, access_token);
                match connections.run::<()>(&call).await {
                    Ok(()) if Instant::now() >= executed_by => return,
                    Ok(()) => sleep_until(executed_by).await,
                    Err(_) => sleep(GIVE_BACK_AGAIN_AFTER).await,
                }
            }
            tracing::warn!(login_id = %id, "could not give a code back");
        };
        let mut tasks = self.store.tasks.lock();
        while tasks.try_join_next().is_some() {}
        tasks.spawn_on(undoing, &runtime);
    }
}

impl RedisStore {
    pub(super) const fn unanswered_redemption(
        &self,
        id: LoginId,
        origin: CodeOrigin,
        access_token: Digest,
    ) -> UnansweredRedemption<'_> {
        UnansweredRedemption {
            store: self,
            id,
            origin,
            access_token,
            is_to_be_undone: true,
        }
    }

    pub(super) async fn run_undo_redemption(
        &self,
        id: LoginId,
        origin: CodeOrigin,
        access_token: Digest,
    ) -> Result<(), StoreError> {
        let call = undo_redemption(&self.scripts, &self.keys, id, origin, access_token);
        self.connections.run(&call).await
    }
}

fn undo_redemption<'a>(
    scripts: &'a Scripts,
    keys: &Keys,
    id: LoginId,
    origin: CodeOrigin,
    access_token: Digest,
) -> Call<'a> {
    let guard = EventKind::Redeem.guard();
    let before = guard.from.first().map_or("", |state| state.as_str());
    let call = scripts.undo_redemption.on(keys.code(id, origin));
    call.arg(access_token.to_string())
        .arg(before)
        .arg(guard.to.as_str())
        .arg(millis(KEEP_ENDED))
}
