//! The task that sends the logouts of the outbox to the gateway (docs/protocol.md §5).

use std::time::Duration;

use anyhow::{Context, bail};
use http::header::RETRY_AFTER;
use saoma_client::error_chain;
use saoma_protocol::{BackendLogoutRequest, EndedSessions, paths};
use sqlx::SqlitePool;
use tokio_util::sync::CancellationToken;

use super::{LogoutReason, Logouts};
use crate::citizens;
use crate::db::{execute, fetch_all, fetch_one};
use crate::log_pace::LogPace;
use crate::pages::Failure;
use crate::registers::Registers;
use crate::secret::Secret;

/// The app's backend at the gateway, which ends sessions by its secret.
pub(crate) const EVENTS_CLIENT_ID: &str = "shili-app";

/// Time limit for an answer.
const TIMEOUT: Duration = Duration::from_secs(8);

/// The longest pause between two looks into the outbox. A look finds what was added without a wake.
const POLL_INTERVAL: Duration = Duration::from_secs(3);

/// Logouts that are sent between two looks.
const BATCH: u32 = 32;

/// The longest pause between two tries of a logout, in seconds.
const LONGEST_PAUSE: u64 = 300;

/// Seconds after which a logout is sent once more, unless the person may log in again by then, as after a new password. A
/// code that was confirmed before the first time can begin a session as long as it lives, which is a minute by default.
const REPEAT_AFTER: i64 = 70;

static FAILURES: LogPace = LogPace::new();

/// Sends the logouts of an outbox.
#[derive(Debug)]
pub(crate) struct Sender {
    outbox: Logouts,
    registers: Registers,
    http: reqwest::Client,
    url: String,
    secret: Secret,
}

/// A logout that is due.
#[derive(Debug, sqlx::FromRow)]
struct Due {
    id: i64,
    account_id: String,
    identity_id: Option<String>,
    reason: String,
    /// Times that it was sent without an answer.
    tries: u32,
    /// True for one that the gateway has answered.
    repeated: bool,
}

impl Due {
    fn outlasts_a_new_login(&self) -> bool {
        let reason = self.reason.parse::<LogoutReason>();
        reason.is_ok_and(LogoutReason::outlasts_a_new_login)
    }
}

