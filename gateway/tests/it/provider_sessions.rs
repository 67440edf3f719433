//! Sessions at the provider: listed and ended by the person, ended by the app's backend and by a replayed code.

use saoma_client::{Browser, NewLogin};
use saoma_gateway::{Gateway, Settings};
use saoma_load::deployment::PERSONAL;
use saoma_protocol::{EndedSessions, ServerMessage, SessionList, paths};
use serde_json::{Value, json};
use url::Url;

use crate::support::{
    CapturedLogs, Exchanged, Node, RedisServer, TokenRequest, World, hall, with_unit,
    without_request_id,
};

const BACKEND: (&str, &str) = ("app", "events-secret");

/// Starts a node whose hall has sessions, and whose app's backend can end them.
pub(crate) async fn start(world: &World) -> Node {
    start_with(world, |_| ()).await
}

pub(crate) async fn start_with(world: &World, change: impl FnOnce(&mut Settings)) -> Node {
    let mut settings = world.settings();
    // Port 9 takes nothing: whom the hall tells is not what these tests are about.
    let nowhere = "http://127.0.0.1:9/logout".to_owned();
    settings.clients[0].backchannel_logout_uri = Some(nowhere);
    settings.identity.events = Some(
        serde_json::from_value(json!({ "client_id": BACKEND.0, "client_secret": BACKEND.1 }))
            .unwrap(),
    );
    change(&mut settings);
    let gateway = Gateway::start(settings).await.unwrap();
    let url = Url::parse(&format!("http://{}", gateway.address())).unwrap();
    Node { gateway, url }
}

/// A login of a person as an identity, redeemed by the hall.
struct LoggedIn {
    request: TokenRequest,
    exchanged: Exchanged,
}

impl LoggedIn {
    /// The session, as the ID token names it.
    fn sid(&self) -> String {
        let claims = claims_of(self.exchanged.id_token.as_ref().unwrap());
        claims["sid"].as_str().expect("a session").to_owned()
    }

    async fn has_access(&self, node: &Node) -> bool {
        let token = self.exchanged.access_token.as_ref().unwrap();
        let request = reqwest::Client::new().get(node.at(paths::USERINFO));
        let status = request.bearer_auth(token).send().await.unwrap().status();
        assert!([200, 401].contains(&status.as_u16()), "{status}");
        status == 200
    }
}

/// The claims of an ID token.
pub(crate) fn claims_of(id_token: &str) -> Value {
    let claims = id_token.split('.').nth(1).unwrap();
    let claims = data_encoding::BASE64URL_NOPAD
        .decode(claims.as_bytes())
        .unwrap();
    serde_json::from_slice(&claims).unwrap()
}

/// A person's confirmed login at the hall with this scope.
pub(crate) async fn confirmed_request(
    world: &World,
    node: &Node,
    person: u32,
    identity: &str,
    scope: &str,
) -> TokenRequest {
    let mut login = NewLogin::of(&hall());
    login.request.scope = scope.into();
    let (mut browser, login) = Browser::open_new(&node.url, login).await.unwrap();
    let token = world.persons.token_of(&with_unit(person));
    let phone = world.phone(node, person).with_token(token);
    phone.scan(&login.qr).await.unwrap();
    phone.confirm(login.login_id, identity).await.unwrap();
    browser.next().await.unwrap();
    let ServerMessage::Confirmed { redirect_to, .. } = browser.next().await.unwrap() else {
        panic!("not confirmed")
    };
    TokenRequest::of(&login, &redirect_to)
}

async fn log_in(world: &World, node: &Node, person: u32, identity: &str) -> LoggedIn {
    let request = confirmed_request(world, node, person, identity, "openid profile").await;
    let exchanged = request.send(node).await;
    assert_eq!(exchanged.status, 200, "{exchanged:?}");
    LoggedIn { request, exchanged }
}

pub(crate) async fn sessions(world: &World, node: &Node, person: u32) -> SessionList {
    let request = reqwest::Client::new().get(node.at(paths::SESSIONS));
    let request = request.bearer_auth(world.persons.token(person));
    request.send().await.unwrap().json().await.unwrap()
}

