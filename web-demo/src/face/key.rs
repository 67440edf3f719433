//! The key of the face checks, in a file beside the database.

use std::path::Path;

use aws_lc_rs::hmac::{self, HMAC_SHA256};

use crate::private_file;
use crate::secret::Secret;

/// The key from which the keys follow that seal kept faces and sign challenges.
#[derive(Debug)]
pub(crate) struct FaceKey(Secret);

impl FaceKey {
    /// Reads the key in this file, or makes it. If the file is lost, the kept faces are lost and people show them anew.
    pub(crate) fn read_or_make(file: &Path) -> anyhow::Result<Self> {
        let kept = private_file::read_or_make(file, || Ok(Secret::random()?.expose().to_owned()))?;
        Ok(Self(Secret::received(kept.trim())))
    }

    /// The key for one use.
    pub(crate) fn derive(&self, usage: &str) -> [u8; 32] {
        let key = hmac::Key::new(HMAC_SHA256, self.0.expose().as_bytes());
        let mut derived = [0; 32];
        derived.copy_from_slice(hmac::sign(&key, usage.as_bytes()).as_ref());
        derived
    }
}
