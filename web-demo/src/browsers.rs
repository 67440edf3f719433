//! Browsers logged in to the portal: whose login each is, since when and from where; and how each is ended.

use std::net::IpAddr;

use http::HeaderMap;
use http::header::USER_AGENT;
use saoma_protocol::Identity;
use sqlx::{SqliteExecutor, SqlitePool};
use woothee::parser::Parser;

use crate::pages::Failure;
use crate::secret::Secret;
use crate::serving::Connection;

/// The origin of a login, as the browser's own request told it.
#[derive(Debug, Clone)]
pub struct Origin {
    /// The address of the browser.
    pub address: IpAddr,
    /// Browser and system, by the browser's own words.
    pub browser: Option<String>,
}

impl Origin {
    /// The origin of a request.
    pub fn of(connection: Connection, headers: &HeaderMap) -> Self {
        let user_agent = headers
            .get(USER_AGENT)
            .and_then(|agent| agent.to_str().ok())
            .unwrap_or_default();
        Self::new(connection.peer, user_agent)
    }

    /// Reads `User-Agent` by a parser of fixed vocabulary, so that no text of an attacker's making is shown (threat T17).
    pub fn new(address: IpAddr, user_agent: &str) -> Self {
        let parsed = Parser::new().parse(user_agent);
        let parts = parsed
            .map(|agent| [agent.name, agent.os])
            .unwrap_or_default();
        let known: Vec<&str> = parts
            .into_iter()
            .filter(|part| !part.is_empty() && *part != "UNKNOWN")
            .collect();
        Self {
            address: address.to_canonical(),
            browser: (!known.is_empty()).then(|| known.join(" · ")),
        }
    }
}

/// The method of a login.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::Type)]
#[sqlx(rename_all = "snake_case")]
pub enum LoginMethod {
    /// By scanning with the phone.
    Scan,
    Password,
}

/// A login to be kept.
#[derive(Debug)]
pub struct NewBrowser<'a> {
    /// The account, the `sub` of the ID token.
    pub account_id: &'a str,
    pub name: &'a str,
    /// The identity of the login.
    pub identity: &'a Identity,
    pub method: LoginMethod,
    pub origin: &'a Origin,
    /// Seconds that the login lasts.
    pub lifetime: u32,
}

/// A browser that is logged in, as its person sees it from elsewhere.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Browser {
    /// The id by which it is ended.
    pub id: String,
    /// As what it is logged in.
    #[sqlx(try_from = "StoredIdentity")]
    pub identity: Identity,
    /// Since when, in the province's time (UTC+8).
    pub logged_in_at: String,
    /// The origin.
    pub address: String,
    /// Browser and system, as far as known.
    pub browser: Option<String>,
}

/// An identity as the database has it: JSON.
#[derive(Debug, sqlx::Type)]
#[sqlx(transparent)]
struct StoredIdentity(String);

impl TryFrom<StoredIdentity> for Identity {
    type Error = serde_json::Error;

    fn try_from(StoredIdentity(json): StoredIdentity) -> Result<Self, Self::Error> {
        serde_json::from_str(&json)
    }
}

/// Keeps a login under a new cookie: the cookie, and the login's id.
pub async fn start(db: &SqlitePool, new: NewBrowser<'_>) -> Result<(Secret, String), Failure> {
    let (cookie, id) = (Secret::random()?, Secret::random()?);
    sqlx::query("DELETE FROM portal_sessions WHERE expires_at <= unixepoch()")
        .execute(db)
        .await?;
    sqlx::query(
        "INSERT INTO portal_sessions
             (cookie_digest, id, account_id, name, identity, method, address, browser, logged_in_at, expires_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, unixepoch(), unixepoch() + ?9)",
    )
    .bind(cookie.digest())
    .bind(id.expose())
    .bind(new.account_id)
    .bind(new.name)
    .bind(serde_json::to_string(new.identity)?)
    .bind(new.method)
    .bind(new.origin.address.to_string())
    .bind(&new.origin.browser)
    .bind(new.lifetime)
    .execute(db)
    .await?;
    Ok((cookie, id.expose().to_owned()))
}

/// A person's logins, the latest first.
pub async fn of(db: &SqlitePool, account_id: &str) -> Result<Vec<Browser>, sqlx::Error> {
    sqlx::query_as(
        "SELECT id, identity, strftime('%Y-%m-%d %H:%M', logged_in_at, 'unixepoch', '+8 hours') AS logged_in_at, address,
                browser
         FROM portal_sessions WHERE account_id = ?1 AND expires_at > unixepoch()
         ORDER BY portal_sessions.logged_in_at DESC, id",
    )
    .bind(account_id)
    .fetch_all(db)
    .await
}

/// Logs a browser out, if it is this person's: its cookie is worth nothing from now on. Whether it was logged in.
pub async fn end(db: &SqlitePool, account_id: &str, id: &str) -> Result<bool, sqlx::Error> {
    let delete = sqlx::query("DELETE FROM portal_sessions WHERE id = ?1 AND account_id = ?2");
    Ok(delete
        .bind(id)
        .bind(account_id)
        .execute(db)
        .await?
        .rows_affected()
        > 0)
}

/// Logs all of a person's browsers out, but the one of this id.
pub async fn end_others(db: &SqlitePool, account_id: &str, kept: &str) -> Result<(), sqlx::Error> {
    let delete = sqlx::query("DELETE FROM portal_sessions WHERE account_id = ?1 AND id <> ?2");
    delete
        .bind(account_id)
        .bind(kept)
        .execute(db)
        .await
        .map(drop)
}

/// Logs all of a person's browsers out that are logged in as this identity.
pub async fn end_as(
    db: impl SqliteExecutor<'_>,
    account_id: &str,
    identity_id: &str,
) -> Result<(), sqlx::Error> {
    let delete =
        sqlx::query("DELETE FROM portal_sessions WHERE account_id = ?1 AND identity ->> 'id' = ?2");
    delete
        .bind(account_id)
        .bind(identity_id)
        .execute(db)
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
