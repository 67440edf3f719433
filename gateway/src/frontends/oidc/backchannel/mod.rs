//! Back-channel logout (OpenID Connect Back-Channel Logout 1.0): clients are told of a session's end by the gateway itself.
//!
//! The store keeps the ended sessions whose clients are still to be told. A node takes some that are due for the time of a
//! lease, tells their clients, and notes the result. If it dies meanwhile, the lease runs out and another node tells them:
//! a client hears of a logout at least once, and recognises a repeat by its `jti`.

mod client_pauses;
mod logout_token;

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

use self::client_pauses::ClientPauses;
use self::logout_token::LogoutTokenClaims;
use super::Provider;
use super::keys::TokenError;
use crate::error_chain::chain;
use crate::logins::{Grant, LogoutAttempt, SessionRecord, UntoldClient};
use crate::metrics::{BackendCall, CallResult, LogoutDelivery};
use crate::relying_parties::Client;
use crate::wall_clock;

/// Time of one request, the answer's head included.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(5);

/// Time of one try to tell a client: a turn at it, the signature of the token and the request. The clients of a session are
/// told at the same time.
const TRY_TIMEOUT: Duration = Duration::from_secs(10);

/// Time for which a node keeps a session that it has taken. Beside the try, the session is read and the result is noted in
/// it, and both may wait for a store that changes its master: by default up to 5 s each.
const LEASE: Duration = Duration::from_secs(20);

/// Interval at which a node looks for sessions that are due. The node that has ended one looks at once.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Sessions that a node has taken at a time.
const MAX_SESSIONS: usize = 128;

/// Pause after the first failed try. It doubles with each, up to the longest.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(600);

