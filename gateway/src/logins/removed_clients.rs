//! Ends of the logins whose client was removed while they were going on.

use std::sync::Arc;

use futures_util::future::join_all;
use saoma_protocol::{CloseCode, ErrorCode, LoginId};

use super::Logins;
use crate::error::ApiError;
use crate::error_chain::chain;
use crate::relying_parties::Clients;
use crate::store::{Precondition, Transition};
use crate::waiting::waiter::{Phase, Waiter};

/// Logins that are read at once.
const BATCH: usize = 64;

impl Logins {
    /// Ends the logins that browsers hold here and whose client was removed, in a task of its own. The store is asked about
    /// each login once, as by the sweep.
    pub(crate) fn end_logins_of_removed_clients(self: &Arc<Self>) {
        let logins = Arc::clone(self);
        self.inbox.tasks.spawn(async move {
            let (clients, holders) = (logins.clients(), logins.waiters.holders());
            let mut ended = 0;
            for batch in holders.chunks(BATCH) {
                let looks = batch
                    .iter()
                    .map(|waiter| logins.end_if_removed(&clients, waiter));
                let found = join_all(looks).await.into_iter();
                ended += found.filter(|has_ended| *has_ended).count();
            }
            tracing::info!(ended, "ended the logins of removed clients");
        });
    }

    /// Ends a login whose client was removed, and returns true if so. A login that cannot be read now ends at the scan, or by
    /// its time limit.
    async fn end_if_removed(&self, clients: &Clients, waiter: &Waiter) -> bool {
        if waiter.deadline().phase == Phase::Settled {
            return false;
        }
        let id = waiter.login_id();
        let is_removed = match self.store.read(id).await {
            Ok(record) => {
                record.is_some_and(|record| clients.has_removed(&record.request.client_id))
            }
            Err(error) => {
                if let Some(left_out) = self.log_throttle.admit(("removed_client", "store")) {
                    tracing::warn!(error = %chain(&error), left_out, "could not read a login whose client may be removed");
                }
                false
            }
        };
        if is_removed {
            // Before the browser hears that the login is cancelled: the close says why.
            waiter.close(CloseCode::Refused);
            self.cancel_removed(id).await;
        }
        is_removed
    }

    /// Returns the error for the phone if the client of the login was removed, and ends the login.
    pub(super) async fn refuse_removed(&self, id: LoginId, client_id: &str) -> Option<ApiError> {
        if !self.clients().has_removed(client_id) {
            return None;
        }
        self.cancel_removed(id).await;
        Some(ApiError::new(
            ErrorCode::UnknownCode,
            "the site that showed this code is not registered any more: nobody can log in there",
        ))
    }

    async fn cancel_removed(&self, id: LoginId) {
        let cancel = Transition::Cancel {
            precondition: Precondition::None,
            reason: None,
        };
        // A login that is decided already cannot be redeemed, because its client cannot prove itself.
        if let Err(error) = self.apply_for_browser(id, &cancel).await {
            tracing::debug!(error = %chain(&error), login_id = %id, "could not cancel a login");
        }
    }
}
