//! Assertions by the letter.

use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::json;

use super::*;
use crate::frontends::oidc::keys::KeyKind;

const ISSUER: &str = "https://login.example";
const ENDPOINT: &str = "https://login.example/oauth2/token";
const NOW: f64 = 1_790_000_000.0;

/// A client's key of each kind.
struct ClientKeys {
    rsa: EncodingKey,
    p256: EncodingKey,
    published: PublishedKeys,
}

impl ClientKeys {
    fn new() -> Self {
        let rsa = KeyKind::Rsa.generate_pem().expect("a key");
        let rsa = EncodingKey::from_rsa_pem(rsa.as_bytes()).expect("a key");
        let p256 = KeyKind::P256.generate_pem().expect("a key");
        let p256 = EncodingKey::from_ec_pem(p256.as_bytes()).expect("a key");
        let public = |key: &EncodingKey, algorithm, kid: &str| {
            let jwk = Jwk::from_encoding_key(key, algorithm).expect("a public key");
            let mut jwk = serde_json::to_value(jwk).expect("JSON");
            jwk["kid"] = kid.into();
            jwk["alg"] = json!(null);
            jwk
        };
        let keys = [
            public(&rsa, Algorithm::RS256, "rsa"),
            public(&p256, Algorithm::ES256, "p256"),
        ];
        let published = json!({ "keys": keys }).to_string();
        Self {
            rsa,
            p256,
            published: PublishedKeys::read(published.as_bytes()).expect("a set"),
        }
    }

    fn sign(&self, header: &Header, claims: &Value) -> String {
        let key = match header.alg {
            Algorithm::ES256 => &self.p256,
            _ => &self.rsa,
        };
        jsonwebtoken::encode(header, claims, key).expect("a token")
    }

    fn verify(&self, assertion: &str) -> Result<SignedAssertion, &'static str> {
        let audiences = [ISSUER, ENDPOINT];
        let verified = verify(assertion, "hall", &self.published, &audiences, NOW);
        verified.map_err(|refusal| refusal.reason.as_str())
    }
}

fn claims() -> Value {
    json!({ "iss": "hall", "sub": "hall", "aud": ISSUER, "exp": NOW + 60.0, "iat": NOW, "jti": "id-1" })
}

fn header(alg: Algorithm, kid: Option<&str>) -> Header {
    Header {
        kid: kid.map(str::to_owned),
        ..Header::new(alg)
    }
}

#[test]
fn a_client_signs_by_each_algorithm_with_and_without_the_keys_id() {
    let keys = ClientKeys::new();
    for (alg, kid) in [
        (Algorithm::RS256, Some("rsa")),
        (Algorithm::RS256, None),
        (Algorithm::PS256, Some("rsa")),
        (Algorithm::ES256, Some("p256")),
        (Algorithm::ES256, None),
    ] {
        let verified = keys.verify(&keys.sign(&header(alg, kid), &claims()));
        let verified = verified.unwrap_or_else(|reason| panic!("{alg:?} {kid:?}: {reason}"));
        assert_eq!(verified.id, "id-1");
        assert_eq!(verified.lifetime, Duration::from_secs(120));
    }
    assert_eq!(
        named_client(&keys.sign(&header(Algorithm::RS256, None), &claims())).ok(),
        Some("hall".into())
    );
}

#[test]
fn the_audience_is_the_issuer_or_the_endpoint() {
    let keys = ClientKeys::new();
    for (audience, admitted) in [
        (json!(ISSUER), true),
        (json!(ENDPOINT), true),
        (json!([ISSUER]), true),
        (json!(["https://other.example", ENDPOINT]), true),
        (json!("https://login.example/"), false),
        (json!("https://other.example"), false),
        (json!([]), false),
        (json!(null), false),
        (json!({}), false),
    ] {
        let mut claims = claims();
        claims["aud"] = audience.clone();
        let verified = keys.verify(&keys.sign(&header(Algorithm::ES256, Some("p256")), &claims));
        assert_eq!(verified.is_ok(), admitted, "{audience}: {verified:?}");
    }
}

#[test]
fn each_claim_is_checked() {
    let keys = ClientKeys::new();
    for (name, value, reason) in [
        ("iss", json!("other"), "iss"),
        ("iss", json!(null), "iss"),
        ("sub", json!("other"), "sub"),
        ("sub", json!(null), "sub"),
        ("exp", json!(null), "exp"),
        ("exp", json!("1790000060"), "exp"),
        ("exp", json!(NOW - 61.0), "exp"),
        ("exp", json!(NOW + 3661.0), "max_lifetime"),
        ("nbf", json!(NOW + 61.0), "nbf"),
        ("iat", json!(NOW + 61.0), "iat"),
        ("iat", json!("now"), "iat"),
        ("jti", json!(null), "jti"),
        ("jti", json!(""), "jti"),
        ("jti", json!(7), "jti"),
        ("jti", json!("x".repeat(257)), "jti"),
    ] {
        let mut claims = claims();
        claims[name] = value.clone();
        let verified = keys.verify(&keys.sign(&header(Algorithm::ES256, Some("p256")), &claims));
        assert_eq!(verified, Err(reason), "{name} {value}");
    }
    for (name, value) in [
        ("exp", json!(NOW - 59.0)),
        ("exp", json!(NOW + 3600.0)),
        ("iat", json!(null)),
        ("iat", json!(NOW + 59.0)),
        ("nbf", json!(NOW)),
        ("jti", json!("x".repeat(256))),
    ] {
        let mut claims = claims();
        claims[name] = value.clone();
        let verified = keys.verify(&keys.sign(&header(Algorithm::ES256, Some("p256")), &claims));
        assert!(verified.is_ok(), "{name} {value}: {verified:?}");
    }
}

/// Row A12, RFC 8725 §3.1 and §3.11.
#[test]
fn the_header_and_the_key_are_checked() {
    let keys = ClientKeys::new();
    let typed = |typ: &str| Header {
        typ: Some(typ.into()),
        ..header(Algorithm::ES256, Some("p256"))
    };
    for (header, reason) in [
        (typed("at+jwt"), "typ"),
        (typed("logout+jwt"), "typ"),
        (typed("dpop+jwt"), "typ"),
        (header(Algorithm::ES256, Some("rsa")), "kid"),
        (header(Algorithm::ES256, Some("unknown")), "kid"),
        (header(Algorithm::RS384, Some("rsa")), "alg"),
    ] {
        let verified = keys.verify(&keys.sign(&header, &claims()));
        assert_eq!(verified, Err(reason), "{header:?}");
    }
    for typ in ["JWT", "client-authentication+jwt"] {
        assert!(
            keys.verify(&keys.sign(&typed(typ), &claims())).is_ok(),
            "{typ}"
        );
    }
    let strangers = ClientKeys::new();
    let forged = strangers.sign(&header(Algorithm::ES256, Some("p256")), &claims());
    assert_eq!(keys.verify(&forged), Err("signature"));
    let secret = EncodingKey::from_secret(b"a public key is no secret of an HMAC");
    let hmac = jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims(), &secret);
    assert_eq!(keys.verify(&hmac.expect("a token")), Err("alg"));
    for text in ["", "a.b", "a.b.c", "e30.e30.", "…"] {
        assert_eq!(keys.verify(text).ok(), None, "{text}");
        assert!(named_client(text).is_err(), "{text}");
    }
}
