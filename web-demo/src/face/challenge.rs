//! Challenges: signed, for one check, answered once within half a minute.

use aws_lc_rs::hmac::{self, HMAC_SHA256};
use data_encoding::BASE64URL_NOPAD;
use sqlx::SqlitePool;

use crate::db::{self, execute};
use crate::key_file::KeyFile;
use crate::pages::Failure;
use crate::secret::random_bytes;

/// Seconds to answer.
pub(super) const LIFETIME_SECONDS: u32 = 30;

const NONCE_BYTES: usize = 16;
const INSTANT_BYTES: usize = size_of::<i64>();

/// Makes challenges and takes them back. Nothing is stored until one is answered.
#[derive(Debug)]
pub(super) struct Challenges {
    key: hmac::Key,
}

impl Challenges {
    /// Those that this key signs.
    pub(super) fn new(key: &KeyFile) -> Self {
        Self {
            key: hmac::Key::new(HMAC_SHA256, &key.derive("face challenges")),
        }
    }

    /// A challenge for what is bound to it: `check` says which browser's check it is, of whom and what for.
    pub(super) async fn issue(&self, db: &SqlitePool, check: &str) -> Result<String, Failure> {
        let now = db::now(db).await?;
        let nonce = random_bytes::<NONCE_BYTES>()?;
        let expires_at = now + i64::from(LIFETIME_SECONDS);
        let body = [&nonce[..], &expires_at.to_be_bytes()].concat();
        let signature = hmac::sign(&self.key, &signed(&body, check));
        Ok(BASE64URL_NOPAD.encode(&[&body, signature.as_ref()].concat()))
    }

    /// Spends a challenge for the check if it is unanswered and not over. From now on
    /// it is answered.
    pub(super) async fn spend(
        &self,
        db: &SqlitePool,
        check: &str,
        challenge: &str,
    ) -> Result<bool, sqlx::Error> {
        let Some(expires_at) = self.expiry(check, challenge) else {
            return Ok(false);
        };
        let expired = "DELETE FROM face_challenges_spent WHERE expires_at <= unixepoch()";
        execute!(db, expired).await?;
        execute!(db, "INSERT INTO face_challenges_spent (challenge, expires_at)
            SELECT ?1, ?2 WHERE ?2 > unixepoch() ON CONFLICT (challenge) DO NOTHING";
            challenge, expires_at)
        .await
    }

    /// When a challenge for the check ends, if it is one of ours.
    fn expiry(&self, check: &str, challenge: &str) -> Option<i64> {
        let bytes = BASE64URL_NOPAD.decode(challenge.as_bytes()).ok()?;
        let (body, signature) = bytes.split_at_checked(NONCE_BYTES + INSTANT_BYTES)?;
        hmac::verify(&self.key, &signed(body, check), signature).ok()?;
        Some(i64::from_be_bytes(body.last_chunk().copied()?))
    }
}

fn signed(body: &[u8], check: &str) -> Vec<u8> {
    [body, check.as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHECK: &str = "a browser, a purpose, a person";

    async fn challenges() -> (tempfile::TempDir, SqlitePool, Challenges) {
        let (db, directory) = crate::db::empty().await;
        let key = KeyFile::read_or_make(&directory.path().join("face.key")).unwrap();
        (directory, db, Challenges::new(&key))
    }

    #[tokio::test]
    async fn a_challenge_is_answered_once_and_for_its_check_only() {
        let (_directory, db, challenges) = challenges().await;
        let challenge = challenges.issue(&db, CHECK).await.unwrap();
        for (check, spent) in [("another person", false), (CHECK, true), (CHECK, false)] {
            let result = challenges.spend(&db, check, &challenge).await;
            assert_eq!(result.unwrap(), spent, "{check}");
        }
    }

    #[tokio::test]
    async fn a_challenge_that_was_made_up_or_is_over_is_none() {
        let (_directory, db, challenges) = challenges().await;
        let body = [&[7; NONCE_BYTES][..], &1_i64.to_be_bytes()].concat();
        let over = hmac::sign(&challenges.key, &signed(&body, CHECK));
        let over = BASE64URL_NOPAD.encode(&[&body, over.as_ref()].concat());
        let made_up = BASE64URL_NOPAD.encode(&[1; 56]);
        for challenge in ["", "示例", &made_up, &over] {
            let spent = challenges.spend(&db, CHECK, challenge).await.unwrap();
            assert!(!spent, "{challenge}");
        }
    }
}
