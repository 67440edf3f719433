//! Random secrets that a browser or a phone holds and the database knows by digest only.

use std::fmt;

use data_encoding::BASE64URL_NOPAD;
use saoma_protocol::Digest;

const SECRET_BYTES: usize = 32;

/// Returns random bytes from the operating system. The hall draws its secrets nowhere else.
pub(crate) fn random_bytes<const N: usize>() -> Result<[u8; N], getrandom::Error> {
    let mut bytes = [0; N];
    #[expect(clippy::disallowed_methods, reason = "the one place for secrets")]
    getrandom::fill(&mut bytes)?;
    Ok(bytes)
}

/// 256 random bits as 43 characters of base64url; never printed.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// A new one, from the operating system's generator.
    pub fn random() -> Result<Self, getrandom::Error> {
        let bytes = random_bytes::<SECRET_BYTES>()?;
        Ok(Self(BASE64URL_NOPAD.encode(&bytes)))
    }

    /// Wraps a secret from outside. Only its digest is looked up.
    pub fn received(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Another secret that follows from this one; the way back is closed.
    #[must_use]
    pub fn derive(&self, purpose: &str) -> Self {
        Self(Digest::of(format!("{purpose}:{}", self.0).as_bytes()).to_string())
    }

    /// Returns the text.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Returns the form that the database keeps: SHA-256, in hex. A guess at 256 bits needs no slow hash.
    pub fn digest(&self) -> String {
        Digest::of(self.0.as_bytes()).to_string()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_differ_and_do_not_print() {
        let (one, other) = (Secret::random().unwrap(), Secret::random().unwrap());
        assert_ne!(one.expose(), other.expose());
        assert_eq!(one.expose().len(), 43);
        assert!(!format!("{one:?}").contains(one.expose()));
    }

    #[test]
    fn what_is_derived_depends_on_the_purpose() {
        let secret = Secret::random().unwrap();
        assert_eq!(secret.derive("a").expose(), secret.derive("a").expose());
        assert_ne!(secret.derive("a").expose(), secret.derive("b").expose());
    }
}
