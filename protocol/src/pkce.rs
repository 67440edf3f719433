//! Proof Key for Code Exchange (RFC 7636): `S256` only, because `plain` does not protect against an observer of the request.

use std::fmt;
use std::str::FromStr;

use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize};

use crate::login_id::ParseCodeError;
use crate::secret::Digest;

/// The SHA-256 of a code verifier (RFC 7636 §4.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CodeChallenge(Digest);

impl CodeChallenge {
    /// Returns the challenge of a verifier.
    pub fn of(verifier: &str) -> Self {
        Self(Digest::of(verifier.as_bytes()))
    }

    /// Returns the challenge of a well-formed verifier: 43 to 128 unreserved characters (RFC 7636 §4.1).
    pub fn of_valid(verifier: &str) -> Option<Self> {
        let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        let valid = (43..=128).contains(&verifier.len()) && verifier.bytes().all(unreserved);
        valid.then(|| Self::of(verifier))
    }
}

impl fmt::Display for CodeChallenge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&BASE64URL_NOPAD.encode(self.0.as_bytes()))
    }
}

impl FromStr for CodeChallenge {
    type Err = ParseCodeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        crate::secret::decode_secret(text).map(|bytes| Self(Digest::from_bytes(bytes)))
    }
}

/// The method by which a challenge is made from its verifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS, schemars::JsonSchema))]
pub enum CodeChallengeMethod {
    /// SHA-256 of the verifier.
    S256,
}

crate::text::serde_by_text! { CodeChallenge: "^[A-Za-z0-9_-]{43}$" }

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_rfc_7636_appendix_b_holds() {
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        let challenge: CodeChallenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
            .parse()
            .unwrap();
        assert_eq!(
            challenge.to_string(),
            "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
        );
        assert_eq!(CodeChallenge::of_valid(verifier), Some(challenge));
        assert_ne!(CodeChallenge::of(&verifier.replace('d', "e")), challenge);
    }

    #[test]
    fn a_verifier_of_the_wrong_form_has_no_challenge() {
        for verifier in ["short", &"a".repeat(129), &format!("{} ", "a".repeat(43))] {
            assert_eq!(CodeChallenge::of_valid(verifier), None, "{verifier}");
        }
    }
}
