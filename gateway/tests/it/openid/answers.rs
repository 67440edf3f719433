//! Answers told truly: the granted scope, the state, hashes and limits.

use aws_lc_rs::digest::{SHA256, digest};
use data_encoding::BASE64URL_NOPAD;

use super::{ResponseMode, Scene, module};

module! {
    /// Row K8: the granted scope is told, not the one that was asked for.
    async fn k8_the_granted_scope_is_told(mode: ResponseMode) {
        let scene = Scene::start(mode).await;
        let told = scene.tokens("openid made:up offline_access openid").await;
        assert_eq!(told.text("scope"), "openid");
        let told = scene.tokens("made:up openid profile").await;
        assert_eq!(told.text("scope"), "openid profile");
    }
}

module! {
    /// OIDC Core §3.1.3.6: the ID token names its access token. §2: the client is its only audience.
    async fn an_id_token_names_its_access_token_and_its_audience(mode: ResponseMode) {
        let scene = Scene::start(mode).await;
        let told = scene.tokens("openid").await;
        let claims = scene.party.verify(told.text("id_token")).await;
        let hash = digest(&SHA256, told.text("access_token").as_bytes());
        assert_eq!(claims["at_hash"], BASE64URL_NOPAD.encode(&hash.as_ref()[..16]));
        assert_eq!(claims["aud"], "hall");
        assert!(claims.get("azp").is_none());
        assert_eq!(claims["amr"], serde_json::json!(["qr"]));
    }
}

module! {
    /// Row P5: a state of 4 KiB comes back as it was, by GET and by POST, whatever it holds.
    async fn p5_a_long_state_comes_back(mode: ResponseMode) {
        let scene = Scene::start(mode).await;
        let escaped = "&\"'<ä".repeat(4096 / 6);
        for state in ["s".repeat(4096), escaped] {
            let request = scene.party.request("openid").with("state", &state);
            scene.log_in(&request).await;
            let page = scene.party.authorize_by_post(&request).await.page();
            page.log_in(&scene.world, &scene.node, 1).await.checked(&scene.party, &request);
            let refused = request.with("prompt", "none");
            assert_eq!(scene.refusal(&refused).await, "login_required");
        }
    }
}

module! {
    /// Row P5: a member that is too long is refused at once. A state that is too long is not repeated.
    async fn p5_a_member_that_is_too_long_is_refused_at_once(mode: ResponseMode) {
        let scene = Scene::start(mode).await;
        let party = &scene.party;
        for (name, value) in [
            ("nonce", "n".repeat(1025)),
            ("scope", format!("openid {}", "s".repeat(1024))),
        ] {
            let request = party.request("openid").with(name, &value);
            assert_eq!(scene.refusal(&request).await, "invalid_request");
        }
        let request = party.request("openid").with("state", &"s".repeat(4097));
        let answer = party.authorize(&request).await.answer();
        let answer = answer.checked(party, &request.without("state"));
        assert_eq!(answer.error(), Some("invalid_request"));
        let longest = party.request("openid").with("nonce", &"n".repeat(1024));
        scene.log_in(&longest).await;
    }
}

/// OAuth 2.0 Multiple Response Types §2.1: an answer in a fragment would reach the page's scripts alone.
#[tokio::test]
async fn other_response_modes_are_refused_in_the_query() {
    let scene = Scene::start(ResponseMode::Query).await;
    for mode in ["fragment", "web_message", "query.jwt"] {
        let request = scene.party.request("openid").with("response_mode", mode);
        assert_eq!(scene.refusal(&request).await, "invalid_request");
    }
}
