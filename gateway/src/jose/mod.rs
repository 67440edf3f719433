//! Tokens that other parties sign (RFC 7515, RFC 7519), read by the letter: the header, the keys that verify them, the
//! signature, and the reasons for which a token is refused.

mod header;
mod published_keys;
mod refusal;
mod signature;
mod unique_json;

use jsonwebtoken::Algorithm;
use serde_json::{Map, Value};

pub(crate) use self::header::{HeaderRules, JoseHeader, media_type};
pub(crate) use self::published_keys::PublishedKeys;
pub(crate) use self::refusal::{RefusalReason, TokenRefusal};
pub(crate) use self::signature::{signed_claims, unverified_claims};
pub(crate) use self::unique_json::UniqueObject;

/// Algorithms that are known, with their names. Asymmetric ones only: a public key must never pass as an HMAC's secret
/// (RFC 8725 §3.1).
const ALGORITHMS: [(&str, Algorithm); 4] = [
    ("RS256", Algorithm::RS256),
    ("PS256", Algorithm::PS256),
    ("ES256", Algorithm::ES256),
    ("EdDSA", Algorithm::EdDSA),
];

/// Returns the algorithm of this name.
fn algorithm_of(name: &str) -> Option<Algorithm> {
    let known = ALGORITHMS.iter().find(|(known, _)| *known == name);
    known.map(|(_, algorithm)| *algorithm)
}

/// Returns the name of an algorithm.
fn name_of(algorithm: Algorithm) -> Option<&'static str> {
    let known = ALGORITHMS.iter().find(|(_, known)| *known == algorithm);
    known.map(|(name, _)| *name)
}

/// Returns a member; `null` counts as absent.
pub(crate) fn member<'a>(members: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    members.get(name).filter(|value| !value.is_null())
}
