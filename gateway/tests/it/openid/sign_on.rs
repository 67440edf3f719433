//! Single sign-on: modules of the plan Basic OP that need a session at the provider, and what a session does not do.

use std::time::Duration;

use serde_json::Value;

use super::sessions::{SessionScene, portal};
use super::{Authorized, Request, ResponseMode, Scene, module};
use crate::support::World;

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
    /// A login that is older than a second is repeated by the phone, and `auth_time` is the later one's.
    async fn oidcc_max_age_1(mode: ResponseMode) {
        let scene = SessionScene::start(mode).await;
        let (first, _) = scene.log_in().await;
        wait_for_age(&first, 2).await;
        let request = scene.request().with("max_age", "1");
        is_logged_in_anew(&scene, &first, &request).await;
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
    /// `prompt=login` takes the phone, although there is a session, and `auth_time` is the later login's.
    async fn oidcc_prompt_login(mode: ResponseMode) {
        let scene = SessionScene::start(mode).await;
        let (first, _) = scene.log_in().await;
        scene.shows_page(&scene.request().with("prompt", "select_account")).await;
        wait_for_age(&first, 1).await;
        let request = scene.request().with("prompt", "login");
        is_logged_in_anew(&scene, &first, &request).await;
    }
}

module! {
    /// `max_age=0` always takes the phone.
    async fn a_max_age_of_zero_takes_the_phone(mode: ResponseMode) {
        let scene = SessionScene::start(mode).await;
        scene.log_in().await;
        scene.shows_page(&scene.request().with("max_age", "0")).await;
    }
}

/// Waits until the login of these claims is older than so many seconds.
async fn wait_for_age(claims: &Value, seconds: u64) {
    let auth_time = claims["auth_time"].as_u64().unwrap();
    while jsonwebtoken::get_current_timestamp() <= auth_time + seconds {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Sends a request that the session does not serve, and compares the login by the phone with the first one.
async fn is_logged_in_anew(scene: &SessionScene, first: &Value, request: &Request) {
    let second = scene.scene.claims(request).await;
    assert_eq!(first["sub"], second["sub"]);
    assert_ne!(first["sid"], second["sid"]);
    let time = |claims: &Value| claims["auth_time"].as_u64().unwrap();
    assert!(time(&second) > time(first), "{first} {second}");
}

module! {
    async fn oidcc_prompt_none_not_logged_in(mode: ResponseMode) {
        let scene = SessionScene::start(mode).await;
        assert_eq!(scene.silent_refusal().await, "login_required");
    }
}

module! {
    /// OIDC Core §3.1.2.1: a request by POST is served within the session too, although browsers send no cookie of
    /// `SameSite=Lax` with another site's form.
    async fn a_posted_request_is_answered_within_the_session(mode: ResponseMode) {
        let scene = SessionScene::start(mode).await;
        let (first, _) = scene.log_in().await;
        let party = &scene.scene.party;
        for request in [
            scene.request(),
            scene.request().with("prompt", "none"),
            scene.request().with("state", &"&".repeat(4096)),
        ] {
            let answer = party.authorize_by_foreign_form(&request).await.answer();
            let told = party.redeem(&answer.checked(party, &request)).await;
            let second = party.verify(told.text("id_token")).await;
            assert_eq!(first["sid"], second["sid"]);
        }
        let request = scene.request().with("prompt", "login");
        party.authorize_by_foreign_form(&request).await.page();
        party.forget_cookie();
        let request = scene.request().with("prompt", "none");
        let answer = party.authorize_by_foreign_form(&request).await.answer();
        assert_eq!(answer.checked(party, &request).error(), Some("login_required"));
        party.authorize_by_foreign_form(&scene.request()).await.page();
        let wrong = scene.request().with("scope", "profile");
        let answer = party.authorize_by_foreign_form(&wrong).await.answer();
        assert_eq!(answer.checked(party, &wrong).error(), Some("invalid_scope"));
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

/// A session is of no use while the app's backend does not say that its person may still act, and it does not end.
#[tokio::test]
async fn a_silent_backend_leads_to_the_phone_and_ends_nothing() {
    let scene = SessionScene::start(ResponseMode::Query).await;
    let (first, _) = scene.log_in().await;
    scene.backend.set_down(true);
    assert_eq!(scene.silent_refusal().await, "temporarily_unavailable");
    scene.shows_page(&scene.request()).await;
    scene.backend.set_down(false);
    let silent = scene.request().with("prompt", "none");
    let (second, _) = scene.log_in_silently(&silent).await;
    assert_eq!(first["sid"], second["sid"]);
}

/// Threat T34: a session that began without the question to the browser does not log in at a client that asks it.
#[tokio::test]
async fn a_client_that_asks_browsers_takes_no_session_that_was_not_agreed_to() {
    let asking = portal("asking", None).replace("agree = 'off'", "agree = 'new'");
    let world = World::in_memory().with_client(&asking);
    let scene = SessionScene::in_world(world, ResponseMode::Query).await;
    scene.log_in().await;
    let asking = scene.scene.party.of_client("asking");
    let request = asking.request("openid");
    asking.authorize(&request).await.page();
    let silent = request.with("prompt", "none");
    let answer = asking.authorize(&silent).await.answer();
    assert_eq!(
        answer.checked(&asking, &silent).error(),
        Some("login_required")
    );
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

/// Threat T57: a site's own page holds the receive key of its login, but a session would be good at other sites too.
#[tokio::test]
async fn a_page_of_a_site_begins_no_session() {
    let scene = SessionScene::start(ResponseMode::Query).await;
    let (world, node) = (&scene.scene.world, &scene.scene.node);
    let page = scene.scene.party.authorize(&scene.request()).await.page();
    let own_page = page.with_claims(None);
    // It posts for a session with the gateway's origin, as a program can.
    own_page.log_in(world, node, 1).await;
    assert_eq!(scene.scene.party.cookie(), None);
    assert_eq!(scene.silent_refusal().await, "login_required");
}

#[tokio::test]
async fn the_phone_is_told_of_the_session_that_a_login_begins() {
    let scene = SessionScene::start(ResponseMode::Query).await;
    let (world, node) = (&scene.scene.world, &scene.scene.node);
    let page = scene.scene.party.authorize(&scene.request()).await.page();
    let phone = world.phone(node, 1);
    let (_browser, login) = page.open().await;
    let context = phone.scan(&login.qr).await.unwrap();
    assert_eq!(context.session_lifetime, Some(3600));
    let (_browser, login) = page.with_claims(None).open().await;
    let context = phone.scan(&login.qr).await.unwrap();
    assert_eq!(context.session_lifetime, None);
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
