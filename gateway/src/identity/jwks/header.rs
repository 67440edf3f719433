//! The header of a signed token (RFC 7515 §4), read by the letter: what is not understood is refused.

use data_encoding::BASE64URL_NOPAD;
use jsonwebtoken::Algorithm;
use serde_json::{Map, Value};

use super::super::conditions::member;
use super::super::refusal::{RefusalReason, TokenRefusal};
use super::super::unique_json::UniqueObject;

/// Maximum size of a token. A person with a hundred identities takes some 12 KiB.
const MAX_TOKEN_BYTES: usize = 16 * 1024;

/// Asymmetric ones only: a public key must never pass as an HMAC's secret (RFC 8725 §3.1).
pub(super) const ALGORITHMS: [(&str, Algorithm); 3] = [
    ("RS256", Algorithm::RS256),
    ("ES256", Algorithm::ES256),
    ("EdDSA", Algorithm::EdDSA),
];

/// The members of a token's header by which it is verified.
#[derive(Debug)]
pub(super) struct JoseHeader {
    /// Algorithm of the signature.
    pub algorithm: Algorithm,
    /// Id of the key.
    pub kid: String,
}

impl JoseHeader {
    /// Reads the header of a token whose type is one of `types`, in lower case.
    ///
    /// Addresses and keys that a header may carry (`jku`, `jwk`, `x5u`, `x5c`) are not looked at (RFC 8725 §3.10).
    ///
    /// # Errors
    /// Returns the check that failed.
    pub(super) fn read(token: &str, types: &[String]) -> Result<Self, TokenRefusal> {
        let header = members(token)?;
        let text = |name| member(&header, name).and_then(Value::as_str);
        let (alg, kid) = (text("alg"), text("kid"));
        let checked = check(&header, types);
        checked.map_err(|refusal| refusal.with_key(alg, kid))
    }

    /// Adds the key to a refusal of a later check.
    pub(super) fn refuse(&self, refusal: TokenRefusal) -> TokenRefusal {
        let alg = ALGORITHMS
            .iter()
            .find(|(_, known)| *known == self.algorithm);
        refusal.with_key(alg.map(|(name, _)| *name), Some(&self.kid))
    }
}

fn members(token: &str) -> Result<Map<String, Value>, TokenRefusal> {
    let malformed = |problem: &str| TokenRefusal::of(RefusalReason::Malformed, problem);
    if token.len() > MAX_TOKEN_BYTES {
        return Err(malformed("too long"));
    }
    let parts: Vec<&str> = token.split('.').collect();
    let [header, _, _] = parts[..] else {
        return Err(malformed("expected three parts"));
    };
    let header = BASE64URL_NOPAD.decode(header.as_bytes());
    let header = header.map_err(|_| malformed("header: invalid Base64url"))?;
    let header = UniqueObject::read(&header);
    header.map_or_else(
        |problem| Err(malformed(&format!("header: {problem}"))),
        |header| Ok(header.0),
    )
}

fn check(header: &Map<String, Value>, types: &[String]) -> Result<JoseHeader, TokenRefusal> {
    let alg = text(header, "alg", RefusalReason::Alg)?;
    let known = ALGORITHMS.iter().find(|(name, _)| *name == alg);
    let Some((_, algorithm)) = known else {
        return Err(TokenRefusal::of(RefusalReason::Alg, alg));
    };
    // No extension is understood here, so each one that is critical refuses the token (RFC 7515 §4.1.11).
    if let Some(extensions) = header.get("crit") {
        return Err(TokenRefusal::of(
            RefusalReason::Crit,
            &extensions.to_string(),
        ));
    }
    if header
        .get("b64")
        .is_some_and(|b64| *b64 != Value::Bool(true))
    {
        return Err(TokenRefusal::of(RefusalReason::Crit, "b64"));
    }
    let typ = text(header, "typ", RefusalReason::Typ)?;
    if !types.contains(&media_type(typ)) {
        return Err(TokenRefusal::of(RefusalReason::Typ, typ));
    }
    Ok(JoseHeader {
        algorithm: *algorithm,
        kid: text(header, "kid", RefusalReason::Kid)?.to_owned(),
    })
}

fn text<'a>(
    header: &'a Map<String, Value>,
    name: &str,
    reason: RefusalReason,
) -> Result<&'a str, TokenRefusal> {
    let text = member(header, name).and_then(Value::as_str);
    text.ok_or_else(|| TokenRefusal::of(reason, "missing"))
}

