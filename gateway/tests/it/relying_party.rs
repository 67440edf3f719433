//! Token, userinfo and discovery endpoints: valid codes, and refused ones.

use saoma_load::deployment::PERSONAL;
use saoma_protocol::{ErrorCode, ServerMessage};
use serde_json::Value;

use crate::support::{Node, TokenRequest, World, with_unit};

/// A browser's way to a confirmed login: the request with which its portal may redeem the code.
async fn confirmed(world: &World, node: &Node) -> TokenRequest {
    let (mut browser, login) = node.browser().await;
    let phone = world.phone(node, 1);
    phone.scan(&login.qr).await.unwrap();
    phone.confirm(login.login_id, PERSONAL).await.unwrap();
    browser.next().await.unwrap();
    let ServerMessage::Confirmed { redirect_to, .. } = browser.next().await.unwrap() else {
        panic!("not confirmed")
    };
    TokenRequest::of(&login, &redirect_to)
}

async fn userinfo(node: &Node, token: &str) -> reqwest::Response {
    reqwest::Client::new()
        .get(node.at("/oauth2/userinfo"))
        .bearer_auth(token)
        .send()
        .await
        .unwrap()
}

#[tokio::test]
async fn a_code_becomes_an_id_token_and_an_access_token() {
    let world = World::in_memory();
    let node = world.start().await;
    let exchanged = confirmed(&world, &node).await.send(&node).await;
    assert_eq!(exchanged.status, 200);
    let keys: jsonwebtoken::jwk::JwkSet = reqwest::get(node.at("/oauth2/jwks"))
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    let mut validation = jsonwebtoken::Validation::new(jsonwebtoken::Algorithm::RS256);
    validation.set_audience(&["hall"]);
    validation.set_issuer(&["https://login.example"]);
    let key = jsonwebtoken::DecodingKey::from_jwk(&keys.keys[0]).unwrap();
    let claims = jsonwebtoken::decode::<Value>(exchanged.id_token.unwrap(), &key, &validation)
        .unwrap()
        .claims;
    assert_eq!(claims["sub"], "load-1");
    assert_eq!(claims["name"], "示例1");
    assert_eq!(claims["identity"]["kind"], "personal");
    assert_eq!(claims["amr"], serde_json::json!(["qr"]));
    assert!(claims["nonce"].is_string() && claims["auth_time"].is_u64());
    let info: Value = userinfo(&node, &exchanged.access_token.unwrap())
        .await
        .json()
        .await
        .unwrap();
    assert_eq!(
        (&info["sub"], &info["name"]),
        (&claims["sub"], &claims["name"])
    );
}

#[tokio::test]
async fn a_unit_login_says_which_unit_and_in_what_role() {
    let world = World::in_memory();
    let node = world.start().await;
    let (mut browser, login) = node.browser().await;
    let phone = world
        .phone(&node, 1)
        .with_token(world.persons.token_of(&with_unit(1)));
    phone.scan(&login.qr).await.unwrap();
    phone.confirm(login.login_id, "unit:90001").await.unwrap();
    browser.next().await.unwrap();
    let ServerMessage::Confirmed { redirect_to, .. } = browser.next().await.unwrap() else {
        panic!("not confirmed")
    };
    let exchanged = TokenRequest::of(&login, &redirect_to).send(&node).await;
    let info: Value = userinfo(&node, &exchanged.access_token.unwrap())
        .await
        .json()
        .await
        .unwrap();
    let unit = serde_json::json!({ "id": "unit:90001", "kind": "unit", "name": "示例单位", "role": "operator" });
    assert_eq!(info["identity"], unit);
}

/// Threat T7.
#[tokio::test]
async fn a_code_redeems_once_and_a_replay_ends_what_it_gave() {
    let world = World::in_memory();
    let node = world.start().await;
    let request = confirmed(&world, &node).await;
    let token = request.send(&node).await.access_token.unwrap();
    assert_eq!(userinfo(&node, &token).await.status(), 200);
    let replay = request.send(&node).await;
    assert_eq!(
        (replay.status, replay.error.as_deref()),
        (400, Some("invalid_grant"))
    );
    assert_eq!(userinfo(&node, &token).await.status(), 401);
}

