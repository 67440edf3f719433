//! Secrets as types: compared in constant time, never printed, stored only as digests.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq;

use crate::login_id::{LoginId, ParseCodeError};
use crate::text::serde_by_text;

const SECRET_BYTES: usize = 32;
const SECRET_CHARS: usize = 43;

/// The SHA-256 of a secret or code, which the store keeps in its place. Comparison takes constant time.
#[derive(Clone, Copy, Eq)]
pub struct Digest([u8; 32]);

impl Digest {
    /// Returns the digest of `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    pub(crate) const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    pub(crate) const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl PartialEq for Digest {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Hash for Digest {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&HEXLOWER.encode(&self.0))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest({}…)", HEXLOWER.encode(&self.0[..2]))
    }
}

impl FromStr for Digest {
    type Err = ParseCodeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        HEXLOWER
            .decode(text.as_bytes())
            .ok()
            .and_then(|bytes| bytes.try_into().ok())
            .map(Self)
            .ok_or(ParseCodeError::Alphabet)
    }
}

/// The secret by which only the browser that opened a login fetches its result.
#[derive(Clone)]
pub struct ReceiveKey([u8; SECRET_BYTES]);

impl ReceiveKey {
    /// Creates a key from random bytes.
    pub const fn from_random(bytes: [u8; SECRET_BYTES]) -> Self {
        Self(bytes)
    }

    /// Returns the secret bytes.
    pub const fn expose(&self) -> &[u8; SECRET_BYTES] {
        &self.0
    }

    /// Returns the digest that the store keeps.
    pub fn digest(&self) -> Digest {
        Digest::of(&self.0)
    }
}

impl PartialEq for ReceiveKey {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for ReceiveKey {}

impl fmt::Display for ReceiveKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&BASE64URL_NOPAD.encode(&self.0))
    }
}

impl fmt::Debug for ReceiveKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ReceiveKey(…)")
    }
}

impl FromStr for ReceiveKey {
    type Err = ParseCodeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        decode_secret(text).map(Self)
    }
}

/// Declares a secret that names its login, so that the store finds both under one key.
macro_rules! login_bound_secret {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone)]
        pub struct $name {
            login_id: LoginId,
            secret: [u8; SECRET_BYTES],
        }

        impl $name {
            /// Creates a login's secret from random bytes.
            pub const fn from_random(login_id: LoginId, secret: [u8; SECRET_BYTES]) -> Self {
                Self { login_id, secret }
            }

            /// Returns the login to which the secret belongs.
            pub const fn login_id(&self) -> LoginId {
                self.login_id
            }

            /// Returns the secret bytes.
            pub const fn expose(&self) -> &[u8; SECRET_BYTES] {
                &self.secret
            }

            /// Returns the digest that the store keeps.
            pub fn digest(&self) -> Digest {
                Digest::of(&self.secret)
            }
        }

        impl PartialEq for $name {
            fn eq(&self, other: &Self) -> bool {
                self.login_id == other.login_id && self.secret.ct_eq(&other.secret).into()
            }
        }

        impl Eq for $name {}

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}.{}", self.login_id, BASE64URL_NOPAD.encode(&self.secret))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({}.…)"), self.login_id)
            }
        }

        impl FromStr for $name {
            type Err = ParseCodeError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                let (id, secret) = text.split_once('.').ok_or(ParseCodeError::Alphabet)?;
                let login_id: LoginId = id.parse()?;
                // Ids are read in many spellings, but programs pass a secret on exactly as they got it.
                if login_id.to_string() != id {
                    return Err(ParseCodeError::Alphabet);
                }
                Ok(Self::from_random(login_id, decode_secret(secret)?))
            }
        }
    };
}

login_bound_secret! {
    /// The single-use code that a relying party redeems at the token endpoint (RFC 6749 §4.1.2).
    AuthorizationCode
}

login_bound_secret! {
    /// The bearer token that opens the userinfo endpoint (RFC 6750).
    AccessToken
}

