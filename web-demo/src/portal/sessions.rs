//! Browsers logged in to the portal.

use axum::extract::{FromRef, FromRequestParts, OptionalFromRequestParts};
use axum::response::{IntoResponse, Redirect, Response};
use http::request::Parts;
use saoma_protocol::Identity;
use sqlx::SqlitePool;
use sqlx::types::Json;

use super::Portal;
use crate::browsers::{self, LoggedIn, LoginMethod, Origin};
use crate::db::{execute, fetch_optional};
use crate::pages::{CookieName, Cookies, Failure, SetCookies, Surface};
use crate::records::Words;
use crate::records::inbox::{self, Notice};
use crate::secret::Secret;
use crate::session_times;

/// The cookie of a session.
const COOKIE: CookieName = CookieName::PortalSession;

/// A person who is logged in. As an extractor it redirects others to the login page.
#[derive(Debug, Clone)]
pub(crate) struct PortalSession {
    pub name: String,
    pub identity: Identity,
    /// The account, the `sub` of the ID token.
    pub account_id: String,
    /// The id by which the login is ended from elsewhere.
    pub id: String,
    pub method: LoginMethod,
    /// The time of the login, in the province's time (UTC+8).
    pub logged_in_at: String,
    cookie: Secret,
    /// The message that the next page shows.
    pending: Option<String>,
}

impl PortalSession {
    /// Logs a browser in under a new cookie, in place of the login and the authentication request that it has, and tells
    /// the person.
    pub(crate) async fn start(
        db: &SqlitePool,
        logged_in: &LoggedIn,
        method: LoginMethod,
        cookies: &Cookies,
        origin: &Origin,
    ) -> Result<SetCookies, Failure> {
        if let Some(before) = cookies.secret(COOKIE) {
            forget(db, &before).await?;
        }
        let account_id = &logged_in.account_id;
        let (cookie, id) = browsers::start(db, logged_in, method, origin).await?;
        inbox::notify(db, account_id, &Notice::of_login(id, origin)).await?;
        Ok(SetCookies::from([
            cookies.set(
                COOKIE,
                cookie.expose(),
                session_times::PORTAL.cookie_seconds(),
            ),
            cookies.expire(CookieName::PortalBrowser),
        ]))
    }

    /// Logs out: the cookie is worth nothing from now on, but that its browser is told so once. Returns the ID token that
    /// ends the session at the gateway too.
    pub(crate) async fn end(self, db: &SqlitePool) -> Result<Option<String>, sqlx::Error> {
        let read = "SELECT id_token FROM portal_sessions WHERE cookie_digest = ?1";
        let found: Option<(Option<String>,)> =
            fetch_optional!(db, read; self.cookie.digest()).await?;
        session_times::log_out(db, Surface::Portal, &self.cookie).await?;
        Ok(found.and_then(|(id_token,)| id_token))
    }

    /// Notes a message that the browser shows once, on the page that it is redirected to.
    pub(crate) async fn flash(&self, db: &SqlitePool, word: &str) -> Result<(), sqlx::Error> {
        let keep = "UPDATE portal_sessions SET flash = ?2 WHERE id = ?1";
        execute!(db, keep; &self.id, word).await.map(drop)
    }

    /// Notes what became of a request, in both languages. The page that the browser is redirected to shows it once.
    pub(crate) async fn tell(&self, db: &SqlitePool, told: &Words) -> Result<(), Failure> {
        Ok(self.flash(db, &serde_json::to_string(told)?).await?)
    }

    /// Takes what [`PortalSession::tell`] has noted. Other messages stay.
    pub(crate) async fn take_told(&self, db: &SqlitePool) -> Result<Option<Words>, Failure> {
        let Some(flash) = &self.pending else {
            return Ok(None);
        };
        match serde_json::from_str(flash) {
            Ok(told) if self.take_flash(db, flash).await? => Ok(Some(told)),
            _ => Ok(None),
        }
    }

    /// Returns true if this message waits to be shown: a second click on the button that caused it comes before its page.
    pub(crate) fn awaits(&self, word: &str) -> bool {
        self.pending.as_deref() == Some(word)
    }

    /// Takes a message that was noted. The second time it is gone: no link and no reload brings it back.
    pub(crate) async fn take_flash(
        &self,
        db: &SqlitePool,
        word: &str,
    ) -> Result<bool, sqlx::Error> {
        let take = "UPDATE portal_sessions SET flash = NULL WHERE id = ?1 AND flash = ?2";
        execute!(db, take; &self.id, word).await
    }

    async fn find(db: &SqlitePool, cookie: Secret) -> Result<Option<Self>, sqlx::Error> {
        let row = fetch_optional!(db, "SELECT name, identity, account_id, id, method,
                strftime('%Y-%m-%d %H:%M', logged_in_at, 'unixepoch', '+8 hours'), flash
            FROM portal_sessions
            WHERE cookie_digest = ?1 AND expires_at > unixepoch() AND ended_at IS NULL";
            cookie.digest())
        .await?;
        Ok(row.map(
            |(name, Json(identity), account_id, id, method, logged_in_at, pending)| Self {
                name,
                identity,
                account_id,
                id,
                method,
                logged_in_at,
                cookie,
                pending,
            },
        ))
    }

    /// Returns a secret of this browser.
    pub(crate) fn holder(&self) -> Secret {
        self.cookie.derive("holder")
    }

    /// The session of a request's cookie.
    pub(crate) async fn of(cookies: &Cookies, portal: &Portal) -> Result<Option<Self>, Failure> {
        match cookies.secret(COOKIE) {
            Some(cookie) => Ok(Self::find(&portal.db, cookie).await?),
            None => Ok(None),
        }
    }
}

async fn forget(db: &SqlitePool, cookie: &Secret) -> Result<(), sqlx::Error> {
    let delete = "DELETE FROM portal_sessions WHERE cookie_digest = ?1";
    execute!(db, delete; cookie.digest()).await.map(drop)
}

impl<S: Sync> FromRequestParts<S> for PortalSession
where
    Portal: FromRef<S>,
{
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        let Ok(cookies) = Cookies::from_request_parts(parts, state).await;
        let found = Self::of(&cookies, &Portal::from_ref(state))
            .await
            .map_err(IntoResponse::into_response)?;
        found.ok_or_else(|| Redirect::to("/login").into_response())
    }
}

impl<S: Sync> OptionalFromRequestParts<S> for PortalSession
where
    Portal: FromRef<S>,
{
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Option<Self>, Failure> {
        let Ok(cookies) = Cookies::from_request_parts(parts, state).await;
        Self::of(&cookies, &Portal::from_ref(state)).await
    }
}
