//! The key that signs ID tokens, and its public half.

use std::fmt;

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, RSA_PKCS1_SHA256};
use data_encoding::{BASE64, BASE64URL_NOPAD};
use jsonwebtoken::errors::{Error, ErrorKind};
use jsonwebtoken::jwk::{Jwk, JwkSet, PublicKeyUse, ThumbprintHash};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde::Serialize;

/// Size of a signature on P-256, in bytes (RFC 7518 §3.4).
const P256_SIGNATURE_BYTES: usize = 64;

/// Kind of a new key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyKind {
    /// RS256, the one algorithm that every relying party must know (OIDC Core §15.1).
    Rsa,
    /// ES256, for a small part of the work, where all relying parties know it.
    P256,
}

/// Why a key cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// Not a private key in PEM, of RSA or on the curve P-256.
    #[error("expected a private key of RSA or on P-256 in PEM (PKCS#8)")]
    Unreadable(#[from] Error),
    /// The system could not make one.
    #[error("the system could not make a key")]
    NotMade,
}

/// The provider's signing key.
pub(crate) struct SigningKey {
    key: PrivateKey,
    /// Header of all tokens, as it stands in them.
    header: String,
    algorithm: Algorithm,
    public: Jwk,
    kid: String,
}

/// A private half, parsed and checked once: for RSA this takes a good part of the time of a signature.
enum PrivateKey {
    Rsa(KeyPair),
    P256(EcdsaKeyPair),
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
    /// Returns an error if the PEM holds no private key of a supported kind.
    pub(crate) fn from_pem(pem: &str) -> Result<Self, KeyError> {
        let (key, algorithm) = match EncodingKey::from_ec_pem(pem.as_bytes()) {
            Ok(key) => (key, Algorithm::ES256),
            Err(_) => (EncodingKey::from_rsa_pem(pem.as_bytes())?, Algorithm::RS256),
        };
        let mut public = Jwk::from_encoding_key(&key, algorithm)?;
        // The thumbprint (RFC 7638) is the same on every node that has the key.
        let kid = public.thumbprint(ThumbprintHash::SHA256)?;
        public.common.key_id = Some(kid.clone());
        public.common.public_key_use = Some(PublicKeyUse::Signature);
        let header = Header {
            kid: Some(kid.clone()),
            ..Header::new(algorithm)
        };
        Ok(Self {
            key: PrivateKey::read(&key, algorithm)?,
            header: BASE64URL_NOPAD.encode(&serde_json::to_vec(&header).map_err(Error::from)?),
            algorithm,
            public,
            kid,
        })
    }

    /// Makes a new key.
    ///
    /// # Errors
    /// The system could not.
    pub(crate) fn generate() -> Result<Self, KeyError> {
        Self::from_pem(&generate_pem()?)
    }

    /// Returns the name of the key, the same on every node that has it.
    pub(crate) fn id(&self) -> &str {
        &self.kid
    }

    /// The public half, as relying parties fetch it (RFC 7517).
    pub(crate) fn public(&self) -> JwkSet {
        JwkSet {
            keys: vec![self.public.clone()],
        }
    }

    /// The name of the algorithm (RFC 7518 §3.1).
    pub(super) const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Returns claims as a signed token (RFC 7515 §3.1).
    ///
    /// # Errors
    /// Returns an error if the claims have no JSON form, or the cryptography library fails.
    pub(super) fn sign<C: Serialize>(&self, claims: &C) -> Result<String, Error> {
        let mut json = Vec::with_capacity(512);
        serde_json::to_writer(&mut json, claims)?;
        let signature = BASE64URL_NOPAD.encode_len(self.key.signature_len());
        let length = self.header.len() + BASE64URL_NOPAD.encode_len(json.len()) + signature + 2;
        let mut token = String::with_capacity(length);
        token.push_str(&self.header);
        token.push('.');
        BASE64URL_NOPAD.encode_append(&json, &mut token);
        let signature = self.key.sign(token.as_bytes())?;
        token.push('.');
        BASE64URL_NOPAD.encode_append(&signature, &mut token);
        Ok(token)
    }
}

impl PrivateKey {
    fn read(key: &EncodingKey, algorithm: Algorithm) -> Result<Self, Error> {
        let der = key.as_bytes();
        let key = if algorithm == Algorithm::ES256 {
            EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, der).map(Self::P256)
        } else {
            KeyPair::from_der(der).map(Self::Rsa)
        };
        key.map_err(|error| ErrorKind::Provider(error.to_string()).into())
    }

    /// Size of a signature, in bytes.
    fn signature_len(&self) -> usize {
        match self {
            Self::Rsa(key) => key.public_modulus_len(),
            Self::P256(_) => P256_SIGNATURE_BYTES,
        }
    }

    /// Signs by RS256 or ES256 (RFC 7518 §3.3 and §3.4).
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        let random = SystemRandom::new();
        let signature = match self {
            Self::Rsa(key) => {
                let mut signature = vec![0; self.signature_len()];
                key.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature)
                    .map(|()| signature)
            }
            Self::P256(key) => key
                .sign(&random, message)
                .map(|signature| signature.as_ref().to_vec()),
        };
        signature.map_err(|error| ErrorKind::Signing(error.to_string()).into())
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
    /// A new key in PEM (PKCS#8): RSA of 2048 bits, or on the curve P-256.
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
    use jsonwebtoken::{DecodingKey, Validation};

    use super::*;

    #[test]
    fn a_generated_key_reads_back_to_the_same_public_half() {
        for (kind, kty, alg) in [
            (KeyKind::Rsa, "RSA", "RS256"),
            (KeyKind::P256, "EC", "ES256"),
        ] {
            let pem = kind.generate_pem().expect("a key");
            let public = |pem: &str| SigningKey::from_pem(pem).expect("a readable key").public();
            assert_eq!(public(&pem), public(&pem));
            let json = serde_json::to_value(public(&pem)).expect("JSON");
            let key = &json["keys"][0];
            assert_eq!(
                (&key["kty"], &key["use"], &key["alg"]),
                (&kty.into(), &"sig".into(), &alg.into())
            );
            assert!(key.get("d").is_none(), "the private half stays here");
        }
    }

    #[test]
    fn what_is_signed_is_verified_by_the_public_half() {
        for kind in [KeyKind::Rsa, KeyKind::P256] {
            let key =
                SigningKey::from_pem(&kind.generate_pem().expect("a key")).expect("a readable key");
            let token = key
                .sign(&serde_json::json!({ "exp": u32::MAX }))
                .expect("a signature");
            let public = DecodingKey::from_jwk(&key.public().keys[0]).expect("a public key");
            let verified = jsonwebtoken::decode::<serde_json::Value>(
                token,
                &public,
                &Validation::new(key.algorithm()),
            );
            assert!(verified.is_ok(), "{kind:?}: {verified:?}");
        }
    }
}
