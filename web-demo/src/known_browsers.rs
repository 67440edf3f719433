//! Browsers and phones in which a person has logged in before, by OWASP's "Slow Down Online Guessing Attacks with Device
//! Cookies".
//!
//! A known browser has an allowance of wrong passwords and failed face checks of its own. What strangers try on a person's
//! account therefore never locks that person out where they usually log in (threat T42).

use http::HeaderValue;
use saoma_protocol::Digest;
use sqlx::SqlitePool;

use crate::accounts::UserName;
use crate::db;
use crate::key_file::KeyFile;
use crate::pages::{CookieName, Cookies, Failure};
use crate::sealed::Seal;
use crate::secret::random_bytes;

/// Seconds for which a browser stays known after a login: half a year.
const LIFETIME_SECONDS: u32 = 180 * 24 * 3600;

/// Persons whom one browser is known for: a family's or an office's.
const MAX_PERSONS: usize = 4;

/// Between two persons' parts of the cookie. No sealed value holds it.
const SEPARATOR: char = '.';

const NONCE_BYTES: usize = 16;
const NAME_BYTES: usize = 16;
const PAYLOAD_BYTES: usize = NONCE_BYTES + NAME_BYTES;

/// Makes browsers known and recognises them. The database holds nothing of them.
#[derive(Debug, Clone)]
pub(crate) struct KnownBrowsers {
    db: SqlitePool,
    seal: Seal,
}

/// A browser that is known for one person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KnownBrowser {
    /// The key of its own allowances.
    pub key: String,
}

impl KnownBrowsers {
    pub(crate) fn new(db: SqlitePool, key: &KeyFile) -> Self {
        Self {
            db,
            seal: Seal::new(key, "known browsers"),
        }
    }

    /// Returns this request's browser if it is known for the person of this user name. A cookie that was made up, is too
    /// old, or is about another person counts as none.
    pub(crate) async fn find(
        &self,
        cookies: &Cookies,
        name: CookieName,
        user_name: &str,
    ) -> Result<Option<KnownBrowser>, sqlx::Error> {
        let Some(cookie) = cookies.value(name) else {
            return Ok(None);
        };
        let now = db::now(&self.db).await?;
        let mut parts = self.parts(cookie, now);
        let known = parts.find(|(_, payload)| payload[NONCE_BYTES..] == name_bytes(user_name));
        Ok(known.map(|(_, payload)| KnownBrowser {
            key: Digest::of(&payload[..NONCE_BYTES]).to_string(),
        }))
    }

    /// Returns the `Set-Cookie` by which this browser is known for the person of this user name, and for those before.
    pub(crate) async fn remember(
        &self,
        cookies: &Cookies,
        name: CookieName,
        user_name: &str,
    ) -> Result<HeaderValue, Failure> {
        let now = db::now(&self.db).await?;
        let own = name_bytes(user_name);
        let mut payload = [0; PAYLOAD_BYTES];
        payload[..NONCE_BYTES].copy_from_slice(&random_bytes::<NONCE_BYTES>()?);
        payload[NONCE_BYTES..].copy_from_slice(&own);
        let others = self.parts(cookies.value(name).unwrap_or_default(), now);
        let others = others.filter(|(_, payload)| payload[NONCE_BYTES..] != own);
        let parts = [self.seal.seal(&payload, now)]
            .into_iter()
            .chain(others.map(|(part, _)| part.to_owned()));
        let parts: Vec<String> = parts.take(MAX_PERSONS).collect();
        let value = parts.join(&SEPARATOR.to_string());
        Ok(cookies.set(name, &value, LIFETIME_SECONDS))
    }

    fn parts<'a>(
        &'a self,
        cookie: &'a str,
        now: i64,
    ) -> impl Iterator<Item = (&'a str, [u8; PAYLOAD_BYTES])> {
        let parts = cookie.split(SEPARATOR).take(MAX_PERSONS);
        parts.filter_map(move |part| {
            let opened = self.seal.open(part, now, LIFETIME_SECONDS)?;
            Some((part, opened.payload))
        })
    }
}

/// The person of a cookie, as a digest: a cookie shows no user name, which may be an ID number.
fn name_bytes(user_name: &str) -> [u8; NAME_BYTES] {
    let digest = Digest::of(UserName::folded(user_name).as_bytes()).to_string();
    let mut bytes = [0; NAME_BYTES];
    bytes.copy_from_slice(&digest.as_bytes()[..NAME_BYTES]);
    bytes
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;
    use http::header::COOKIE;

    use super::*;

    const NAME: CookieName = CookieName::PortalKnown;

    fn with(cookie: &str) -> Cookies {
        let line = HeaderValue::try_from(cookie).unwrap();
        Cookies::read(&HeaderMap::from_iter([(COOKIE, line)]), false)
    }

    async fn remembered(known: &KnownBrowsers, cookies: &Cookies, user_name: &str) -> Cookies {
        let line = known.remember(cookies, NAME, user_name).await.unwrap();
        with(line.to_str().unwrap().split(';').next().unwrap())
    }

    /// Row A17.
    #[tokio::test]
    async fn a_browser_is_known_for_those_who_have_logged_in_there() {
        let (db, directory) = db::empty().await;
        let key = KeyFile::read_or_make(&directory.path().join("key")).unwrap();
        let known = KnownBrowsers::new(db, &key);
        let find = async |cookies: &Cookies, user_name: &str| {
            known.find(cookies, NAME, user_name).await.unwrap()
        };
        let mut browser = remembered(&known, &with("x=y"), "Jia").await;
        let first = find(&browser, " jia ").await.expect("known for 示例甲");
        assert_eq!(find(&browser, "yi").await, None);
        browser = remembered(&known, &browser, "yi").await;
        assert_eq!(find(&browser, "jia").await, Some(first));
        assert_ne!(find(&browser, "yi").await, find(&browser, "jia").await);
        for later in ["bing", "ding", "wu"] {
            browser = remembered(&known, &browser, later).await;
        }
        assert_eq!(find(&browser, "jia").await, None, "four at most");
        assert!(find(&browser, "yi").await.is_some());
        for strange in ["shili_hall_known=", "shili_hall_known=AAAA.示例"] {
            let strange = HeaderValue::from_bytes(strange.as_bytes()).unwrap();
            let cookies = Cookies::read(&HeaderMap::from_iter([(COOKIE, strange)]), false);
            assert_eq!(find(&cookies, "jia").await, None);
        }
    }
}
