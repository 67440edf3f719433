//! Authentication requests under way (OIDC Core §3.1.2.1): the portal's half of a login.
//!
//! A browser holds its request in a cookie, sealed: `state`, nonce and verifier follow from it by the portal's key. So a
//! page that is opened writes nothing to the database, and a value that the portal has not issued is no request.

use http::HeaderValue;
use openidconnect::{CsrfToken, Nonce, PkceCodeChallenge, PkceCodeVerifier};
use sqlx::SqlitePool;

use crate::db;
use crate::key_file::KeyFile;
use crate::pages::{CookieName, Cookies, Failure};
use crate::sealed::Seal;
use crate::secret::random_bytes;

/// Lifetime of a request: a login page may stay open that long and get new codes.
const LIFETIME_SECONDS: u32 = 24 * 3600;

/// A request older than this is not taken up again.
const WORTH_TAKING_UP_SECONDS: u32 = LIFETIME_SECONDS / 2;

const SEED_BYTES: usize = 32;

const COOKIE: CookieName = CookieName::PortalBrowser;

/// Makes requests and finds them again.
#[derive(Debug, Clone)]
pub(crate) struct AuthenticationRequests {
    db: SqlitePool,
    seal: Seal,
}

/// The request of a browser. All of its tabs share it.
#[derive(Debug)]
pub(crate) struct AuthenticationRequest {
    /// Binds the answer to the request.
    pub state: CsrfToken,
    /// Binds the ID token to it.
    pub nonce: Nonce,
    /// Proves at the token endpoint that this portal has asked (RFC 7636).
    pub code_verifier: PkceCodeVerifier,
    /// The value of the browser's cookie.
    sealed: String,
}

impl AuthenticationRequests {
    pub(crate) fn new(db: SqlitePool, key: &KeyFile) -> Self {
        Self {
            db,
            seal: Seal::new(key, "authentication requests"),
        }
    }

    /// Returns the request of a browser that has none under way, or the one that it has: a page that is loaded again must
    /// ask for the same as before, or the login on it would have to begin anew. With it the challenge of its verifier.
    pub(super) async fn prepare(
        &self,
        cookies: &Cookies,
    ) -> Result<(AuthenticationRequest, PkceCodeChallenge), Failure> {
        let now = db::now(&self.db).await?;
        let request = match self.under_way(cookies, now, WORTH_TAKING_UP_SECONDS) {
            Some((request, _)) => request,
            None => {
                let seed = random_bytes()?;
                self.request(&seed, self.seal.seal(&seed, now))
            }
        };
        let challenge = PkceCodeChallenge::from_code_verifier_sha256(&request.code_verifier);
        Ok((request, challenge))
    }

    /// Returns the request of this state, if it is that of the browser itself (threat T15). The answer to the browser
    /// forgets it.
    pub(super) async fn find(
        &self,
        cookies: &Cookies,
        state: &str,
    ) -> Result<Option<AuthenticationRequest>, sqlx::Error> {
        let now = db::now(&self.db).await?;
        let found = self.under_way(cookies, now, LIFETIME_SECONDS);
        let found = found.filter(|(_, seed)| self.seal.is_derived(state, "state", seed));
        Ok(found.map(|(request, _)| request))
    }

    fn under_way(
        &self,
        cookies: &Cookies,
        now: i64,
        lifetime: u32,
    ) -> Option<(AuthenticationRequest, [u8; SEED_BYTES])> {
        let sealed = cookies.value(COOKIE)?;
        let seed = self.seal.open(sealed, now, lifetime)?.payload;
        Some((self.request(&seed, sealed.to_owned()), seed))
    }

    fn request(&self, seed: &[u8; SEED_BYTES], sealed: String) -> AuthenticationRequest {
        let derived = |label| self.seal.derive(label, seed);
        AuthenticationRequest {
            state: CsrfToken::new(derived("state")),
            nonce: Nonce::new(derived("nonce")),
            code_verifier: PkceCodeVerifier::new(derived("code verifier")),
            sealed,
        }
    }
}

impl AuthenticationRequest {
    /// Returns the `Set-Cookie` that keeps the request in its browser.
    pub(super) fn cookie(&self, cookies: &Cookies) -> HeaderValue {
        cookies.set(COOKIE, &self.sealed, LIFETIME_SECONDS)
    }

    /// Returns the `Set-Cookie` that ends the request of a browser.
    pub(super) fn forget(cookies: &Cookies) -> HeaderValue {
        cookies.expire(COOKIE)
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;

    use super::*;

    async fn requests() -> (AuthenticationRequests, tempfile::TempDir) {
        let (db, directory) = db::empty().await;
        let key = KeyFile::read_or_make(&directory.path().join("hall.key")).unwrap();
        (AuthenticationRequests::new(db, &key), directory)
    }

    fn with(sealed: &str) -> Cookies {
        let line = HeaderValue::try_from(format!("shili_hall_browser={sealed}")).unwrap();
        let headers = HeaderMap::from_iter([(http::header::COOKIE, line)]);
        Cookies::read(&headers, false)
    }

    async fn prepared(requests: &AuthenticationRequests, sealed: &str) -> AuthenticationRequest {
        requests.prepare(&with(sealed)).await.unwrap().0
    }

    #[tokio::test]
    async fn a_browser_keeps_its_request_and_an_answer_counts_for_it_only() {
        let (requests, _directory) = requests().await;
        let (own, other) = (prepared(&requests, "").await, prepared(&requests, "").await);
        let again = prepared(&requests, &own.sealed).await;
        assert_eq!(again.state.secret(), own.state.secret());
        assert_ne!(other.state.secret(), own.state.secret());
        let find = async |sealed: &str, state: &str| {
            let found = requests.find(&with(sealed), state).await.unwrap();
            found.map(|request| request.nonce.secret().clone())
        };
        let state = own.state.secret();
        assert_eq!(
            find(&own.sealed, state).await,
            Some(own.nonce.secret().clone())
        );
        for (sealed, state) in [
            (&*other.sealed, &**state),
            (&own.sealed, other.state.secret()),
            (&own.sealed, own.nonce.secret()),
            (&own.sealed, ""),
            ("", state),
        ] {
            assert_eq!(find(sealed, state).await, None, "{sealed} {state}");
        }
    }

    /// Row A10.
    #[tokio::test]
    async fn a_value_that_the_portal_has_not_issued_is_replaced() {
        let (requests, _directory) = requests().await;
        for planted in ["planted", "示例", &"A".repeat(96)] {
            let request = prepared(&requests, planted).await;
            assert_ne!(request.sealed, planted);
            let found = requests.find(&with(planted), request.state.secret()).await;
            assert!(found.unwrap().is_none(), "{planted}");
        }
    }
}
