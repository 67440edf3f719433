//! The hosted login page, and requests that must not be redirected.

use reqwest::{Client, Response, redirect};

use crate::support::{CapturedLogs, Node, ORIGIN, REDIRECT_URI, World};

const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// Returns a valid request with some parameters replaced, or left out if their value is empty.
async fn authorize(node: &Node, changed: &[(&str, &str)]) -> Response {
    let mut query = vec![
        ("response_type", "code"),
        ("client_id", "hall"),
        ("redirect_uri", REDIRECT_URI),
        ("scope", "openid profile"),
        ("state", "s"),
        ("nonce", "n"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ];
    query.retain(|(name, _)| !changed.iter().any(|(other, _)| other == name));
    query.extend(changed.iter().filter(|(_, value)| !value.is_empty()));
    let mut url = node.at("/oauth2/authorize");
    url.query_pairs_mut().extend_pairs(query);
    let client = Client::builder()
        .redirect(redirect::Policy::none())
        .build()
        .unwrap();
    client.get(url).send().await.unwrap()
}

#[tokio::test]
async fn a_registered_client_gets_a_page_that_shows_the_code_and_loads_nothing_foreign() {
    let node = World::in_memory().start().await;
    let page = authorize(&node, &[("ui_locales", "en")]).await;
    assert_eq!(page.status(), 200);
    let policy = page.headers()["content-security-policy"]
        .to_str()
        .unwrap()
        .to_owned();
    assert!(
        policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"),
        "{policy}"
    );
    assert_eq!(page.headers()["referrer-policy"], "no-referrer");
    assert_eq!(page.headers()["cache-control"], "no-store");
    let html = page.text().await.unwrap();
    for part in [
        "lang=\"en\"",
        "<qr-login",
        "Log in to Service hall",
        "https://hall.example",
        CHALLENGE,
    ] {
        assert!(html.contains(part), "{part} is missing in {html}");
    }
}

/// Threat T26.
#[tokio::test]
async fn an_unregistered_request_gets_an_error_page_and_no_redirect() {
    let node = World::in_memory().start().await;
    for changed in [
        ("client_id", "nobody"),
        ("client_id", ""),
        ("client_id", "other"),
        ("redirect_uri", ""),
        ("redirect_uri", "https://evil.example/callback"),
        ("redirect_uri", "https://hall.example/callback/"),
        ("redirect_uri", "https://hall.example/callback?next=evil"),
        ("redirect_uri", "https://hall.example/callback/../evil"),
        ("redirect_uri", "https://hall.example@evil.example/callback"),
        ("redirect_uri", "//hall.example/callback"),
    ] {
        let page = authorize(&node, &[changed]).await;
        assert_eq!(page.status(), 400, "{changed:?}");
        assert!(!page.headers().contains_key("location"), "{changed:?}");
        assert!(
            !page.text().await.unwrap().contains("evil"),
            "nothing of the request is repeated"
        );
    }
}

/// An error page leads to itself in the other language.
#[tokio::test]
async fn u17_an_error_page_has_the_other_language() {
    let node = World::in_memory().start().await;
    let page = authorize(&node, &[("client_id", "nobody"), ("ui_locales", "en")]).await;
    let html = page.text().await.unwrap();
    assert!(html.contains("href=\"?ui_locales=zh-CN\""), "{html}");
    let mut other = node.at("/oauth2/authorize");
    other.set_query(Some("ui_locales=zh-CN"));
    let other = reqwest::get(other).await.unwrap();
    assert_eq!(other.status(), 400);
    let html = other.text().await.unwrap();
    assert!(
        html.contains("无法登录") && html.contains("href=\"?ui_locales=en\""),
        "{html}"
    );
    // A reference that leads nowhere stays one.
    let mut unknown = node.at("/oauth2/authorize");
    let reference = "urn:ietf:params:oauth:request_uri:none";
    unknown.query_pairs_mut().extend_pairs([
        ("client_id", "hall"),
        ("request_uri", reference),
        ("ui_locales", "en"),
    ]);
    let page = reqwest::get(unknown).await.unwrap();
    let html = page.text().await.unwrap();
    assert!(html.contains("out of date"), "{html}");
    assert!(
        html.contains("client_id=hall") && html.contains("ui_locales=zh-CN\""),
        "{html}"
    );
}

#[tokio::test]
async fn other_mistakes_are_told_to_the_client() {
    let node = World::in_memory().start().await;
    for (changed, error) in [
        (("response_type", "token"), "unsupported_response_type"),
        (("response_type", ""), "invalid_request"),
        (("scope", "profile"), "invalid_scope"),
        (("code_challenge", ""), "invalid_request"),
        (("code_challenge_method", "plain"), "invalid_request"),
        (("prompt", "none"), "login_required"),
        (
            ("request_uri", "https://hall.example/request"),
            "request_uri_not_supported",
        ),
        (("registration", "{}"), "registration_not_supported"),
        (("response_mode", "fragment"), "invalid_request"),
        (("id_token_hint", "e30.e30."), "invalid_request"),
        (
            (
                "claims",
                r#"{"id_token":{"acr":{"essential":true,"value":"urn:a"}}}"#,
            ),
            "unmet_authentication_requirements",
        ),
    ] {
        let answer = authorize(&node, &[changed]).await;
        let location = answer.headers()["location"].to_str().unwrap();
        assert!(
            location.starts_with(&format!("{REDIRECT_URI}?error={error}&")),
            "{changed:?}: {location}"
        );
        assert!(
            location.ends_with("&state=s&iss=https%3A%2F%2Flogin.example"),
            "{location}"
        );
    }
}

#[tokio::test]
async fn a_page_cannot_be_injected_into() {
    let node = World::in_memory().start().await;
    let html = authorize(&node, &[("state", "\"><script>alert(1)</script>")])
        .await
        .text()
        .await
        .unwrap();
    assert!(!html.contains("<script>alert"), "{html}");
}

/// Row A19: every kind of answer carries the headers that limit what a browser does with it.
#[tokio::test]
async fn a19_every_answer_limits_what_a_browser_does_with_it() {
    let node = World::in_memory().start().await;
    let http = Client::builder()
        .redirect(redirect::Policy::none())
        .build()
        .unwrap();
    let get = |path: &str| http.get(node.at(path)).header("origin", ORIGIN);
    let post = |path: &str| http.post(node.at(path)).header("origin", ORIGIN);
    let upgrade = get("/v1/socket")
        .header("connection", "upgrade")
        .header("upgrade", "websocket")
        .header("sec-websocket-version", "13")
        .header("sec-websocket-protocol", "saoma.v1")
        .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==");
    let preflight = http
        .request(reqwest::Method::OPTIONS, node.at("/v1/logins"))
        .header("origin", ORIGIN)
        .header("access-control-request-method", "POST");
    for (kind, status, answer) in [
        ("page", 200, authorize(&node, &[]).await),
        (
            "error page",
            400,
            authorize(&node, &[("client_id", "")]).await,
        ),
        (
            "redirect",
            303,
            authorize(&node, &[("scope", "profile")]).await,
        ),
        (
            "script",
            200,
            get("/assets/qr-login.js").send().await.unwrap(),
        ),
        (
            "missing asset",
            404,
            get("/assets/none.js").send().await.unwrap(),
        ),
        ("JSON", 200, get("/oauth2/jwks").send().await.unwrap()),
        (
            "OAuth error",
            401,
            post("/oauth2/token")
                .form(&[("a", "b")])
                .send()
                .await
                .unwrap(),
        ),
        (
            "no token",
            401,
            get("/oauth2/userinfo").send().await.unwrap(),
        ),
        (
            "problem",
            401,
            post("/v1/scans").body("{}").send().await.unwrap(),
        ),
        ("no route", 404, get("/nothing").send().await.unwrap()),
        ("other method", 405, get("/v1/scans").send().await.unwrap()),
        ("preflight", 200, preflight.send().await.unwrap()),
        ("upgrade", 101, upgrade.send().await.unwrap()),
    ] {
        let headers = answer.headers();
        assert_eq!(answer.status(), status, "{kind}");
        for (name, value) in [
            ("strict-transport-security", "max-age=63072000"),
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
        ] {
            assert_eq!(headers[name], value, "{kind}");
        }
        let resources = if kind == "script" {
            "cross-origin"
        } else {
            "same-origin"
        };
        assert_eq!(headers["cross-origin-resource-policy"], resources, "{kind}");
        // Browsers apply these to pages only, and a script is none.
        if kind != "script" {
            assert_eq!(
                headers["cross-origin-opener-policy"], "same-origin",
                "{kind}"
            );
            let features = headers["permissions-policy"].to_str().unwrap();
            assert!(features.contains("camera=()"), "{kind}: {features}");
        }
        // T14: no page frames any of it.
        let content = headers["content-security-policy"].to_str().unwrap();
        assert!(
            content.contains("default-src 'none'") && content.contains("frame-ancestors 'none'"),
            "{kind}: {content}"
        );
        for name in ["strict-transport-security", "content-security-policy"] {
            assert_eq!(headers.get_all(name).iter().count(), 1, "{kind}: {name}");
        }
    }
}

/// Row A19: a stranger's refused requests leave one line of each kind.
#[tokio::test(flavor = "current_thread")]
async fn a19_refused_token_requests_do_not_fill_the_log() {
    let logs = CapturedLogs::start("info");
    let world =
        World::in_memory().with("limits.failed_client_proof = { burst = 1000, per = '1m' }");
    let node = world.start().await;
    let http = Client::new();
    for _ in 0..200 {
        let request = http.post(node.at("/oauth2/token"));
        let answer = request
            .form(&[("client_id", "nobody")])
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 401);
    }
    let text = logs.text();
    let refused = text.lines().filter(|line| line.contains("invalid_client"));
    assert_eq!(refused.count(), 1, "{text}");
}
