//! RP-initiated logout: the public plan, module by module, and what a stranger's link cannot do.

use serde_json::Value;

use super::sessions::{AFTER_LOGOUT, PORTAL, SessionScene};
use super::{ResponseMode, Scene};
use crate::support::{PUBLIC_URL, World};

async fn scene() -> SessionScene {
    SessionScene::start(ResponseMode::Query).await
}

#[tokio::test]
async fn oidcc_rp_initiated_logout_discovery_endpoint_verification() {
    let scene = Scene::start(ResponseMode::Query).await;
    let endpoint = scene.party.provider["end_session_endpoint"].as_str();
    assert_eq!(endpoint, Some("https://login.example/oauth2/logout"));
}

/// All parameters: the browser goes back with `state`, and is logged in no more.
#[tokio::test]
async fn oidcc_rp_initiated_logout() {
    let scene = scene().await;
    let (_, id_token) = scene.log_in().await;
    let answer = scene
        .log_out(&[
            ("id_token_hint", &id_token),
            ("post_logout_redirect_uri", AFTER_LOGOUT),
            ("state", "a state & more"),
        ])
        .await;
    let location = "https://portal.example/bye?state=a+state+%26+more";
    assert_eq!(answer.location.as_deref(), Some(location));
    assert_eq!(scene.silent_refusal().await, "login_required");
}

#[tokio::test]
async fn oidcc_rp_initiated_logout_no_state() {
    let scene = scene().await;
    let (_, id_token) = scene.log_in().await;
    let answer = scene
        .log_out(&[
            ("id_token_hint", &id_token),
            ("post_logout_redirect_uri", AFTER_LOGOUT),
        ])
        .await;
    assert_eq!(answer.location.as_deref(), Some(AFTER_LOGOUT));
    assert_eq!(scene.silent_refusal().await, "login_required");
}

/// Without parameters anyone may have sent the browser: the person is asked, and logged out by the button.
#[tokio::test]
async fn oidcc_rp_initiated_logout_no_params() {
    let scene = scene().await;
    scene.log_in().await;
    let page = scene.log_out(&[]).await;
    assert!(page.asks() && page.status == 200, "{page:?}");
    scene
        .log_in_silently(&scene.request().with("prompt", "none"))
        .await;
    let done = scene.press(&page).await;
    assert_eq!((done.status, done.location.as_deref()), (200, None));
    assert_eq!(scene.silent_refusal().await, "login_required");
}

#[tokio::test]
async fn oidcc_rp_initiated_logout_only_state() {
    let scene = scene().await;
    scene.log_in().await;
    let page = scene.log_out(&[("state", "s")]).await;
    assert!(page.asks() && page.status == 200, "{page:?}");
    let done = scene.press(&page).await;
    assert_eq!((done.status, done.location.as_deref()), (200, None));
}

/// An address alone says nothing about the client that has registered it.
#[tokio::test]
async fn oidcc_rp_initiated_logout_no_id_token_hint() {
    let scene = scene().await;
    scene.log_in().await;
    let query = [("post_logout_redirect_uri", AFTER_LOGOUT), ("state", "s")];
    let answer = scene.log_out(&query).await;
    assert!(answer.asks() && answer.status == 400, "{answer:?}");
}

#[tokio::test]
async fn oidcc_rp_initiated_logout_no_post_logout_redirect_uri() {
    let scene = scene().await;
    let (_, id_token) = scene.log_in().await;
    let answer = scene
        .log_out(&[("id_token_hint", &id_token), ("state", "s")])
        .await;
    assert_eq!((answer.status, answer.location.as_deref()), (200, None));
    assert_eq!(scene.silent_refusal().await, "login_required");
}

