//! The kept pages in the hall's database, sealed.

use std::net::IpAddr;

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use aws_lc_rs::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};
use sqlx::SqlitePool;

use super::LIFETIME_SECONDS;
use crate::accounts::attempts::address_key;
use crate::db::{self, execute, fetch_one, fetch_optional};
use crate::pages::Failure;
use crate::secret::Secret;

/// Maximum size of what is kept for one form, in bytes. A page is some 10 KB, a resume's form up to 128 KB.
const MAX_BYTES: usize = 384 * 1024;

/// Maximum number for one browser. One more takes the place of the oldest.
const MAX_PER_BROWSER: u32 = 10;

/// Maximum number for one address, behind which an office may sit. Over it, and over [`MAX_IN_ALL`], a form is answered
/// without a redirect: no kept page makes room for a stranger's.
const MAX_PER_ADDRESS: u32 = 200;

/// Maximum number of all.
const MAX_IN_ALL: u32 = 4000;

/// Names of fields that hold passwords and codes, which are never kept.
const SECRET_FIELDS: [&str; 7] = [
    "password",
    "confirmation",
    "old",
    "new",
    "repeat",
    "card_password",
    "code",
];

/// A form that was sent, and the page that answered it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct KeptForm {
    /// The path that it was sent to.
    pub path: String,
    /// Its fields, without passwords and codes.
    pub fields: Vec<(String, String)>,
    /// The page that answered it; `None` if the form was not taken.
    pub answer: Option<KeptAnswer>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct KeptAnswer {
    pub status: u16,
    /// Seconds of `Retry-After`.
    pub retry_after: Option<String>,
    /// The tag of the page's language.
    pub language: String,
    pub html: String,
}

/// The browser and person for whom a form is kept.
#[derive(Debug, Clone)]
pub(super) struct Holder {
    /// The browser's cookie.
    pub browser: Secret,
    /// The account that is logged in there; empty for a stranger.
    pub account_id: String,
}

/// Reads the fields of a form that may be kept.
pub(super) fn fields_of(body: &[u8]) -> Vec<(String, String)> {
    url::form_urlencoded::parse(body)
        .filter(|(name, _)| !SECRET_FIELDS.contains(&&**name))
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect()
}

/// Keeps a form under a key. Returns false if there is no room.
pub(super) async fn keep(
    db: &SqlitePool,
    holder: &Holder,
    address: IpAddr,
    key: &Secret,
    form: &KeptForm,
) -> Result<bool, Failure> {
    let text = serde_json::to_vec(form)?;
    if text.len() > MAX_BYTES {
        return Ok(false);
    }
    let Some(sealed) = seal(holder, key, text) else {
        return Ok(false);
    };
    let (browser, address) = (browser_digest(holder), address_key(address));
    let mut transaction = db::write(db).await?;
    let over = "DELETE FROM kept_pages WHERE expires_at <= unixepoch()";
    execute!(&mut *transaction, over).await?;
    let room = "SELECT (SELECT count(*) FROM kept_pages) < ?1
        AND (SELECT count(*) FROM kept_pages WHERE address = ?2) < ?3";
    let (room,): (bool,) =
        fetch_one!(&mut *transaction, room; MAX_IN_ALL, &address, MAX_PER_ADDRESS).await?;
    if !room {
        return Ok(false);
    }
    let insert = "INSERT INTO kept_pages (key_digest, browser_digest, address, sealed, expires_at)
        VALUES (?1, ?2, ?3, ?4, unixepoch() + ?5)";
    execute!(&mut *transaction, insert;
        key.digest(), &browser, &address, sealed, LIFETIME_SECONDS)
    .await?;
    let too_many = "DELETE FROM kept_pages WHERE browser_digest = ?1 AND key_digest NOT IN
        (SELECT key_digest FROM kept_pages WHERE browser_digest = ?1
         ORDER BY expires_at DESC, key_digest = ?3 DESC LIMIT ?2)";
    execute!(&mut *transaction, too_many; &browser, MAX_PER_BROWSER, key.digest()).await?;
    transaction.commit().await?;
    Ok(true)
}

/// Finds the form of a key; `None` for another browser or person, or after its time.
pub(super) async fn find(
    db: &SqlitePool,
    holder: &Holder,
    key: &Secret,
) -> Result<Option<KeptForm>, Failure> {
    let find = "SELECT sealed FROM kept_pages WHERE key_digest = ?1 AND expires_at > unixepoch()";
    let found: Option<(Vec<u8>,)> = fetch_optional!(db, find; key.digest()).await?;
    let text = found.and_then(|(sealed,)| open(holder, key, &sealed));
    Ok(text.map(|text| serde_json::from_slice(&text)).transpose()?)
}

fn browser_digest(holder: &Holder) -> String {
    holder.browser.derive("kept pages").digest()
}

fn cipher(holder: &Holder, key: &Secret) -> Option<RandomizedNonceKey> {
    let Holder {
        browser,
        account_id,
    } = holder;
    let secret = format!(
        "kept page\0{}\0{}\0{account_id}",
        key.expose(),
        browser.expose()
    );
    RandomizedNonceKey::new(&AES_256_GCM, digest(&SHA256, secret.as_bytes()).as_ref()).ok()
}

