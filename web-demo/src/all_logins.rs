//! The end of all logins of a person: in browsers, on phones, and at every site.

use sqlx::SqliteConnection;

use crate::browsers;
use crate::db::execute;
use crate::logouts::{self, LogoutReason};
use crate::session_times::EndReason;

/// Ends them in the transaction of the cause. Browsers and phones are told why on their next page. Of the phones the
/// one of this session (`cookie_digest`) stays logged in, if there is one.
pub(crate) async fn end(
    db: &mut SqliteConnection,
    account_id: &str,
    kept_phone: Option<&str>,
    reason: LogoutReason,
) -> sqlx::Result<()> {
    let ended = EndReason::from(reason);
    browsers::end_others(&mut *db, account_id, "", None, ended).await?;
    let phones = "UPDATE phone_sessions SET ended_at = unixepoch(), ended_because = ?3
        WHERE account_id = ?1 AND cookie_digest IS NOT ?2 AND ended_at IS NULL";
    execute!(&mut *db, phones; account_id, kept_phone, ended.name()).await?;
    logouts::add(db, account_id, None, reason).await
}