/// A hint whose claims were changed is no hint.
#[tokio::test]
async fn oidcc_rp_initiated_logout_modified_id_token_hint() {
    let scene = scene().await;
    let (_, id_token) = scene.log_in().await;
    let (header, rest) = id_token.split_once('.').unwrap();
    let (claims, signature) = rest.split_once('.').unwrap();
    let claims = data_encoding::BASE64URL_NOPAD
        .decode(claims.as_bytes())
        .unwrap();
    let mut claims: Value = serde_json::from_slice(&claims).unwrap();
    claims["sub"] = "someone".into();
    let claims = data_encoding::BASE64URL_NOPAD.encode(claims.to_string().as_bytes());
    is_refused(&scene, &format!("{header}.{claims}.{signature}")).await;
}

/// A hint that others have signed is no hint.
#[tokio::test]
async fn oidcc_rp_initiated_logout_bad_id_token_hint() {
    let scene = scene().await;
    let (mut claims, _) = scene.log_in().await;
    claims["iss"] = PUBLIC_URL.into();
    let key = saoma_gateway::generate_pem().unwrap();
    let key = jsonwebtoken::EncodingKey::from_rsa_pem(key.as_bytes()).unwrap();
    let header = jsonwebtoken::Header::new(jsonwebtoken::Algorithm::RS256);
    let forged = jsonwebtoken::encode(&header, &claims, &key).unwrap();
    is_refused(&scene, &forged).await;
}

/// A request with this hint sends the browser nowhere, and leaves it logged in.
async fn is_refused(scene: &SessionScene, hint: &str) {
    let answer = scene
        .log_out(&[
            ("id_token_hint", hint),
            ("post_logout_redirect_uri", AFTER_LOGOUT),
            ("state", "s"),
        ])
        .await;
    assert!(answer.asks() && answer.status == 400, "{answer:?}");
    scene
        .log_in_silently(&scene.request().with("prompt", "none"))
        .await;
    // The person's own button works all the same.
    let done = scene.press(&answer).await;
    assert_eq!((done.status, done.location.as_deref()), (200, None));
    assert_eq!(scene.silent_refusal().await, "login_required");
}

#[tokio::test]
async fn oidcc_rp_initiated_logout_bad_post_logout_redirect_uri() {
    leads_nowhere("https://evil.example/bye").await;
}

#[tokio::test]
async fn oidcc_rp_initiated_logout_query_added_to_post_logout_redirect_uri() {
    leads_nowhere("https://portal.example/bye?foo=bar").await;
}

/// Threat T26: an address that is not registered is refused, with a page.
async fn leads_nowhere(address: &str) {
    let scene = scene().await;
    let (_, id_token) = scene.log_in().await;
    let answer = scene
        .log_out(&[
            ("id_token_hint", &id_token),
            ("post_logout_redirect_uri", address),
            ("state", "s"),
        ])
        .await;
    assert!(answer.asks() && answer.status == 400, "{answer:?}");
    assert!(!answer.html.contains(address), "{}", answer.html);
}

/// Logout CSRF: another site cannot log a person out by a link or by a form, whatever it knows of itself.
#[tokio::test]
async fn another_site_cannot_log_a_person_out() {
    let scene = scene().await;
    // The attacker's own ID token, and the attacker's own page.
    let (_, attackers) = scene.log_in().await;
    let attackers_page = scene.log_out(&[]).await;
    scene.scene.party.forget_cookie();
    scene.log_in().await;
    let page = scene.log_out(&[("id_token_hint", &attackers)]).await;
    assert!(page.asks() && page.status == 200, "{page:?}");
    let page = scene.press(&attackers_page).await;
    assert!(
        page.asks(),
        "another browser's token confirms nothing: {page:?}"
    );
    scene
        .log_in_silently(&scene.request().with("prompt", "none"))
        .await;
}

/// A hint is an ID token of the client that asks.
#[tokio::test]
async fn a_hint_of_another_client_is_refused() {
    let scene = scene().await;
    let (_, id_token) = scene.log_in().await;
    let query = [
        ("id_token_hint", id_token.as_str()),
        ("client_id", "second"),
    ];
    let answer = scene.log_out(&query).await;
    assert!(answer.asks() && answer.status == 400, "{answer:?}");
    let query = [("id_token_hint", id_token.as_str()), ("client_id", PORTAL)];
    assert_eq!(scene.log_out(&query).await.status, 200);
    assert_eq!(scene.silent_refusal().await, "login_required");
}

