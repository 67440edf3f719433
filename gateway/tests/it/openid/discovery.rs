//! The plan Config OP: the provider's metadata.

use std::collections::HashSet;

use serde_json::Value;

use super::{ResponseMode, Scene};
use crate::support::PUBLIC_URL;

/// OpenID Connect Discovery §3 and §4, RFC 8414 §2.
#[tokio::test]
async fn oidcc_discovery_endpoint_verification() {
    let scene = Scene::start(ResponseMode::Query).await;
    let provider = &scene.party.provider;
    assert_eq!(provider["issuer"], PUBLIC_URL);
    for endpoint in [
        "authorization_endpoint",
        "token_endpoint",
        "userinfo_endpoint",
        "jwks_uri",
    ] {
        let address = provider[endpoint].as_str().expect(endpoint);
        assert!(address.starts_with("https://login.example/"), "{address}");
        assert!(!address.contains(['?', '#']), "{address}");
    }
    let lists = |name: &str, values: &[&str]| {
        let listed = provider[name].as_array().expect(name);
        for value in values {
            assert!(listed.contains(&Value::from(*value)), "{name}: {value}");
        }
    };
    lists("response_types_supported", &["code"]);
    lists("response_modes_supported", &["query", "form_post"]);
    lists("grant_types_supported", &["authorization_code"]);
    lists("subject_types_supported", &["public"]);
    lists("id_token_signing_alg_values_supported", &["RS256"]);
    lists("scopes_supported", &["openid", "profile"]);
    lists("code_challenge_methods_supported", &["S256"]);
    lists("acr_values_supported", &["urn:saoma:acr:qr"]);
    lists(
        "claims_supported",
        &[
            "sub",
            "iss",
            "aud",
            "exp",
            "iat",
            "auth_time",
            "nonce",
            "at_hash",
        ],
    );
    lists(
        "token_endpoint_auth_methods_supported",
        &["client_secret_basic", "client_secret_post"],
    );
    for absent in [
        "request_parameter_supported",
        "request_uri_parameter_supported",
    ] {
        // request_uri_parameter_supported is true where it is left out.
        assert_eq!(provider[absent], false);
    }
    assert_eq!(
        provider["authorization_response_iss_parameter_supported"],
        true
    );
}

/// The published keys have names of their own and no private half.
#[tokio::test]
async fn the_published_keys_are_public_and_named() {
    let scene = Scene::start(ResponseMode::Query).await;
    let keys = reqwest::get(scene.party.endpoint("jwks_uri"))
        .await
        .unwrap();
    let keys: Value = keys.json().await.unwrap();
    let keys = keys["keys"].as_array().unwrap();
    let names: HashSet<_> = keys
        .iter()
        .map(|key| key["kid"].as_str().unwrap())
        .collect();
    assert!(!keys.is_empty() && names.len() == keys.len());
    for key in keys {
        assert_eq!(key["use"], "sig");
        for private in ["d", "p", "q", "dp", "dq", "qi", "k"] {
            assert!(key.get(private).is_none(), "{private}");
        }
    }
}
