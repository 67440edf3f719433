//! Keys in files beside the database.

use std::path::Path;

use aws_lc_rs::hmac::{self, HMAC_SHA256};

use crate::private_file;
use crate::secret::Secret;

/// A key in a file, from which the keys of each use follow.
#[derive(Debug)]
pub(crate) struct KeyFile(Secret);

impl KeyFile {
    /// Reads the key in this file, or makes it. If the file is lost, everything that was sealed or signed with it is worthless.
    pub(crate) fn read_or_make(file: &Path) -> anyhow::Result<Self> {
        let kept = private_file::read_or_make(file, || Ok(Secret::random()?.expose().to_owned()))?;
        Ok(Self(Secret::received(kept.trim())))
    }

    /// Returns the key of one use.
    pub(crate) fn derive(&self, usage: &str) -> [u8; 32] {
        let key = hmac::Key::new(HMAC_SHA256, self.0.expose().as_bytes());
        let mut derived = [0; 32];
        derived.copy_from_slice(hmac::sign(&key, usage.as_bytes()).as_ref());
        derived
    }
}
