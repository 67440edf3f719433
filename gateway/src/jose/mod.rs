//! Tokens that other parties sign (RFC 7515, RFC 7519), read by the letter: the header, the keys that verify them, the
//! signature, and the reasons for which a token is refused.

mod header;
mod published_keys;
mod refusal;
mod signature;
mod times;
mod unique_json;

use jsonwebtoken::Algorithm;
use serde_json::{Map, Value};

pub(crate) use self::header::{HeaderRules, JoseHeader, media_type};
pub(crate) use self::published_keys::PublishedKeys;
pub(crate) use self::refusal::{RefusalReason, TokenRefusal};
pub(crate) use self::signature::{signed_claims, unverified_claims};
pub(crate) use self::times::{LEEWAY, time};
pub(crate) use self::unique_json::UniqueObject;

/// Algorithms that are known. Asymmetric ones only: a public key must never pass as an HMAC's secret
/// (RFC 8725 §3.1).
pub(crate) const ALGORITHMS: [Algorithm; 4] = [
    Algorithm::RS256,
    Algorithm::PS256,
    Algorithm::ES256,
    Algorithm::EdDSA,
];

/// Their names, in the same order.
pub(crate) const ALGORITHM_NAMES: [&str; 4] = ["RS256", "PS256", "ES256", "EdDSA"];

/// Returns the algorithm of this name.
fn algorithm_of(name: &str) -> Option<Algorithm> {
    let known = ALGORITHM_NAMES.iter().position(|known| *known == name);
    ALGORITHMS.get(known?).copied()
}

/// Returns the name of an algorithm.
fn name_of(algorithm: Algorithm) -> Option<&'static str> {
    let known = ALGORITHMS.iter().position(|known| *known == algorithm);
    ALGORITHM_NAMES.get(known?).copied()
}

/// Returns a member; `null` counts as absent.
pub(crate) fn member<'a>(members: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    members.get(name).filter(|value| !value.is_null())
}
