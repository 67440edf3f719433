//! Single sign-on: modules of the plan Basic OP that need a session at the provider, and what a session does not do.

use super::sessions::SessionScene;
use super::{Authorized, ResponseMode, Scene, module};

module! {
    /// A logged-in browser gets a code without a page, for the person and the time of the first login.
    async fn oidcc_prompt_none_logged_in(mode: ResponseMode) {
        let scene = SessionScene::start(mode).await;
        let (first, _) = scene.log_in().await;
        let (second, _) = scene.log_in_silently(&scene.request().with("prompt", "none")).await;
        for claim in ["sub", "auth_time", "sid", "amr"] {
            assert_eq!(first[claim], second[claim], "{claim}");
        }
        assert!(first["sid"].is_string());
    }
}

module! {
    /// A login that is young enough need not be repeated.
    async fn oidcc_max_age_10000(mode: ResponseMode) {
        let scene = SessionScene::start(mode).await;
        let (first, _) = scene.log_in().await;
        let (second, _) = scene.log_in_silently(&scene.request().with("max_age", "10000")).await;
        assert_eq!(first["sub"], second["sub"]);
        assert_eq!(first["auth_time"], second["auth_time"]);
    }
}

module! {
    /// A login that is too old is repeated by the phone. `max_age=0` needs no wait for that.
    async fn oidcc_max_age_1(mode: ResponseMode) {
        let scene = SessionScene::start(mode).await;
        scene.log_in().await;
        let request = scene.request().with("max_age", "0");
        scene.shows_page(&request).await;
        let answer = scene.scene.log_in(&request).await;
        assert_eq!(scene.scene.party.redeem(&answer).await.status, 200);
    }
}

module! {
    /// The person of the hint is the one who is logged in.
    async fn oidcc_id_token_hint(mode: ResponseMode) {
        let scene = SessionScene::start(mode).await;
        let (first, id_token) = scene.log_in().await;
        let request = scene.request().with("prompt", "none").with("id_token_hint", &id_token);
        let (second, _) = scene.log_in_silently(&request).await;
        assert_eq!(first["sub"], second["sub"]);
    }
}

module! {
    /// `prompt=login` takes the phone, although there is a session.
    async fn oidcc_prompt_login(mode: ResponseMode) {
        let scene = SessionScene::start(mode).await;
        scene.log_in().await;
        scene.shows_page(&scene.request().with("prompt", "login")).await;
        scene.shows_page(&scene.request().with("prompt", "select_account")).await;
    }
}

module! {
    async fn oidcc_prompt_none_not_logged_in(mode: ResponseMode) {
        let scene = SessionScene::start(mode).await;
        assert_eq!(scene.silent_refusal().await, "login_required");
    }
}

/// Single sign-on: the session of one site logs its browser in at the next one.
#[tokio::test]
async fn a_second_site_is_logged_in_to_without_the_phone() {
    let scene = SessionScene::start(ResponseMode::Query).await;
    let (first, _) = scene.log_in().await;
    let second = scene.second();
    let request = second.request("openid");
    let answer = second.authorize(&request).await.answer();
    let told = second.redeem(&answer.checked(&second, &request)).await;
    let claims = second.verify(told.text("id_token")).await;
    assert_eq!(first["sid"], claims["sid"]);
    assert_eq!(first["sub"], claims["sub"]);
}

/// A browser without the cookie has no session, whoever asks.
#[tokio::test]
async fn another_browser_sees_the_login_page() {
    let scene = SessionScene::start(ResponseMode::Query).await;
    scene.log_in().await;
    scene.scene.party.forget_cookie();
    assert_eq!(scene.silent_refusal().await, "login_required");
    scene.shows_page(&scene.request()).await;
}

/// The app's backend is asked at each login: a card that was reported lost ends the session.
#[tokio::test]
async fn a_person_in_bad_standing_is_logged_in_nowhere_any_more() {
    let mut scene = SessionScene::start(ResponseMode::Query).await;
    scene.log_in().await;
    scene.backend.refuse("load-1");
    assert_eq!(scene.silent_refusal().await, "login_required");
    scene.logouts.next().await;
}

/// A hint of another person needs that person's phone.
#[tokio::test]
async fn a_hint_of_another_person_shows_the_login_page() {
    let scene = SessionScene::start(ResponseMode::Query).await;
    let page = scene.scene.party.authorize(&scene.request()).await.page();
    let answer = page.log_in(&scene.scene.world, &scene.scene.node, 2).await;
    let told = scene.scene.party.redeem(&answer).await;
    let of_second_person = told.text("id_token").to_owned();
    scene.scene.party.forget_cookie();
    scene.log_in().await;
    let request = scene.request().with("id_token_hint", &of_second_person);
    scene.shows_page(&request).await;
    let silent = request.with("prompt", "none");
    assert_eq!(scene.scene.refusal(&silent).await, "login_required");
}

/// Without the setting nothing changes: no cookie is set, and each login takes the phone.
#[tokio::test]
async fn a_client_without_single_sign_on_sets_no_cookie() {
    let scene = Scene::start(ResponseMode::Query).await;
    scene.tokens("openid").await;
    assert_eq!(scene.party.cookie(), None);
    let answer = scene.party.authorize(&scene.party.request("openid")).await;
    assert!(matches!(answer, Authorized::Page(_)), "{answer:?}");
}

/// A session does not serve a client without single sign-on.
#[tokio::test]
async fn a_session_serves_only_clients_that_have_it_on() {
    let scene = SessionScene::start(ResponseMode::Query).await;
    scene.log_in().await;
    let hall = scene.scene.party.of_client("hall");
    let answer = hall.authorize(&hall.request("openid")).await;
    assert!(matches!(answer, Authorized::Page(_)), "{answer:?}");
    let silent = hall.request("openid").with("prompt", "none");
    let answer = hall.authorize(&silent).await.answer();
    assert_eq!(answer.error(), Some("login_required"));
}

/// Session fixation: a session is begun by the gateway's own page, with the key of the very login.
#[tokio::test]
async fn only_the_gateways_own_page_begins_a_session() {
    let scene = SessionScene::start(ResponseMode::Query).await;
    let page = scene.scene.party.authorize(&scene.request()).await.page();
    let (login, _) = page
        .confirmed(&scene.scene.world, &scene.scene.node, 1)
        .await;
    let url = scene
        .scene
        .node
        .at(&format!("/oauth2/sessions/{}", login.login_id));
    let http = reqwest::Client::new();
    let key = login.receive_key.to_string();
    let begin = |origin: &str, key: &str| {
        let request = http.post(url.clone()).header("saoma-receive-key", key);
        request.header("origin", origin).send()
    };
    let foreign = begin("https://evil.example", &key).await.unwrap();
    assert_eq!(foreign.status(), 403);
    let made_up = begin("https://login.example", &"A".repeat(43))
        .await
        .unwrap();
    assert_eq!(made_up.status(), 404);
    for refused in [foreign, made_up] {
        assert!(!refused.headers().contains_key("set-cookie"));
    }
    let own = begin("https://login.example", &key).await.unwrap();
    assert_eq!(own.status(), 204);
    let cookie = own.headers()["set-cookie"].to_str().unwrap();
    assert!(cookie.starts_with("__Host-saoma_session="), "{cookie}");
    for part in ["; Secure", "; HttpOnly", "; SameSite=Lax", "; Path=/"] {
        assert!(cookie.contains(part), "{cookie}");
    }
}
