//! Logins whose browser was told of changes that the store has lost since.

use saoma_protocol::{EventKind, Login, LoginId};

use super::Logins;
use crate::store::{Applied, Precondition, StoreError, Transition};

impl Logins {
    /// Ends a login whose browser has seen the change number `seen` and is about to be told that the login is gone, if the
    /// store knows less. Otherwise a phone could still scan and confirm it, and its person would see a success that
    /// reaches no browser. A login that has lost nothing stays as it is.
    ///
    /// # Errors
    /// The store does not answer. The browser must not be told then.
    pub(super) async fn end_if_lost(
        &self,
        id: LoginId,
        known: &Login,
        seen: u32,
    ) -> Result<(), StoreError> {
        if known.seq >= seen || known.state.name().is_settled() {
            return Ok(());
        }
        // The login's node has proved its browser before. A login that was confirmed meanwhile stays so.
        let cancel = Transition::Cancel {
            precondition: Precondition::None,
            reason: None,
        };
        if let Applied::Changed(_) = self.store.apply(id, &cancel).await? {
            self.metrics.login_changed(EventKind::Cancel);
            tracing::warn!(login_id = %id, seen, stored = known.seq, "ended a login: the store has lost changes that its browser was told");
        }
        Ok(())
    }
}
