//! The cookie by which a browser proves its session at the gateway.
//!
//! Only the single sign-on of a client that has it on sets the cookie. It holds the session's id and a secret, of which the
//! store keeps the digest. Scripts cannot read it, and other sites send it only with a person's own navigation to the
//! gateway (`SameSite=Lax`).

use std::time::Duration;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use http::header::COOKIE;
use http::{HeaderMap, HeaderValue};
use saoma_protocol::{Digest, SessionSecret};

/// Name over HTTPS. Browsers take a cookie of this prefix only from this very host, over HTTPS and for all paths, so that
/// no neighbouring host can plant one (RFC 6265bis §4.1.3.2).
const NAME: &str = "__Host-saoma_session";

/// Name over plain HTTP, which is for gateways of one machine. Browsers refuse the prefix there.
const PLAIN_NAME: &str = "saoma_session";

/// Use of a secret's digest: a value that the gateway's own page knows, and other sites do not.
const LOGOUT_TOKEN: &[u8] = b"saoma logout page";

/// The cookie of one gateway.
#[derive(Debug, Clone, Copy)]
pub(super) struct SessionCookie {
    is_https: bool,
}

impl SessionCookie {
    /// Returns the cookie of the gateway with this public origin.
    pub(super) fn of(issuer: &str) -> Self {
        Self {
            is_https: issuer.starts_with("https:"),
        }
    }

    /// Returns the secret that a browser sends, if it sends one that is well-formed. Of several, which only a planted one
    /// can cause, none counts.
    pub(super) fn read(self, headers: &HeaderMap) -> Option<SessionSecret> {
        let pairs = headers.get_all(COOKIE).iter();
        let pairs = pairs.filter_map(|value| value.to_str().ok());
        let mut values = pairs
            .flat_map(|pairs| pairs.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .filter(|(name, _)| *name == self.name())
            .map(|(_, value)| value);
        let first = values.next()?;
        values.next().is_none().then_some(())?;
        first.parse().ok()
    }

    /// Returns the header that sets the cookie for a time.
    pub(super) fn set(self, secret: &SessionSecret, lifetime: Duration) -> Option<HeaderValue> {
        self.header(&secret.to_string(), lifetime.as_secs())
    }

    /// Returns the header that removes the cookie.
    pub(super) fn remove(self) -> Option<HeaderValue> {
        self.header("", 0)
    }

    fn header(self, value: &str, max_age: u64) -> Option<HeaderValue> {
        let name = self.name();
        let secure = if self.is_https { "; Secure" } else { "" };
        let cookie =
            format!("{name}={value}; Path=/; Max-Age={max_age}; HttpOnly; SameSite=Lax{secure}");
        let mut header = HeaderValue::try_from(cookie).ok()?;
        header.set_sensitive(true);
        Some(header)
    }

    const fn name(self) -> &'static str {
        if self.is_https { NAME } else { PLAIN_NAME }
    }
}

/// Returns the value that proves that a form was sent by a page which the gateway made for this browser.
pub(super) fn logout_token(secret: &SessionSecret) -> Digest {
    let mut bytes = LOGOUT_TOKEN.to_vec();
    bytes.extend_from_slice(secret.expose());
    Digest::of(&bytes)
}

/// Returns true if a form's value is the browser's own.
pub(super) fn is_logout_token(secret: &SessionSecret, shown: &str) -> bool {
    let own = logout_token(secret).to_string();
    verify_slices_are_equal(own.as_bytes(), shown.as_bytes()).is_ok()
}

#[cfg(test)]
mod tests {
    use saoma_protocol::LoginId;

    use super::*;

    fn secret(byte: u8) -> SessionSecret {
        SessionSecret::from_random(LoginId::from_random([1; 15]), [byte; 32])
    }

    fn cookies(values: &[&str]) -> HeaderMap {
        let values = values
            .iter()
            .map(|value| (COOKIE, value.parse().expect("a header")));
        values.collect()
    }

    #[test]
    fn a_cookie_that_was_set_is_read_among_others() {
        for (issuer, begins, is_secure) in [
            ("https://login.example", "__Host-saoma_session=", true),
            ("http://127.0.0.1:8080", "saoma_session=", false),
        ] {
            let cookie = SessionCookie::of(issuer);
            let set = cookie.set(&secret(7), Duration::from_secs(60));
            let set = set.expect("a header").to_str().expect("text").to_owned();
            assert!(set.starts_with(begins), "{set}");
            assert!(set.contains("; Path=/; Max-Age=60; HttpOnly; SameSite=Lax"));
            assert_eq!(set.ends_with("; Secure"), is_secure, "{set}");
            let pair = set.split(';').next().expect("a pair");
            let sent = cookies(&["a=b", &format!("c=d; {pair}; e=f")]);
            assert_eq!(cookie.read(&sent), Some(secret(7)));
        }
    }

    #[test]
    fn a_second_cookie_of_the_name_leaves_neither() {
        let cookie = SessionCookie::of("http://127.0.0.1:8080");
        let pair = |byte| format!("{PLAIN_NAME}={}", secret(byte));
        assert_eq!(cookie.read(&cookies(&[&pair(1), &pair(2)])), None);
        assert_eq!(
            cookie.read(&cookies(&[&format!("{}; {}", pair(1), pair(2))])),
            None
        );
        assert_eq!(cookie.read(&cookies(&[&format!("{PLAIN_NAME}=x")])), None);
        assert_eq!(cookie.read(&HeaderMap::new()), None);
    }

    #[test]
    fn a_logout_token_is_of_one_secret() {
        let token = logout_token(&secret(1)).to_string();
        assert!(is_logout_token(&secret(1), &token));
        assert!(!is_logout_token(&secret(2), &token));
        assert!(!is_logout_token(&secret(1), ""));
    }
}