/// `client_id` in place of a hint names who has registered the address; the person is asked first.
#[tokio::test]
async fn a_client_id_leads_back_after_the_question() {
    let scene = scene().await;
    scene.log_in().await;
    let query = [
        ("client_id", PORTAL),
        ("post_logout_redirect_uri", AFTER_LOGOUT),
        ("state", "s"),
    ];
    let page = scene.log_out(&query).await;
    assert!(page.asks() && page.status == 200, "{page:?}");
    let done = scene.press(&page).await;
    let back = "https://portal.example/bye?state=s";
    assert!(
        done.html.contains(&format!("0;url={back}")),
        "{}",
        done.html
    );
    // Nobody is logged in any more, so there is nothing to ask.
    let again = scene.log_out(&query).await;
    assert_eq!(again.location.as_deref(), Some(back));
}

/// Another site's form comes without the cookie: the same is asked by GET.
#[tokio::test]
async fn a_posted_logout_ends_the_browsers_session() {
    let scene = scene().await;
    let (_, id_token) = scene.log_in().await;
    let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
    let url = scene.scene.party.endpoint("end_session_endpoint");
    let form = [
        ("id_token_hint", id_token.as_str()),
        ("post_logout_redirect_uri", AFTER_LOGOUT),
    ];
    let request = http.build().unwrap().post(url).form(&form);
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), 303);
    let location = answer.headers()["location"].to_str().unwrap();
    let (path, query) = location.split_once('?').unwrap();
    assert_eq!(path, "/oauth2/logout");
    let query: Vec<(String, String)> = url::form_urlencoded::parse(query.as_bytes())
        .into_owned()
        .collect();
    let query: Vec<_> = query
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let answer = scene.log_out(&query).await;
    assert_eq!(answer.location.as_deref(), Some(AFTER_LOGOUT));
    assert_eq!(scene.silent_refusal().await, "login_required");
}

/// A browser that asks too often is told so, and not that the service is down.
#[tokio::test]
async fn a_browser_that_asks_too_often_is_told_to_wait() {
    let limit = "limits.token_per_login = { burst = 5, per = '1h' }";
    let world = World::in_memory().with(limit);
    let scene = SessionScene::in_world(world, ResponseMode::Query).await;
    scene.log_in().await;
    let mut refused = None;
    for _ in 0..10 {
        let page = scene.log_out(&[("ui_locales", "en")]).await;
        if page.status != 200 {
            refused = Some(page);
            break;
        }
    }
    let refused = refused.expect("a limit of five");
    assert_eq!(refused.status, 429);
    assert!(
        refused.html.contains("Too many requests"),
        "{}",
        refused.html
    );
    assert!(
        !refused.html.contains("does not answer"),
        "{}",
        refused.html
    );
}

/// Each page of a logout leads to itself in the other language, with what was asked.
#[tokio::test]
async fn u17_each_page_of_a_logout_has_the_other_language() {
    let scene = scene().await;
    scene.log_in().await;
    let asked = scene
        .log_out(&[("state", "s"), ("ui_locales", "en fr")])
        .await;
    assert!(asked.html.contains("Log out?"), "{}", asked.html);
    assert!(
        asked.leads_to("?state=s&amp;ui_locales=zh-CN", "中文"),
        "{}",
        asked.html
    );
    let done = scene.press(&asked).await;
    assert!(done.leads_to("?ui_locales=zh-CN", "中文"), "{}", done.html);
    let again = scene.log_out(&[("ui_locales", "zh-CN")]).await;
    assert!(again.html.contains("已退出登录"), "{}", again.html);
    assert!(
        again.leads_to("?ui_locales=en", "English"),
        "{}",
        again.html
    );
    let fault = scene
        .log_out(&[("client_id", "unknown"), ("ui_locales", "en")])
        .await;
    assert_eq!(fault.status, 400);
    assert!(
        fault.leads_to("?client_id=unknown&amp;ui_locales=zh-CN", "中文"),
        "{}",
        fault.html
    );
}
