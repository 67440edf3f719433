//! PKCE by the client's policy (RFC 7636, RFC 9700 §2.1.1).

use super::{BearerIn, ClientAuth, RelyingParty, Request, ResponseMode, Scene, VERIFIER};
use crate::support::{CapturedLogs, World};

/// A node with a client that may do without PKCE, as a stock library of it.
async fn plain_client() -> Scene {
    let world = World::in_memory().with_client(
        r#"
        client_id = "plain"
        name = "Plain site"
        secret = "plain-secret"
        redirect_uris = ["https://plain.example/callback"]
        pkce = "optional"
        agree = "off"
        "#,
    );
    let scene = Scene::in_world(world, ResponseMode::Query).await;
    let party = scene.party;
    let party = party.registered_as("plain", "plain-secret", "https://plain.example/callback");
    Scene { party, ..scene }
}

fn without_pkce(party: &RelyingParty) -> Request {
    let request = party.request("openid").without("code_challenge");
    request.without("code_challenge_method")
}

#[tokio::test(flavor = "current_thread")]
async fn a_request_with_neither_challenge_nor_nonce_is_served_and_logged_once() {
    let logs = CapturedLogs::start("info");
    let scene = plain_client().await;
    let request = without_pkce(&scene.party).without("nonce");
    for _ in 0..2 {
        let answer = scene.log_in(&request).await;
        let told = scene.party.redeem_with(answer.value("code"), &[]).await;
        assert_eq!(told.status, 200, "{}", told.body);
        scene.party.verify(told.text("id_token")).await;
    }
    let text = logs.text();
    let lines = text
        .lines()
        .filter(|line| line.contains("neither code_challenge nor nonce"));
    assert_eq!(lines.count(), 1, "{text}");
}

#[tokio::test]
async fn a_nonce_stands_in_for_a_challenge() {
    let scene = plain_client().await;
    let answer = scene.log_in(&without_pkce(&scene.party)).await;
    let told = scene.party.redeem_with(answer.value("code"), &[]).await;
    let claims = scene.party.verify(told.text("id_token")).await;
    assert_eq!(claims["nonce"], "n-0S6_WzA2Mj");
}

/// RFC 9700 §4.8.2: an attacker who removes the challenge from the request is noticed by the client's verifier.
#[tokio::test]
async fn a_verifier_without_a_challenge_is_refused() {
    let scene = plain_client().await;
    let answer = scene.log_in(&without_pkce(&scene.party)).await;
    for verifier in [VERIFIER, "short"] {
        let verifier = [("code_verifier", verifier)];
        let told = scene
            .party
            .redeem_with(answer.value("code"), &verifier)
            .await;
        assert_eq!((told.status, told.text("error")), (400, "invalid_grant"));
    }
    let told = scene.party.redeem_with(answer.value("code"), &[]).await;
    assert_eq!(told.status, 200, "two wrong tries leave the code alive");
}

/// RFC 9700 §2.1.1: a challenge that was sent is enforced.
#[tokio::test]
async fn a_challenge_makes_the_verifier_required() {
    let scene = plain_client().await;
    let answer = scene.log_in(&scene.party.request("openid")).await;
    let told = scene.party.redeem_with(answer.value("code"), &[]).await;
    assert_eq!((told.status, told.text("error")), (400, "invalid_grant"));
    assert_eq!(scene.party.redeem(&answer).await.status, 200);
}

/// Row A18: a used code without a challenge is ended by its client's secret alone.
#[tokio::test]
async fn a18_a_replay_without_a_challenge_ends_the_token() {
    let scene = plain_client().await;
    let answer = scene.log_in(&without_pkce(&scene.party)).await;
    let code = answer.value("code");
    let told = scene.party.redeem_with(code, &[]).await;
    let token = told.text("access_token");
    let stranger = [("client_id", "other"), ("code_verifier", VERIFIER)];
    let endpoint = scene.party.endpoint("token_endpoint");
    let form = [("grant_type", "authorization_code"), ("code", code)];
    let form = form
        .into_iter()
        .chain(stranger)
        .chain([("redirect_uri", "https://plain.example/callback")]);
    let form: Vec<_> = form.collect();
    let refused = reqwest::Client::new()
        .post(endpoint)
        .form(&form)
        .send()
        .await
        .unwrap();
    assert_eq!(refused.status(), 400);
    assert_eq!(
        scene
            .party
            .userinfo(token, BearerIn::GetHeader)
            .await
            .status,
        200
    );
    assert_eq!(
        scene.party.redeem_with(code, &[]).await.text("error"),
        "invalid_grant"
    );
    assert_eq!(
        scene
            .party
            .userinfo(token, BearerIn::GetHeader)
            .await
            .status,
        401
    );
}

#[tokio::test]
async fn half_a_challenge_is_refused() {
    let scene = plain_client().await;
    let request = scene.party.request("openid");
    for half in [
        request.clone().without("code_challenge"),
        request.clone().without("code_challenge_method"),
        request.with("code_challenge_method", "plain"),
    ] {
        assert_eq!(scene.refusal(&half).await, "invalid_request");
    }
}

/// RFC 7636: a public client has no secret, and its verifier is its only proof.
#[tokio::test]
async fn a_public_client_logs_in_by_its_verifier_alone() {
    let scene = Scene::start(ResponseMode::Query).await;
    let mut party = scene
        .party
        .registered_as("other", "", "https://other.example/callback");
    party.auth = ClientAuth::None;
    let scene = Scene { party, ..scene };
    let answer = scene.log_in(&scene.party.request("openid")).await;
    let told = scene.party.redeem_with(answer.value("code"), &[]).await;
    assert_eq!((told.status, told.text("error")), (400, "invalid_request"));
    let told = scene.party.redeem(&answer).await;
    assert_eq!(told.status, 200, "{}", told.body);
    scene.party.verify(told.text("id_token")).await;
}

/// The policy of other clients stays: confidential ones by default, public ones always.
#[tokio::test]
async fn other_clients_need_a_challenge() {
    let scene = Scene::start(ResponseMode::Query).await;
    let refused = scene.refusal(&without_pkce(&scene.party)).await;
    assert_eq!(refused, "invalid_request");
    let scene = Scene {
        party: scene
            .party
            .registered_as("other", "", "https://other.example/callback"),
        ..scene
    };
    let refused = scene.refusal(&without_pkce(&scene.party)).await;
    assert_eq!(refused, "invalid_request");
}
