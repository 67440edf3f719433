//! The end of sessions at the provider.

use saoma_protocol::LoginId;

use super::Logins;
use crate::store::{EndReason, Ended, StoreError};

impl Logins {
    /// Ends a session, and wakes the task that tells its clients. A repeat ends nothing.
    ///
    /// # Errors
    /// The store does not answer.
    pub(crate) async fn end_session(
        &self,
        id: LoginId,
        reason: EndReason,
    ) -> Result<Ended, StoreError> {
        let ended = self.store.sessions().end_session(id, reason).await?;
        if ended == Ended::Now {
            self.session_has_ended(id, reason);
        }
        Ok(ended)
    }

    /// Counts a session that the store has ended before its time, logs it for audits, and wakes the task that tells its
    /// clients.
    pub(super) fn session_has_ended(&self, id: LoginId, reason: EndReason) {
        self.metrics.session_ended(reason);
        self.session_ended.notify_one();
        let reason = reason.as_str();
        tracing::info!(session_id = %id, reason, "a session at the provider has ended");
    }
}
