//! Persons logged in to the app on a phone, and the access token that the app sends to the gateway for each.
//!
//! The token follows from the cookie, which the phone alone keeps. So the app's backend has it while a request is
//! handled, and the database at no time.

use std::net::IpAddr;

use axum::extract::{FromRequestParts, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::HeaderValue;
use http::request::Parts;
use sqlx::{SqliteExecutor, SqlitePool};

use super::Phone;
use crate::db::{execute, fetch_optional};
use crate::pages::{CookieName, Cookies, Failure, Locale, Surface};
use crate::records::Words;
use crate::secret::Secret;
use crate::serving::Connection;
use crate::session_times::{self, EndReason};

/// The cookie of a session.
const COOKIE: CookieName = CookieName::PhoneSession;

/// A person logged in on the phone that sent a request. As an extractor it redirects others to the login page.
#[derive(Debug, Clone)]
pub(crate) struct PhoneSession {
    pub account_id: String,
    cookie: Secret,
    /// The phone's address at its last request.
    address: String,
    /// What the next page says once.
    pending: Option<String>,
}

/// The holder of an access token.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct TokenHolder {
    pub account_id: String,
    /// The phone's address at its last request.
    pub address: String,
    /// The end of the token, in Unix seconds.
    pub expires_at: i64,
}

impl PhoneSession {
    /// Logs a person in, in place of the login that the phone has. Returns the `Set-Cookie` of the new session.
    pub(crate) async fn start(
        db: &SqlitePool,
        account_id: String,
        cookies: &Cookies,
        address: IpAddr,
    ) -> Result<HeaderValue, Failure> {
        let times = session_times::PHONE;
        let session = Self {
            account_id,
            cookie: Secret::random()?,
            address: address.to_string(),
            pending: None,
        };
        session_times::forget_old(db, Surface::Phone).await?;
        let over = "DELETE FROM phone_sessions WHERE cookie_digest = ?1";
        let before = cookies.secret(COOKIE).map(|cookie| cookie.digest());
        execute!(db, over; before).await?;
        execute!(db, "INSERT INTO phone_sessions (cookie_digest, token_digest, account_id, address,
                expires_at, ends_at) VALUES (?1, ?2, ?3, ?4, unixepoch() + ?5, unixepoch() + ?6)";
            session.digest(), session.access_token().digest(), &session.account_id,
            &session.address, times.idle, times.max)
        .await?;
        Ok(cookies.set(COOKIE, session.cookie.expose(), times.cookie_seconds()))
    }

    /// Keeps the address of the phone's present request, which the gateway asks for while it handles what the phone
    /// sends: it compares the phone's network with the browser's, and counts a phone by its own address.
    async fn note_address(&mut self, db: &SqlitePool, address: IpAddr) -> Result<(), sqlx::Error> {
        let address = address.to_string();
        if self.address == address {
            return Ok(());
        }
        let update = "UPDATE phone_sessions SET address = ?2 WHERE cookie_digest = ?1";
        execute!(db, update; self.digest(), &address).await?;
        self.address = address;
        Ok(())
    }

    /// Notes what became of a request. The page that the phone is redirected to shows it once.
    pub(crate) async fn tell(
        &self,
        db: &SqlitePool,
        told: impl Fn(Locale) -> String,
    ) -> Result<(), Failure> {
        let told = serde_json::to_string(&Words::of_locales(told))?;
        let keep = "UPDATE phone_sessions SET flash = ?2 WHERE cookie_digest = ?1";
        Ok(execute!(db, keep; self.digest(), told).await.map(drop)?)
    }

    /// Takes what [`PhoneSession::tell`] has noted. The second time it is gone.
    pub(crate) async fn take_told(&self, db: &SqlitePool) -> Result<Option<Words>, Failure> {
        let Some(pending) = &self.pending else {
            return Ok(None);
        };
        let take = "UPDATE phone_sessions SET flash = NULL WHERE cookie_digest = ?1 AND flash = ?2";
        let taken = execute!(db, take; self.digest(), pending).await?;
        Ok(if taken {
            serde_json::from_str(pending)?
        } else {
            None
        })
    }

    /// Logs out: cookie and token are worth nothing from now on.
    pub(crate) async fn end(self, db: &SqlitePool) -> Result<(), sqlx::Error> {
        session_times::log_out(db, Surface::Phone, &self.cookie).await
    }

    /// The app's own access token, as the gateway gets it.
    pub(crate) fn access_token(&self) -> Secret {
        self.cookie.derive("access token")
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
    pub(crate) async fn of(cookies: &Cookies, phone: &Phone) -> Result<Option<Self>, Failure> {
        match cookies.secret(COOKIE) {
            Some(cookie) => Ok(Self::find(&phone.db, cookie).await?),
            None => Ok(None),
        }
    }

    async fn find(db: &SqlitePool, cookie: Secret) -> Result<Option<Self>, sqlx::Error> {
        let find = "SELECT account_id, address, flash FROM phone_sessions
            WHERE cookie_digest = ?1 AND expires_at > unixepoch() AND ended_at IS NULL";
        let found: Option<(String, String, Option<String>)> =
            fetch_optional!(db, find; cookie.digest()).await?;
        Ok(found.map(|(account_id, address, pending)| Self {
            account_id,
            cookie,
            address,
            pending,
        }))
    }
}

pub(crate) async fn log_out(
    State(phone): State<Phone>,
    session: PhoneSession,
) -> Result<Response, Failure> {
    session.end(&phone.db).await?;
    Ok(Redirect::to("/login").into_response())
}

/// Logs a citizen out on every phone.
pub(crate) async fn end_all(
    db: impl SqliteExecutor<'_>,
    account_id: &str,
    reason: EndReason,
) -> Result<(), sqlx::Error> {
    let end = "UPDATE phone_sessions SET ended_at = unixepoch(), ended_because = ?2
        WHERE account_id = ?1 AND ended_at IS NULL";
    execute!(db, end; account_id, reason.name()).await.map(drop)
}

impl FromRequestParts<Phone> for PhoneSession {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, phone: &Phone) -> Result<Self, Response> {
        let Ok(cookies) = Cookies::from_request_parts(parts, phone).await;
        let connection = parts.extensions.get::<Connection>().copied();
        let found = async {
            let mut found = Self::of(&cookies, phone).await?;
            if let (Some(session), Some(connection)) = (&mut found, connection) {
                session.note_address(&phone.db, connection.address).await?;
            }
            Ok(found)
        };
        let found: Result<_, Failure> = found.await;
        found
            .map_err(IntoResponse::into_response)?
            .ok_or_else(|| Redirect::to("/login").into_response())
    }
}

/// Returns the holder of an access token; `None` if it is unknown or ended.
pub(crate) async fn holder_of_token(
    db: &SqlitePool,
    token: &Secret,
) -> Result<Option<TokenHolder>, sqlx::Error> {
    let find = "SELECT account_id, address, expires_at FROM phone_sessions
        WHERE token_digest = ?1 AND expires_at > unixepoch() AND ended_at IS NULL";
    fetch_optional!(db, find; token.digest()).await
}
