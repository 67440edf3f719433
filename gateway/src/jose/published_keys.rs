//! The published keys of another party (RFC 7517): each is used only for what it is published for.

use std::collections::HashMap;
use std::fmt;

use data_encoding::BASE64URL_NOPAD;
use jsonwebtoken::{Algorithm, DecodingKey};
use serde_json::{Map, Value};

use super::{RefusalReason, TokenRefusal, UniqueObject, algorithm_of, member};

/// Sizes of RSA keys that are used, in bits (RFC 7518 §3.3). Verification costs more with a longer key.
const RSA_BITS: std::ops::RangeInclusive<usize> = 2048..=8192;

/// Length of a P-256 coordinate and of an Ed25519 key.
const COORDINATE_BYTES: usize = 32;

/// Keys of one set, by id. One that cannot be used is kept as the reason.
#[derive(Default, Clone)]
pub(crate) struct PublishedKeys(HashMap<String, Vec<PublishedKey>>);

/// A key with the algorithms that it verifies.
type PublishedKey = Result<(&'static [Algorithm], DecodingKey), &'static str>;

/// Algorithms of an RSA key that names none. Both are used with one key: its owner signs either way.
const RSA: &[Algorithm] = &[Algorithm::RS256, Algorithm::PS256];

impl fmt::Debug for PublishedKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl PublishedKeys {
    /// Reads a JWK set. Keys without an id verify tokens that name none.
    ///
    /// # Errors
    /// Returns an error if the text is no JSON object with an array `keys`, or if a member stands twice.
    pub(crate) fn read(json: &[u8]) -> Result<Self, String> {
        let set = UniqueObject::read(json)?.0;
        let Some(Value::Array(keys)) = set.get("keys") else {
            return Err("expected an array \"keys\"".to_owned());
        };
        let mut by_id = HashMap::<String, Vec<_>>::new();
        for key in keys.iter().filter_map(Value::as_object) {
            match member(key, "kid") {
                None => by_id
                    .entry(NO_ID.to_owned())
                    .or_default()
                    .push(read_key(key)),
                Some(Value::String(id)) if id != NO_ID => {
                    by_id.entry(id.to_owned()).or_default().push(read_key(key));
                }
                // No token can name it.
                Some(_) => {}
            }
        }
        Ok(Self(by_id))
    }

    /// Returns the keys that can be used, and the problem of each that cannot.
    pub(crate) fn problems(&self) -> (usize, Vec<&'static str>) {
        let keys = || self.0.values().flatten();
        let problems = keys().filter_map(|key| key.as_ref().err().copied());
        (keys().flatten().count(), problems.collect())
    }

    /// Returns true if a key has this id.
    pub(crate) fn contain(&self, kid: &str) -> bool {
        self.0.contains_key(kid)
    }

    /// Returns the key of this id for an algorithm.
    ///
    /// # Errors
    /// Returns a refusal with the reason why no key of this id can be used.
    pub(crate) fn find(
        &self,
        kid: &str,
        algorithm: Algorithm,
    ) -> Result<&DecodingKey, TokenRefusal> {
        let Some(keys) = self.0.get(kid) else {
            return Err(TokenRefusal::of(RefusalReason::Kid, "not published"));
        };
        let usable = keys.iter().flatten();
        if let Some((_, key)) = { usable }.find(|(known, _)| known.contains(&algorithm)) {
            return Ok(key);
        }
        let problem = keys.iter().find_map(|key| key.as_ref().err().copied());
        Err(TokenRefusal::of(
            RefusalReason::Key,
            problem.unwrap_or("of another algorithm"),
        ))
    }

    /// Returns the keys that may have signed a token of an algorithm that names this key, or none.
    pub(crate) fn candidates(&self, kid: Option<&str>, algorithm: Algorithm) -> Vec<&DecodingKey> {
        let named = |id: &str| kid.is_none_or(|kid| kid == id);
        let keys = self.0.iter().filter(|(id, _)| named(id));
        let usable = keys.flat_map(|(_, keys)| keys.iter().flatten());
        usable
            .filter(|(known, _)| known.contains(&algorithm))
            .map(|(_, key)| key)
            .collect()
    }
}

/// Id under which keys without one are kept. No token names it, because an empty id counts as left out.
const NO_ID: &str = "";

/// Reads a key (RFC 7517 §4, RFC 7518 §6, RFC 8037 §2).
fn read_key(key: &Map<String, Value>) -> PublishedKey {
    let text = |name| member(key, name).and_then(Value::as_str);
    if member(key, "use").is_some_and(|found| found != "sig") {
        return Err("use is not sig");
    }
    if let Some(operations) = member(key, "key_ops") {
        let operations = operations.as_array().ok_or("key_ops is no array")?;
        if !operations.iter().any(|operation| operation == "verify") {
            return Err("key_ops is without verify");
        }
    }
    if member(key, "d").is_some() {
        return Err("its private half is published");
    }
    let (algorithms, decoded): (&'static [Algorithm], _) = match (text("kty"), text("crv")) {
        (Some("RSA"), _) => (RSA, rsa_key(text("n"), text("e"))?),
        (Some("EC"), Some("P-256")) => (&[Algorithm::ES256], p256_key(text("x"), text("y"))?),
        (Some("OKP"), Some("Ed25519")) => (&[Algorithm::EdDSA], ed25519_key(text("x"))?),
        _ => return Err("the type of key is not used here"),
    };
    if member(key, "alg").is_none() {
        return Ok((algorithms, decoded));
    }
    let named = text("alg").and_then(algorithm_of);
    let of_this = algorithms.iter().position(|known| Some(*known) == named);
    let of_this = of_this.ok_or("alg is another")?;
    Ok((&algorithms[of_this..=of_this], decoded))
}

fn rsa_key(n: Option<&str>, e: Option<&str>) -> Result<DecodingKey, &'static str> {
    let modulus = decoded(n)?;
    let leading = modulus.iter().take_while(|byte| **byte == 0).count();
    let modulus = &modulus[leading..];
    let bits = modulus.first().map_or(0, |first| {
        modulus.len() * 8 - usize::try_from(first.leading_zeros()).unwrap_or(0)
    });
    if !RSA_BITS.contains(&bits) {
        return Err("RSA with fewer than 2048 bits, or more than 8192");
    }
    let exponent = decoded(e)?;
    Ok(DecodingKey::from_rsa_raw_components(modulus, &exponent))
}

