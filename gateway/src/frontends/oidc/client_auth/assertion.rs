//! Client authentication by a signed assertion: `private_key_jwt` (RFC 7523 §2.2 and §3, OpenID Connect Core §9).

use std::time::Duration;

use serde_json::{Map, Value};

use crate::jose::{
    ALGORITHMS, HeaderRules, JoseHeader, LEEWAY, PublishedKeys, RefusalReason, TokenRefusal,
    member, signed_claims, time, unverified_claims,
};

/// Type of the assertion (RFC 7523 §2.2).
pub(super) const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// Accepted types, where an assertion names one. Tokens for other uses have others (RFC 8725 §3.11).
const TYPES: [&str; 2] = ["jwt", "client-authentication+jwt"];

/// Maximum lifetime of an assertion in seconds, as long as well-known libraries make them (Authlib: 1 h). Its id is remembered
/// for so long.
const MAX_LIFETIME: f64 = 3600.0;

/// Maximum length of an id, in bytes.
const MAX_ID_BYTES: usize = 256;

/// An assertion that its client has signed. It is still to be checked that it is new.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct SignedAssertion {
    /// Id of the assertion, unique among the client's.
    pub(super) id: String,
    /// Time for which the id must not be used again.
    pub(super) lifetime: Duration,
}

/// Returns the client that an assertion names as its issuer, without proof.
///
/// # Errors
/// Returns a refusal if the assertion is no JWT, or names no issuer.
pub(super) fn named_client(assertion: &str) -> Result<String, TokenRefusal> {
    let claims = unverified_claims(assertion)?;
    let issuer = member(&claims, "iss").and_then(Value::as_str);
    issuer
        .map(str::to_owned)
        .ok_or_else(|| TokenRefusal::of(RefusalReason::Iss, "missing"))
}

/// Verifies that a client has signed an assertion for one of these audiences, to be used now.
///
/// # Errors
/// Returns the check that failed.
pub(super) fn verify(
    assertion: &str,
    client_id: &str,
    keys: &PublishedKeys,
    audiences: &[&str],
    now: f64,
) -> Result<SignedAssertion, TokenRefusal> {
    let types = TYPES.map(str::to_owned);
    let rules = HeaderRules {
        algorithms: &ALGORITHMS,
        types: &types,
        may_lack_type: true,
    };
    let header = JoseHeader::read(assertion, rules)?;
    let candidates = keys.candidates(header.kid.as_deref(), header.algorithm);
    let mut refusal = TokenRefusal::of(RefusalReason::Kid, "no such key of the client");
    for key in candidates {
        match signed_claims(assertion, key, header.algorithm) {
            Ok(claims) => {
                let checked = check(&claims, client_id, audiences, now);
                return checked.map_err(|refusal| header.refuse(refusal));
            }
            Err(other) => refusal = other,
        }
    }
    Err(header.refuse(refusal))
}

fn check(
    claims: &Map<String, Value>,
    client_id: &str,
    audiences: &[&str],
    now: f64,
) -> Result<SignedAssertion, TokenRefusal> {
    for (name, reason) in [("iss", RefusalReason::Iss), ("sub", RefusalReason::Sub)] {
        let found = member(claims, name).and_then(Value::as_str);
        if found != Some(client_id) {
            return Err(TokenRefusal::of(reason, found.unwrap_or("missing")));
        }
    }
    let is_for_us = |audience: &Value| {
        let named = audience.as_str();
        named.is_some_and(|named| audiences.contains(&named))
    };
    let for_us = match member(claims, "aud") {
        Some(Value::Array(several)) => several.iter().any(is_for_us),
        Some(audience) => is_for_us(audience),
        None => false,
    };
    if !for_us {
        return Err(TokenRefusal::of(
            RefusalReason::Aud,
            &claims.get("aud").map(Value::to_string).unwrap_or_default(),
        ));
    }
    let end = time(claims, "exp", RefusalReason::Exp)?;
    let end = end.ok_or_else(|| TokenRefusal::of(RefusalReason::Exp, "missing"))?;
    if end + LEEWAY <= now {
        return Err(TokenRefusal::new(RefusalReason::Exp));
    }
    for (name, reason) in [("nbf", RefusalReason::Nbf), ("iat", RefusalReason::Iat)] {
        if time(claims, name, reason)?.is_some_and(|begin| now + LEEWAY < begin) {
            return Err(TokenRefusal::of(reason, "in the future"));
        }
    }
    if end > now + MAX_LIFETIME + LEEWAY {
        let found = format!("{} s", (end - now).floor());
        return Err(TokenRefusal::of(RefusalReason::Lifetime, &found));
    }
    let id = member(claims, "jti").and_then(Value::as_str);
    let Some(id) = id.filter(|id| (1..=MAX_ID_BYTES).contains(&id.len())) else {
        return Err(TokenRefusal::of(
            RefusalReason::Jti,
            "missing, empty or too long",
        ));
    };
    Ok(SignedAssertion {
        id: id.to_owned(),
        // At its latest it is taken a leeway after its end.
        lifetime: Duration::from_secs_f64((end + LEEWAY - now).max(1.0)),
    })
}

#[cfg(test)]
mod tests;
