//! The end of sessions at the provider.

use saoma_protocol::LoginId;

use super::Logins;
use crate::store::{EndReason, Ended, StoreError};

impl Logins {
    /// Ends a session, and wakes the task that tells its clients. A repeat ends nothing and wakes the task again.
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
        self.session_ended.notify_one();
        Ok(ended)
    }

    /// Counts a session that has ended before its time, and logs it for audits.
    pub(super) fn session_has_ended(&self, id: LoginId, reason: EndReason) {
        self.metrics.session_ended(reason);
        let reason = reason.as_str();
        tracing::info!(session_id = %id, reason, "a session at the provider has ended");
    }
}