fn p256_key(x: Option<&str>, y: Option<&str>) -> Result<DecodingKey, &'static str> {
    let (Some(x), Some(y)) = (x, y) else {
        return Err("malformed");
    };
    if decoded(Some(x))?.len() != COORDINATE_BYTES || decoded(Some(y))?.len() != COORDINATE_BYTES {
        return Err("malformed");
    }
    DecodingKey::from_ec_components(x, y).map_err(|_| "malformed")
}

fn ed25519_key(x: Option<&str>) -> Result<DecodingKey, &'static str> {
    let key = decoded(x)?;
    if key.len() != COORDINATE_BYTES {
        return Err("malformed");
    }
    Ok(DecodingKey::from_ed_der(&key))
}

fn decoded(text: Option<&str>) -> Result<Vec<u8>, &'static str> {
    let decoded = text.map(|text| BASE64URL_NOPAD.decode(text.as_bytes()));
    decoded.and_then(Result::ok).ok_or("malformed")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn ed25519() -> Value {
        json!({ "kty": "OKP", "crv": "Ed25519", "kid": "k", "x": BASE64URL_NOPAD.encode(&[1; 32]) })
    }

    fn rsa(modulus: &[u8]) -> Value {
        json!({ "kty": "RSA", "kid": "k", "e": "AQAB", "n": BASE64URL_NOPAD.encode(modulus) })
    }

    fn found(keys: &[Value], algorithm: Algorithm) -> Result<(), String> {
        let set = json!({ "keys": keys }).to_string();
        let keys = PublishedKeys::read(set.as_bytes()).expect("a set");
        let found = keys.find("k", algorithm).map(|_| ());
        found.map_err(|refusal| refusal.found.unwrap_or_default())
    }

    /// Row A12: a key is used for what it is published for (RFC 7517 §4.2-4.4, RFC 8725 §3.1).
    #[test]
    fn a_key_is_used_only_for_what_it_is_published_for() {
        let eddsa = |name: &str, value: Value| {
            let mut key = ed25519();
            key[name] = value;
            found(&[key], Algorithm::EdDSA)
        };
        for (name, good) in [
            ("use", json!("sig")),
            ("use", json!(null)),
            ("key_ops", json!(["sign", "verify"])),
            ("alg", json!("EdDSA")),
        ] {
            assert_eq!(eddsa(name, good), Ok(()), "{name}");
        }
        for (name, wrong) in [
            ("use", json!("enc")),
            ("use", json!(["sig"])),
            ("key_ops", json!(["encrypt"])),
            ("key_ops", json!([])),
            ("key_ops", json!("verify")),
            ("alg", json!("ES256")),
            ("alg", json!("RSA-OAEP")),
            ("alg", json!(7)),
            ("d", json!("AAAA")),
            ("kty", json!("oct")),
            ("crv", json!("X25519")),
            ("x", json!("AA")),
            ("x", json!(null)),
        ] {
            assert!(eddsa(name, wrong.clone()).is_err(), "{name} {wrong}");
        }
        assert!(found(&[ed25519()], Algorithm::RS256).is_err());
        for (named, verified) in [
            (json!(null), [true, true]),
            (json!("RS256"), [true, false]),
            (json!("PS256"), [false, true]),
            (json!("RS384"), [false, false]),
        ] {
            let mut key = rsa(&[0xff; 256]);
            key["alg"] = named.clone();
            let verifies = [Algorithm::RS256, Algorithm::PS256]
                .map(|algorithm| found(&[key.clone()], algorithm).is_ok());
            assert_eq!(verifies, verified, "{named}");
        }
        let mut enc = ed25519();
        enc["use"] = json!("enc");
        assert_eq!(found(&[enc, ed25519()], Algorithm::EdDSA), Ok(()));
    }

    #[test]
    fn a_weak_rsa_key_is_not_used() {
        let bits = |bytes: usize| found(&[rsa(&vec![0xff; bytes])], Algorithm::RS256);
        assert_eq!((bits(256), bits(1024)), (Ok(()), Ok(())));
        assert!(bits(255).is_err() && bits(128).is_err() && bits(1025).is_err());
        let padded = [vec![0; 200], vec![0xff; 128]].concat();
        assert!(found(&[rsa(&padded)], Algorithm::RS256).is_err());
        assert!(found(&[rsa(&[])], Algorithm::RS256).is_err());
    }

    #[test]
    fn a_token_that_names_no_key_may_be_of_any_of_its_algorithm() {
        let mut unnamed = ed25519();
        unnamed["kid"] = json!(null);
        let set = json!({ "keys": [ed25519(), unnamed, rsa(&[0xff; 256])] }).to_string();
        let keys = PublishedKeys::read(set.as_bytes()).expect("a set");
        let count = |kid, algorithm| keys.candidates(kid, algorithm).len();
        assert_eq!(count(None, Algorithm::EdDSA), 2);
        assert_eq!(count(Some("k"), Algorithm::EdDSA), 1);
        assert_eq!(count(Some("k"), Algorithm::PS256), 1);
        assert_eq!(count(Some("other"), Algorithm::EdDSA), 0);
        assert_eq!(count(None, Algorithm::ES256), 0);
    }

    #[test]
    fn a_set_is_an_object_with_keys() {
        for wrong in ["[]", "{}", r#"{"keys":{}}"#, r#"{"keys":[],"keys":[]}"#, ""] {
            assert!(PublishedKeys::read(wrong.as_bytes()).is_err(), "{wrong}");
        }
        let odd = PublishedKeys::read(br#"{"keys":[7,null,{},{"kid":7},{"kid":"k"}]}"#);
        assert!(odd.expect("a set").contain("k"));
    }
}
