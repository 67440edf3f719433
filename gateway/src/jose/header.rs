//! The header of a signed token (RFC 7515 §4), read by the letter: what is not understood is refused.

use data_encoding::BASE64URL_NOPAD;
use jsonwebtoken::Algorithm;
use serde_json::{Map, Value};

use super::{RefusalReason, TokenRefusal, UniqueObject, algorithm_of, member, name_of};

/// Maximum size of a token. A person with a hundred identities takes some 12 KiB.
const MAX_TOKEN_BYTES: usize = 16 * 1024;

/// Rules for a token's header.
#[derive(Debug, Clone, Copy)]
pub(crate) struct HeaderRules<'a> {
    /// Accepted algorithms.
    pub algorithms: &'a [Algorithm],
    /// Accepted types, in lower case.
    pub types: &'a [String],
    /// True if the type may be left out.
    pub may_lack_type: bool,
}

/// The members of a token's header by which it is verified.
#[derive(Debug)]
pub(crate) struct JoseHeader {
    /// Algorithm of the signature.
    pub algorithm: Algorithm,
    /// Id of the key, if the header names one.
    pub kid: Option<String>,
}

impl JoseHeader {
    /// Reads the header of a token.
    ///
    /// Addresses and keys that a header may carry (`jku`, `jwk`, `x5u`, `x5c`) are not looked at (RFC 8725 §3.10).
    ///
    /// # Errors
    /// Returns the check that failed.
    pub(crate) fn read(token: &str, rules: HeaderRules<'_>) -> Result<Self, TokenRefusal> {
        let header = members(token)?;
        let text = |name| member(&header, name).and_then(Value::as_str);
        let (alg, kid) = (text("alg"), text("kid"));
        let checked = check(&header, rules);
        checked.map_err(|refusal| refusal.with_key(alg, kid))
    }

    /// Returns the id of the key.
    ///
    /// # Errors
    /// Returns a refusal if the header names no key.
    pub(crate) fn key_id(&self) -> Result<&str, TokenRefusal> {
        let missing = || self.refuse(TokenRefusal::of(RefusalReason::Kid, "missing"));
        self.kid.as_deref().ok_or_else(missing)
    }

    /// Adds the key to a refusal of a later check.
    pub(crate) fn refuse(&self, refusal: TokenRefusal) -> TokenRefusal {
        refusal.with_key(name_of(self.algorithm), self.kid.as_deref())
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

fn check(header: &Map<String, Value>, rules: HeaderRules<'_>) -> Result<JoseHeader, TokenRefusal> {
    let alg = text(header, "alg", RefusalReason::Alg)?;
    let known = algorithm_of(alg).filter(|known| rules.algorithms.contains(known));
    let Some(algorithm) = known else {
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
    if member(header, "typ").is_some() || !rules.may_lack_type {
        let typ = text(header, "typ", RefusalReason::Typ)?;
        if !rules.types.contains(&media_type(typ)) {
            return Err(TokenRefusal::of(RefusalReason::Typ, typ));
        }
    }
    let kid = match member(header, "kid") {
        None => None,
        Some(_) => {
            let kid = text(header, "kid", RefusalReason::Kid)?;
            if kid.is_empty() {
                return Err(TokenRefusal::of(RefusalReason::Kid, "empty"));
            }
            Some(kid.to_owned())
        }
    };
    Ok(JoseHeader { algorithm, kid })
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
pub(crate) fn media_type(typ: &str) -> String {
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
        let header = JoseHeader::read(&format!("{encoded}.e30.c2ln"), rules(&types))?;
        header.key_id()?;
        Ok(header)
    }

    const fn rules(types: &[String]) -> HeaderRules<'_> {
        HeaderRules {
            algorithms: &[Algorithm::ES256],
            types,
            may_lack_type: false,
        }
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
        assert!(read(&with("kid", json!("")), &["at+jwt"]).is_err());
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
    fn a_type_may_be_left_out_where_the_rules_say_so_and_is_compared_otherwise() {
        let types = ["jwt".to_owned()];
        let read = |typ: Value| {
            let header = with("typ", typ).to_string();
            let encoded = BASE64URL_NOPAD.encode(header.as_bytes());
            let rules = HeaderRules {
                may_lack_type: true,
                ..rules(&types)
            };
            JoseHeader::read(&format!("{encoded}.e30.c2ln"), rules).is_ok()
        };
        assert!(read(json!(null)) && read(json!("JWT")));
        assert!(!read(json!("at+jwt")) && !read(json!(7)));
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
            let types = ["at+jwt".to_owned()];
            let refusal = JoseHeader::read(&token, rules(&types)).expect_err("malformed");
            assert_eq!(refusal.reason, RefusalReason::Malformed);
        }
    }
}