login_bound_secret! {
    /// The secret by which a device polls for the login that it has opened (RFC 8628 §3.2).
    DeviceCode
}

login_bound_secret! {
    /// The reference of a pushed authorization request (RFC 9126 §2.2). Its id is no login's, and tells two requests apart.
    RequestReference
}

login_bound_secret! {
    /// The token by which a relying party gets new tokens in the session that a login began (RFC 6749 §6). It is used once:
    /// each use gives its successor.
    RefreshToken
}

impl RefreshToken {
    /// Bytes that all refresh tokens of one family have in common, at the start of their secrets.
    pub const FAMILY_BYTES: usize = 8;

    /// Returns the family: the same for a token and all that came of it.
    pub fn family(&self) -> [u8; Self::FAMILY_BYTES] {
        let mut family = [0; Self::FAMILY_BYTES];
        family.copy_from_slice(&self.secret[..Self::FAMILY_BYTES]);
        family
    }
}

login_bound_secret! {
    /// The secret in a browser's cookie that proves the session which its login began.
    SessionSecret
}

pub(crate) fn decode_secret(text: &str) -> Result<[u8; SECRET_BYTES], ParseCodeError> {
    if text.len() != SECRET_CHARS {
        return Err(ParseCodeError::Length {
            expected: SECRET_CHARS,
        });
    }
    BASE64URL_NOPAD
        .decode(text.as_bytes())
        .ok()
        .and_then(|bytes| bytes.try_into().ok())
        .ok_or(ParseCodeError::Alphabet)
}

serde_by_text! {
    Digest: "^[0-9a-f]{64}$",
    ReceiveKey: "^[A-Za-z0-9_-]{43}$",
    AuthorizationCode: r"^[0-9A-HJKMNP-TV-Z]{24}\.[A-Za-z0-9_-]{43}$",
    AccessToken: r"^[0-9A-HJKMNP-TV-Z]{24}\.[A-Za-z0-9_-]{43}$",
    RequestReference: r"^[0-9A-HJKMNP-TV-Z]{24}\.[A-Za-z0-9_-]{43}$",
    DeviceCode: r"^[0-9A-HJKMNP-TV-Z]{24}\.[A-Za-z0-9_-]{43}$",
    RefreshToken: r"^[0-9A-HJKMNP-TV-Z]{24}\.[A-Za-z0-9_-]{43}$",
    SessionSecret: r"^[0-9A-HJKMNP-TV-Z]{24}\.[A-Za-z0-9_-]{43}$",
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn secrets_survive_their_text_and_never_print(id: [u8; 15], bytes: [u8; 32]) {
            let text = BASE64URL_NOPAD.encode(&bytes);
            let id = LoginId::from_random(id);
            let key = ReceiveKey::from_random(bytes);
            let code = AuthorizationCode::from_random(id, bytes);
            let token = AccessToken::from_random(id, bytes);
            let device = DeviceCode::from_random(id, bytes);
            prop_assert_eq!(&device.to_string().parse::<DeviceCode>(), &Ok(device.clone()));
            prop_assert_eq!(&key.to_string().parse::<ReceiveKey>(), &Ok(key.clone()));
            prop_assert_eq!(&code.to_string().parse::<AuthorizationCode>(), &Ok(code.clone()));
            prop_assert_eq!(&token.to_string().parse::<AccessToken>(), &Ok(token.clone()));
            prop_assert_eq!(key.digest().to_string().parse(), Ok(key.digest()));
            let printed = format!("{key:?} {code:?} {token:?} {device:?} {:?}", key.digest());
            prop_assert!(!printed.contains(&text));
            prop_assert!(!printed.contains(&key.digest().to_string()));
        }

        #[test]
        fn another_secret_is_not_equal(a: [u8; 32], b: [u8; 32]) {
            prop_assume!(a != b);
            let (a, b) = (ReceiveKey::from_random(a), ReceiveKey::from_random(b));
            prop_assert_ne!(&a, &b);
            prop_assert_ne!(a.digest(), b.digest());
        }
    }
}