/// Returns a type as it is compared: in lower case, without `application/` (RFC 7515 §4.1.9).
pub(super) fn media_type(typ: &str) -> String {
    let typ = typ.to_ascii_lowercase();
    match typ.strip_prefix("application/") {
        Some(short) if !short.contains('/') => short.to_owned(),
        _ => typ,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(header: &Value, types: &[&str]) -> Result<JoseHeader, TokenRefusal> {
        let encoded = BASE64URL_NOPAD.encode(header.to_string().as_bytes());
        let types: Vec<String> = types.iter().map(|typ| media_type(typ)).collect();
        JoseHeader::read(&format!("{encoded}.e30.c2ln"), &types)
    }

    fn with(name: &str, value: Value) -> Value {
        let mut header = json!({ "alg": "ES256", "kid": "k1", "typ": "at+jwt" });
        header[name] = value;
        header
    }

    /// Row A12: what is not understood is refused, with the words that an operator needs.
    #[test]
    fn a_header_that_is_not_understood_is_refused() {
        for (name, value, reason) in [
            ("alg", json!("RS512"), "alg"),
            ("alg", json!("none"), "alg"),
            ("alg", json!("HS256"), "alg"),
            ("alg", json!("es256"), "alg"),
            ("alg", json!(null), "alg"),
            ("crit", json!(["exp"]), "crit"),
            ("crit", json!(["b64"]), "crit"),
            ("crit", json!([]), "crit"),
            ("crit", json!(null), "crit"),
            ("b64", json!(false), "crit"),
            ("b64", json!("true"), "crit"),
            ("typ", json!("JWT"), "typ"),
            ("typ", json!("logout+jwt"), "typ"),
            ("typ", json!("application/jwt"), "typ"),
            ("typ", json!(null), "typ"),
            ("kid", json!(null), "kid"),
            ("kid", json!(7), "kid"),
        ] {
            let header = with(name, value);
            let refusal = read(&header, &["at+jwt"]).expect_err("it is refused");
            assert_eq!(refusal.reason.as_str(), reason, "{header}");
            let kid = if name == "kid" { None } else { Some("k1") };
            assert_eq!(refusal.kid.as_deref(), kid);
        }
        assert!(read(&with("b64", json!(true)), &["at+jwt"]).is_ok());
    }

    #[test]
    fn types_are_compared_without_case_and_without_application() {
        for typ in [
            "at+jwt",
            "AT+JWT",
            "application/at+jwt",
            "Application/AT+JWT",
        ] {
            assert!(read(&with("typ", json!(typ)), &["at+jwt"]).is_ok(), "{typ}");
            assert!(read(&with("typ", json!("at+jwt")), &[typ]).is_ok(), "{typ}");
        }
        let other = read(&with("typ", json!("application/x/at+jwt")), &["at+jwt"]);
        assert!(other.is_err());
    }

    #[test]
    fn a_key_id_is_cut_and_cleaned_for_the_log() {
        let header = with("kid", json!(format!("k\u{202e}\n{}", "x".repeat(500))));
        let header = read(&header, &["at+jwt"]).expect("a header");
        let refusal = header.refuse(TokenRefusal::new(RefusalReason::Kid));
        let kid = refusal.kid.expect("a key id");
        assert!(kid.starts_with("kxx") && kid.chars().count() == 80, "{kid}");
    }

    #[test]
    fn a_header_has_no_member_twice_and_a_token_three_parts() {
        let twice = r#"{"alg":"ES256","alg":"EdDSA","kid":"k1","typ":"at+jwt"}"#;
        let twice = format!("{}.e30.c2ln", BASE64URL_NOPAD.encode(twice.as_bytes()));
        let good = BASE64URL_NOPAD.encode(with("x", json!(1)).to_string().as_bytes());
        let long = format!("{good}.{}.c2ln", "e".repeat(MAX_TOKEN_BYTES));
        for token in [
            twice,
            good.clone(),
            format!("{good}.e30"),
            format!("{good}.e30.c2ln.x.y"),
            format!("{good}=.e30.c2ln"),
            long,
        ] {
            let refusal = JoseHeader::read(&token, &["at+jwt".into()]).expect_err("malformed");
            assert_eq!(refusal.reason, RefusalReason::Malformed);
        }
    }
}
