//! The device authorization request and its answer (RFC 8628 §3.1, §3.2), and the verification page (§3.3).

use saoma_protocol::paths;
use serde_json::Value;

use super::{CLI, Device, TV, post, request, with_devices};
use crate::support::World;

/// §3.2.
#[tokio::test]
async fn the_answer_has_all_members() {
    let node = with_devices(World::in_memory()).start().await;
    let answer = request(&node, TV, "openid").await;
    assert_eq!(answer.status, 200);
    let body = &answer.body;
    assert!(body["device_code"].as_str().unwrap().len() > 60);
    assert_eq!(body["user_code"].as_str().unwrap().len(), 9);
    assert_eq!(body["verification_uri"], "https://login.example/device");
    let complete = body["verification_uri_complete"].as_str().unwrap();
    assert!(
        complete.starts_with("https://login.example/q/"),
        "{complete}"
    );
    assert_eq!(
        (&body["expires_in"], &body["interval"]),
        (&600.into(), &5.into())
    );
}

/// §3.2: the answer holds secrets.
#[tokio::test]
async fn the_answer_is_not_stored() {
    let node = with_devices(World::in_memory()).start().await;
    let answer = request(&node, TV, "openid").await;
    assert_eq!(answer.cache_control.as_deref(), Some("no-store"));
}

/// §3.1.
#[tokio::test]
async fn a_client_proves_itself_as_at_the_token_endpoint() {
    let node = with_devices(World::in_memory()).start().await;
    let http = reqwest::Client::new();
    let basic = http
        .post(node.at(paths::DEVICE_AUTHORIZATION))
        .basic_auth("tv", Some("tv-secret"))
        .form(&[("scope", "openid")]);
    assert_eq!(basic.send().await.unwrap().status(), 200);
    for credentials in [
        &[("client_id", "tv")][..],
        &[("client_id", "tv"), ("client_secret", "wrong")],
        &[("client_id", "nobody")],
        &[],
    ] {
        let answer = request(&node, credentials, "openid").await;
        assert_eq!(
            (answer.status, answer.error()),
            (401, "invalid_client"),
            "{credentials:?}"
        );
    }
}

/// §3.1: a client that cannot prove itself sends its id.
#[tokio::test]
async fn a_client_without_a_secret_sends_its_id() {
    let node = with_devices(World::in_memory()).start().await;
    assert_eq!(request(&node, CLI, "openid").await.status, 200);
}

/// RFC 6749 §5.2.
#[tokio::test]
async fn a_client_that_is_not_registered_for_devices_is_unauthorized() {
    let node = with_devices(World::in_memory()).start().await;
    let answer = request(&node, &[("client_id", "other")], "openid").await;
    assert_eq!(
        (answer.status, answer.error()),
        (400, "unauthorized_client")
    );
    let form = [
        ("client_id", "other"),
        ("grant_type", super::GRANT_TYPE),
        ("device_code", "x"),
    ];
    let answer = post(&node, paths::TOKEN, &form).await;
    assert_eq!(
        (answer.status, answer.error()),
        (400, "unauthorized_client")
    );
}

#[tokio::test]
async fn a_scope_without_openid_is_invalid() {
    let node = with_devices(World::in_memory()).start().await;
    for scope in ["", "profile", "openidx"] {
        let answer = request(&node, CLI, scope).await;
        assert_eq!(
            (answer.status, answer.error()),
            (400, "invalid_scope"),
            "{scope}"
        );
    }
}

/// §3.1.
#[tokio::test]
async fn a_parameter_is_there_once_at_most() {
    let node = with_devices(World::in_memory()).start().await;
    let form = [
        ("client_id", "cli"),
        ("scope", "openid"),
        ("scope", "openid"),
    ];
    let answer = post(&node, paths::DEVICE_AUTHORIZATION, &form).await;
    assert_eq!((answer.status, answer.error()), (400, "invalid_request"));
}

/// §3.1: parameters that are not known are ignored.
#[tokio::test]
async fn an_unknown_parameter_is_ignored() {
    let node = with_devices(World::in_memory()).start().await;
    let form = [("client_id", "cli"), ("scope", "openid"), ("made_up", "x")];
    let answer = post(&node, paths::DEVICE_AUTHORIZATION, &form).await;
    assert_eq!(answer.status, 200);
}

