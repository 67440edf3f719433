//! Secrets that the nodes of a cluster share.

use std::collections::HashSet;
use std::fmt;

use aws_lc_rs::hmac::{self, HMAC_SHA256};
use data_encoding::HEXLOWER_PERMISSIVE;
use serde::{Deserialize, Serialize};

use crate::random;

/// Length of a secret, in bytes.
const BYTES: usize = 32;

/// Use of a secret by which nodes compare it.
const MARK_USAGE: &str = "saoma mark of a cluster secret";

/// The secrets of a cluster. The current one makes what is sealed or signed; all recognise it, so that a secret can be
/// changed while nodes run.
#[derive(Clone)]
pub(crate) struct ClusterSecrets {
    current: [u8; BYTES],
    others: Vec<[u8; BYTES]>,
}

/// A text is not a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected 64 random hexadecimal digits")]
pub struct ParseSecretError;

/// Returns a new secret as its file holds it: 64 hexadecimal digits.
pub fn generate_secret() -> String {
    HEXLOWER_PERMISSIVE.encode(&random::bytes::<BYTES>()) + "\n"
}

impl ClusterSecrets {
    /// Reads the texts of files, the current secret first. Without a text it makes a secret of this process alone.
    ///
    /// # Errors
    /// Returns the number of the first text that is not 64 hexadecimal digits.
    pub(crate) fn parse<'a>(
        texts: impl IntoIterator<Item = &'a str>,
    ) -> Result<Self, (usize, ParseSecretError)> {
        let mut secrets = texts.into_iter().enumerate().map(|(number, text)| {
            let bytes = HEXLOWER_PERMISSIVE.decode(text.trim().as_bytes());
            let secret: Option<[u8; BYTES]> = bytes.ok().and_then(|bytes| bytes.try_into().ok());
            let secret = secret.filter(looks_random);
            secret.ok_or((number, ParseSecretError))
        });
        Ok(Self {
            current: secrets
                .next()
                .transpose()?
                .unwrap_or_else(random::bytes::<BYTES>),
            others: secrets.collect::<Result<_, _>>()?,
        })
    }

    /// Creates a secret of this process alone, for a node without others.
    #[cfg(any(test, fuzzing))]
    pub(crate) fn random() -> Self {
        Self {
            current: random::bytes(),
            others: Vec::new(),
        }
    }

    /// Returns the current key for one use. Keys of different uses tell nothing of each other.
    pub(crate) fn current_key(&self, usage: &str) -> [u8; BYTES] {
        derive(&self.current, usage)
    }

    /// Returns the marks of these secrets.
    pub(crate) fn marks(&self) -> SecretMarks {
        // 64 bits of an HMAC: enough to tell secrets apart, and no way back to one.
        let mark = |secret| HEXLOWER_PERMISSIVE.encode(&derive(secret, MARK_USAGE)[..8]);
        let seals = mark(&self.current);
        let opens = std::iter::once(seals.clone()).chain(self.others.iter().map(mark));
        SecretMarks {
            opens: opens.collect(),
            seals,
        }
    }

    /// Returns the other keys for one use, which only recognise.
    pub(crate) fn other_keys(&self, usage: &str) -> impl Iterator<Item = [u8; BYTES]> {
        self.others.iter().map(move |secret| derive(secret, usage))
    }
}

/// Marks of a node's secrets by which other nodes compare them with theirs. They tell nothing of the secrets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SecretMarks {
    /// Mark of the secret that seals.
    pub(crate) seals: String,
    /// Marks of all secrets that open.
    pub(crate) opens: Vec<String>,
}

impl SecretMarks {
    /// Returns true if each of two nodes opens what the other one seals.
    pub(crate) fn fit(&self, other: &Self) -> bool {
        self.opens.contains(&other.seals) && other.opens.contains(&self.seals)
    }
}

/// Returns false for a secret of few different bytes, such as zeros.
fn looks_random(secret: &[u8; BYTES]) -> bool {
    // Of 32 random bytes fewer than 12 are different with a chance below 2^-90.
    secret.iter().collect::<HashSet<_>>().len() >= 12
}

fn derive(secret: &[u8; BYTES], usage: &str) -> [u8; BYTES] {
    let key = hmac::Key::new(HMAC_SHA256, secret);
    let mut derived = [0; BYTES];
    derived.copy_from_slice(hmac::sign(&key, usage.as_bytes()).as_ref());
    derived
}

impl fmt::Debug for ClusterSecrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ClusterSecrets({})", 1 + self.others.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_secret_is_read_back_and_not_printed() {
        let text = generate_secret();
        let secrets = ClusterSecrets::parse([&*text]).expect("a secret");
        assert!(!format!("{secrets:?}").contains(text.trim()));
        assert_ne!(secrets.current_key("a"), secrets.current_key("b"));
        let upper = text.to_uppercase();
        let same = ClusterSecrets::parse([&*upper, &*text]).expect("the same secret");
        assert_eq!(secrets.current_key("a"), same.current_key("a"));
        assert_eq!(same.other_keys("a").next(), Some(secrets.current_key("a")));
    }

    #[test]
    fn without_a_text_each_process_has_a_secret_of_its_own() {
        let key = || {
            ClusterSecrets::parse([])
                .expect("a secret")
                .current_key("a")
        };
        assert_ne!(key(), key());
    }

    /// Row A13: each step of a proper change fits the one before it, and no step that is left out does.
    #[test]
    fn a13_marks_fit_through_a_change_and_tell_nothing() {
        let (old, new) = (generate_secret(), generate_secret());
        let marks = |texts: &[&str]| {
            let secrets = ClusterSecrets::parse(texts.iter().copied());
            secrets.expect("secrets").marks()
        };
        let steps = [
            marks(&[&old]),
            marks(&[&old, &new]),
            marks(&[&new, &old]),
            marks(&[&new]),
        ];
        for (at, step) in steps.iter().enumerate() {
            for (with, other) in steps.iter().enumerate() {
                assert_eq!(step.fit(other), at.abs_diff(with) <= 1, "{at} {with}");
            }
        }
        assert!(!old.contains(&steps[0].seals) && steps[0].seals.len() == 16);
    }

    #[test]
    fn a_text_of_another_form_is_refused_by_its_number() {
        let good = generate_secret();
        for bad in [
            "",
            "00",
            &good[..63],
            &format!("{good}{good}"),
            &"g".repeat(64),
        ] {
            let refused = ClusterSecrets::parse([&*good, bad]).expect_err(bad);
            assert_eq!(refused, (1, ParseSecretError));
        }
    }
}
