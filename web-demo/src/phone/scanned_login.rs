//! Logins that a phone has scanned and whose context its person has been shown (threat T1).

use saoma_protocol::{DecisionStatus, Identity, LoginId, ScanContext};
use sqlx::SqlitePool;
use sqlx::types::Json;

use super::sessions::PhoneSession;
use crate::db::{execute, fetch_optional};
use crate::pages::Failure;

/// A login that waits for its person, or what the person has decided.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct ScannedLogin {
    /// The gateway's answer to the scan.
    #[sqlx(json)]
    pub context: ScanContext,
    /// When the browser asked, in the province's time (UTC+8).
    pub requested_at: String,
    /// Seconds left to decide; zero when it is too late.
    pub seconds_left: u32,
    /// The identity that the person has chosen; before the decision only while the computer has to agree.
    pub identity_id: Option<String>,
    /// The decision on this phone.
    pub decision: Option<Kept>,
    /// When the person decided, in the province's time (UTC+8).
    pub decided_at: Option<String>,
    /// The end of a confirmed login that its person has disowned.
    pub disowned: Option<Disowned>,
}

/// A decision, as it is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::Type)]
#[sqlx(rename_all = "snake_case")]
pub(super) enum Kept {
    Confirmed,
    Rejected,
}

/// What is known of a login whose person has said afterwards that it was not them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::Type)]
#[sqlx(rename_all = "snake_case")]
pub(super) enum Disowned {
    /// It is over.
    Ended,
    /// The gateway, which knew no session of it yet, was asked to end what begins. A site without a session there may keep
    /// the login.
    Asked,
}

/// Seconds for which the outcome can be looked at.
const KEPT_AFTER: u32 = 3600;

impl ScannedLogin {
    /// Keeps what the gateway answered a scan.
    pub(super) async fn keep(
        db: &SqlitePool,
        session: &PhoneSession,
        context: &ScanContext,
    ) -> Result<(), Failure> {
        let prune = "DELETE FROM scanned_logins WHERE expires_at + ?1 < unixepoch()";
        execute!(db, prune; KEPT_AFTER).await?;
        execute!(db, "INSERT OR REPLACE INTO scanned_logins (cookie_digest, login_id, context,
                expires_at) VALUES (?1, ?2, ?3, unixepoch() + ?4)";
            session.digest(), context.login_id.to_string(), Json(context), context.expires_in)
        .await?;
        Ok(())
    }

    /// The login, if this very session has scanned it.
    pub(super) async fn find(
        db: &SqlitePool,
        session: &PhoneSession,
        id: LoginId,
    ) -> Result<Option<Self>, sqlx::Error> {
        fetch_optional!(db, "SELECT context, strftime('%Y-%m-%d %H:%M:%S',
                context ->> 'requested_at', 'unixepoch', '+8 hours') AS requested_at,
                max(expires_at - unixepoch(), 0) AS seconds_left, identity_id, decision,
                strftime('%Y-%m-%d %H:%M', decided_at, 'unixepoch', '+8 hours') AS decided_at, disowned
            FROM scanned_logins WHERE cookie_digest = ?1 AND login_id = ?2";
            session.digest(), id.to_string())
        .await
    }

    /// Keeps the choice of a person who has confirmed, while the computer has to agree.
    pub(super) async fn choose(
        db: &SqlitePool,
        session: &PhoneSession,
        id: LoginId,
        identity: &str,
    ) -> Result<(), Failure> {
        execute!(db, "UPDATE scanned_logins SET identity_id = ?3 WHERE cookie_digest = ?1
                AND login_id = ?2 AND decision IS NULL";
            session.digest(), id.to_string(), identity)
        .await?;
        Ok(())
    }

    /// Keeps what was decided, and as whom.
    pub(super) async fn decide(
        db: &SqlitePool,
        session: &PhoneSession,
        id: LoginId,
        decision: DecisionStatus,
        identity: &str,
    ) -> Result<(), Failure> {
        let decision = match decision {
            DecisionStatus::Confirmed => Kept::Confirmed,
            DecisionStatus::Rejected => Kept::Rejected,
        };
        execute!(db, "UPDATE scanned_logins SET decision = ?3, identity_id = ?4, decided_at = unixepoch()
                WHERE cookie_digest = ?1 AND login_id = ?2 AND decision IS NULL";
            session.digest(), id.to_string(), decision, identity)
        .await?;
        Ok(())
    }

    /// Keeps that the person has disowned a confirmed login.
    pub(super) async fn disown(
        db: &SqlitePool,
        session: &PhoneSession,
        id: LoginId,
        disowned: Disowned,
    ) -> Result<(), Failure> {
        execute!(db, "UPDATE scanned_logins SET disowned = ?3 WHERE cookie_digest = ?1 AND login_id = ?2";
            session.digest(), id.to_string(), disowned)
        .await?;
        Ok(())
    }

    /// Returns the chosen identity, if it is among those that were offered.
    pub(super) fn chosen(&self) -> Option<&Identity> {
        let chosen = self.identity_id.as_ref()?;
        let mut offered = self.context.identities.iter();
        offered.find(|identity| identity.id == *chosen)
    }
}

/// The address of a scanned login's pages.
pub(super) fn path_of(id: LoginId) -> String {
    format!("/logins/{id}")
}
