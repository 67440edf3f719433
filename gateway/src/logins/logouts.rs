//! Clients that are to be told of a session's end.

use std::sync::Arc;
use std::time::Duration;

use super::Logins;
use crate::error_chain::chain;
use crate::relying_parties::Client;
use crate::store::{Grant, KEEP_ENDED_SESSION, SessionRecord};

/// Time before an ended session is forgotten at which clients are given up: longer than the pause between two tries, so
/// that each is given up by a try and none is forgotten silently.
const GIVE_UP_BEFORE: Duration = Duration::from_secs(1800);

/// A client that is to be told of a session's end.
#[derive(Debug, Clone)]
pub(crate) struct UntoldClient<'a> {
    /// Its id.
    pub(crate) client_id: &'a str,
    /// The client by the settings of now. `None` if it is registered no more.
    pub(crate) client: Option<Arc<Client>>,
    /// The claims that it was given.
    pub(crate) grant: &'a Grant,
    /// Tries that have failed.
    pub(crate) failed_tries: u32,
    /// True if the time for tries is over.
    pub(crate) is_too_late: bool,
}

/// The result of a try to tell a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LogoutAttempt<'a> {
    /// The client was told, or is given up.
    Settled(&'a str),
    /// It is to be told again.
    Failed,
}

impl Logins {
    /// Takes sessions that have ended and whose clients are to be told now. Returns none while the store does not answer.
    pub(crate) async fn due_logouts(&self, lease: Duration, at_most: usize) -> Vec<SessionRecord> {
        if at_most == 0 {
            return Vec::new();
        }
        match self.store.sessions().due_logouts(lease, at_most).await {
            Ok(due) => due,
            Err(error) => {
                if let Some(left_out) = self.log_throttle.admit(("logout", "due")) {
                    tracing::warn!(error = %chain(&error), left_out, "could not look for logouts that are due");
                }
                Vec::new()
            }
        }
    }

    /// Returns once this node has ended a session.
    pub(crate) async fn logout_is_due(&self) {
        self.session_ended.notified().await;
    }

    /// Returns the clients of an ended session that are still to be told.
    pub(crate) fn untold_clients<'a>(&self, session: &'a SessionRecord) -> Vec<UntoldClient<'a>> {
        let ended_at = session.ended.map_or(session.now, |ended| ended.at);
        let last_try = ended_at.plus(KEEP_ENDED_SESSION.saturating_sub(GIVE_UP_BEFORE));
        let untold = session.clients.iter();
        untold
            .filter_map(|client| {
                let client_id = client.grant.client_id.as_str();
                Some(UntoldClient {
                    client_id,
                    client: self.clients.get(client_id),
                    grant: &client.grant,
                    failed_tries: client.untold?,
                    is_too_late: session.now >= last_try,
                })
            })
            .collect()
    }

    /// Notes the results of the tries. Without an answer of the store the lease runs out, and the clients are told again.
    pub(crate) async fn settle_logouts(
        &self,
        session: &SessionRecord,
        results: &[LogoutAttempt<'_>],
        again_in: Duration,
    ) {
        let settled = results.iter().filter_map(|result| match result {
            LogoutAttempt::Settled(client_id) => Some(*client_id),
            LogoutAttempt::Failed => None,
        });
        let settled: Vec<&str> = settled.collect();
        let noted = self
            .store
            .sessions()
            .settle_logouts(session.id, &settled, again_in);
        if let Err(error) = noted.await {
            tracing::warn!(error = %chain(&error), session_id = %session.id, "could not note whom a logout was told");
        }
    }
}
