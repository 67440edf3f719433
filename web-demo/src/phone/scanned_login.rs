//! Logins that a phone has scanned and whose context its person has been shown (threat T1).

use saoma_protocol::{DecisionStatus, LoginId, ScanContext};
use sqlx::SqlitePool;

use super::sessions::PhoneSession;
use crate::pages::Failure;

/// A login that waits for its person, or what the person has decided.
#[derive(Debug)]
pub(super) struct ScannedLogin {
    /// The gateway's answer to the scan.
    pub context: ScanContext,
    /// When the browser asked, in the province's time (UTC+8).
    pub requested_at: String,
    /// Seconds left to decide; zero when it is too late.
    pub seconds_left: u32,
    /// The decision on this phone.
    pub decision: Option<DecisionStatus>,
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
        let prune = sqlx::query("DELETE FROM scanned_logins WHERE expires_at + ?1 < unixepoch()");
        prune.bind(KEPT_AFTER).execute(db).await?;
        sqlx::query(
            "INSERT OR REPLACE INTO scanned_logins (cookie_digest, login_id, context, expires_at)
             VALUES (?1, ?2, ?3, unixepoch() + ?4)",
        )
        .bind(session.digest())
        .bind(context.login_id.to_string())
        .bind(serde_json::to_string(context)?)
        .bind(context.expires_in)
        .execute(db)
        .await?;
        Ok(())
    }

    /// The login, if this very session has scanned it.
    pub(super) async fn find(
        db: &SqlitePool,
        session: &PhoneSession,
        id: LoginId,
    ) -> Result<Option<Self>, Failure> {
        let row: Option<(String, String, u32, Option<String>)> = sqlx::query_as(
            "SELECT context, strftime('%Y-%m-%d %H:%M:%S', context ->> 'requested_at', 'unixepoch', '+8 hours'),
                    max(expires_at - unixepoch(), 0), decision
             FROM scanned_logins WHERE cookie_digest = ?1 AND login_id = ?2",
        )
        .bind(session.digest())
        .bind(id.to_string())
        .fetch_optional(db)
        .await?;
        row.map(|(context, requested_at, seconds_left, decision)| {
            let context = serde_json::from_str(&context)?;
            let decision = decision
                .map(|decision| serde_json::from_value(decision.into()))
                .transpose()?;
            Ok(Self {
                context,
                requested_at,
                seconds_left,
                decision,
            })
        })
        .transpose()
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
        sqlx::query(
            "UPDATE scanned_logins SET decision = ?3 WHERE cookie_digest = ?1 AND login_id = ?2",
        )
        .bind(session.digest())
        .bind(id.to_string())
        .bind(decision)
        .execute(db)
        .await?;
        Ok(())
    }
}
