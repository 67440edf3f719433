//! Browsers logged in to the portal.

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use axum::response::{IntoResponse, Redirect, Response};
use http::request::Parts;
use http::{HeaderMap, HeaderValue};
use saoma_protocol::Identity;
use sqlx::SqlitePool;

use super::Portal;
use super::relying_party::LoggedIn;
use crate::pages::{Cookie, CookieName, Failure, value_of};
use crate::secret::Secret;

/// The cookie of a session.
pub const COOKIE: CookieName = CookieName("shili_hall");

/// How long a browser stays logged in. A login from another device is the riskier kind, so: short (threat T30).
const LIFETIME_SECONDS: u32 = 2 * 3600;

/// By what means a browser was logged in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::Type)]
#[sqlx(rename_all = "snake_case")]
pub enum LoginMethod {
    /// By scanning with the phone.
    Scan,
    /// By user name and password.
    Password,
}

/// Whoever is logged in. As an extractor it sends everybody else to the login page.
#[derive(Debug, Clone)]
pub struct PortalSession {
    /// Whose account.
    pub account_id: String,
    /// The person's name.
    pub name: String,
    /// As what.
    pub identity: Identity,
    /// By what means.
    pub method: LoginMethod,
    /// Since when, in the province's time (UTC+8).
    pub logged_in_at: String,
    cookie: Secret,
}

impl PortalSession {
    /// Logs a browser in, under a new cookie: the `Set-Cookie` for it.
    ///
    /// # Errors
    /// The database's, or no randomness.
    pub async fn start(portal: &Portal, logged_in: LoggedIn, method: LoginMethod) -> Result<HeaderValue, Failure> {
        let cookie = Secret::random()?;
        sqlx::query("DELETE FROM portal_sessions WHERE expires_at <= unixepoch()").execute(&portal.db).await?;
        sqlx::query(
            "INSERT INTO portal_sessions (cookie_digest, account_id, name, identity, method, logged_in_at, expires_at)
             VALUES (?1, ?2, ?3, ?4, ?5, unixepoch(), unixepoch() + ?6)",
        )
        .bind(cookie.digest())
        .bind(logged_in.account_id)
        .bind(logged_in.name)
        .bind(serde_json::to_string(&logged_in.identity)?)
        .bind(method)
        .bind(LIFETIME_SECONDS)
        .execute(&portal.db)
        .await?;
        let (value, secure) = (cookie.expose(), portal.is_secure());
        Ok(Cookie { name: COOKIE, value, max_age: LIFETIME_SECONDS, secure }.to_header())
    }

    /// Logs out: the cookie is worth nothing from now on.
    ///
    /// # Errors
    /// The database's.
    pub async fn end(self, db: &SqlitePool) -> Result<(), sqlx::Error> {
        let delete = sqlx::query("DELETE FROM portal_sessions WHERE cookie_digest = ?1");
        delete.bind(self.cookie.digest()).execute(db).await.map(drop)
    }

    async fn find(db: &SqlitePool, cookie: Secret) -> Result<Option<Self>, Failure> {
        let row: Option<(String, String, String, LoginMethod, String)> = sqlx::query_as(
            "SELECT account_id, name, identity, method, strftime('%Y-%m-%d %H:%M:%S', logged_in_at, 'unixepoch', '+8 hours')
             FROM portal_sessions WHERE cookie_digest = ?1 AND expires_at > unixepoch()",
        )
        .bind(cookie.digest())
        .fetch_optional(db)
        .await?;
        row.map(|(account_id, name, identity, method, logged_in_at)| {
            Ok(Self { account_id, name, identity: serde_json::from_str(&identity)?, method, logged_in_at, cookie })
        })
        .transpose()
    }

    /// What only this browser knows.
    pub fn holder(&self) -> Secret {
        self.cookie.derive("holder")
    }

    /// The session of a request's cookie.
    ///
    /// # Errors
    /// The database's.
    pub async fn of(headers: &HeaderMap, portal: &Portal) -> Result<Option<Self>, Failure> {
        match value_of(headers, COOKIE) {
            Some(cookie) => Self::find(&portal.db, Secret::received(cookie)).await,
            None => Ok(None),
        }
    }
}

impl FromRequestParts<Portal> for PortalSession {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, portal: &Portal) -> Result<Self, Response> {
        let found = Self::of(&parts.headers, portal).await.map_err(IntoResponse::into_response)?;
        found.ok_or_else(|| Redirect::to("/login").into_response())
    }
}

impl OptionalFromRequestParts<Portal> for PortalSession {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, portal: &Portal) -> Result<Option<Self>, Failure> {
        Self::of(&parts.headers, portal).await
    }
}
