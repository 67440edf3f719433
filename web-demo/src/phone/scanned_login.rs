//! Logins that a phone has scanned and whose context its person has been shown (threat T1).

use saoma_protocol::{DecisionStatus, LoginId, ScanContext};
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
    /// The decision on this phone: true for a confirmed login.
    pub confirmed: Option<bool>,
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
                max(expires_at - unixepoch(), 0) AS seconds_left,
                decision = 'confirmed' AS confirmed
            FROM scanned_logins WHERE cookie_digest = ?1 AND login_id = ?2";
            session.digest(), id.to_string())
        .await
    }

    /// Keeps what was decided.
    pub(super) async fn decide(
        db: &SqlitePool,
        session: &PhoneSession,
        id: LoginId,
        decision: DecisionStatus,
    ) -> Result<(), Failure> {
        let decision = match decision {
            DecisionStatus::Confirmed => "confirmed",
            DecisionStatus::Rejected => "rejected",
        };
        execute!(db, "UPDATE scanned_logins SET decision = ?3 WHERE cookie_digest = ?1
                AND login_id = ?2"; session.digest(), id.to_string(), decision)
        .await?;
        Ok(())
    }
}

/// The address of a scanned login's pages.
pub(super) fn path_of(id: LoginId) -> String {
    format!("/logins/{id}")
}
