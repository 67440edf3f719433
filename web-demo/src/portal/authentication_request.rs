//! Authentication requests under way (OIDC Core §3.1.2.1): the portal's half of a login.

use axum::extract::FromRequestParts;
use axum::response::{IntoResponse, Response};
use http::HeaderValue;
use http::request::Parts;
use openidconnect::{CsrfToken, Nonce, PkceCodeChallenge, PkceCodeVerifier};
use sqlx::SqlitePool;

use crate::db::{execute, fetch_optional};
use crate::pages::{CookieName, Failure, set_cookie, value_of};
use crate::secret::Secret;

/// A browser as the portal knows it before anybody has logged in. All of its tabs share it.
#[derive(Debug, Clone)]
pub(crate) struct Browser(Secret);

const COOKIE: CookieName = CookieName("shili_hall_browser");

/// Lifetime of a request: a login page may stay open that long and get new codes.
const LIFETIME_SECONDS: u32 = 24 * 3600;

/// A request with less than this left is not taken up again.
const WORTH_TAKING_UP_SECONDS: u32 = LIFETIME_SECONDS / 2;

impl Browser {
    /// The `Set-Cookie` that keeps it for the length of a login.
    pub(crate) fn cookie(&self, secure: bool) -> HeaderValue {
        set_cookie(COOKIE, self.0.expose(), LIFETIME_SECONDS, secure)
    }
}

impl<S: Sync> FromRequestParts<S> for Browser {
    type Rejection = Response;

    /// The browser of the request's cookie; without one, a new browser.
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Response> {
        match value_of(&parts.headers, COOKIE) {
            Some(known) => Ok(Self(Secret::received(known))),
            None => Secret::random()
                .map(Self)
                .map_err(|error| Failure::from(error).into_response()),
        }
    }
}

/// The state that the portal keeps until the browser comes back.
#[derive(Debug)]
pub(crate) struct AuthenticationRequest {
    /// Binds the answer to the request.
    pub state: CsrfToken,
    /// Binds the ID token to it.
    pub nonce: Nonce,
    /// Proves at the token endpoint that this portal has asked (RFC 7636).
    pub code_verifier: PkceCodeVerifier,
}

impl AuthenticationRequest {
    /// The request of a browser that has none under way, or the one that it has: a page that is loaded again must ask
    /// for the same as before, or the login on it would have to begin anew. With it the challenge of its verifier.
    pub(crate) async fn prepare(
        db: &SqlitePool,
        browser: &Browser,
    ) -> Result<(Self, PkceCodeChallenge), sqlx::Error> {
        if let Some(request) = Self::under_way(db, browser).await? {
            let code_challenge =
                PkceCodeChallenge::from_code_verifier_sha256(&request.code_verifier);
            return Ok((request, code_challenge));
        }
        let (code_challenge, code_verifier) = PkceCodeChallenge::new_random_sha256();
        let request = Self {
            state: CsrfToken::new_random(),
            nonce: Nonce::new_random(),
            code_verifier,
        };
        let expired = "DELETE FROM authentication_requests WHERE expires_at <= unixepoch()";
        execute!(db, expired).await?;
        execute!(db, "INSERT INTO authentication_requests (state, browser_digest, nonce,
                code_verifier, expires_at) VALUES (?1, ?2, ?3, ?4, unixepoch() + ?5)";
            request.state.secret(), browser.0.digest(), request.nonce.secret(),
            request.code_verifier.secret(), LIFETIME_SECONDS)
        .await?;
        Ok((request, code_challenge))
    }

    async fn under_way(db: &SqlitePool, browser: &Browser) -> Result<Option<Self>, sqlx::Error> {
        let row: Option<(String, String, String)> = fetch_optional!(db, "SELECT state, nonce,
                code_verifier FROM authentication_requests WHERE browser_digest = ?1
                AND expires_at > unixepoch() + ?2 ORDER BY expires_at DESC LIMIT 1";
            browser.0.digest(), WORTH_TAKING_UP_SECONDS)
        .await?;
        Ok(row.map(Self::from_row))
    }

    /// Takes the request of this state, once, and only for the browser that has made it (threat T15).
    pub(crate) async fn take(
        db: &SqlitePool,
        browser: &Browser,
        state: &str,
    ) -> Result<Option<Self>, sqlx::Error> {
        let row: Option<(String, String, String)> = fetch_optional!(db, "DELETE
                FROM authentication_requests WHERE state = ?1 AND browser_digest = ?2
                AND expires_at > unixepoch() RETURNING state, nonce, code_verifier";
            state, browser.0.digest())
        .await?;
        Ok(row.map(Self::from_row))
    }

    fn from_row((state, nonce, code_verifier): (String, String, String)) -> Self {
        Self {
            state: CsrfToken::new(state),
            nonce: Nonce::new(nonce),
            code_verifier: PkceCodeVerifier::new(code_verifier),
        }
    }
}
