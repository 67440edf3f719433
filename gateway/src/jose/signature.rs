//! Signatures of tokens.

use std::collections::HashSet;

use data_encoding::BASE64URL_NOPAD;
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::{Map, Value};

use super::{RefusalReason, TokenRefusal, UniqueObject};

/// Verifies the signature, and returns the claims, which the caller checks.
///
/// # Errors
/// Returns a refusal if the key has not signed the token, or if the claims are no JSON object.
pub(crate) fn signed_claims(
    token: &str,
    key: &DecodingKey,
    algorithm: Algorithm,
) -> Result<Map<String, Value>, TokenRefusal> {
    let mut signature_only = Validation::new(algorithm);
    signature_only.required_spec_claims = HashSet::new();
    signature_only.validate_exp = false;
    signature_only.validate_aud = false;
    let verified = jsonwebtoken::decode::<UniqueObject>(token, key, &signature_only);
    verified.map_or_else(
        |error| {
            Err(match error.kind() {
                ErrorKind::InvalidSignature => TokenRefusal::new(RefusalReason::Signature),
                ErrorKind::Json(_) | ErrorKind::Base64(_) | ErrorKind::Utf8(_) => {
                    TokenRefusal::of(RefusalReason::Malformed, "claims")
                }
                _ => TokenRefusal::new(RefusalReason::Key),
            })
        },
        |verified| Ok(verified.claims.0),
    )
}

/// Returns the claims of a token without proof, to find the party whose keys may verify it.
///
/// # Errors
/// Returns a refusal if the token has not three parts, or if the claims are no JSON object.
pub(crate) fn unverified_claims(token: &str) -> Result<Map<String, Value>, TokenRefusal> {
    let malformed = || TokenRefusal::of(RefusalReason::Malformed, "claims");
    let parts: Vec<&str> = token.split('.').collect();
    let [_, claims, _] = parts[..] else {
        return Err(malformed());
    };
    let claims = BASE64URL_NOPAD.decode(claims.as_bytes());
    let claims = claims.map_err(|_| malformed())?;
    let claims = UniqueObject::read(&claims).map_err(|_| malformed())?;
    Ok(claims.0)
}