pub(crate) async fn post(world: &World, node: &Node, person: u32, path: &str) -> reqwest::Response {
    let request = reqwest::Client::new().post(node.at(path));
    let request = request.bearer_auth(world.persons.token(person));
    request.send().await.unwrap()
}

pub(crate) async fn by_backend(
    node: &Node,
    (id, secret): (&str, &str),
    body: &Value,
) -> reqwest::Response {
    let request = reqwest::Client::new().post(node.at(paths::BACKEND_LOGOUT));
    let request = request.basic_auth(id, Some(secret)).json(body);
    request.send().await.unwrap()
}

async fn ended(response: reqwest::Response) -> u32 {
    assert_eq!(response.status(), 200);
    response.json::<EndedSessions>().await.unwrap().ended
}

pub(crate) fn end_of(sid: &str) -> String {
    paths::SESSION_END.replace("{sid}", sid)
}

#[tokio::test]
async fn a_person_lists_their_sessions_and_ends_one_or_all() {
    let redis = RedisServer::start();
    let world = World::on(&redis);
    let (one, two) = (start(&world).await, start(&world).await);
    let first = log_in(&world, &one, 1, PERSONAL).await;
    let second = log_in(&world, &two, 1, "unit:90001").await;
    let other = log_in(&world, &one, 2, PERSONAL).await;
    let listed = sessions(&world, &one, 1).await.sessions;
    let [newest, oldest] = &listed[..] else {
        panic!("{listed:?}")
    };
    assert_eq!(newest.sid.to_string(), second.sid());
    assert_eq!(oldest.sid.to_string(), first.sid());
    assert_eq!(newest.identity.id, "unit:90001");
    assert_eq!(oldest.clients[0].name, "Service hall");
    assert_eq!(oldest.requester.address, "127.0.0.1");
    assert!(oldest.began_at <= oldest.used_at && oldest.used_at < oldest.expires_at);

    let end = post(&world, &two, 1, &end_of(&first.sid())).await;
    assert_eq!(ended(end).await, 1);
    let again = post(&world, &one, 1, &end_of(&first.sid())).await;
    assert_eq!(ended(again).await, 0, "a repeat ends nothing");
    assert!(!first.has_access(&one).await);
    assert!(second.has_access(&one).await);

    let all = post(&world, &one, 1, paths::SESSIONS_END).await;
    assert_eq!(ended(all).await, 1);
    assert!(!second.has_access(&two).await);
    assert!(other.has_access(&two).await, "another person's");
    assert_eq!(sessions(&world, &two, 1).await.sessions, []);
}

/// Row A11: one answer for sessions of others, unknown ones and malformed ids.
#[tokio::test]
async fn a11_a_session_of_another_person_cannot_be_told_from_none() {
    let world = World::in_memory();
    let node = start(&world).await;
    let other = log_in(&world, &node, 2, PERSONAL).await;
    let mut answers = Vec::new();
    for sid in [other.sid(), "0".repeat(24), "not a session".into()] {
        let answer = post(&world, &node, 1, &end_of(&sid)).await;
        assert_eq!(answer.status(), 404);
        answers.push(without_request_id(&answer.text().await.unwrap()));
    }
    assert!(
        answers.iter().all(|answer| *answer == answers[0]),
        "{answers:?}"
    );
    assert!(other.has_access(&node).await);
    let unproved = reqwest::get(node.at(paths::SESSIONS)).await.unwrap();
    assert_eq!(unproved.status(), 401);
}

#[tokio::test]
async fn lists_and_ends_are_limited_by_person() {
    let world =
        World::in_memory().with("limits.session_request_per_person = { burst = 2, per = '1h' }");
    let node = start(&world).await;
    for expected in [200, 200, 429] {
        let request = reqwest::Client::new().get(node.at(paths::SESSIONS));
        let request = request.bearer_auth(world.persons.token(1));
        assert_eq!(request.send().await.unwrap().status(), expected);
    }
    assert_eq!(sessions(&world, &node, 2).await.sessions, []);
}

