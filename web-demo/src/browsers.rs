//! Browsers logged in to the portal, with person, time and origin of each login; and how each is
//! ended.

use std::fmt;
use std::net::IpAddr;

use http::HeaderMap;
use http::header::USER_AGENT;
use saoma_protocol::Identity;
use sqlx::types::Json;
use sqlx::{SqliteExecutor, SqlitePool};
use woothee::parser::Parser;

use crate::db::{execute, fetch_all};
use crate::pages::{Failure, Surface};
use crate::secret::Secret;
use crate::serving::Connection;
use crate::session_times::{self, EndReason};

/// Seconds after which no code of an ended session can begin a login: the longest that a gateway lets a code live.
const CODE_LIFETIME: u32 = 600;

/// The origin of a login, by the browser's own request.
#[derive(Debug, Clone)]
pub(crate) struct Origin {
    pub address: IpAddr,
    /// Browser and system, by the browser's own words.
    pub browser: Option<String>,
}

impl Origin {
    pub(crate) fn of(connection: Connection, headers: &HeaderMap) -> Self {
        let user_agent = headers
            .get(USER_AGENT)
            .and_then(|agent| agent.to_str().ok());
        Self::new(connection.address, user_agent.unwrap_or_default())
    }

    /// Reads `User-Agent` by a parser of fixed vocabulary, so that no text of an attacker's making
    /// is shown (threat T17).
    pub(crate) fn new(address: IpAddr, user_agent: &str) -> Self {
        let parsed = Parser::new().parse(user_agent);
        let parts = parsed.map_or([""; 2], |agent| [agent.name, agent.os]);
        let known = |part: &&str| !part.is_empty() && *part != "UNKNOWN";
        let known: Vec<&str> = parts.into_iter().filter(known).collect();
        Self {
            address: address.to_canonical(),
            browser: (!known.is_empty()).then(|| known.join(" · ")),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::Type)]
#[sqlx(rename_all = "snake_case")]
pub(crate) enum LoginMethod {
    /// By scanning with the phone.
    Scan,
    Password,
}

/// A person who has logged in: by the verified ID token, or by password.
#[derive(Debug, Clone)]
pub(crate) struct LoggedIn {
    /// The id of the person's account (`sub`).
    pub account_id: String,
    pub name: String,
    pub identity: Identity,
    /// The session at the gateway, after a login by scanning.
    pub at_provider: Option<ProviderSession>,
}

/// A session at the gateway, as the portal's ID token names it.
#[derive(Clone)]
pub(crate) struct ProviderSession {
    /// `sid` of the ID token.
    pub sid: String,
    /// The ID token, by which the portal ends the session.
    pub id_token: String,
}

impl fmt::Debug for ProviderSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ProviderSession({})", self.sid)
    }
}

/// A browser that is logged in, as its person sees it from elsewhere.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(crate) struct Browser {
    /// The id by which it is ended.
    pub id: String,
    /// The identity that it is logged in as.
    #[sqlx(json)]
    pub identity: Identity,
    /// The time of the login, in the province's time (UTC+8).
    pub logged_in_at: String,
    /// The address that it was logged in from.
    pub address: String,
    /// Browser and system, as far as known.
    pub browser: Option<String>,
    /// The session at the gateway, after a login by scanning.
    pub provider_sid: Option<String>,
}

/// Keeps a login under a new cookie. Returns the cookie and the login's id.
pub(crate) async fn start(
    db: &SqlitePool,
    logged_in: &LoggedIn,
    method: LoginMethod,
    origin: &Origin,
) -> Result<(Secret, String), Failure> {
    let times = session_times::PORTAL;
    let (cookie, id) = (Secret::random()?, Secret::random()?);
    let (address, browser) = (origin.address.to_string(), &origin.browser);
    let LoggedIn {
        account_id,
        name,
        identity,
        at_provider,
    } = logged_in;
    let (sid, id_token) = at_provider
        .as_ref()
        .map(|session| (&session.sid, &session.id_token))
        .unzip();
    session_times::forget_old(db, Surface::Portal).await?;
    // A session that its person has ended before the browser came back begins as an ended one.
    execute!(db, "INSERT INTO portal_sessions
            (cookie_digest, id, account_id, name, identity, method, address, browser, logged_in_at, expires_at,
             provider_sid, id_token, ends_at, ended_at, ended_because)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, unixepoch(), unixepoch() + ?9, ?10, ?11, unixepoch() + ?12,
            (SELECT unixepoch() FROM ended_provider_sessions WHERE sid = ?10),
            (SELECT 'elsewhere' FROM ended_provider_sessions WHERE sid = ?10))";
        cookie.digest(), id.expose(), account_id, name, Json(identity), method, address,
        browser, times.idle, sid, id_token, times.max).await?;
    Ok((cookie, id.expose().to_owned()))
}

