//! Hashes of clients' secrets, in place of the secrets themselves.

use argon2::password_hash::{PasswordHash, PasswordHasher, SaltString};
use argon2::{Algorithm, Argon2, Params};
use saoma_protocol::Digest;

use crate::random;

/// Beginning of a SHA-256.
const SHA256: &str = "sha256:";

/// Characters of a secret that `saoma generate-secret` makes.
const MADE_CHARS: usize = 64;

/// Most memory that a comparison may take, in KiB.
const MOST_MEMORY: u32 = 256 * 1024;

/// Most passes over the memory.
const MOST_PASSES: u32 = 16;

/// Bytes of a salt.
const SALT_BYTES: usize = 16;

/// The hash of a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SecretHash {
    /// The SHA-256 of a random secret, which no one finds by trying.
    Sha256(Digest),
    /// An Argon2 hash in the PHC string format, for secrets of people.
    Argon2(String),
}

/// Reasons for a text not to be a hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SecretHashError {
    /// Neither of the two forms.
    #[error(
        "expected `sha256:` with 64 hexadecimal digits, or an Argon2 hash, as `saoma hash-secret` prints them"
    )]
    Form,
    /// Parameters with which each comparison takes too long.
    #[error("the parameters of the Argon2 hash are too large: take at most 256 MiB and 16 passes")]
    Costly,
    /// No hash could be made.
    #[error("the secret could not be hashed")]
    NotMade,
}

impl SecretHash {
    /// Reads a hash.
    ///
    /// # Errors
    /// Returns an error if the text has neither form, or if a comparison would cost too much.
    pub(crate) fn parse(text: &str) -> Result<Self, SecretHashError> {
        if let Some(hex) = text.strip_prefix(SHA256) {
            let digest = hex.parse().map_err(|_| SecretHashError::Form)?;
            return Ok(Self::Sha256(digest));
        }
        let hash = PasswordHash::new(text).map_err(|_| SecretHashError::Form)?;
        if Algorithm::try_from(hash.algorithm).is_err() || hash.hash.is_none() {
            return Err(SecretHashError::Form);
        }
        let params = Params::try_from(&hash).map_err(|_| SecretHashError::Form)?;
        if params.m_cost() > MOST_MEMORY || params.t_cost() > MOST_PASSES {
            return Err(SecretHashError::Costly);
        }
        Ok(Self::Argon2(text.to_owned()))
    }
}

/// Returns the hash of a client's secret, for its `secret_hash`: a SHA-256 if `generate_secret` has made the
/// secret, and else an Argon2 hash, because it may be guessable.
///
/// # Errors
/// Returns an error if the secret cannot be hashed.
pub fn hash_secret(secret: &str) -> Result<String, SecretHashError> {
    let is_made = secret.len() == MADE_CHARS
        && secret
            .bytes()
            .all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
    if is_made {
        return Ok(format!("{SHA256}{}", Digest::of(secret.as_bytes())));
    }
    let salt = SaltString::encode_b64(&random::bytes::<SALT_BYTES>());
    let hash = salt.and_then(|salt| {
        let hash = Argon2::default().hash_password(secret.as_bytes(), &salt)?;
        Ok(hash.to_string())
    });
    hash.map_err(|_| SecretHashError::NotMade)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_made_secret_has_a_quick_hash_and_any_other_a_slow_one() {
        let made = crate::cluster_secrets::generate_secret();
        let hash = hash_secret(made.trim_end()).expect("a hash");
        assert!(
            matches!(SecretHash::parse(&hash), Ok(SecretHash::Sha256(_))),
            "{hash}"
        );
        let hash = hash_secret("correct horse battery staple").expect("a hash");
        assert!(hash.starts_with("$argon2id$"), "{hash}");
        assert!(
            matches!(SecretHash::parse(&hash), Ok(SecretHash::Argon2(_))),
            "{hash}"
        );
    }

    #[test]
    fn what_is_no_hash_or_costs_too_much_is_refused() {
        let hash = hash_secret("a secret").expect("a hash");
        for (text, error) in [
            ("", SecretHashError::Form),
            ("a secret", SecretHashError::Form),
            ("sha256:", SecretHashError::Form),
            ("sha256:abc", SecretHashError::Form),
            (&format!("sha256:{}", "A".repeat(64)), SecretHashError::Form),
            ("$argon2id$v=19$m=19456,t=2,p=1", SecretHashError::Form),
            ("$2b$12$abcdefghijklmnopqrstuv", SecretHashError::Form),
            (
                &hash.replace("m=19456", "m=1048576"),
                SecretHashError::Costly,
            ),
            (&hash.replace("t=2", "t=1000"), SecretHashError::Costly),
        ] {
            assert_eq!(SecretHash::parse(text), Err(error), "{text}");
        }
    }
}
