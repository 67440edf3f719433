//! Secrets of relying parties, kept in forms from which they cannot be read.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use argon2::password_hash::PasswordHash;
use argon2::{Argon2, PasswordVerifier};
use parking_lot::RwLock;
use saoma_protocol::Digest;
use tokio::sync::Semaphore;

use crate::random;
use crate::settings::{ClientSettings, SecretHash};

/// Argon2 hashes that are compared at a time. Each takes a thread and some 20 MiB; the others wait in line.
static COMPARISONS: Semaphore = Semaphore::const_new(2);

/// The secret of a client.
pub(super) enum ClientSecret {
    /// Its SHA-256.
    Sha256(Digest),
    /// Its Argon2 hash.
    Argon2(Arc<Argon2Secret>),
    /// One that could not be read. It admits nothing, so that the client does not pass for a public one.
    Unreadable,
}

/// A secret of which only a slow hash is known.
pub(super) struct Argon2Secret {
    hash: String,
    /// Makes `proved` differ from any other hash of the secret.
    salt: [u8; 16],
    /// A quick hash of the secret since it was first proved: a portal is not kept waiting at each login.
    proved: RwLock<Option<Digest>>,
}

impl ClientSecret {
    /// Returns the secret of these settings, or `None` for a public client.
    pub(super) fn of(settings: &ClientSettings) -> Option<Self> {
        if let Some(hash) = &settings.secret_hash {
            return Some(match SecretHash::parse(hash.expose()) {
                Ok(SecretHash::Sha256(digest)) => Self::Sha256(digest),
                Ok(SecretHash::Argon2(hash)) => Self::Argon2(Arc::new(Argon2Secret::new(hash))),
                Err(_) => Self::Unreadable,
            });
        }
        match &settings.secret {
            Some(secret) => Some(Self::Sha256(Digest::of(secret.expose().as_bytes()))),
            None => settings.secret_file.is_some().then_some(Self::Unreadable),
        }
    }

    /// Returns true if one of these texts is the secret. All are compared, so that the time does not tell which one is.
    ///
    /// # Errors
    /// Returns the error of `may_hash`, which is asked before each slow comparison: after some wrong texts no more are
    /// compared, also of those that have waited for their turn.
    pub(super) async fn is_among(
        &self,
        texts: &[&str],
        may_hash: impl Fn() -> Result<(), Duration>,
    ) -> Result<bool, Duration> {
        match self {
            Self::Sha256(digest) => Ok(texts.iter().fold(false, |found, text| {
                found | (*digest == Digest::of(text.as_bytes()))
            })),
            Self::Argon2(secret) => {
                if texts.iter().any(|text| secret.was_proved_by(text)) {
                    return Ok(true);
                }
                let mut found = false;
                for text in texts {
                    found |= Box::pin(secret.compare(text, &may_hash)).await?;
                }
                Ok(found)
            }
            Self::Unreadable => Ok(false),
        }
    }
}

impl Argon2Secret {
    fn new(hash: String) -> Self {
        Self {
            hash,
            salt: random::bytes(),
            proved: RwLock::new(None),
        }
    }

    fn quick(&self, text: &str) -> Digest {
        Digest::of(&[&self.salt, text.as_bytes()].concat())
    }

    fn was_proved_by(&self, text: &str) -> bool {
        *self.proved.read() == Some(self.quick(text))
    }

    async fn compare(
        self: &Arc<Self>,
        text: &str,
        may_hash: &impl Fn() -> Result<(), Duration>,
    ) -> Result<bool, Duration> {
        let quick = self.quick(text);
        let Ok(permit) = COMPARISONS.acquire().await else {
            return Ok(false);
        };
        may_hash()?;
        let (secret, text) = (Arc::clone(self), text.to_owned());
        // The comparison keeps its place to the end, also if the request has gone.
        let compared = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            let hash = PasswordHash::new(&secret.hash);
            hash.is_ok_and(|hash| {
                let verified = Argon2::default().verify_password(text.as_bytes(), &hash);
                verified.is_ok()
            })
        });
        let is_right = compared.await.unwrap_or(false);
        if is_right {
            *self.proved.write() = Some(quick);
        }
        Ok(is_right)
    }
}

