//! Rows A2 and T35, each check by itself.

use serde_json::json;

use super::*;

const NOW: f64 = 1_800_000_000.0;

fn checked(conditions: &Conditions, claims: Value) -> Result<(), &'static str> {
    let Value::Object(claims) = claims else {
        panic!("no object")
    };
    let checked = conditions.check(&claims, NOW);
    checked.map_err(|refusal| refusal.reason.as_str())
}

fn any() -> Conditions {
    Conditions {
        audience: None,
        scopes: Vec::new(),
        clients: Vec::new(),
    }
}

#[test]
fn the_audience_is_one_of_those_named() {
    let saoma = Conditions {
        audience: Some("saoma".into()),
        ..any()
    };
    for good in [json!("saoma"), json!(["other", "saoma"])] {
        assert_eq!(checked(&saoma, json!({ "aud": good })), Ok(()));
    }
    for foreign in [
        json!("other"),
        json!("saoma2"),
        json!("SAOMA"),
        json!(["other"]),
        json!([]),
        json!({ "saoma": true }),
        json!(null),
        json!(7),
    ] {
        assert_eq!(
            checked(&saoma, json!({ "aud": foreign })),
            Err("aud"),
            "{foreign}"
        );
    }
}

#[test]
fn every_scope_is_there() {
    let login = Conditions {
        scopes: words(Some("qr-login  profile")),
        ..any()
    };
    for good in [
        json!({ "scope": "openid qr-login profile" }),
        json!({ "scp": "profile qr-login" }),
        json!({ "scp": ["qr-login", "profile"] }),
    ] {
        assert_eq!(checked(&login, good), Ok(()));
    }
    for foreign in [
        json!({}),
        json!({ "scope": "weather:read" }),
        json!({ "scope": "qr-login" }),
        json!({ "scope": "qr-login-profile" }),
        json!({ "scope": 7 }),
    ] {
        assert_eq!(checked(&login, foreign.clone()), Err("scope"), "{foreign}");
    }
}

#[test]
fn every_client_that_is_named_is_one_of_the_list() {
    let app = Conditions {
        clients: vec!["app".into(), "app-2".into()],
        ..any()
    };
    for good in [
        json!({ "client_id": "app" }),
        json!({ "azp": "app-2" }),
        json!({ "appid": "app", "azp": null }),
        json!({ "cid": "app", "client_id": "app" }),
    ] {
        assert_eq!(checked(&app, good), Ok(()));
    }
    for foreign in [
        json!({}),
        json!({ "client_id": "weather-widget" }),
        json!({ "client_id": "app", "azp": "weather-widget" }),
        json!({ "client_id": ["app"] }),
        json!({ "azp": null }),
    ] {
        assert_eq!(checked(&app, foreign.clone()), Err("client"), "{foreign}");
    }
}

#[test]
fn only_access_tokens_that_need_no_proof_are_taken() {
    for good in [
        json!({}),
        json!({ "token_type": "bearer" }),
        json!({ "token_type": "Bearer", "typ": "Bearer" }),
        json!({ "token_type": "access_token" }),
        json!({ "token_type": "urn:ietf:params:oauth:token-type:access_token" }),
        json!({ "token_use": "access" }),
        json!({ "token_use": "access_token", "events": null }),
    ] {
        assert_eq!(checked(&any(), good.clone()), Ok(()), "{good}");
    }
    for foreign in [
        json!({ "events": {} }),
        json!({ "at_hash": "x" }),
        json!({ "c_hash": "x" }),
        json!({ "s_hash": "x" }),
        json!({ "nonce": "x" }),
        json!({ "nonce": "x", "token_type": "Bearer", "scope": "qr-login" }),
        json!({ "sub_jwk": {} }),
        json!({ "urn:openid:params:jwt:claim:rt_hash": "x" }),
        json!({ "urn:openid:params:jwt:claim:auth_req_id": "x" }),
        json!({ "typ": "ID" }),
        json!({ "typ": "Logout" }),
        json!({ "typ": "Refresh" }),
        json!({ "token_use": "refresh_token" }),
        json!({ "token_use": "id" }),
        json!({ "token_type": "refresh_token" }),
        json!({ "token_type": "urn:ietf:params:oauth:token-type:id_token" }),
        json!({ "token_type": "N_A" }),
        json!({ "token_type": ["Bearer"] }),
    ] {
        assert_eq!(checked(&any(), foreign.clone()), Err("kind"), "{foreign}");
    }
    for bound in [
        json!({ "token_type": "DPoP" }),
        json!({ "cnf": { "jkt": "x" } }),
    ] {
        assert_eq!(checked(&any(), bound.clone()), Err("cnf"), "{bound}");
    }
}

#[test]
fn a_token_counts_from_its_beginning_to_its_end() {
    for good in [
        json!({ "exp": NOW + 1.0 }),
        json!({ "exp": NOW - 59.0 }),
        json!({ "nbf": NOW + 59.0 }),
        json!({ "exp": null, "nbf": null }),
    ] {
        assert_eq!(checked(&any(), good.clone()), Ok(()), "{good}");
    }
    for ended in [
        json!({ "exp": 1 }),
        json!({ "exp": NOW - 60.0 }),
        json!({ "exp": "9999999999" }),
        json!({ "exp": -1 }),
        json!({ "exp": {} }),
    ] {
        assert_eq!(checked(&any(), ended.clone()), Err("exp"), "{ended}");
    }
    for early in [json!({ "nbf": NOW + 61.0 }), json!({ "nbf": "1" })] {
        assert_eq!(checked(&any(), early.clone()), Err("nbf"), "{early}");
    }
}
