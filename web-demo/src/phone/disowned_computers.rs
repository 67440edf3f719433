//! Computers whose login a person has disowned: the next question that comes from one says so (threat T34).
//!
//! A browser proves nothing of itself to the phone, so that a computer is known by its address and by what its browser
//! says of itself. Another computer may be alike, and the same one may change both: the page warns, and refuses nothing.

use saoma_protocol::RequesterContext;
use sqlx::SqlitePool;

use super::requester;
use crate::db::{execute, fetch_optional};

/// Time for which a computer is remembered: as long as a browser knows a person.
const KEPT_DAYS: u32 = 180;

/// Remembers the computer of a login that its person has disowned.
pub(super) async fn remember(
    db: &SqlitePool,
    account_id: &str,
    requester: &RequesterContext,
) -> sqlx::Result<()> {
    let old = "DELETE FROM disowned_computers WHERE disowned_at < unixepoch() - ?1 * 86400";
    execute!(db, old; KEPT_DAYS).await?;
    execute!(db, "INSERT OR REPLACE INTO disowned_computers (account_id, address, browser, disowned_at)
            VALUES (?1, ?2, ?3, unixepoch())";
        account_id, &requester.address, browser(requester))
    .await?;
    Ok(())
}

/// Returns the day on which the person disowned a login of such a computer, in the province's time (UTC+8).
pub(super) async fn last_disowned(
    db: &SqlitePool,
    account_id: &str,
    requester: &RequesterContext,
) -> sqlx::Result<Option<String>> {
    let find = "SELECT strftime('%Y-%m-%d', disowned_at, 'unixepoch', '+8 hours') FROM disowned_computers
        WHERE account_id = ?1 AND address = ?2 AND browser = ?3 AND disowned_at >= unixepoch() - ?4 * 86400";
    let found: Option<(String,)> =
        fetch_optional!(db, find; account_id, &requester.address, browser(requester), KEPT_DAYS)
            .await?;
    Ok(found.map(|(date,)| date))
}

/// Returns browser and system; empty if unknown.
fn browser(requester: &RequesterContext) -> String {
    requester::browser(requester).unwrap_or_default()
}
