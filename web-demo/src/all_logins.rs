//! The end of all logins of a person: in browsers, on phones, and at every site.

use sqlx::SqliteConnection;

use crate::browsers;
use crate::db::execute;
use crate::logouts::{self, LogoutReason};

/// Ends them in the transaction of the cause. Browsers of the portal are told so with their next request. Of the phones the
/// one of this session (`cookie_digest`) stays logged in, if there is one.
pub(crate) async fn end(
    db: &mut SqliteConnection,
    account_id: &str,
    kept_phone: Option<&str>,
    reason: LogoutReason,
) -> sqlx::Result<()> {
    browsers::end_others(&mut *db, account_id, "", None).await?;
    let phones = "DELETE FROM phone_sessions WHERE account_id = ?1 AND cookie_digest IS NOT ?2";
    execute!(&mut *db, phones; account_id, kept_phone).await?;
    logouts::add(db, account_id, None, reason).await
}
