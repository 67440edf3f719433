//! ID tokens of this gateway that come back as a hint (OpenID Connect Core §3.1.2.1, RP-Initiated Logout 1.0 §2).
//!
//! A hint names a person and a session; it proves neither. One that has expired is taken, because it is mostly sent long
//! after its time: a person logs out hours after they have logged in.

use jsonwebtoken::jwk::{Jwk, JwkSet};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use saoma_protocol::LoginId;
use serde::Deserialize;
use serde_json::Value;

/// Types of tokens that a hint may have (RFC 7519 §5.1). Logout tokens and access tokens have others, and are no hint.
const TYPES: [&str; 1] = ["JWT"];

/// The claims of a hint that count.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct IdTokenHint {
    /// The person, as the client was told of them.
    pub(super) sub: String,
    /// The client.
    pub(super) aud: String,
    /// The session, if the gateway keeps one for the client.
    pub(super) sid: Option<String>,
    /// Members that ID tokens never have.
    #[serde(default)]
    events: Option<Value>,
}

impl IdTokenHint {
    /// Returns a hint with these claims.
    #[cfg(test)]
    pub(super) fn of(sub: &str, aud: &str, sid: Option<&str>) -> Self {
        Self {
            sub: sub.into(),
            aud: aud.into(),
            sid: sid.map(str::to_owned),
            events: None,
        }
    }

    /// Returns the id of the session.
    pub(super) fn session(&self) -> Option<LoginId> {
        self.sid.as_ref()?.parse().ok()
    }

    /// Returns the claims of an ID token that one of these keys has signed for this issuer.
    pub(super) fn verify(token: &str, keys: &JwkSet, issuer: &str) -> Option<Self> {
        let header = decode_header(token).ok()?;
        let is_typed = header.typ.is_none_or(|typ| TYPES.contains(&typ.as_str()));
        if !is_typed {
            return None;
        }
        let named =
            |key: &&Jwk| header.kid.is_none() || key.common.key_id.as_ref() == header.kid.as_ref();
        let mut keys = keys.keys.iter().filter(named);
        let hint = keys.find_map(|key| signed_by(token, key, header.alg, issuer))?;
        hint.events.is_none().then_some(hint)
    }
}

fn signed_by(token: &str, key: &Jwk, algorithm: Algorithm, issuer: &str) -> Option<IdTokenHint> {
    let mut validation = Validation::new(algorithm);
    validation.set_issuer(&[issuer]);
    validation.set_required_spec_claims(&["iss", "sub", "aud"]);
    validation.validate_exp = false;
    // The client is compared by the caller, who knows which one asks.
    validation.validate_aud = false;
    // A key of another algorithm is refused here, by its type.
    let key = DecodingKey::from_jwk(key).ok()?;
    let token = decode(token, &key, &validation).ok()?;
    Some(token.claims)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::keys::KeyRing;
    use super::*;

    const ISSUER: &str = "https://login.example";

    fn claims() -> Value {
        json!({ "iss": ISSUER, "sub": "p-1", "aud": "hall", "sid": "S", "exp": 1, "iat": 1 })
    }

    fn with(name: &str, value: Value) -> Value {
        let mut claims = claims();
        claims[name] = value;
        claims
    }

    fn keys(ring: &KeyRing) -> JwkSet {
        JwkSet::deserialize(ring.published()).expect("published keys")
    }

    async fn sign(ring: &KeyRing, typ: &str, claims: &Value) -> String {
        ring.sign("RS256", typ, claims).await.expect("a token")
    }

    #[tokio::test]
    async fn an_id_token_of_this_gateway_is_a_hint_even_when_it_has_expired() {
        let ring = KeyRing::generate().expect("keys");
        let token = sign(&ring, "JWT", &claims()).await;
        let hint = IdTokenHint::verify(&token, &keys(&ring), ISSUER).expect("a hint");
        assert_eq!(
            (hint.sub.as_str(), hint.aud.as_str(), hint.sid.as_deref()),
            ("p-1", "hall", Some("S"))
        );
    }

    #[tokio::test]
    async fn tokens_of_others_and_of_other_kinds_are_no_hints() {
        let ring = KeyRing::generate().expect("keys");
        let foreign = KeyRing::generate().expect("keys");
        let good = sign(&ring, "JWT", &claims()).await;
        let (head, signature) = good.rsplit_once('.').expect("a token");
        let (header, _) = head.split_once('.').expect("a token");
        let other = sign(&ring, "JWT", &with("sub", json!("p-2"))).await;
        let payload = other.split('.').nth(1).expect("a token");
        for (fault, token) in [
            ("another key", sign(&foreign, "JWT", &claims()).await),
            (
                "another issuer",
                sign(&ring, "JWT", &with("iss", json!("https://evil.example"))).await,
            ),
            (
                "no person",
                sign(&ring, "JWT", &with("sub", Value::Null)).await,
            ),
            (
                "several clients",
                sign(&ring, "JWT", &with("aud", json!(["hall", "other"]))).await,
            ),
            (
                "an event",
                sign(&ring, "JWT", &with("events", json!({}))).await,
            ),
            ("a logout token", sign(&ring, "logout+jwt", &claims()).await),
            ("an access token", sign(&ring, "at+jwt", &claims()).await),
            ("other claims", format!("{header}.{payload}.{signature}")),
            ("no signature", format!("{head}.")),
            ("unsigned", format!("eyJhbGciOiJub25lIn0.{payload}.")),
            ("no token", "e30".into()),
        ] {
            let hint = IdTokenHint::verify(&token, &keys(&ring), ISSUER);
            assert_eq!(hint, None, "{fault}");
        }
    }
}