/// Row A18: a code that is shown after its redemption has leaked, however it is shown.
#[tokio::test]
async fn a_used_code_shown_in_any_way_ends_the_token_and_is_counted() {
    let world = World::in_memory();
    let node = world.start().await;
    type Misuse = fn(TokenRequest) -> TokenRequest;
    let misuses: [Misuse; 3] = [
        |right| TokenRequest {
            client_id: "other".into(),
            client_secret: None,
            ..right
        },
        |right| TokenRequest {
            code_verifier: "x".repeat(43),
            ..right
        },
        |right| TokenRequest {
            redirect_uri: "https://hall.example/elsewhere".into(),
            ..right
        },
    ];
    for (count, misuse) in (1..).zip(misuses) {
        let right = confirmed(&world, &node).await;
        let token = right.send(&node).await.access_token.unwrap();
        let shown = misuse(right).send(&node).await;
        assert_eq!(shown.error.as_deref(), Some("invalid_grant"));
        assert_eq!(userinfo(&node, &token).await.status(), 401);
        let metrics = reqwest::get(node.operations("/metrics")).await.unwrap();
        let counted = format!("saoma_misused_codes_total{{misuse=\"replayed\"}} {count}");
        assert!(metrics.text().await.unwrap().contains(&counted));
    }
}

/// Row A18: an incomplete request shows that the code has leaked, too. Before the redemption it is no try.
#[tokio::test]
async fn a18_a_used_code_in_an_incomplete_request_ends_the_token() {
    let world = World::in_memory();
    let node = world.start().await;
    type Part = fn(&mut TokenRequest) -> &mut String;
    let parts: [Part; 2] = [
        |request| &mut request.code_verifier,
        |request| &mut request.redirect_uri,
    ];
    for part in parts {
        let right = confirmed(&world, &node).await;
        let mut incomplete = right.clone();
        part(&mut incomplete).clear();
        let refused = async || incomplete.send(&node).await.error;
        for _ in 0..5 {
            assert_eq!(refused().await.as_deref(), Some("invalid_request"));
        }
        let token = right.send(&node).await.access_token.unwrap();
        assert_eq!(userinfo(&node, &token).await.status(), 200);
        assert_eq!(refused().await.as_deref(), Some("invalid_request"));
        assert_eq!(userinfo(&node, &token).await.status(), 401);
    }
}

/// Row A18: a stranger who has the code alone, from an address bar or a log, cannot end the token of the person: a client's
/// secret or the login's verifier is needed.
#[tokio::test]
async fn a18_a_used_code_alone_ends_nothing() {
    let world = World::in_memory();
    let node = world.start().await;
    let right = confirmed(&world, &node).await;
    let token = right.send(&node).await.access_token.unwrap();
    let stranger = |client_id: &str, secret: Option<&str>, verifier: &str| TokenRequest {
        client_id: client_id.into(),
        client_secret: secret.map(Into::into),
        code_verifier: verifier.into(),
        ..right.clone()
    };
    let guess = "x".repeat(43);
    for (request, error) in [
        (stranger("other", None, &guess), "invalid_grant"),
        (stranger("other", None, ""), "invalid_request"),
        (stranger("hall", None, &guess), "invalid_client"),
        (stranger("hall", Some("wrong"), ""), "invalid_client"),
        (stranger("none", None, &guess), "invalid_client"),
    ] {
        let refused = request.send(&node).await;
        assert_eq!(refused.error.as_deref(), Some(error), "{request:?}");
        assert_eq!(userinfo(&node, &token).await.status(), 200, "{request:?}");
    }
    let metrics = reqwest::get(node.operations("/metrics")).await.unwrap();
    let counted = "saoma_misused_codes_total{misuse=\"mismatched\"} 2";
    assert!(metrics.text().await.unwrap().contains(counted));
}

