//! Public identifiers of a login: its id, and the two codes by which a phone finds it.
//!
//! None of these fetches a result; that takes a [`ReceiveKey`](crate::ReceiveKey), which shares no trait with them.

use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use data_encoding::{Encoding, Specification};

use crate::secret::Digest;

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

/// The content of a QR code: the login's id and a nonce that becomes invalid when the code is renewed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ScanCode {
    login_id: LoginId,
    nonce: [u8; Self::NONCE_BYTES],
}

impl ScanCode {
    /// Random bytes beside the login's id: 40 bits.
    pub const NONCE_BYTES: usize = 5;
    /// Characters of a scan code.
    pub const CHARS: usize = LoginId::CHARS + 8;

    /// Creates a login's scan code from random bytes.
    pub const fn from_random(login_id: LoginId, nonce: [u8; Self::NONCE_BYTES]) -> Self {
        Self { login_id, nonce }
    }

    /// Returns the login that the code leads to.
    pub const fn login_id(&self) -> LoginId {
        self.login_id
    }

    /// Returns the digest under which the store keeps the code.
    pub fn digest(&self) -> Digest {
        Digest::of(self.to_string().as_bytes())
    }

    /// Returns the text of the QR code. Upper case throughout keeps encoders in alphanumeric mode and the symbol small.
    ///
    /// `origin` is the gateway's public origin, such as `https://login.example`.
    pub fn to_qr_text(&self, origin: &str) -> String {
        format!("{}{QR_PATH}{self}", origin.to_ascii_uppercase())
    }

    /// Reads the text of a QR code that must lead to `origin`.
    ///
    /// # Errors
    /// Returns [`ParseCodeError::Foreign`] if the text leads elsewhere, and the error of [`ScanCode::from_str`] if the code
    /// is invalid.
    pub fn from_qr_text(text: &str, origin: &str) -> Result<Self, ParseCodeError> {
        let prefix = format!("{}{QR_PATH}", origin.to_ascii_uppercase());
        text.trim()
            .to_ascii_uppercase()
            .strip_prefix(&prefix)
            .ok_or(ParseCodeError::Foreign)?
            .parse()
    }
}

impl fmt::Display for ScanCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.login_id, CROCKFORD.encode(&self.nonce))
    }
}

impl fmt::Debug for ScanCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ScanCode({}…)", self.login_id)
    }
}

impl FromStr for ScanCode {
    type Err = ParseCodeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bytes: [u8; LoginId::BYTES + Self::NONCE_BYTES] = decode_base32(text, Self::CHARS)?;
        let (mut id, mut nonce) = ([0; LoginId::BYTES], [0; Self::NONCE_BYTES]);
        id.copy_from_slice(&bytes[..LoginId::BYTES]);
        nonce.copy_from_slice(&bytes[LoginId::BYTES..]);
        Ok(Self::from_random(LoginId(id), nonce))
    }
}

/// The code that a person types when the camera is no help (RFC 8628 §6.1: consonants only, so that no words arise).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct UserCode([u8; Self::CHARS]);

impl UserCode {
    /// Letters of a code: 20^8, or 34.5 bits.
    pub const CHARS: usize = 8;

    /// Creates a code from random bytes. The bias of taking 64 bits modulo 20^8 is below 2^-29.
    pub fn from_random(bytes: [u8; 8]) -> Self {
        let mut rest = u64::from_le_bytes(bytes);
        Self(std::array::from_fn(|_| {
            let letter = USER_CODE_ALPHABET[(rest % 20) as usize];
            rest /= 20;
            letter
        }))
    }

    /// Returns the digest under which the store keeps the code.
    pub fn digest(&self) -> Digest {
        Digest::of(&self.0)
    }
}

impl fmt::Display for UserCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, letter) in self.0.iter().enumerate() {
            let separator = if i == 4 { "-" } else { "" };
            write!(f, "{separator}{}", char::from(*letter))?;
        }
        Ok(())
    }
}

impl fmt::Debug for UserCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UserCode(…)")
    }
}

impl FromStr for UserCode {
    type Err = ParseCodeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let letters = without_separators(text).into_bytes();
        if !letters.iter().all(|l| USER_CODE_ALPHABET.contains(l)) {
            return Err(ParseCodeError::Alphabet);
        }
        letters
            .try_into()
            .map(Self)
            .map_err(|_| ParseCodeError::Length {
                expected: Self::CHARS,
            })
    }
}

/// Converts typed text to the alphabet's form: upper case, without the spaces and hyphens that people put in.
fn without_separators(text: &str) -> String {
    text.chars()
        .filter(|c| !c.is_whitespace() && *c != '-')
        .map(|c| c.to_ascii_uppercase())
        .collect()
}

fn decode_base32<const N: usize>(text: &str, chars: usize) -> Result<[u8; N], ParseCodeError> {
    let text = without_separators(text);
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
static CROCKFORD: LazyLock<Encoding> = LazyLock::new(|| {
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

const USER_CODE_ALPHABET: &[u8; 20] = b"BCDFGHJKLMNPQRSTVWXZ";
const QR_PATH: &str = "/Q/";

crate::secret::serde_by_text! {
    LoginId: "^[0-9A-HJKMNP-TV-Z]{24}$",
    ScanCode: "^[0-9A-HJKMNP-TV-Z]{32}$",
    UserCode: "^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$",
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ORIGIN: &str = "https://login.example:8443";

    proptest! {
        #[test]
        fn codes_survive_their_text(id: [u8; 15], nonce: [u8; 5], typed: [u8; 8]) {
            let id = LoginId::from_random(id);
            prop_assert_eq!(id.to_string().parse(), Ok(id));
            let scan = ScanCode::from_random(id, nonce);
            prop_assert_eq!(scan.to_string().parse(), Ok(scan));
            let qr = scan.to_qr_text(ORIGIN);
            prop_assert_eq!(ScanCode::from_qr_text(&qr, ORIGIN), Ok(scan));
            prop_assert_eq!(ScanCode::from_qr_text(&qr.to_lowercase(), ORIGIN), Ok(scan));
            let code = UserCode::from_random(typed);
            prop_assert_eq!(code.to_string().parse(), Ok(code));
            prop_assert_eq!(code.to_string().to_lowercase().replace('-', " ").parse(), Ok(code));
        }
    }

    #[test]
    fn a_code_of_another_gateway_is_foreign() {
        let code = ScanCode::from_random(LoginId::from_random([7; 15]), [9; 5]);
        for origin in [
            "https://login.example",
            "https://evil.example",
            "http://login.example:8443",
        ] {
            let text = code.to_qr_text(origin);
            assert_eq!(
                ScanCode::from_qr_text(&text, ORIGIN),
                Err(ParseCodeError::Foreign)
            );
        }
    }

    #[test]
    fn letters_that_look_like_digits_are_read_as_digits() {
        let id = LoginId::from_random([0; 15]);
        assert_eq!("OooOooOooOooOooOooOooOoo".parse(), Ok(id));
    }
}