impl fmt::Debug for ClientSecret {
    /// The form alone: a hash can be tried against guesses.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sha256(_) => "Sha256",
            Self::Argon2(_) => "Argon2",
            Self::Unreadable => "Unreadable",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::hash_secret;

    fn secret(settings: ClientSettings) -> ClientSecret {
        ClientSecret::of(&settings).expect("a client with a secret")
    }

    #[tokio::test]
    async fn a_secret_is_compared_whole_in_each_form() {
        let text = crate::cluster_secrets::generate_secret();
        let text = text.trim_end();
        let hashed = |secret: &str| ClientSettings {
            secret_hash: Some(hash_secret(secret).expect("a hash").as_str().into()),
            ..ClientSettings::default()
        };
        let plain = ClientSettings {
            secret: Some("s3cret".into()),
            ..ClientSettings::default()
        };
        for (settings, right) in [
            (plain, "s3cret"),
            (hashed(text), text),
            (hashed("s3cret"), "s3cret"),
        ] {
            let secret = secret(settings);
            let shorter = &right[1..];
            for (texts, admitted) in [
                (&[shorter][..], false),
                (&[right], true),
                (&[right, "other"], true),
                (&["other", right], true),
                (&[shorter], false),
                (&[""], false),
                (&[], false),
            ] {
                assert_eq!(
                    secret.is_among(texts, || Ok(())).await,
                    Ok(admitted),
                    "{secret:?} {texts:?}"
                );
            }
        }
    }

    #[tokio::test]
    async fn wrong_secrets_are_hashed_within_the_limit_and_a_known_one_is_not_hashed_again() {
        let hash = hash_secret("s3cret").expect("a hash");
        let secret = secret(ClientSettings {
            secret_hash: Some(hash.as_str().into()),
            ..ClientSettings::default()
        });
        let wait = Duration::from_secs(7);
        let refused = || Err(wait);
        assert_eq!(secret.is_among(&["s3cret"], refused).await, Err(wait));
        assert_eq!(secret.is_among(&["s3cret"], || Ok(())).await, Ok(true));
        // HTTP Basic has two readings. The one that was proved before costs nothing, whichever it is.
        let readings = ["another reading", "s3cret"];
        assert_eq!(secret.is_among(&readings, refused).await, Ok(true));
        assert_eq!(secret.is_among(&["wrong"], refused).await, Err(wait));
    }

    #[test]
    fn debug_output_shows_no_hash() {
        for settings in [
            ClientSettings {
                secret: Some("s3cret".into()),
                ..ClientSettings::default()
            },
            ClientSettings {
                secret_hash: Some(hash_secret("s3cret").expect("a hash").as_str().into()),
                ..ClientSettings::default()
            },
        ] {
            let shown = format!("{:?}", secret(settings.clone()));
            assert!(["Sha256", "Argon2"].contains(&shown.as_str()), "{shown}");
            let shown = format!("{settings:?}");
            assert!(
                !shown.contains("$argon2") && !shown.contains("s3cret"),
                "{shown}"
            );
        }
    }

    #[tokio::test]
    async fn a_secret_that_was_not_read_makes_no_public_client() {
        for settings in [
            ClientSettings {
                secret_file: Some("missing".into()),
                ..ClientSettings::default()
            },
            ClientSettings {
                secret_hash: Some("not a hash".into()),
                ..ClientSettings::default()
            },
        ] {
            let texts = ["", "missing", "not a hash"];
            let admitted = secret(settings).is_among(&texts, || Ok(())).await;
            assert_eq!(admitted, Ok(false));
        }
        assert!(ClientSecret::of(&ClientSettings::default()).is_none());
    }
}