impl Sender {
    /// A sender to the gateway of this origin.
    ///
    /// # Errors
    /// Returns an error if no HTTP client can be made.
    pub(crate) fn new(
        outbox: Logouts,
        registers: Registers,
        gateway_origin: &str,
        secret: Secret,
    ) -> anyhow::Result<Self> {
        // A redirect would carry the secret to wherever it leads.
        let http = reqwest::Client::builder()
            .timeout(TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .build();
        Ok(Self {
            outbox,
            registers,
            http: http.context("no HTTP client")?,
            url: format!("{gateway_origin}{}", paths::BACKEND_LOGOUT),
            secret,
        })
    }

    /// Sends what is due, until the hall ends. What has no answer by then is sent by the next process.
    pub(crate) async fn run(self, closing: CancellationToken) {
        loop {
            let sent = tokio::select! {
                () = closing.cancelled() => return,
                sent = self.send_due() => sent,
            };
            let pause = sent.unwrap_or_else(|error| {
                if let Some(unlogged) = FAILURES.admit() {
                    tracing::error!(%error, unlogged, "the outbox of logouts cannot be read");
                }
                POLL_INTERVAL
            });
            tokio::select! {
                () = closing.cancelled() => return,
                () = self.outbox.added.notified() => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    /// Sends what is due. Returns the time until it is worth looking again.
    async fn send_due(&self) -> Result<Duration, Failure> {
        let db = &self.outbox.db;
        let due: Vec<Due> = fetch_all!(db,
            "SELECT id, account_id, identity_id, reason, tries, repeated FROM logouts
            WHERE due_at <= unixepoch() ORDER BY due_at, id LIMIT ?1"; BATCH)
        .await?;
        for logout in due {
            if logout.repeated && !logout.outlasts_a_new_login() {
                match self.may_log_in(&logout).await {
                    Ok(true) => {
                        forget(db, logout.id).await?;
                        continue;
                    }
                    Ok(false) => {}
                    // Asked again later, so that the logouts after it do not wait for a register.
                    Err(error) => {
                        if let Some(unlogged) = FAILURES.admit() {
                            tracing::warn!(%error, unlogged, "cannot tell whether a person may log in again");
                        }
                        not_answered(db, &logout, 0).await?;
                        continue;
                    }
                }
            }
            match self.send(&logout).await {
                Ok(ended) => {
                    tracing::info!(
                        ended,
                        reason = logout.reason,
                        "the gateway has logged a person out"
                    );
                    answered(db, &logout).await?;
                }
                Err((error, retry_after)) => {
                    if let Some(unlogged) = FAILURES.admit() {
                        let error = error_chain(error.as_ref());
                        tracing::warn!(
                            error,
                            unlogged,
                            "the gateway has not taken a logout, which is sent again"
                        );
                    }
                    not_answered(db, &logout, retry_after).await?;
                }
            }
        }
        let next = "SELECT max(0, ifnull(min(due_at) - unixepoch(), ?1)) FROM logouts";
        let (seconds,): (u32,) =
            fetch_one!(db, next; POLL_INTERVAL.as_secs().cast_signed()).await?;
        Ok(POLL_INTERVAL.min(Duration::from_secs(seconds.into())))
    }

    /// Returns true if the person may log in again as the identity: sessions that have begun since are theirs to keep.
    async fn may_log_in(&self, logout: &Due) -> Result<bool, Failure> {
        let (db, account_id) = (&self.outbox.db, &logout.account_id);
        let standing = citizens::standing(db, &self.registers, account_id).await?;
        Ok(standing.is_some_and(|standing| {
            let mut identities = standing.identities.iter();
            standing.refusal.is_none()
                && logout
                    .identity_id
                    .as_ref()
                    .is_none_or(|id| identities.any(|identity| identity.id == *id))
        }))
    }

    /// Asks the gateway once. Returns the number of sessions that have ended, or the error and the seconds that the gateway
    /// asks to wait.
    async fn send(&self, logout: &Due) -> Result<u32, (anyhow::Error, u64)> {
        let request = BackendLogoutRequest {
            sub: logout.account_id.clone(),
            identity: logout.identity_id.clone(),
            reason: Some(logout.reason.clone()),
        };
        let request = self
            .http
            .post(&self.url)
            .basic_auth(EVENTS_CLIENT_ID, Some(self.secret.expose()))
            .json(&request);
        let answer = match request.send().await {
            Ok(answer) => answer,
            Err(error) => return Err((anyhow::anyhow!("{}", error_chain(&error)), 0)),
        };
        let retry_after = answer.headers().get(RETRY_AFTER);
        let retry_after = retry_after.and_then(|seconds| seconds.to_str().ok()?.parse().ok());
        let ended = async {
            let status = answer.status();
            if !status.is_success() {
                bail!("it answered {status}");
            }
            let ended: EndedSessions = answer.json().await.context("its answer")?;
            Ok(ended.ended)
        };
        ended
            .await
            .map_err(|error| (error, retry_after.unwrap_or(0)))
    }
}

/// After the first answer a logout waits for its repetition, after the second it is forgotten.
async fn answered(db: &SqlitePool, logout: &Due) -> sqlx::Result<()> {
    if logout.repeated {
        return forget(db, logout.id).await;
    }
    let update =
        "UPDATE logouts SET repeated = 1, tries = 0, due_at = unixepoch() + ?2 WHERE id = ?1";
    execute!(db, update; logout.id, REPEAT_AFTER)
        .await
        .map(drop)
}

async fn not_answered(db: &SqlitePool, logout: &Due, retry_after: u64) -> sqlx::Result<()> {
    let pause = 1_u64.checked_shl(logout.tries).unwrap_or(LONGEST_PAUSE);
    let pause = pause.max(retry_after).min(LONGEST_PAUSE).cast_signed();
    let update = "UPDATE logouts SET tries = tries + 1, due_at = unixepoch() + ?2 WHERE id = ?1";
    execute!(db, update; logout.id, pause).await.map(drop)
}

async fn forget(db: &SqlitePool, id: i64) -> sqlx::Result<()> {
    let delete = "DELETE FROM logouts WHERE id = ?1";
    execute!(db, delete; id).await.map(drop)
}
