//! Passwords: hashed with argon2id, checked in the same time whether or not the account exists.

use argon2::Argon2;
use argon2::password_hash::{Error, PasswordHash, PasswordHasher, PasswordVerifier, SaltString};

use crate::secret::random_bytes;

/// Hashes a password with a random salt, with the parameters that OWASP recommends (19 MiB, two passes): ~50 ms.
///
/// # Errors
/// The system has no randomness to give, or the password is longer than 4 GiB.
pub(crate) fn hash(password: &str) -> Result<String, Error> {
    let salt = random_bytes::<16>().map_err(|_| Error::Crypto)?;
    let salt = SaltString::encode_b64(&salt)?;
    Ok(Argon2::default()
        .hash_password(password.as_bytes(), &salt)?
        .to_string())
}

/// [`hash`], where nothing waits for it.
pub(crate) async fn hash_later(password: String) -> Result<String, Error> {
    tokio::task::spawn_blocking(move || hash(&password))
        .await
        .unwrap_or(Err(Error::Crypto))
}

/// Returns true if the password is the one of this hash. Hashing keeps a core busy for a while, so it is done where nothing waits
/// for it.
pub(crate) async fn matches_hash(password: String, hash: String) -> bool {
    tokio::task::spawn_blocking(move || matches(&password, &hash))
        .await
        .unwrap_or(false)
}

fn matches(password: &str, hash: &str) -> bool {
    PasswordHash::new(hash).is_ok_and(|hash| {
        Argon2::default()
            .verify_password(password.as_bytes(), &hash)
            .is_ok()
    })
}
