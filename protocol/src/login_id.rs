//! The id of a login, and the base32 in which it and its scan code are written.

use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use data_encoding::{Encoding, Specification};

use crate::text::serde_by_text;
use crate::typed;

/// Text that is not a login id, scan code or user code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ParseCodeError {
    /// Too few or too many characters.
    #[error("a code of this kind has {expected} characters")]
    Length {
        /// Characters of a valid code, without separators.
        expected: usize,
    },
    /// A character outside the alphabet.
    #[error("a code holds only the letters and digits that were shown")]
    Alphabet,
    /// A QR code's text that does not lead to this gateway (threat T31).
    #[error("not a login code of this gateway")]
    Foreign,
}

/// The id of one login. Not a secret: it is in the QR code and in the phone's requests.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LoginId([u8; Self::BYTES]);

impl LoginId {
    /// Random bytes in an id: 120 bits, which base32 writes without padding.
    pub const BYTES: usize = 15;
    /// Characters of an id.
    pub const CHARS: usize = 24;

    /// Creates an id from random bytes.
    pub const fn from_random(bytes: [u8; Self::BYTES]) -> Self {
        Self(bytes)
    }

    /// Returns the random bytes.
    pub const fn as_bytes(&self) -> &[u8; Self::BYTES] {
        &self.0
    }
}

impl fmt::Display for LoginId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&CROCKFORD.encode(&self.0))
    }
}

impl fmt::Debug for LoginId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LoginId({self})")
    }
}

impl FromStr for LoginId {
    type Err = ParseCodeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        decode_base32(text, Self::CHARS).map(Self)
    }
}

pub(crate) fn decode_base32<const N: usize>(
    text: &str,
    chars: usize,
) -> Result<[u8; N], ParseCodeError> {
    let text = typed::code(text);
    if text.len() != chars {
        return Err(ParseCodeError::Length { expected: chars });
    }
    CROCKFORD
        .decode(text.as_bytes())
        .ok()
        .and_then(|bytes| bytes.try_into().ok())
        .ok_or(ParseCodeError::Alphabet)
}

/// Crockford's base32: no letter can be mistaken for a digit.
pub(crate) static CROCKFORD: LazyLock<Encoding> = LazyLock::new(|| {
    let mut specification = Specification::new();
    specification
        .symbols
        .push_str("0123456789ABCDEFGHJKMNPQRSTVWXYZ");
    specification.translate.from.push_str("OIL");
    specification.translate.to.push_str("011");
    #[expect(
        clippy::expect_used,
        reason = "the specification is a constant, and tests encode with it"
    )]
    specification.encoding().expect("a valid base32 alphabet")
});

serde_by_text! { LoginId: "^[0-9A-HJKMNP-TV-Z]{24}$" }
