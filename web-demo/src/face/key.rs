//! The key of the face checks, in a file beside the database.

use std::path::Path;

use aws_lc_rs::hmac::{self, HMAC_SHA256};

use crate::private_file;
use crate::secret::Secret;

/// What seals kept faces and signs challenges, each by a key of its own that follows from this one.
#[derive(Debug)]
pub struct FaceKey(Secret);

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file cannot be read or written.
    #[error(transparent)]
    File(#[from] std::io::Error),
    /// The system has no randomness to give.
    #[error("no randomness: {0}")]
    Randomness(#[from] getrandom::Error),
}

impl FaceKey {
    /// The key in this file, made if it is not there. Without it what is kept of faces is lost, which harms nobody.
    ///
    /// # Errors
    /// See [`KeyError`].
    pub fn read_or_make(file: &Path) -> Result<Self, KeyError> {
        let make = || Ok::<_, KeyError>(Secret::random()?.expose().to_owned());
        Ok(Self(Secret::received(
            private_file::read_or_make(file, make)?.trim(),
        )))
    }

    /// The key for one use.
    pub fn derive(&self, usage: &str) -> [u8; 32] {
        let key = hmac::Key::new(HMAC_SHA256, self.0.expose().as_bytes());
        let mut derived = [0; 32];
        derived.copy_from_slice(hmac::sign(&key, usage.as_bytes()).as_ref());
        derived
    }
}