#[tokio::test]
async fn the_apps_backend_ends_sessions_of_a_person_or_of_one_identity() {
    let redis = RedisServer::start();
    let world = World::on(&redis);
    let (one, two) = (start(&world).await, start(&world).await);
    let personal = log_in(&world, &one, 1, PERSONAL).await;
    let unit = log_in(&world, &two, 1, "unit:90001").await;
    let logs = CapturedLogs::start("info");
    let by_unit =
        json!({ "sub": "load-1", "identity": "unit:90001", "reason": "delegation_withdrawn" });
    assert_eq!(ended(by_backend(&one, BACKEND, &by_unit).await).await, 1);
    assert_eq!(ended(by_backend(&two, BACKEND, &by_unit).await).await, 0);
    assert!(!unit.has_access(&one).await);
    assert!(personal.has_access(&one).await);
    let all = json!({ "sub": "load-1" });
    assert_eq!(ended(by_backend(&two, BACKEND, &all).await).await, 1);
    assert!(!personal.has_access(&one).await);
    let text = logs.text();
    assert!(text.contains("delegation_withdrawn"), "{text}");
    assert!(
        text.contains(&unit.sid()) && !text.contains("load-1"),
        "{text}"
    );
}

#[tokio::test]
async fn a_backend_that_does_not_prove_itself_ends_nothing_and_is_limited() {
    let world = World::in_memory().with("limits.failed_client_proof = { burst = 3, per = '1h' }");
    let node = start(&world).await;
    let login = log_in(&world, &node, 1, PERSONAL).await;
    let all = json!({ "sub": "load-1" });
    for wrong in [("app", "wrong"), ("other", BACKEND.1), ("", "")] {
        let refused = by_backend(&node, wrong, &all).await;
        assert_eq!(refused.status(), 401);
        let challenge = refused.headers()["www-authenticate"].to_str().unwrap();
        assert!(challenge.starts_with("Basic"), "{challenge}");
    }
    let guess = by_backend(&node, BACKEND, &all).await;
    assert_eq!(guess.status(), 429, "no secret is compared any more");
    assert!(login.has_access(&node).await);
}

#[tokio::test]
async fn a_backend_without_credentials_in_the_settings_has_no_endpoint() {
    let world = World::in_memory();
    let node = start_with(&world, |settings| settings.identity.events = None).await;
    let none = by_backend(&node, BACKEND, &json!({ "sub": "load-1" })).await;
    assert_eq!(none.status(), 404);
}

#[tokio::test]
async fn a_malformed_logout_of_the_backend_ends_nothing() {
    let world = World::in_memory();
    let node = start(&world).await;
    let login = log_in(&world, &node, 1, PERSONAL).await;
    for body in [
        json!({}),
        json!({ "sub": "" }),
        json!({ "sub": "load-1", "reason": "two words" }),
        json!({ "sub": "load-1", "reason": "r".repeat(65) }),
        json!({ "sub": "load-1", "identity": 7 }),
    ] {
        let refused = by_backend(&node, BACKEND, &body).await;
        assert_eq!(refused.status(), 400, "{body}");
    }
    assert!(login.has_access(&node).await);
}

/// Row A18: a code that is shown again ends the session of its login, and not the access token alone.
#[tokio::test]
async fn a18_a_replayed_code_ends_the_session() {
    let redis = RedisServer::start();
    let world = World::on(&redis);
    let (one, two) = (start(&world).await, start(&world).await);
    let login = log_in(&world, &one, 1, PERSONAL).await;
    assert_eq!(sessions(&world, &one, 1).await.sessions.len(), 1);
    let replay = login.request.send(&two).await;
    assert_eq!(
        (replay.status, replay.error.as_deref()),
        (400, Some("invalid_grant"))
    );
    assert!(!login.has_access(&one).await);
    assert_eq!(sessions(&world, &one, 1).await.sessions, []);
}

/// A client without anything that needs a session has none, and the person's list stays empty.
#[tokio::test]
async fn a_plain_client_leaves_no_session() {
    let world = World::in_memory();
    let plain = |settings: &mut Settings| settings.clients[0].backchannel_logout_uri = None;
    let node = start_with(&world, plain).await;
    let login = log_in(&world, &node, 1, PERSONAL).await;
    let claims = claims_of(login.exchanged.id_token.as_ref().unwrap());
    assert_eq!(claims.get("sid"), None);
    assert_eq!(sessions(&world, &node, 1).await.sessions, []);
}
