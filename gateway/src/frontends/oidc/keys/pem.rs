//! Keys in PEM, which sign in this process.

use std::fmt;

use async_trait::async_trait;
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, RSA_PKCS1_SHA256,
};
use data_encoding::BASE64;
use jsonwebtoken::errors::{Error, ErrorKind};
use jsonwebtoken::jwk::{Jwk, PublicKeyUse, ThumbprintHash};
use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::Value;

use super::signer::{SignError, Signer};

/// Kind of a new key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyKind {
    /// RS256, the one algorithm that every relying party must know (OIDC Core §15.1).
    Rsa,
    /// ES256, for a small part of the work, where a relying party knows it.
    P256,
    /// `EdDSA` on the curve Ed25519, as fast, where a relying party knows it.
    Ed25519,
}

/// Why a key cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// Not a private key in PEM, of RSA or on the curve P-256 or Ed25519.
    #[error("expected a private key of RSA, on P-256 or of Ed25519 in PEM (PKCS#8)")]
    Unreadable(#[from] Error),
    /// The system could not make one.
    #[error("the system could not make a key")]
    NotMade,
}

/// A key that was read from PEM.
pub(crate) struct PemSigner {
    key: PrivateKey,
    algorithm: &'static str,
    key_id: String,
    public: Value,
}

/// A private half, parsed and checked once: for RSA this takes a good part of the time of a signature.
enum PrivateKey {
    Rsa(KeyPair),
    P256(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

impl fmt::Debug for PemSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PemSigner({} {})", self.algorithm, self.key_id)
    }
}

impl PemSigner {
    /// Reads a key from PEM.
    ///
    /// # Errors
    /// Returns an error if the PEM holds no private key of a supported kind.
    pub(crate) fn read(pem: &str) -> Result<Self, KeyError> {
        let pem = pem.as_bytes();
        let (key, algorithm, name) = if let Ok(key) = EncodingKey::from_ec_pem(pem) {
            (key, Algorithm::ES256, "ES256")
        } else if let Ok(key) = EncodingKey::from_ed_pem(pem) {
            (key, Algorithm::EdDSA, "EdDSA")
        } else {
            (EncodingKey::from_rsa_pem(pem)?, Algorithm::RS256, "RS256")
        };
        let mut public = Jwk::from_encoding_key(&key, algorithm)?;
        // The thumbprint (RFC 7638) is the same on every node that has the key.
        let key_id = public.thumbprint(ThumbprintHash::SHA256)?;
        public.common.key_id = Some(key_id.clone());
        public.common.public_key_use = Some(PublicKeyUse::Signature);
        Ok(Self {
            key: PrivateKey::read(&key, algorithm)?,
            algorithm: name,
            key_id,
            public: serde_json::to_value(public).map_err(Error::from)?,
        })
    }

    /// Makes a new RSA key.
    ///
    /// # Errors
    /// The system could not.
    pub(crate) fn generate() -> Result<Self, KeyError> {
        Self::read(&generate_pem()?)
    }
}

#[async_trait]
impl Signer for PemSigner {
    fn algorithm(&self) -> &str {
        self.algorithm
    }

    fn key_id(&self) -> &str {
        &self.key_id
    }

    fn public_key(&self) -> &Value {
        &self.public
    }

    async fn sign(&self, input: &[u8]) -> Result<Vec<u8>, SignError> {
        self.key.sign(input).map_err(SignError::new)
    }
}

impl PrivateKey {
    fn read(key: &EncodingKey, algorithm: Algorithm) -> Result<Self, Error> {
        let der = key.as_bytes();
        let key = match algorithm {
            Algorithm::ES256 => {
                EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, der).map(Self::P256)
            }
            Algorithm::EdDSA => Ed25519KeyPair::from_pkcs8(der).map(Self::Ed25519),
            _ => KeyPair::from_der(der).map(Self::Rsa),
        };
        key.map_err(|error| ErrorKind::Provider(error.to_string()).into())
    }

    /// Signs by RS256, ES256 or `EdDSA` (RFC 7518 §3.3 and §3.4, RFC 8037 §3.1).
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Unspecified> {
        let random = SystemRandom::new();
        match self {
            Self::Rsa(key) => {
                let mut signature = vec![0; key.public_modulus_len()];
                key.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature)
                    .map(|()| signature)
            }
            Self::P256(key) => key
                .sign(&random, message)
                .map(|signature| signature.as_ref().to_vec()),
            Self::Ed25519(key) => Ok(key.sign(message).as_ref().to_vec()),
        }
    }
}

/// A new RSA key in PEM, as [`KeyKind::generate_pem`] makes it.
///
/// # Errors
/// The system could not make one.
pub fn generate_pem() -> Result<String, KeyError> {
    KeyKind::Rsa.generate_pem()
}

impl KeyKind {
    /// A new key in PEM (PKCS#8): RSA of 2048 bits, on the curve P-256, or of Ed25519.
    ///
    /// # Errors
    /// The system could not make one.
    pub fn generate_pem(self) -> Result<String, KeyError> {
        let base64 = match self {
            Self::Rsa => {
                let key = KeyPair::generate(KeySize::Rsa2048).map_err(|_| KeyError::NotMade)?;
                let der = AsDer::<Pkcs8V1Der<'_>>::as_der(&key).map_err(|_| KeyError::NotMade)?;
                BASE64.encode(der.as_ref())
            }
            Self::P256 => {
                let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING)
                    .map_err(|_| KeyError::NotMade)?;
                BASE64.encode(key.to_pkcs8v1().map_err(|_| KeyError::NotMade)?.as_ref())
            }
            Self::Ed25519 => {
                let key = Ed25519KeyPair::generate().map_err(|_| KeyError::NotMade)?;
                BASE64.encode(key.to_pkcs8v1().map_err(|_| KeyError::NotMade)?.as_ref())
            }
        };
        // Lines of 64 characters (RFC 7468 §2).
        let lines = base64
            .as_bytes()
            .chunks(64)
            .map(String::from_utf8_lossy)
            .collect::<Vec<_>>()
            .join("\n");
        Ok(format!(
            "-----BEGIN PRIVATE KEY-----\n{lines}\n-----END PRIVATE KEY-----\n"
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_generated_key_reads_back_to_the_same_public_half() {
        for (kind, kty, alg) in [
            (KeyKind::Rsa, "RSA", "RS256"),
            (KeyKind::P256, "EC", "ES256"),
            (KeyKind::Ed25519, "OKP", "EdDSA"),
        ] {
            let pem = kind.generate_pem().expect("a key");
            let read = || PemSigner::read(&pem).expect("a readable key");
            assert_eq!(read().public_key(), read().public_key());
            assert_eq!(read().algorithm(), alg);
            let (signer, key) = (read(), read().public_key().clone());
            assert_eq!(
                (&key["kty"], &key["use"], &key["alg"], &key["kid"]),
                (
                    &kty.into(),
                    &"sig".into(),
                    &alg.into(),
                    &signer.key_id().into()
                )
            );
            assert!(key.get("d").is_none(), "the private half stays here");
        }
    }
}