/// Threat T7.
#[tokio::test]
async fn a_code_is_good_for_its_own_client_verifier_and_redirect_uri_only() {
    let world = World::in_memory();
    let node = world.start().await;
    let right = confirmed(&world, &node).await;
    let other = TokenRequest {
        client_id: "other".into(),
        client_secret: None,
        ..right.clone()
    };
    assert_eq!(
        other.send(&node).await.error.as_deref(),
        Some("invalid_grant")
    );
    let verifier = TokenRequest {
        code_verifier: "x".repeat(43),
        ..right.clone()
    };
    assert_eq!(
        verifier.send(&node).await.error.as_deref(),
        Some("invalid_grant")
    );
    let secret = TokenRequest {
        client_secret: Some("wrong".into()),
        ..right.clone()
    };
    assert_eq!(
        secret.send(&node).await.error.as_deref(),
        Some("invalid_client")
    );
    assert_eq!(
        right.send(&node).await.status,
        200,
        "two wrong tries leave the code alive"
    );
}

/// Threat T7.
#[tokio::test]
async fn three_wrong_tries_end_a_code() {
    let world = World::in_memory();
    let node = world.start().await;
    let right = confirmed(&world, &node).await;
    let wrong = TokenRequest {
        redirect_uri: "https://hall.example/elsewhere".into(),
        ..right.clone()
    };
    for _ in 0..3 {
        assert_eq!(
            wrong.send(&node).await.error.as_deref(),
            Some("invalid_grant")
        );
    }
    assert_eq!(
        right.send(&node).await.error.as_deref(),
        Some("invalid_grant")
    );
}

/// Threat T8: a scan alone completes no login.
#[tokio::test]
async fn after_a_scan_only_nothing_can_be_redeemed() {
    let world = World::in_memory();
    let node = world.start().await;
    let (_browser, login) = node.browser().await;
    world.phone(&node, 1).scan(&login.qr).await.unwrap();
    let made_up = saoma_protocol::AuthorizationCode::from_random(login.login_id, [0; 32]);
    let request = TokenRequest::of(
        &login,
        &format!("https://hall.example/callback?code={made_up}"),
    );
    assert_eq!(
        request.send(&node).await.error.as_deref(),
        Some("invalid_grant")
    );
}

#[tokio::test]
async fn a_code_runs_out() {
    let world = World::in_memory().with("lifetimes.authorization_code = '1s'");
    let node = world.start().await;
    let request = confirmed(&world, &node).await;
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    assert_eq!(
        request.send(&node).await.error.as_deref(),
        Some("invalid_grant")
    );
}

#[tokio::test]
async fn discovery_names_endpoints_of_the_public_origin() {
    let node = World::in_memory().start().await;
    let url = node.at("/.well-known/openid-configuration");
    let configuration: Value = reqwest::get(url).await.unwrap().json().await.unwrap();
    assert_eq!(configuration["issuer"], "https://login.example");
    assert_eq!(
        configuration["token_endpoint"],
        "https://login.example/oauth2/token"
    );
    assert_eq!(
        configuration["code_challenge_methods_supported"],
        serde_json::json!(["S256"])
    );
}

#[tokio::test]
async fn an_unknown_access_token_opens_nothing() {
    let node = World::in_memory().start().await;
    for token in ["", "x", "0G3KX.abc"] {
        let answer = userinfo(&node, token).await;
        assert_eq!(answer.status(), 401, "{token}");
        assert!(
            answer.headers()["www-authenticate"]
                .to_str()
                .unwrap()
                .starts_with("Bearer")
        );
    }
    let missing = reqwest::get(node.at("/nothing")).await.unwrap();
    let problem: saoma_protocol::Problem = missing.json().await.unwrap();
    assert_eq!(problem.error, ErrorCode::NotFound);
}
