//! The key that signs ID tokens, and its public half.

use std::fmt;

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use data_encoding::BASE64;
use jsonwebtoken::jwk::{Jwk, JwkSet, PublicKeyUse, ThumbprintHash};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde::Serialize;

/// RS256 is the one algorithm that every relying party must know (OIDC Core §15.1).
const ALGORITHM: Algorithm = Algorithm::RS256;

/// Why a key cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// Not an RSA private key in PEM.
    #[error("not an RSA private key in PEM (PKCS#8): {0}")]
    Unreadable(#[from] jsonwebtoken::errors::Error),
    /// The system could not make one.
    #[error("no key could be made on this machine")]
    NotMade,
}

/// The provider's signing key.
pub struct SigningKey {
    key: EncodingKey,
    public: Jwk,
    kid: String,
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({})", self.kid)
    }
}

impl SigningKey {
    /// Reads a key from PEM.
    ///
    /// # Errors
    /// It is none.
    pub fn from_pem(pem: &str) -> Result<Self, KeyError> {
        let key = EncodingKey::from_rsa_pem(pem.as_bytes())?;
        let mut public = Jwk::from_encoding_key(&key, ALGORITHM)?;
        // The thumbprint (RFC 7638) is the same on every node that has the key.
        let kid = public.thumbprint(ThumbprintHash::SHA256)?;
        public.common.key_id = Some(kid.clone());
        public.common.public_key_use = Some(PublicKeyUse::Signature);
        Ok(Self { key, public, kid })
    }

    /// Makes a new key.
    ///
    /// # Errors
    /// The system could not.
    pub fn generate() -> Result<Self, KeyError> {
        Self::from_pem(&generate_pem()?)
    }

    /// The public half, as relying parties fetch it (RFC 7517).
    pub fn public(&self) -> JwkSet {
        JwkSet { keys: vec![self.public.clone()] }
    }

    pub(super) fn sign<C: Serialize>(&self, claims: &C) -> Result<String, jsonwebtoken::errors::Error> {
        let header = Header { kid: Some(self.kid.clone()), ..Header::new(ALGORITHM) };
        jsonwebtoken::encode(&header, claims, &self.key)
    }
}

/// A new RSA key of 2048 bits in PEM (PKCS#8).
///
/// # Errors
/// The system could not make one.
pub fn generate_pem() -> Result<String, KeyError> {
    let key = KeyPair::generate(KeySize::Rsa2048).map_err(|_| KeyError::NotMade)?;
    let der = AsDer::<Pkcs8V1Der<'_>>::as_der(&key).map_err(|_| KeyError::NotMade)?;
    let base64 = BASE64.encode(der.as_ref());
    // Lines of 64 characters (RFC 7468 §2).
    let lines = base64.as_bytes().chunks(64).map(String::from_utf8_lossy).collect::<Vec<_>>().join("\n");
    Ok(format!("-----BEGIN PRIVATE KEY-----\n{lines}\n-----END PRIVATE KEY-----\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_generated_key_reads_back_to_the_same_public_half() {
        let pem = generate_pem().expect("a key");
        let public = |pem: &str| SigningKey::from_pem(pem).expect("a readable key").public();
        assert_eq!(public(&pem), public(&pem));
        let json = serde_json::to_value(public(&pem)).expect("JSON");
        let key = &json["keys"][0];
        assert_eq!((&key["kty"], &key["use"], &key["alg"]), (&"RSA".into(), &"sig".into(), &"RS256".into()));
        assert!(key.get("d").is_none(), "the private half stays here");
    }
}