/// §3.1: the request is a POST.
#[tokio::test]
async fn the_request_is_a_form_by_post() {
    let node = with_devices(World::in_memory()).start().await;
    let address = node.at(paths::DEVICE_AUTHORIZATION);
    let got = reqwest::get(address.clone()).await.unwrap();
    assert_eq!(got.status(), 405);
    let json = reqwest::Client::new().post(address);
    let json = json.json(&serde_json::json!({ "client_id": "cli", "scope": "openid" }));
    assert_eq!(json.send().await.unwrap().status(), 400);
}

#[tokio::test]
async fn two_devices_share_no_code() {
    let node = with_devices(World::in_memory()).start().await;
    let first = Device::open(&node, CLI).await;
    let second = Device::open(&node, CLI).await;
    assert_ne!(first.device_code, second.device_code);
    assert_ne!(first.user_code, second.user_code);
    assert_ne!(first.qr, second.qr);
}

/// §3.3: the page explains, in two languages and without a script. Row B2: it reads no code.
#[tokio::test]
async fn the_verification_page_is_the_same_for_every_code_and_consumes_nothing() {
    let world = with_devices(World::in_memory());
    let node = world.start().await;
    let device = Device::open(&node, CLI).await;
    let page = async |path: &str, language: &str| {
        let request = reqwest::Client::new().get(node.at(path));
        let request = request.header("accept-language", language);
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        let policy = answer.headers()["content-security-policy"].to_str();
        assert!(policy.unwrap().starts_with("default-src 'none';"));
        answer.text().await.unwrap()
    };
    let english = page(paths::DEVICE, "en").await;
    // The same for every code behind a code's address (row B2).
    let at_code = page("/q/0123456789ABCDEFGHJKMNPQRSTVWXYZ", "en").await;
    assert!(at_code.contains("same letters as the device"), "{at_code}");
    assert!(english.contains("same letters as the device"), "{english}");
    assert!(!english.contains("<script") && !english.contains("<form"));
    assert!(page(paths::DEVICE, "zh-CN").await.contains("完全一致"));
    let query = format!("{}?user_code={}", paths::DEVICE, device.user_code);
    assert_eq!(page(&query, "en").await, english);
    // A camera that is not the app's opens the address in the QR code.
    let address = device.qr.replace("https://login.example", "");
    assert_eq!(page(&address, "en").await, at_code);
    assert_eq!(page(&address.to_uppercase(), "en").await, at_code);
    let phone = world.phone(&node, 1);
    assert!(phone.scan(&device.qr).await.is_ok(), "the code still works");
}

/// §4.
#[tokio::test]
async fn discovery_names_the_endpoint_and_the_grant_type() {
    let node = with_devices(World::in_memory()).start().await;
    let answer = reqwest::get(node.at(paths::DISCOVERY)).await.unwrap();
    let document: Value = answer.json().await.unwrap();
    assert_eq!(
        document["device_authorization_endpoint"],
        "https://login.example/oauth2/device_authorization"
    );
    let grants = document["grant_types_supported"].as_array().unwrap();
    assert!(grants.contains(&super::GRANT_TYPE.into()), "{grants:?}");
}

/// Row A15: no login has another `acr`, at whichever door it is asked for.
#[tokio::test]
async fn an_essential_acr_that_no_login_has_is_refused() {
    let node = with_devices(World::in_memory()).start().await;
    let asking = async |acr: &str| {
        let claims = format!(r#"{{"id_token":{{"acr":{{"essential":true,"value":"{acr}"}}}}}}"#);
        let mut form = CLI.to_vec();
        form.extend([("scope", "openid"), ("claims", &claims)]);
        post(&node, paths::DEVICE_AUTHORIZATION, &form).await
    };
    let refused = asking("urn:a").await;
    assert_eq!(
        (refused.status, refused.error()),
        (400, "unmet_authentication_requirements")
    );
    assert_eq!(asking("urn:saoma:acr:qr").await.status, 200);
}
