//! Values that only this hall can have issued: a payload and its time of issue, signed by HMAC-SHA256.
//!
//! A browser keeps them in a cookie, and the database holds nothing of them.

use aws_lc_rs::hmac::{self, HMAC_SHA256};
use data_encoding::BASE64URL_NOPAD;

use crate::key_file::KeyFile;

const INSTANT_BYTES: usize = size_of::<i64>();

/// Seals values for one use and opens them.
#[derive(Debug, Clone)]
pub(crate) struct Seal(hmac::Key);

/// A value that was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Opened<const N: usize> {
    pub payload: [u8; N],
    /// Seconds since the value was issued.
    pub age: u32,
}

impl Seal {
    /// Creates the seal of one use.
    pub(crate) fn new(key: &KeyFile, usage: &str) -> Self {
        Self(hmac::Key::new(HMAC_SHA256, &key.derive(usage)))
    }

    /// Seals a payload, issued `now` (Unix seconds).
    pub(crate) fn seal<const N: usize>(&self, payload: &[u8; N], now: i64) -> String {
        let body = [&payload[..], &now.to_be_bytes()].concat();
        let signature = hmac::sign(&self.0, &body);
        BASE64URL_NOPAD.encode(&[&body, signature.as_ref()].concat())
    }

    /// Opens a value of this seal that was issued less than `lifetime` seconds ago.
    pub(crate) fn open<const N: usize>(
        &self,
        value: &str,
        now: i64,
        lifetime: u32,
    ) -> Option<Opened<N>> {
        let bytes = BASE64URL_NOPAD.decode(value.as_bytes()).ok()?;
        let (body, signature) = bytes.split_at_checked(N + INSTANT_BYTES)?;
        hmac::verify(&self.0, body, signature).ok()?;
        let issued = i64::from_be_bytes(body.last_chunk().copied()?);
        let age = u32::try_from(now.saturating_sub(issued).max(0)).ok()?;
        (age < lifetime).then_some(Opened {
            payload: *body.first_chunk()?,
            age,
        })
    }

    /// Derives a secret from a payload: 256 bits as base64url. Without the key it tells nothing of the payload.
    pub(crate) fn derive(&self, label: &str, payload: &[u8]) -> String {
        let derived = hmac::sign(&self.0, &derivation(label, payload));
        BASE64URL_NOPAD.encode(derived.as_ref())
    }

    /// Compares a text with what [`derive`](Self::derive) returns, in constant time.
    pub(crate) fn is_derived(&self, text: &str, label: &str, payload: &[u8]) -> bool {
        let Ok(bytes) = BASE64URL_NOPAD.decode(text.as_bytes()) else {
            return false;
        };
        hmac::verify(&self.0, &derivation(label, payload), &bytes).is_ok()
    }
}

/// A label never ends within a payload: it holds no zero byte.
fn derivation(label: &str, payload: &[u8]) -> Vec<u8> {
    [label.as_bytes(), &[0], payload].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seal(usage: &str) -> (Seal, tempfile::TempDir) {
        let directory = tempfile::tempdir().unwrap();
        let key = KeyFile::read_or_make(&directory.path().join("key")).unwrap();
        (Seal::new(&key, usage), directory)
    }

    #[test]
    fn a_sealed_value_opens_within_its_lifetime_and_no_other_value_does() {
        let (seal, _directory) = seal("a");
        let value = seal.seal(b"payload", 1000);
        let opened = Some(Opened {
            payload: *b"payload",
            age: 9,
        });
        assert_eq!(seal.open(&value, 1009, 10), opened);
        assert_eq!(seal.open::<7>(&value, 1010, 10), None);
        assert_eq!(seal.open::<6>(&value, 1009, 10), None, "another length");
        let changed = format!("A{}", &value[1..]);
        for strange in ["", "示例", &changed, &value[..20]] {
            assert_eq!(seal.open::<7>(strange, 1009, 10), None, "{strange}");
        }
    }

    #[test]
    fn a_value_of_another_key_does_not_open() {
        let ((one, _a), (other, _b)) = (seal("a"), seal("a"));
        assert_eq!(other.open::<1>(&one.seal(b"x", 0), 0, 10), None);
    }

    #[test]
    fn derived_secrets_depend_on_label_and_payload() {
        let (seal, _directory) = seal("a");
        let state = seal.derive("state", b"seed");
        assert!(seal.is_derived(&state, "state", b"seed"));
        assert!(!seal.is_derived(&state, "nonce", b"seed"));
        assert!(!seal.is_derived(&state, "state", b"other"));
        assert!(!seal.is_derived("", "state", b"seed"));
    }
}