fn seal(holder: &Holder, key: &Secret, mut text: Vec<u8>) -> Option<Vec<u8>> {
    let cipher = cipher(holder, key)?;
    let nonce = cipher
        .seal_in_place_append_tag(Aad::empty(), &mut text)
        .ok()?;
    Some([&nonce.as_ref()[..], &text].concat())
}

fn open(holder: &Holder, key: &Secret, sealed: &[u8]) -> Option<Vec<u8>> {
    let (nonce, text) = sealed.split_at_checked(NONCE_LEN)?;
    let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
    let mut text = text.to_vec();
    let opened = cipher(holder, key)?.open_in_place(nonce, Aad::empty(), &mut text);
    opened.ok().map(|text| text.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOME: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    fn holder(browser: &str, account_id: &str) -> Holder {
        Holder {
            browser: Secret::received(browser),
            account_id: account_id.to_owned(),
        }
    }

    fn form() -> KeptForm {
        KeptForm {
            path: "/questions".to_owned(),
            fields: vec![("subject".to_owned(), "养老保险".to_owned())],
            answer: None,
        }
    }

    /// Row B5.
    #[tokio::test]
    async fn a_kept_form_is_found_by_its_own_browser_and_person_only() {
        let (db, _directory) = db::empty().await;
        let (own, key) = (holder("browser", "c-1001"), Secret::random().unwrap());
        assert!(keep(&db, &own, HOME, &key, &form()).await.unwrap());
        assert_eq!(find(&db, &own, &key).await.unwrap(), Some(form()));
        let other_key = Secret::random().unwrap();
        for (holder, key) in [
            (holder("other", "c-1001"), &key),
            (holder("browser", "c-1002"), &key),
            (holder("browser", ""), &key),
            (own.clone(), &other_key),
        ] {
            assert_eq!(find(&db, &holder, key).await.unwrap(), None);
        }
        let (sealed,): (Vec<u8>,) = fetch_one!(&db, "SELECT sealed FROM kept_pages")
            .await
            .unwrap();
        let subject = "养老保险".as_bytes();
        assert!(!sealed.windows(subject.len()).any(|part| part == subject));
        execute!(&db, "UPDATE kept_pages SET expires_at = unixepoch()")
            .await
            .unwrap();
        assert_eq!(
            find(&db, &own, &key).await.unwrap(),
            None,
            "its time is over"
        );
    }

    /// Row B5.
    #[tokio::test]
    async fn what_is_kept_is_bounded_and_no_stranger_takes_its_place() {
        let (db, _directory) = db::empty().await;
        let mut keys = Vec::new();
        for _ in 0..=MAX_PER_BROWSER {
            let key = Secret::random().unwrap();
            let own = holder("browser", "");
            assert!(keep(&db, &own, HOME, &key, &form()).await.unwrap());
            keys.push(key);
        }
        let (count,): (u32,) = fetch_one!(&db, "SELECT count(*) FROM kept_pages")
            .await
            .unwrap();
        assert_eq!(count, MAX_PER_BROWSER);
        let last = keys.last().unwrap();
        assert!(
            find(&db, &holder("browser", ""), last)
                .await
                .unwrap()
                .is_some()
        );
        let fill = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200)
            INSERT INTO kept_pages SELECT 'k' || i, 'b' || i, ?1, x'', unixepoch() + 900 FROM n";
        execute!(&db, fill; address_key(HOME)).await.unwrap();
        let (stranger, key) = (holder("stranger", ""), Secret::random().unwrap());
        assert!(!keep(&db, &stranger, HOME, &key, &form()).await.unwrap());
        let elsewhere = IpAddr::from([192, 0, 2, 1]);
        assert!(
            keep(&db, &stranger, elsewhere, &key, &form())
                .await
                .unwrap()
        );
        let mut large = form();
        large.fields[0].1 = "x".repeat(MAX_BYTES);
        assert!(!keep(&db, &stranger, elsewhere, &key, &large).await.unwrap());
    }

    /// Row U3: each password field of a template is named in the list.
    #[test]
    fn no_password_and_no_code_is_kept() {
        let body = SECRET_FIELDS.map(|name| format!("{name}=secret")).join("&");
        let kept = fields_of(format!("{body}&subject=a+b").as_bytes());
        assert_eq!(kept, [("subject".to_owned(), "a b".to_owned())]);
        let mut folders = vec![std::path::PathBuf::from(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/templates"
        ))];
        let mut found = 0;
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                    continue;
                }
                let text = std::fs::read_to_string(&path).unwrap();
                for line in text.lines() {
                    let secret = ["type=\"password\"", "kind=\"password\"", "one-time-code"];
                    if !secret.iter().any(|mark| line.contains(mark)) {
                        continue;
                    }
                    let name = ["field(\"", " name=\""]
                        .iter()
                        .find_map(|begin| line.split_once(begin));
                    let Some((name, _)) = name.and_then(|(_, rest)| rest.split_once('"')) else {
                        continue;
                    };
                    assert!(
                        SECRET_FIELDS.contains(&name),
                        "{name} in {}",
                        path.display()
                    );
                    found += 1;
                }
            }
        }
        assert!(found > 10, "{found}");
    }
}