/// Reasons for a client not to have been told.
#[derive(Debug, thiserror::Error)]
enum DeliveryError {
    #[error("the client has failed before and has a pause, or answers too slowly")]
    Paused,
    #[error("the client was not told within {} s", TRY_TIMEOUT.as_secs())]
    TooSlow,
    #[error("the logout token cannot be signed")]
    Sign(#[source] TokenError),
    #[error("the request failed")]
    Http(#[source] reqwest::Error),
    #[error("expected status 200, found {0}")]
    Status(http::StatusCode),
}

/// Tells clients of ended sessions: one task of each node.
#[derive(Debug)]
pub(crate) struct LogoutDeliveries {
    provider: Provider,
    http: reqwest::Client,
    pauses: ClientPauses,
}

impl LogoutDeliveries {
    /// Creates the task of a node.
    ///
    /// # Errors
    /// Returns an error if no HTTP client can be made on this machine.
    pub(crate) fn new(provider: Provider) -> Result<Self, reqwest::Error> {
        // Addresses are those of the settings. A redirect would let a client send the gateway anywhere in its network.
        let http = reqwest::Client::builder()
            .timeout(REQUEST_TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        Ok(Self {
            provider,
            http,
            pauses: ClientPauses::default(),
        })
    }

    /// Runs until it is dropped. Deliveries that are under way end with it, and their leases run out.
    pub(crate) async fn run(self) {
        let logins = Arc::clone(&self.provider.logins);
        let deliveries = Arc::new(self);
        let mut tasks = JoinSet::new();
        loop {
            // Without such a client no session waits, and the store is not asked. Clients may change while the node runs.
            let room = match logins.clients().have_logout_endpoints() {
                true => MAX_SESSIONS - tasks.len(),
                false => 0,
            };
            for session in logins.due_logouts(LEASE, room).await {
                let deliveries = Arc::clone(&deliveries);
                tasks.spawn(async move { deliveries.tell_clients(&session).await });
            }
            tokio::select! {
                () = logins.logout_is_due() => {}
                () = sleep(LOOK_EVERY) => {}
                // A full node takes more as soon as it has room.
                _ = tasks.join_next(), if tasks.len() >= MAX_SESSIONS => {}
            }
            while tasks.try_join_next().is_some() {}
        }
    }

    /// Tells all clients of one session, and notes the result.
    async fn tell_clients(&self, session: &SessionRecord) {
        let untold = self.provider.logins.untold_clients(session);
        let tries = untold.iter().map(|client| self.tell(session, client));
        let results = join_all(tries).await;
        let again_in = untold.iter().map(|client| pause_after(client.failed_tries));
        self.provider
            .logins
            .settle_logouts(session, &results, again_in.min().unwrap_or(FIRST_PAUSE))
            .await;
    }

    async fn tell<'a>(
        &self,
        session: &SessionRecord,
        untold: &UntoldClient<'a>,
    ) -> LogoutAttempt<'a> {
        let client_id = untold.client_id;
        let client = untold.client.as_deref().filter(|_| !untold.is_too_late);
        let endpoint = client.and_then(|client| Some((client, client.backchannel_logout_uri()?)));
        let Some((client, uri)) = endpoint else {
            tracing::warn!(session_id = %session.id, client_id, "gave up telling a client of a logout");
            self.count(LogoutDelivery::GivenUp);
            return LogoutAttempt::Settled(client_id);
        };
        let try_to_tell = self.try_to_tell(session, untold.grant, client, uri);
        let told = timeout(TRY_TIMEOUT, try_to_tell).await;
        if told.is_err() {
            let metrics = self.provider.logins.metrics().backends();
            metrics.ended(BackendCall::Logout, CallResult::Failed, TRY_TIMEOUT);
        }
        match told.unwrap_or(Err(DeliveryError::TooSlow)) {
            Ok(()) => {
                self.count(LogoutDelivery::Delivered);
                LogoutAttempt::Settled(client_id)
            }
            Err(error) => {
                self.count(LogoutDelivery::Failed);
                let throttle = self.provider.logins.log_throttle();
                if let Some(left_out) = throttle.admit(("logout", "not_delivered")) {
                    tracing::warn!(client_id, error = %chain(&error), left_out, "could not tell a client of a logout");
                }
                LogoutAttempt::Failed
            }
        }
    }

    async fn try_to_tell(
        &self,
        session: &SessionRecord,
        grant: &Grant,
        client: &Client,
        uri: &str,
    ) -> Result<(), DeliveryError> {
        let client_id = client.id.as_str();
        let turn = self.pauses.turn(client_id).await;
        let _turn = turn.ok_or(DeliveryError::Paused)?;
        let now = wall_clock::since_epoch().as_secs();
        let issuer = &self.provider.issuer;
        let subject = self.provider.subject(client, grant);
        let claims = LogoutTokenClaims::new(issuer, &subject, client_id, session.id, now);
        let algorithm = client.id_token_algorithm().as_str();
        let keys = self.provider.keys.current();
        let token = keys.sign(algorithm, logout_token::TYPE, &claims).await;
        let token = token.map_err(DeliveryError::Sign)?;
        let answer = self.http.post(uri).form(&[("logout_token", token)]);
        // The body is not read: the status says everything.
        let begun = Instant::now();
        let answer = answer.send().await.map_err(reqwest::Error::without_url);
        let (result, counted) = match answer {
            Ok(answer) if answer.status().is_success() => (Ok(()), CallResult::Ok),
            Ok(answer) => {
                let refused = DeliveryError::Status(answer.status());
                (Err(refused), CallResult::Refused)
            }
            Err(error) => (Err(DeliveryError::Http(error)), CallResult::Failed),
        };
        let metrics = self.provider.logins.metrics().backends();
        metrics.ended(BackendCall::Logout, counted, begun.elapsed());
        self.pauses.answered(client_id, result.is_ok());
        result
    }

    fn count(&self, delivery: LogoutDelivery) {
        self.provider.logins.metrics().logout_delivery(delivery);
    }
}

/// Returns the pause after so many failed tries and one more.
fn pause_after(failed_tries: u32) -> Duration {
    let pause = FIRST_PAUSE.saturating_mul(1 << failed_tries.min(10));
    pause.min(LONGEST_PAUSE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_ten_minutes() {
        let pauses = [0, 1, 2, 9, 10, u32::MAX].map(pause_after);
        let seconds = pauses.map(|pause| pause.as_secs());
        assert_eq!(seconds, [1, 2, 4, 512, 600, 600]);
    }

    #[test]
    fn a_lease_outlives_a_try_and_two_waits_for_the_store() {
        assert!(TRY_TIMEOUT > client_pauses::LONGEST_WAIT + REQUEST_TIMEOUT);
        assert!(LEASE >= TRY_TIMEOUT + Duration::from_secs(5) * 2);
    }
}
