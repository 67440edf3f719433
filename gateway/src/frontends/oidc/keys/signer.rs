//! The seam between tokens and the keys that sign them.

use std::error::Error;
use std::fmt;

use async_trait::async_trait;
use serde_json::Value;

/// A signing key, wherever its private half is kept: in this process, or in a module that is asked for each signature.
#[async_trait]
pub trait Signer: fmt::Debug + Send + Sync {
    /// Returns the algorithm of the signatures, as `alg` names it (RFC 7518 §3.1).
    fn algorithm(&self) -> &str;

    /// Returns the id of the key (`kid`), the same on every node that signs by it.
    fn key_id(&self) -> &str;

    /// Returns the public half as a JWK (RFC 7517 §4), with `kid`, `alg` and `use`.
    fn public_key(&self) -> &Value;

    /// Signs the input of a JWS (RFC 7515 §5.1), and returns the signature in the form that the algorithm prescribes.
    ///
    /// # Errors
    /// Returns an error if the key cannot be used now. The request that needs the signature is answered with an error,
    /// and an authorization code can be redeemed again.
    async fn sign(&self, input: &[u8]) -> Result<Vec<u8>, SignError>;
}

/// A key could not sign.
#[derive(Debug, thiserror::Error)]
#[error("the signing key cannot be used")]
pub struct SignError(#[source] Box<dyn Error + Send + Sync>);

impl SignError {
    /// Creates the error with this cause.
    pub fn new(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self(cause.into())
    }
}