/// Returns a person's logins, the latest first.
pub(crate) async fn of(db: &SqlitePool, account_id: &str) -> sqlx::Result<Vec<Browser>> {
    fetch_all!(db, "SELECT id, identity, address, browser, provider_sid,
            strftime('%Y-%m-%d %H:%M', logged_in_at, 'unixepoch', '+8 hours') AS logged_in_at
        FROM portal_sessions WHERE account_id = ?1 AND expires_at > unixepoch() AND ended_at IS NULL
        ORDER BY portal_sessions.logged_in_at DESC, id"; account_id)
    .await
}

/// Logs a browser out, if it is this person's: its cookie is worth nothing from now on, and its next request is told so.
/// Returns false if it was not logged in.
pub(crate) async fn end(db: &SqlitePool, account_id: &str, id: &str) -> sqlx::Result<bool> {
    let end = "UPDATE portal_sessions SET ended_at = unixepoch(), ended_because = 'elsewhere'
        WHERE id = ?1 AND account_id = ?2 AND ended_at IS NULL";
    execute!(db, end; id, account_id).await
}

/// Logs out the browsers whose session at the gateway has ended. Their next request is told so. A reason of the hall's own
/// takes the place of the gateway's news, which may come first. A browser that comes back from the gateway only after this,
/// with a code of the session, is logged out too.
pub(crate) async fn end_at_provider(
    db: &SqlitePool,
    sid: &str,
    reason: EndReason,
) -> sqlx::Result<()> {
    let expired = "DELETE FROM ended_provider_sessions WHERE expires_at <= unixepoch()";
    execute!(db, expired).await?;
    let keep = "INSERT OR REPLACE INTO ended_provider_sessions (sid, expires_at) VALUES (?1, unixepoch() + ?2)";
    execute!(db, keep; sid, CODE_LIFETIME).await?;
    let end = "UPDATE portal_sessions
        SET ended_at = coalesce(ended_at, unixepoch()), ended_because = ?2
        WHERE provider_sid = ?1 AND (ended_at IS NULL OR ended_because = 'at_provider')";
    execute!(db, end; sid, reason.name()).await.map(drop)
}

/// Logs a person's browsers out, but the one of this id: all, or those of one login method.
pub(crate) async fn end_others(
    db: impl SqliteExecutor<'_>,
    account_id: &str,
    kept: &str,
    method: Option<LoginMethod>,
    reason: EndReason,
) -> sqlx::Result<()> {
    let end = "UPDATE portal_sessions SET ended_at = unixepoch(), ended_because = ?4
        WHERE account_id = ?1 AND id <> ?2 AND (?3 IS NULL OR method = ?3) AND ended_at IS NULL";
    execute!(db, end; account_id, kept, method, reason.name())
        .await
        .map(drop)
}

/// Detaches a login from its session at the gateway, so that the session's end does not end the login.
pub(crate) async fn leave_provider(db: impl SqliteExecutor<'_>, id: &str) -> sqlx::Result<()> {
    let part = "UPDATE portal_sessions SET provider_sid = NULL, id_token = NULL WHERE id = ?1";
    execute!(db, part; id).await.map(drop)
}

/// Logs all of a person's browsers out that are logged in as this unit, which has withdrawn the authority for it.
pub(crate) async fn end_as(
    db: impl SqliteExecutor<'_>,
    account_id: &str,
    identity_id: &str,
) -> sqlx::Result<()> {
    let end = "UPDATE portal_sessions SET ended_at = unixepoch(), ended_because = ?3
        WHERE account_id = ?1 AND identity ->> 'id' = ?2 AND ended_at IS NULL";
    execute!(db, end; account_id, identity_id, EndReason::DelegationWithdrawn.name())
        .await
        .map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Threat T17.
    #[test]
    fn of_a_browsers_words_only_known_names_are_shown() {
        for (agent, expected) in [
            (
                "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/156.0.0.0 Safari/537.36",
                Some("Chrome · Linux"),
            ),
            ("<b>您已中奖</b>", None),
            ("", None),
        ] {
            let origin = Origin::new([192, 0, 2, 1].into(), agent);
            assert_eq!(origin.browser.as_deref(), expected, "{agent}");
        }
    }
}
