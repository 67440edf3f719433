//! The code flow: modules of the plans Basic OP and Form Post OP that need no session at the provider.

use serde_json::Value;

use super::{Authorized, BearerIn, ResponseMode, Scene, module};

module! {
    /// The whole flow, and the claims that every ID token has.
    async fn oidcc_server(mode: ResponseMode) {
        let scene = Scene::start(mode).await;
        let told = scene.tokens("openid").await;
        assert!(told.text("token_type").eq_ignore_ascii_case("bearer"));
        assert!(told.body["expires_in"].as_u64().unwrap() > 0);
        let claims = scene.party.verify(told.text("id_token")).await;
        assert_eq!(claims["nonce"], "n-0S6_WzA2Mj");
        assert_eq!(claims["aud"], "hall");
        let sub = claims["sub"].as_str().unwrap();
        assert!(!sub.is_empty() && sub.len() <= 255 && sub.is_ascii());
        let userinfo = scene.party.userinfo(told.text("access_token"), BearerIn::GetHeader).await;
        assert_eq!(userinfo.text("sub"), sub);
    }
}

module! {
    async fn oidcc_response_type_missing(mode: ResponseMode) {
        let scene = Scene::start(mode).await;
        let request = scene.party.request("openid").without("response_type");
        assert_eq!(scene.refusal(&request).await, "invalid_request");
    }
}

module! {
    /// The ID token is signed by a published key, which it names.
    async fn oidcc_idtoken_signature(mode: ResponseMode) {
        let scene = Scene::start(mode).await;
        let told = scene.tokens("openid").await;
        let id_token = told.text("id_token");
        scene.party.verify(id_token).await;
        assert!(jsonwebtoken::decode_header(id_token).unwrap().kid.is_some());
    }
}

module! {
    /// The provider offers no unsigned ID tokens: RS256 is always among its algorithms, and `none` never is.
    async fn oidcc_idtoken_unsigned(mode: ResponseMode) {
        let scene = Scene::start(mode).await;
        let algorithms = &scene.party.provider["id_token_signing_alg_values_supported"];
        let algorithms: Vec<&Value> = algorithms.as_array().unwrap().iter().collect();
        assert!(algorithms.iter().any(|name| *name == "RS256"));
        assert!(algorithms.iter().all(|name| *name != "none"));
    }
}

module! {
    async fn oidcc_userinfo_get(mode: ResponseMode) {
        userinfo(mode, BearerIn::GetHeader).await;
    }
}

module! {
    async fn oidcc_userinfo_post_header(mode: ResponseMode) {
        userinfo(mode, BearerIn::PostHeader).await;
    }
}

module! {
    async fn oidcc_userinfo_post_body(mode: ResponseMode) {
        userinfo(mode, BearerIn::PostBody).await;
    }
}

/// The userinfo endpoint names the person of the ID token, in whichever way the token is shown.
async fn userinfo(mode: ResponseMode, way: BearerIn) {
    let scene = Scene::start(mode).await;
    let told = scene.tokens("openid profile").await;
    let claims = scene.party.verify(told.text("id_token")).await;
    let userinfo = scene.party.userinfo(told.text("access_token"), way).await;
    assert_eq!(userinfo.status, 200);
    assert_eq!(userinfo.body["sub"], claims["sub"]);
    assert_eq!(userinfo.body["name"], "示例1");
    assert_eq!(scene.party.userinfo("made-up", way).await.status, 401);
}

/// RFC 6750 §2: a request shows its token in one way. §2.2: in a body, by POST alone.
#[tokio::test]
async fn a_token_is_shown_in_one_way() {
    let scene = Scene::start(ResponseMode::Query).await;
    let token = scene.tokens("openid").await;
    let token = token.text("access_token");
    let http = reqwest::Client::new();
    let url = scene.party.endpoint("userinfo_endpoint");
    let form = [("access_token", token)];
    let twice = http.post(url.clone()).bearer_auth(token).form(&form);
    let answer = twice.send().await.unwrap();
    assert_eq!(answer.status(), 400);
    let challenge = answer.headers()["www-authenticate"].to_str().unwrap();
    assert!(
        challenge.contains("error=\"invalid_request\""),
        "{challenge}"
    );
    let doubled = [form[0], form[0]];
    let doubled = http.post(url.clone()).form(&doubled).send().await.unwrap();
    assert_eq!(doubled.status(), 400);
    let mut in_query = url.clone();
    in_query
        .query_pairs_mut()
        .append_pair("access_token", token);
    for request in [http.get(url).form(&form), http.get(in_query)] {
        assert_eq!(request.send().await.unwrap().status(), 401);
    }
}

/// Threat T26: a request whose client or redirect URI is not registered leads nowhere.
#[tokio::test]
async fn an_unregistered_request_is_answered_to_the_browser_alone() {
    let scene = Scene::start(ResponseMode::Query).await;
    let request = scene.party.request("openid");
    let foreign = request.with("redirect_uri", "https://evil.example/callback");
    let answer = scene.party.authorize_by_post(&foreign).await;
    assert!(matches!(answer, Authorized::Stopped(400)), "{answer:?}");
}
