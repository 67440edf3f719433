//! The keys of a provider: all are published, and the first of each algorithm signs.

use std::collections::HashSet;
use std::sync::Arc;

use data_encoding::BASE64URL_NOPAD;
use serde::Serialize;
use serde_json::{Value, json};

use super::pem::{KeyError, PemSigner};
use super::signer::{SignError, Signer};

/// Room for the claims of a usual token, in bytes.
const CLAIMS_BYTES: usize = 512;

/// Room for the signature of an RSA key of 2,048 bits, the longest that is usual.
const SIGNATURE_BYTES: usize = 256;

/// The algorithm that every relying party knows (OIDC Core §15.1).
const COMMON: &str = "RS256";

/// The keys of a provider. A key that is published and does not sign yet, or no longer, is what a change of keys needs:
/// relying parties keep the published keys for a while.
#[derive(Debug)]
pub struct KeyRing {
    signers: Vec<Arc<dyn Signer>>,
    published: Value,
}

/// Reasons for keys not to serve a provider.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyRingError {
    /// There is no key for RS256.
    #[error(
        "no RSA key is among them, and every relying party knows RS256 only: make one with `saoma generate-key FILE` and add it"
    )]
    NoRsa,
    /// A key is there twice.
    #[error("the key with the id {0} is there twice: leave one out")]
    Twice(String),
}

/// Reasons for a token not to be signed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TokenError {
    /// No key signs by this algorithm.
    #[error("no signing key is for {0}")]
    NoKey(String),
    /// The claims have no JSON form.
    #[error("the claims cannot be written as JSON")]
    Claims(#[from] serde_json::Error),
    /// The key failed.
    #[error(transparent)]
    Sign(#[from] SignError),
}

#[derive(Serialize)]
struct Header<'a> {
    typ: &'a str,
    alg: &'a str,
    kid: &'a str,
}

impl KeyRing {
    /// Creates a ring of these keys, in this order.
    ///
    /// # Errors
    /// Returns an error if no key is for RS256, or if one is there twice.
    pub fn new(signers: Vec<Arc<dyn Signer>>) -> Result<Self, KeyRingError> {
        let mut ids = HashSet::new();
        if let Some(twice) = signers.iter().find(|key| !ids.insert(key.key_id())) {
            return Err(KeyRingError::Twice(twice.key_id().to_owned()));
        }
        if !signers.iter().any(|key| key.algorithm() == COMMON) {
            return Err(KeyRingError::NoRsa);
        }
        let keys: Vec<&Value> = signers.iter().map(|key| key.public_key()).collect();
        let published = json!({ "keys": keys });
        Ok(Self { signers, published })
    }

    /// Creates a ring of one new RSA key, for a node without others.
    ///
    /// # Errors
    /// Returns an error if the system cannot make a key.
    pub(crate) fn generate() -> Result<Self, KeyError> {
        let key: Arc<dyn Signer> = Arc::new(PemSigner::generate()?);
        let published = json!({ "keys": [key.public_key()] });
        Ok(Self {
            signers: vec![key],
            published,
        })
    }

    /// Returns the public halves as relying parties fetch them (RFC 7517 §5).
    pub(crate) const fn published(&self) -> &Value {
        &self.published
    }

    /// Returns the algorithms by which tokens can be signed, in the order of their keys.
    pub(crate) fn algorithms(&self) -> Vec<&str> {
        self.signing().map(|key| key.algorithm()).collect()
    }

    /// Returns the ids of the published keys.
    pub(crate) fn published_ids(&self) -> Vec<String> {
        self.signers
            .iter()
            .map(|key| key.key_id().to_owned())
            .collect()
    }

    /// Returns the ids of the keys that sign.
    pub(crate) fn signing_ids(&self) -> Vec<String> {
        self.signing().map(|key| key.key_id().to_owned()).collect()
    }

