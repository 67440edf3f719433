//! Authentication requests under way (OIDC Core §3.1.2.1): the portal's half of a login.

use axum::extract::FromRequestParts;
use axum::response::{IntoResponse, Response};
use http::HeaderValue;
use http::request::Parts;
use openidconnect::{CsrfToken, Nonce, PkceCodeChallenge, PkceCodeVerifier};
use sqlx::SqlitePool;

use crate::pages::{Cookie, CookieName, Failure, value_of};
use crate::secret::Secret;

/// A browser as the portal knows it before anybody has logged in. All of its tabs share it, each with requests of its
/// own, so that two tabs do not end each other's login.
#[derive(Debug, Clone)]
pub struct Browser(Secret);

const COOKIE: CookieName = CookieName("shili_hall_browser");

/// The longest login (docs/protocol.md §2): 600 s waiting, 90 s to confirm, 60 s for the code; and some slack.
const LIFETIME_SECONDS: u32 = 15 * 60;

impl Browser {
    /// The `Set-Cookie` that keeps it for the length of a login.
    pub fn cookie(&self, secure: bool) -> HeaderValue {
        Cookie { name: COOKIE, value: self.0.expose(), max_age: LIFETIME_SECONDS, secure }.to_header()
    }
}

impl<S: Sync> FromRequestParts<S> for Browser {
    type Rejection = Response;

    /// The browser of the request's cookie; without one, a new browser.
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Response> {
        match value_of(&parts.headers, COOKIE) {
            Some(known) => Ok(Self(Secret::received(known))),
            None => Secret::random().map(Self).map_err(|error| Failure::from(error).into_response()),
        }
    }
}

/// What the portal has to remember until the browser comes back.
#[derive(Debug)]
pub struct AuthenticationRequest {
    /// Binds the answer to the request.
    pub state: CsrfToken,
    /// Binds the ID token to it.
    pub nonce: Nonce,
    /// Proves at the token endpoint that this portal has asked (RFC 7636).
    pub code_verifier: PkceCodeVerifier,
}

impl AuthenticationRequest {
    /// A new request of a browser, and the challenge of its verifier.
    ///
    /// # Errors
    /// The database's.
    pub async fn prepare(db: &SqlitePool, browser: &Browser) -> Result<(Self, PkceCodeChallenge), sqlx::Error> {
        let (code_challenge, code_verifier) = PkceCodeChallenge::new_random_sha256();
        let request = Self { state: CsrfToken::new_random(), nonce: Nonce::new_random(), code_verifier };
        sqlx::query("DELETE FROM authentication_requests WHERE expires_at <= unixepoch()").execute(db).await?;
        sqlx::query(
            "INSERT INTO authentication_requests (state, browser_digest, nonce, code_verifier, expires_at)
             VALUES (?1, ?2, ?3, ?4, unixepoch() + ?5)",
        )
        .bind(request.state.secret())
        .bind(browser.0.digest())
        .bind(request.nonce.secret())
        .bind(request.code_verifier.secret())
        .bind(LIFETIME_SECONDS)
        .execute(db)
        .await?;
        Ok((request, code_challenge))
    }

    /// Takes the request of this state, once, and only for the browser that has made it (threat T15).
    ///
    /// # Errors
    /// The database's.
    pub async fn take(db: &SqlitePool, browser: &Browser, state: &str) -> Result<Option<Self>, sqlx::Error> {
        let row: Option<(String, String)> = sqlx::query_as(
            "DELETE FROM authentication_requests WHERE state = ?1 AND browser_digest = ?2 AND expires_at > unixepoch()
             RETURNING nonce, code_verifier",
        )
        .bind(state)
        .bind(browser.0.digest())
        .fetch_optional(db)
        .await?;
        Ok(row.map(|(nonce, code_verifier)| Self {
            state: CsrfToken::new(state.to_owned()),
            nonce: Nonce::new(nonce),
            code_verifier: PkceCodeVerifier::new(code_verifier),
        }))
    }
}
