//! Logouts that the hall asks of the gateway, so that every site ends its logins: a card is lost, an agent's authority is
//! withdrawn, an account is changed.
//!
//! An outbox: a logout is committed with its cause, or before it where another system takes the step, and is sent until the
//! gateway has answered, also after a restart. No page waits for it.

mod sender;

use std::sync::Arc;

pub(crate) use sender::{EVENTS_CLIENT_ID, Sender};
use sqlx::{SqliteExecutor, SqlitePool};
use strum::{EnumString, IntoStaticStr};
use tokio::sync::Notify;

use crate::browsers::{self, LoginMethod};
use crate::db::{self, execute, fetch_one};
use crate::session_times::EndReason;

/// Seconds after which a prepared logout is sent without news of the step that it belongs to: longer than a register may
/// take to answer.
const OUTCOME_TIMEOUT: i64 = 30;

/// Why a person is logged out, for the gateway's log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumString, IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub(crate) enum LogoutReason {
    CardReportedLost,
    CardCancelled,
    DelegationWithdrawn,
    OperatorRemoved,
    /// Password or contact details.
    AccountChanged,
    AccountTakenOver,
    /// The person has said that a login which they had confirmed was not theirs.
    Disowned,
}

impl LogoutReason {
    /// Returns true if a session that begins after the logout, with a code of before, ends too even though the person may log
    /// in again: the browser may hold the code back until the first logout is over.
    fn outlasts_a_new_login(self) -> bool {
        matches!(self, Self::Disowned)
    }
}

impl From<LogoutReason> for EndReason {
    fn from(reason: LogoutReason) -> Self {
        match reason {
            LogoutReason::CardReportedLost => Self::CardReportedLost,
            LogoutReason::CardCancelled => Self::CardCancelled,
            LogoutReason::DelegationWithdrawn | LogoutReason::OperatorRemoved => {
                Self::DelegationWithdrawn
            }
            LogoutReason::AccountChanged => Self::PasswordChanged,
            LogoutReason::AccountTakenOver => Self::AccountTakenOver,
            LogoutReason::Disowned => Self::Disowned,
        }
    }
}

/// The outbox.
#[derive(Debug, Clone)]
pub(crate) struct Logouts {
    db: SqlitePool,
    /// Wakes the sender.
    added: Arc<Notify>,
}

/// A logout that waits for the outcome of a step elsewhere.
#[derive(Debug)]
#[must_use = "it is sent in half a minute, unless it is cancelled"]
pub(crate) struct Prepared {
    id: i64,
    account_id: String,
    reason: EndReason,
}

impl Logouts {
    pub(crate) fn new(db: SqlitePool) -> Self {
        Self {
            db,
            added: Arc::new(Notify::new()),
        }
    }

    /// Wakes the sender, after the commit of a transaction with [`add`].
    pub(crate) fn wake(&self) {
        self.added.notify_one();
    }

    /// Prepares the end of a person's logins before a step that another system takes. If this process dies, or the other
    /// system does not say whether it has taken the step, the logout is sent all the same.
    pub(crate) async fn prepare(
        &self,
        account_id: &str,
        reason: LogoutReason,
    ) -> sqlx::Result<Prepared> {
        let id = insert(&self.db, account_id, None, reason, OUTCOME_TIMEOUT).await?;
        Ok(Prepared {
            id,
            account_id: account_id.to_owned(),
            reason: reason.into(),
        })
    }

    /// The step was not taken.
    pub(crate) async fn cancel(&self, prepared: Prepared) -> sqlx::Result<()> {
        let delete = "DELETE FROM logouts WHERE id = ?1";
        execute!(&self.db, delete; prepared.id).await.map(drop)
    }

    /// The step was taken: the logout is due, and the portal ends its logins by card at once, but the one of this id, in
    /// which the person has asked for the step.
    pub(crate) async fn confirm(&self, prepared: Prepared, kept: &str) -> sqlx::Result<()> {
        let mut transaction = db::write(&self.db).await?;
        let update = "UPDATE logouts SET due_at = unixepoch() WHERE id = ?1";
        execute!(&mut *transaction, update; prepared.id).await?;
        let scanned = Some(LoginMethod::Scan);
        browsers::end_others(
            &mut *transaction,
            &prepared.account_id,
            kept,
            scanned,
            prepared.reason,
        )
        .await?;
        browsers::leave_provider(&mut *transaction, kept).await?;
        transaction.commit().await?;
        self.wake();
        Ok(())
    }
}

/// Adds the end of a person's logins, or of those as one identity, in the transaction of its cause.
pub(crate) async fn add(
    db: impl SqliteExecutor<'_>,
    account_id: &str,
    identity_id: Option<&str>,
    reason: LogoutReason,
) -> sqlx::Result<()> {
    insert(db, account_id, identity_id, reason, 0)
        .await
        .map(drop)
}

async fn insert(
    db: impl SqliteExecutor<'_>,
    account_id: &str,
    identity_id: Option<&str>,
    reason: LogoutReason,
    due_in: i64,
) -> sqlx::Result<i64> {
    let insert = "INSERT INTO logouts (account_id, identity_id, reason, due_at)
        VALUES (?1, ?2, ?3, unixepoch() + ?4) RETURNING id";
    let reason: &str = reason.into();
    let (id,) = fetch_one!(db, insert; account_id, identity_id, reason, due_in).await?;
    Ok(id)
}
