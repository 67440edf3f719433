//! Secrets in files of their own.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use super::Secret;

/// Most bytes of a secret.
const MOST_BYTES: u64 = 4096;

/// Reasons for a file not to hold a secret.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SecretFileError {
    /// It cannot be read, or is not text.
    #[error("cannot read it")]
    Unreadable(#[from] io::Error),
    /// It is not a file.
    #[error("it is not a file")]
    NotAFile,
    /// Nothing is in it.
    #[error("it is empty")]
    Empty,
    /// It is too long for a secret.
    #[error("it holds more than 4096 bytes")]
    TooLong,
}

impl Secret {
    /// Reads a secret from a file. One newline at its end is not part of the secret.
    ///
    /// # Errors
    /// Returns an error if the file cannot be read, or does not hold a secret.
    pub fn read(path: &Path) -> Result<Self, SecretFileError> {
        // A directory or a pipe would not end.
        if !std::fs::metadata(path)?.is_file() {
            return Err(SecretFileError::NotAFile);
        }
        let mut text = String::new();
        File::open(path)?
            .take(MOST_BYTES + 1)
            .read_to_string(&mut text)?;
        if text.len() as u64 > MOST_BYTES {
            return Err(SecretFileError::TooLong);
        }
        let secret = text.strip_suffix('\n').unwrap_or(&text);
        let secret = secret.strip_suffix('\r').unwrap_or(secret);
        if secret.is_empty() {
            return Err(SecretFileError::Empty);
        }
        Ok(Self::from(secret))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_the_contents_without_one_newline() {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let file = directory.path().join("secret");
        let read = |contents: &[u8]| {
            std::fs::write(&file, contents).expect("a file");
            Secret::read(&file)
                .ok()
                .map(|secret| secret.expose().to_owned())
        };
        for (contents, secret) in [
            (&b"hunter2"[..], Some("hunter2")),
            (b"hunter2\n", Some("hunter2")),
            (b"hunter2\r\n", Some("hunter2")),
            (b"hunter2\n\n", Some("hunter2\n")),
            (b" hunter2 \n", Some(" hunter2 ")),
            (b"\n", None),
            (b"", None),
            (b"\xff\xfe", None),
        ] {
            assert_eq!(read(contents).as_deref(), secret, "{contents:?}");
        }
        assert_eq!(read(&[b'x'; 4097]), None);
        assert!(matches!(
            Secret::read(directory.path()),
            Err(SecretFileError::NotAFile)
        ));
    }
}
