//! Codes that come again, and proofs of the client: modules of the plans Basic OP and Form Post OP.

use std::time::Duration;

use super::{BearerIn, ClientAuth, ResponseMode, Scene, module};
use crate::support::World;

module! {
    async fn oidcc_codereuse(mode: ResponseMode) {
        reused(Scene::start(mode).await, Duration::ZERO).await;
    }
}

module! {
    /// The module waits 30 s, half of a code's life of 60 s. The code of this test lives for 3 s, and comes again after
    /// half of that.
    async fn oidcc_codereuse_30seconds(mode: ResponseMode) {
        let world = World::in_memory().with("lifetimes.authorization_code = '3s'");
        let scene = Scene::in_world(world, mode).await;
        reused(scene, Duration::from_millis(1500)).await;
    }
}

module! {
    /// A code that comes again after its time ends the access token all the same.
    async fn a_code_that_comes_again_after_its_time_ends_the_token(mode: ResponseMode) {
        let world = World::in_memory().with("lifetimes.authorization_code = '1s'");
        let scene = Scene::in_world(world, mode).await;
        reused(scene, Duration::from_millis(1100)).await;
    }
}

/// Redeems a code twice. The second time ends the access token of the first (RFC 6749 §4.1.2).
async fn reused(scene: Scene, wait: Duration) {
    let party = &scene.party;
    let answer = scene.log_in(&party.request("openid")).await;
    let told = party.redeem(&answer).await;
    let token = told.text("access_token");
    assert_eq!(party.userinfo(token, BearerIn::GetHeader).await.status, 200);
    tokio::time::sleep(wait).await;
    let again = party.redeem(&answer).await;
    assert_eq!((again.status, again.text("error")), (400, "invalid_grant"));
    assert_eq!(party.userinfo(token, BearerIn::GetHeader).await.status, 401);
}

module! {
    async fn oidcc_server_client_secret_post(mode: ResponseMode) {
        let mut scene = Scene::start(mode).await;
        scene.party.auth = ClientAuth::Post;
        let methods = &scene.party.provider["token_endpoint_auth_methods_supported"];
        assert!(methods.as_array().unwrap().iter().any(|name| name == "client_secret_post"));
        let told = scene.tokens("openid").await;
        scene.party.verify(told.text("id_token")).await;
        scene.party.secret = "another secret".into();
        let answer = scene.log_in(&scene.party.request("openid")).await;
        let refused = scene.party.redeem(&answer).await;
        assert_eq!((refused.status, refused.text("error")), (401, "invalid_client"));
    }
}

module! {
    /// The verifier is compared: a wrong one gets nothing, and the right one still does.
    async fn oidcc_ensure_request_with_valid_pkce_succeeds(mode: ResponseMode) {
        let scene = Scene::start(mode).await;
        let answer = scene.log_in(&scene.party.request("openid")).await;
        let wrong = "x".repeat(43);
        let wrong = scene.party.redeem_with(answer.value("code"), &[("code_verifier", &wrong)]).await;
        assert_eq!((wrong.status, wrong.text("error")), (400, "invalid_grant"));
        let told = scene.party.redeem(&answer).await;
        assert_eq!(told.status, 200);
        scene.party.verify(told.text("id_token")).await;
    }
}