    /// Returns claims as a signed token (RFC 7515 §3.1) of this type (`typ`).
    ///
    /// # Errors
    /// Returns an error if no key is for the algorithm, if the claims have no JSON form, or if the key fails.
    pub(crate) async fn sign<C: Serialize + Sync>(
        &self,
        algorithm: &str,
        typ: &str,
        claims: &C,
    ) -> Result<String, TokenError> {
        let signer = self
            .signing()
            .find(|key| key.algorithm() == algorithm)
            .ok_or_else(|| TokenError::NoKey(algorithm.to_owned()))?;
        let header = serde_json::to_vec(&Header {
            typ,
            alg: algorithm,
            kid: signer.key_id(),
        })?;
        let mut json = Vec::with_capacity(CLAIMS_BYTES);
        serde_json::to_writer(&mut json, claims)?;
        let parts = [header.len(), json.len(), SIGNATURE_BYTES];
        let length = parts.map(|bytes| BASE64URL_NOPAD.encode_len(bytes) + 1);
        let mut token = String::with_capacity(length.into_iter().sum());
        BASE64URL_NOPAD.encode_append(&header, &mut token);
        token.push('.');
        BASE64URL_NOPAD.encode_append(&json, &mut token);
        let signature = signer.sign(token.as_bytes()).await?;
        token.push('.');
        BASE64URL_NOPAD.encode_append(&signature, &mut token);
        Ok(token)
    }

    /// Returns the first key of each algorithm.
    fn signing(&self) -> impl Iterator<Item = &Arc<dyn Signer>> {
        let mut seen = HashSet::new();
        self.signers
            .iter()
            .filter(move |key| seen.insert(key.algorithm()))
    }
}

#[cfg(test)]
mod tests {
    use jsonwebtoken::jwk::JwkSet;
    use jsonwebtoken::{DecodingKey, Validation, decode, decode_header};

    use super::super::pem::KeyKind;
    use super::*;

    fn key(kind: KeyKind) -> Arc<dyn Signer> {
        let pem = kind.generate_pem().expect("a key");
        Arc::new(PemSigner::read(&pem).expect("a readable key"))
    }

    /// Row K2: all keys are published, and the first of each algorithm signs.
    #[tokio::test]
    async fn k2_the_first_key_of_each_algorithm_signs_and_all_are_published() {
        let kinds = [
            KeyKind::P256,
            KeyKind::Rsa,
            KeyKind::Rsa,
            KeyKind::Ed25519,
            KeyKind::P256,
        ];
        let keys: Vec<_> = kinds.map(key).into();
        let ring = KeyRing::new(keys.clone()).expect("a ring");
        assert_eq!(ring.algorithms(), ["ES256", "RS256", "EdDSA"]);
        let published: JwkSet =
            serde_json::from_value(ring.published().clone()).expect("a JWK set");
        assert_eq!(published.keys.len(), 5);
        for (algorithm, signer) in [
            ("RS256", &keys[1]),
            ("ES256", &keys[0]),
            ("EdDSA", &keys[3]),
        ] {
            let claims = json!({ "exp": u32::MAX });
            let token = ring.sign(algorithm, "JWT", &claims).await.expect("a token");
            let header = decode_header(&token).expect("a header");
            assert_eq!(header.kid.as_deref(), Some(signer.key_id()));
            let public = published
                .find(header.kid.as_deref().unwrap_or_default())
                .expect("a published key");
            let public = DecodingKey::from_jwk(public).expect("a public key");
            let verified = decode::<Value>(&token, &public, &Validation::new(header.alg));
            assert!(verified.is_ok(), "{algorithm:?}: {verified:?}");
        }
        let missing = ring.sign("ES512", "JWT", &json!({})).await;
        assert!(matches!(missing, Err(TokenError::NoKey(_))));
    }

    #[test]
    fn k2_an_rsa_key_is_always_among_the_keys() {
        assert_eq!(KeyRing::new(Vec::new()).err(), Some(KeyRingError::NoRsa));
        let only_p256 = KeyRing::new(vec![key(KeyKind::P256)]);
        assert_eq!(only_p256.err(), Some(KeyRingError::NoRsa));
        let rsa = key(KeyKind::Rsa);
        let twice = KeyRing::new(vec![Arc::clone(&rsa), rsa]);
        assert!(matches!(twice.err(), Some(KeyRingError::Twice(_))));
    }
}
