//! Persons logged in to the app on a phone, and the access token that the app sends to the gateway for each.
//!
//! The token follows from the cookie, which the phone alone keeps. So the app's backend has it while a request is
//! handled, and the database at no time.

use axum::extract::{FromRequestParts, State};
use axum::response::{AppendHeaders, IntoResponse, Redirect, Response};
use http::header::SET_COOKIE;
use http::request::Parts;
use http::{HeaderMap, HeaderValue};
use sqlx::SqlitePool;

use super::Phone;
use crate::db::{execute, fetch_optional};
use crate::pages::{CookieName, Failure, expired, set_cookie, value_of};
use crate::secret::Secret;
use crate::serving::Connection;

/// The cookie of a session.
const COOKIE: CookieName = CookieName("shili_app");

/// Lifetime of a login on a phone.
const LIFETIME_SECONDS: u32 = 12 * 3600;

/// A person logged in on the phone that sent a request. As an extractor it redirects others to the login page.
#[derive(Debug, Clone)]
pub(crate) struct PhoneSession {
    pub account_id: String,
    cookie: Secret,
}

impl PhoneSession {
    /// Logs a person in: the new session's cookie.
    pub(crate) async fn start(db: &SqlitePool, account_id: String) -> Result<Secret, Failure> {
        let session = Self {
            account_id,
            cookie: Secret::random()?,
        };
        let expired = "DELETE FROM phone_sessions WHERE expires_at <= unixepoch()";
        execute!(db, expired).await?;
        execute!(db, "INSERT INTO phone_sessions (cookie_digest, token_digest, account_id,
                expires_at) VALUES (?1, ?2, ?3, unixepoch() + ?4)";
            session.digest(), session.access_token().digest(), &session.account_id,
            LIFETIME_SECONDS)
        .await?;
        Ok(session.cookie)
    }

    /// Logs out: cookie and token are worth nothing from now on.
    pub(crate) async fn end(self, db: &SqlitePool) -> Result<(), sqlx::Error> {
        let delete = "DELETE FROM phone_sessions WHERE cookie_digest = ?1";
        execute!(db, delete; self.digest()).await.map(drop)
    }

    /// The app's own access token, as the gateway gets it.
    pub(crate) fn access_token(&self) -> Secret {
        self.cookie.derive("access token")
    }

    /// The cookie to set.
    pub(crate) fn to_cookie(cookie: &Secret, connection: Connection) -> HeaderValue {
        set_cookie(COOKIE, cookie.expose(), LIFETIME_SECONDS, connection.secure)
    }

    /// Returns the key of the session in the database.
    pub(crate) fn digest(&self) -> String {
        self.cookie.digest()
    }

    /// Returns a secret of this phone.
    pub(crate) fn holder(&self) -> Secret {
        self.cookie.derive("holder")
    }

    /// The session of a request's cookie.
    pub(crate) async fn of(headers: &HeaderMap, phone: &Phone) -> Result<Option<Self>, Failure> {
        match value_of(headers, COOKIE) {
            Some(cookie) => Ok(Self::find(&phone.db, Secret::received(cookie)).await?),
            None => Ok(None),
        }
    }

    async fn find(db: &SqlitePool, cookie: Secret) -> Result<Option<Self>, sqlx::Error> {
        let find = "SELECT account_id FROM phone_sessions
            WHERE cookie_digest = ?1 AND expires_at > unixepoch()";
        let found: Option<(String,)> = fetch_optional!(db, find; cookie.digest()).await?;
        Ok(found.map(|(account_id,)| Self { account_id, cookie }))
    }
}

pub(crate) async fn log_out(
    State(phone): State<Phone>,
    session: PhoneSession,
) -> Result<Response, Failure> {
    session.end(&phone.db).await?;
    let cookie = AppendHeaders([(SET_COOKIE, expired(COOKIE))]);
    Ok((cookie, Redirect::to("/login")).into_response())
}

/// Logs a citizen out on every phone.
pub(crate) async fn end_all(db: &SqlitePool, account_id: &str) -> Result<(), sqlx::Error> {
    execute!(db, "DELETE FROM phone_sessions WHERE account_id = ?1"; account_id)
        .await
        .map(drop)
}

impl FromRequestParts<Phone> for PhoneSession {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, phone: &Phone) -> Result<Self, Response> {
        let found = Self::of(&parts.headers, phone)
            .await
            .map_err(IntoResponse::into_response)?;
        found.ok_or_else(|| Redirect::to("/login").into_response())
    }
}

/// Returns the account of an access token; `None` if it is unknown or ended.
pub(crate) async fn account_of_token(
    db: &SqlitePool,
    token: &Secret,
) -> Result<Option<String>, sqlx::Error> {
    let find = "SELECT account_id FROM phone_sessions
        WHERE token_digest = ?1 AND expires_at > unixepoch()";
    let found: Option<(String,)> = fetch_optional!(db, find; token.digest()).await?;
    Ok(found.map(|(account_id,)| account_id))
}
