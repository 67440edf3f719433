//! Pushed authorization requests. The tests are named by what RFC 9126 says.

use saoma_protocol::{RequestReference, paths};
use serde_json::Value;

use crate::support::{Node, REDIRECT_URI, RedisServer, World};

const URN: &str = "urn:ietf:params:oauth:request_uri:";

const STRICT: &str = "client_id = 'strict'\nname = 'Strict'\nsecret = 'strict-secret'\nrequire_par = true\n\
                      redirect_uris = ['https://hall.example/callback']";

/// A challenge (RFC 7636 appendix B).
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// A request of a client, as a form.
fn request<'a>(client_id: &'a str, secret: Option<&'a str>) -> Vec<(&'a str, &'a str)> {
    let mut form = vec![
        ("client_id", client_id),
        ("redirect_uri", REDIRECT_URI),
        ("response_type", "code"),
        ("scope", "openid profile"),
        ("state", "示例 state"),
        ("nonce", "nonce-1"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ];
    form.extend(secret.map(|secret| ("client_secret", secret)));
    form
}

fn hall() -> Vec<(&'static str, &'static str)> {
    request("hall", Some("hall-secret"))
}

/// Pushes a request. Returns the status and the answer.
async fn push(node: &Node, form: &[(&str, &str)]) -> (u16, Value) {
    let request = reqwest::Client::new().post(node.at(paths::PUSHED_REQUESTS));
    let answer = request.form(form).send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

/// Pushes a good request, and returns its reference.
async fn pushed(node: &Node, form: &[(&str, &str)]) -> String {
    let (status, body) = push(node, form).await;
    assert_eq!(status, 201, "{body}");
    body["request_uri"].as_str().unwrap().to_owned()
}

/// Sends a browser to the authorization endpoint. Returns the status, the redirect and the page.
async fn visit(node: &Node, query: &[(&str, &str)]) -> (u16, Option<String>, String) {
    let http = reqwest::Client::builder();
    let http = http.redirect(reqwest::redirect::Policy::none());
    let mut url = node.at(paths::AUTHORIZE);
    url.query_pairs_mut().extend_pairs(query);
    let answer = http.build().unwrap().get(url).send().await.unwrap();
    let location = answer.headers().get("location");
    let location = location.map(|location| location.to_str().unwrap().to_owned());
    (
        answer.status().as_u16(),
        location,
        answer.text().await.unwrap(),
    )
}

async fn refused(node: &Node, form: &[(&str, &str)], status: u16, error: &str) {
    let (found, body) = push(node, form).await;
    assert_eq!((found, &body["error"]), (status, &error.into()), "{form:?}");
}

/// §2.2.
#[tokio::test]
async fn the_answer_is_a_reference_and_its_lifetime() {
    let node = World::in_memory().start().await;
    let (status, body) = push(&node, &hall()).await;
    assert_eq!((status, &body["expires_in"]), (201, &60.into()));
    let uri = body["request_uri"].as_str().unwrap();
    assert!(uri.starts_with(URN), "{uri}");
    assert_ne!(pushed(&node, &hall()).await, uri);
}

/// §4: the browser brings the client's id and the reference, and the page is that of the pushed request.
#[tokio::test]
async fn a_browser_brings_the_reference_to_any_node() {
    let redis = RedisServer::start();
    let world = World::on(&redis);
    let (first, second) = (world.start().await, world.start().await);
    let uri = pushed(&first, &hall()).await;
    let query = [("client_id", "hall"), ("request_uri", &*uri)];
    let (status, _, page) = visit(&second, &query).await;
    assert_eq!(status, 200);
    assert!(
        page.contains(CHALLENGE) && page.contains("nonce-1"),
        "{page}"
    );
    assert!(page.contains("示例 state"), "{page}");
    assert_eq!(redis.keys_without_end(), Vec::<String>::new());
    // A page is reloaded within the request's time (§4).
    assert_eq!(visit(&first, &query).await.0, 200);
}

/// §4, RFC 9101 §5: what the browser adds counts for nothing.
#[tokio::test]
async fn parameters_beside_the_reference_are_ignored() {
    let node = World::in_memory().start().await;
    let uri = pushed(&node, &hall()).await;
    let query = [
        ("client_id", "hall"),
        ("request_uri", &*uri),
        ("redirect_uri", "https://evil.example/"),
        ("nonce", "another"),
        ("scope", "email"),
    ];
    let (status, _, page) = visit(&node, &query).await;
    assert_eq!(status, 200);
    assert!(page.contains("nonce-1") && page.contains(REDIRECT_URI));
    assert!(!page.contains("evil.example") && !page.contains("another"));
}

/// §2.1: the client proves itself as at the token endpoint.
#[tokio::test]
async fn a_client_proves_itself_as_at_the_token_endpoint() {
    let node = World::in_memory().start().await;
    for secret in [None, Some("wrong")] {
        refused(&node, &request("hall", secret), 401, "invalid_client").await;
    }
    refused(&node, &request("nobody", None), 401, "invalid_client").await;
    let mut public = request("other", None);
    public[1] = ("redirect_uri", "https://other.example/callback");
    assert_eq!(push(&node, &public).await.0, 201);
    let form = hall();
    let basic = reqwest::Client::new()
        .post(node.at(paths::PUSHED_REQUESTS))
        .basic_auth("hall", Some("hall-secret"))
        .form(&form[1..form.len() - 1]);
    assert_eq!(basic.send().await.unwrap().status(), 201);
}

/// §2.1 and §2.3: the request is validated when it is pushed.
#[tokio::test]
async fn a_wrong_request_is_refused_when_it_is_pushed() {
    let node = World::in_memory().start().await;
    for (name, value, error) in [
        ("redirect_uri", "https://evil.example/", "invalid_request"),
        ("response_type", "token", "unsupported_response_type"),
        ("scope", "profile", "invalid_scope"),
        ("code_challenge", "short", "invalid_request"),
        ("response_mode", "fragment", "invalid_request"),
    ] {
        let mut form = hall();
        form.retain(|(other, _)| *other != name);
        form.push((name, value));
        refused(&node, &form, 400, error).await;
    }
}

/// §2.1: as the authorization endpoint would refuse it later.
#[tokio::test]
async fn wishes_that_no_login_meets_are_refused_when_they_are_pushed() {
    let node = World::in_memory().start().await;
    let acr = r#"{"id_token":{"acr":{"essential":true,"value":"urn:a"}}}"#;
    let sub = r#"{"id_token":{"sub":{"value":"c-1"}}}"#;
    for (name, value, error) in [
        ("claims", acr, "unmet_authentication_requirements"),
        ("claims", sub, "login_required"),
        ("claims", "[]", "invalid_request"),
        ("id_token_hint", "not a token", "invalid_request"),
        ("prompt", "none login", "invalid_request"),
    ] {
        let mut form = hall();
        form.push((name, value));
        refused(&node, &form, 400, error).await;
    }
}

/// Unknown parameters take no room, and the client's secret is not stored.
#[tokio::test]
async fn only_the_parameters_that_count_are_kept() {
    let redis = RedisServer::start();
    let node = World::on(&redis).start().await;
    let junk = "x".repeat(20_000);
    let mut form = hall();
    form.extend([
        ("made_up", &*junk),
        ("display", "page"),
        ("login_hint", "c-1"),
    ]);
    pushed(&node, &form).await;
    let keys = redis.keys("saoma:pushed:*");
    let [key] = keys.as_slice() else {
        panic!("one request: {keys:?}")
    };
    let request = redis.field(key, "request").expect("the request");
    let names: Vec<String> = url::form_urlencoded::parse(request.as_bytes())
        .map(|(name, _)| name.into_owned())
        .collect();
    for name in ["made_up", "display", "login_hint", "client_secret"] {
        assert!(!names.contains(&name.to_owned()), "{names:?}");
    }
    assert!(names.contains(&"state".to_owned()) && names.contains(&"nonce".to_owned()));
}

/// A known parameter cannot take more room than the longest request needs.
#[tokio::test]
async fn a_request_that_is_too_large_is_refused() {
    let node = World::in_memory().start().await;
    let languages = "zh ".repeat(6000);
    let mut form = hall();
    form.push(("ui_locales", &*languages));
    refused(&node, &form, 400, "invalid_request").await;
}

/// Row T37: a node keeps no more pushed requests than it has room for logins.
#[tokio::test]
async fn pushed_requests_take_room_of_the_node() {
    let node = World::in_memory()
        .with("server.max_sockets = 2")
        .start()
        .await;
    pushed(&node, &hall()).await;
    pushed(&node, &hall()).await;
    refused(&node, &hall(), 503, "temporarily_unavailable").await;
}

/// §2.1.
#[tokio::test]
async fn a_pushed_request_refers_to_no_other() {
    let node = World::in_memory().start().await;
    let uri = pushed(&node, &hall()).await;
    let mut form = hall();
    form.push(("request_uri", &*uri));
    refused(&node, &form, 400, "invalid_request").await;
}

/// §2.2: a reference is bound to its client.
#[tokio::test]
async fn another_client_cannot_use_a_reference() {
    let node = World::in_memory().start().await;
    let uri = pushed(&node, &hall()).await;
    for client_id in ["other", "nobody"] {
        let query = [("client_id", client_id), ("request_uri", &*uri)];
        let (status, location, _) = visit(&node, &query).await;
        assert_eq!((status, location), (400, None), "{client_id}");
    }
    let (status, ..) = visit(&node, &[("request_uri", &*uri)]).await;
    assert_eq!(status, 400, "without a client");
}

/// §7.1: references are not guessed. Made-up ones never reach the store.
#[tokio::test]
async fn a_made_up_reference_leads_nowhere_and_is_bounded() {
    let redis = RedisServer::start();
    let limit = "limits.unknown_token_per_address = { burst = 5, per = '1h' }";
    let node = World::on(&redis).with(limit).start().await;
    let uri = pushed(&node, &hall()).await;
    let real: RequestReference = uri.strip_prefix(URN).unwrap().parse().unwrap();
    let before = redis.script_calls();
    let mut statuses = Vec::new();
    for number in 0..10_u8 {
        let guess = RequestReference::from_random(real.login_id(), [number; 32]);
        let guess = format!("{URN}{guess}");
        let query = [("client_id", "hall"), ("request_uri", &*guess)];
        statuses.push(visit(&node, &query).await.0);
    }
    assert_eq!(statuses[..5], [400; 5]);
    assert_eq!(statuses[5..], [429; 5]);
    assert_eq!(redis.script_calls(), before);
    let query = [("client_id", "hall"), ("request_uri", &*uri)];
    assert_eq!(visit(&node, &query).await.0, 200);
}

/// §5: clients that must push.
#[tokio::test]
async fn a_client_that_must_push_cannot_do_without() {
    let node = World::in_memory().with_client(STRICT).start().await;
    let form = request("strict", Some("strict-secret"));
    let (status, location, _) = visit(&node, &form[..form.len() - 1]).await;
    let location = location.unwrap();
    assert_eq!(status, 303);
    assert!(location.contains("error=invalid_request"), "{location}");
    let uri = pushed(&node, &form).await;
    let query = [("client_id", "strict"), ("request_uri", &*uri)];
    assert_eq!(visit(&node, &query).await.0, 200);
}

/// §5.
#[tokio::test]
async fn discovery_names_the_endpoint() {
    let node = World::in_memory().start().await;
    let answer = reqwest::get(node.at(paths::DISCOVERY)).await.unwrap();
    let document: Value = answer.json().await.unwrap();
    assert_eq!(
        document["pushed_authorization_request_endpoint"],
        "https://login.example/oauth2/par"
    );
    assert_eq!(document["require_pushed_authorization_requests"], false);
}
