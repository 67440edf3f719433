//! The two codes by which a phone finds a login.
//!
//! Neither of them fetches a result; that takes a [`ReceiveKey`](crate::ReceiveKey), which shares no trait with them.

use std::fmt;
use std::str::FromStr;

use crate::login_id::{CROCKFORD, LoginId, ParseCodeError, decode_base32};
use crate::secret::Digest;
use crate::text::serde_by_text;
use crate::typed;

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

    /// Returns the text of the QR code: an address as cameras and app links know it, in lower case. The code behind it is
    /// upper case, which an encoder packs in an alphanumeric segment.
    ///
    /// `origin` is the gateway's public origin, such as `https://login.example`.
    pub fn to_qr_text(&self, origin: &str) -> String {
        format!("{}{QR_PATH}{self}", origin.to_ascii_lowercase())
    }

    /// Reads the text of a QR code that must lead to `origin`, scanned or pasted, in any case: some scanners write it in upper
    /// case.
    ///
    /// # Errors
    /// Returns [`ParseCodeError::Foreign`] if the text leads elsewhere, and the error of [`ScanCode::from_str`] if the code
    /// is invalid.
    pub fn from_qr_text(text: &str, origin: &str) -> Result<Self, ParseCodeError> {
        let prefix = format!("{}{QR_PATH}", origin.to_ascii_lowercase());
        let link = typed::link(text).to_ascii_lowercase();
        let code = link.strip_prefix(&prefix).ok_or(ParseCodeError::Foreign)?;
        // A bare code may stand in punctuation; an address with more behind the code is another one.
        if !code.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'-') {
            return Err(ParseCodeError::Alphabet);
        }
        code.parse()
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
        Ok(Self::from_random(LoginId::from_random(id), nonce))
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
        let letters = typed::code(text).into_bytes();
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

const USER_CODE_ALPHABET: &[u8; 20] = b"BCDFGHJKLMNPQRSTVWXZ";
const QR_PATH: &str = "/q/";

serde_by_text! {
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
            prop_assert_eq!(ScanCode::from_qr_text(&qr.to_uppercase(), ORIGIN), Ok(scan));
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
