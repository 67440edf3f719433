//! Refresh tokens at the token endpoint, and revocation.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::Form;
use axum::response::IntoResponse;
use axum::routing::post;
use futures_util::future::join_all;
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use saoma_gateway::{Gateway, Settings};
use saoma_load::deployment::PERSONAL;
use saoma_protocol::paths;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use url::Url;

use crate::cost::Monitor;
use crate::provider_sessions::{claims_of, confirmed_request, sessions};
use crate::support::{Node, RedisServer, TokenRequest, World};

/// The app's backend, asked about a person's standing.
struct Backend {
    url: String,
    says: Arc<AtomicU8>,
}

const GOOD: u8 = 0;
const REFUSED: u8 = 1;
const DOWN: u8 = 2;

impl Backend {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/standing", listener.local_addr().unwrap());
        let says = Arc::new(AtomicU8::new(GOOD));
        let told = Arc::clone(&says);
        let answer = move |Form(question): Form<std::collections::HashMap<String, String>>| async move {
            let sub = &question["sub"];
            let personal = json!([{ "id": "personal", "kind": "personal", "name": "示例" }]);
            match told.load(Ordering::SeqCst) {
                GOOD => axum::Json(
                    json!({ "active": true, "sub": sub, "name": "示例", "identities": personal }),
                )
                .into_response(),
                REFUSED => axum::Json(
                    json!({ "active": true, "sub": sub, "refusal": "card_reported_lost" }),
                )
                .into_response(),
                _ => http::StatusCode::INTERNAL_SERVER_ERROR.into_response(),
            }
        };
        let app = Router::new().route("/standing", post(answer));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let service = TowerToHyperService::new(app.clone());
                let serving = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
                tokio::spawn(async { drop(serving.await) });
            }
        });
        Self { url, says }
    }

    fn say(&self, what: u8) {
        self.says.store(what, Ordering::SeqCst);
    }

    /// Starts a node whose hall has refresh tokens.
    async fn node(&self, world: &World) -> Node {
        self.node_with(world, |_| ()).await
    }

    async fn node_with(&self, world: &World, change: impl FnOnce(&mut Settings)) -> Node {
        let mut settings = world.settings();
        settings.clients[0].refresh_tokens = Some(Duration::from_secs(600));
        let standing =
            json!({ "url": self.url, "client_id": "saoma", "client_secret": "standing-secret" });
        settings.identity.standing = Some(serde_json::from_value(standing).unwrap());
        change(&mut settings);
        let gateway = Gateway::start(settings).await.unwrap();
        let url = Url::parse(&format!("http://{}", gateway.address())).unwrap();
        Node { gateway, url }
    }
}

/// Tokens of a login, or the error in their place.
#[derive(Debug, Clone)]
struct Tokens(u16, Value);

impl Tokens {
    fn text(&self, member: &str) -> &str {
        self.1[member].as_str().unwrap_or_default()
    }

    fn refresh_token(&self) -> &str {
        assert_eq!(self.0, 200, "{self:?}");
        self.text("refresh_token")
    }
}

async fn form(node: &Node, path: &str, members: &[(&str, &str)]) -> Tokens {
    let request = reqwest::Client::new().post(node.at(path)).form(members);
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    Tokens(status, response.json().await.unwrap_or_default())
}

const HALL: [(&str, &str); 2] = [("client_id", "hall"), ("client_secret", "hall-secret")];

async fn refresh(node: &Node, token: &str) -> Tokens {
    let grant = [("grant_type", "refresh_token"), ("refresh_token", token)];
    form(node, paths::TOKEN, &[&HALL[..], &grant[..]].concat()).await
}

async fn revoke(node: &Node, token: &str) -> u16 {
    let token = [("token", token)];
    form(node, paths::REVOKE, &[&HALL[..], &token[..]].concat())
        .await
        .0
}

/// Logs a person in with this scope, and redeems the code.
async fn logged_in(world: &World, node: &Node, scope: &str) -> Tokens {
    let TokenRequest {
        code,
        redirect_uri,
        code_verifier,
        ..
    } = confirmed_request(world, node, 1, PERSONAL, scope).await;
    let members = [
        ("grant_type", "authorization_code"),
        ("code", &*code),
        ("redirect_uri", &*redirect_uri),
        ("code_verifier", &*code_verifier),
    ];
    form(node, paths::TOKEN, &[&HALL[..], &members[..]].concat()).await
}

async fn userinfo(node: &Node, tokens: &Tokens) -> u16 {
    let request = reqwest::Client::new().get(node.at(paths::USERINFO));
    let request = request.bearer_auth(tokens.text("access_token"));
    request.send().await.unwrap().status().as_u16()
}

const SCOPE: &str = "openid profile offline_access";

/// A refresh token gives a new one, an access token that opens the userinfo endpoint, and an ID token of the same login (OIDC
/// Core §12.2), at any node.
#[tokio::test]
async fn a_refresh_token_is_used_at_any_node() {
    let backend = Backend::start().await;
    let redis = RedisServer::start();
    let world = World::on(&redis);
    let (one, two) = (backend.node(&world).await, backend.node(&world).await);
    let first = logged_in(&world, &one, SCOPE).await;
    assert_eq!(first.text("scope"), SCOPE);
    let (was, mut newest) = (claims_of(first.text("id_token")), first.clone());
    for node in [&two, &one, &two] {
        let next = refresh(node, newest.refresh_token()).await;
        assert_ne!(next.refresh_token(), newest.refresh_token());
        assert_ne!(next.text("access_token"), newest.text("access_token"));
        assert_eq!(next.text("scope"), SCOPE);
        let claims = claims_of(next.text("id_token"));
        for same in ["iss", "sub", "aud", "auth_time", "sid"] {
            assert_eq!(claims[same], was[same], "{same}");
        }
        assert!(claims["iat"].as_u64() >= was["iat"].as_u64());
        assert_eq!(claims.get("nonce"), None);
        assert_eq!(userinfo(&one, &next).await, 200);
        newest = next;
    }
    let other = [
        ("client_id", "other"),
        ("grant_type", "refresh_token"),
        ("refresh_token", newest.refresh_token()),
    ];
    let stranger = form(&one, paths::TOKEN, &other).await;
    assert_eq!(stranger.text("error"), "unauthorized_client");
    assert_eq!(refresh(&two, newest.refresh_token()).await.0, 200);
}

#[tokio::test]
async fn a_refresh_token_is_given_for_its_scope_or_by_the_clients_setting() {
    let backend = Backend::start().await;
    let world = World::in_memory();
    let node = backend.node(&world).await;
    let without = logged_in(&world, &node, "openid").await;
    assert_eq!((without.0, without.1.get("refresh_token")), (200, None));
    assert_eq!(claims_of(without.text("id_token")).get("sid"), None);
    let always = |settings: &mut Settings| settings.clients[0].refresh_tokens_always = true;
    let node = backend.node_with(&world, always).await;
    let given = logged_in(&world, &node, "openid").await;
    assert_eq!(refresh(&node, given.refresh_token()).await.0, 200);
    let off = |settings: &mut Settings| settings.clients[0].refresh_tokens = None;
    let node = backend.node_with(&world, off).await;
    let none = logged_in(&world, &node, SCOPE).await;
    assert_eq!(
        (none.text("scope"), none.1.get("refresh_token")),
        ("openid profile", None)
    );
    assert_eq!(
        refresh(&node, "made up").await.text("error"),
        "unauthorized_client"
    );
}

/// RFC 9700 §4.14.2, over two nodes: the used token is shown after its successor was used.
#[tokio::test]
async fn a_used_refresh_token_ends_the_session() {
    let backend = Backend::start().await;
    let redis = RedisServer::start();
    let world = World::on(&redis);
    let (one, two) = (backend.node(&world).await, backend.node(&world).await);
    let first = logged_in(&world, &one, SCOPE).await;
    let second = refresh(&two, first.refresh_token()).await;
    let third = refresh(&one, second.refresh_token()).await;
    assert_eq!(sessions(&world, &one, 1).await.sessions.len(), 1);
    let stolen = refresh(&two, first.refresh_token()).await;
    assert_eq!((stolen.0, stolen.text("error")), (400, "invalid_grant"));
    assert_eq!(
        refresh(&one, third.refresh_token()).await.text("error"),
        "invalid_grant"
    );
    for tokens in [&first, &second, &third] {
        assert_eq!(userinfo(&two, tokens).await, 401);
    }
    assert_eq!(sessions(&world, &two, 1).await.sessions, []);
}

/// A client that asks twice at once, or again because an answer was lost, is no thief: it gets the same token.
#[tokio::test]
async fn two_refreshes_at_once_get_the_same_token() {
    let backend = Backend::start().await;
    let redis = RedisServer::start();
    let world = World::on(&redis);
    let (one, two) = (backend.node(&world).await, backend.node(&world).await);
    let first = logged_in(&world, &one, SCOPE).await;
    let at_once = [&one, &two, &one, &two].map(|node| refresh(node, first.refresh_token()));
    let answers = join_all(at_once).await;
    let successor = answers[0].refresh_token();
    for answer in &answers {
        assert_eq!(answer.refresh_token(), successor);
        assert_eq!(userinfo(&one, answer).await, 200);
    }
    assert_eq!(refresh(&two, successor).await.0, 200);
}

#[tokio::test]
async fn a_person_who_may_no_longer_act_gets_no_tokens_and_the_session_ends() {
    let backend = Backend::start().await;
    let world = World::in_memory();
    let node = backend.node(&world).await;
    let first = logged_in(&world, &node, SCOPE).await;
    backend.say(DOWN);
    let down = refresh(&node, first.refresh_token()).await;
    assert_eq!(
        (down.0, down.text("error")),
        (503, "temporarily_unavailable")
    );
    backend.say(GOOD);
    let second = refresh(&node, first.refresh_token()).await;
    assert_eq!(userinfo(&node, &second).await, 200, "nothing was used up");
    backend.say(REFUSED);
    let refused = refresh(&node, second.refresh_token()).await;
    assert_eq!((refused.0, refused.text("error")), (400, "invalid_grant"));
    assert_eq!(userinfo(&node, &second).await, 401);
    backend.say(GOOD);
    let ended = refresh(&node, second.refresh_token()).await;
    assert_eq!(ended.text("error"), "invalid_grant");
}

#[tokio::test]
async fn a_refresh_may_ask_for_less_and_not_for_more() {
    let backend = Backend::start().await;
    let world = World::in_memory();
    let node = backend.node(&world).await;
    let first = logged_in(&world, &node, SCOPE).await;
    let asking = |scope| {
        let grant = [
            ("grant_type", "refresh_token"),
            ("refresh_token", first.refresh_token()),
            ("scope", scope),
        ];
        [&HALL[..], &grant[..]].concat()
    };
    let more = form(&node, paths::TOKEN, &asking("openid email")).await;
    assert_eq!((more.0, more.text("error")), (400, "invalid_scope"));
    let less = form(&node, paths::TOKEN, &asking("openid")).await;
    assert_eq!((less.0, less.text("scope")), (200, "openid"));
    assert_eq!(
        refresh(&node, less.refresh_token()).await.text("scope"),
        SCOPE
    );
}

/// Tokens that the gateway has not made are counted by address, and never reach the store.
#[tokio::test]
async fn made_up_refresh_tokens_are_limited_and_the_right_one_is_not() {
    let backend = Backend::start().await;
    let world =
        World::in_memory().with("limits.unknown_token_per_address = { burst = 3, per = '1h' }");
    let node = backend.node(&world).await;
    let first = logged_in(&world, &node, SCOPE).await;
    let access = first.text("access_token");
    for token in ["x", access, "y"] {
        assert_eq!(refresh(&node, token).await.text("error"), "invalid_grant");
    }
    assert_eq!(refresh(&node, "z").await.0, 429);
    assert_eq!(refresh(&node, first.refresh_token()).await.0, 200);
}

/// RFC 7009: a refresh token with its access tokens, an access token alone, and 200 for whatever is not the client's.
#[tokio::test]
async fn a_client_gives_its_tokens_up() {
    let backend = Backend::start().await;
    let redis = RedisServer::start();
    let world = World::on(&redis);
    let (one, two) = (backend.node(&world).await, backend.node(&world).await);
    let first = logged_in(&world, &one, SCOPE).await;
    let second = refresh(&one, first.refresh_token()).await;
    let by_other = [("client_id", "other"), ("token", second.refresh_token())];
    assert_eq!(form(&one, paths::REVOKE, &by_other).await.0, 200);
    assert_eq!(userinfo(&one, &second).await, 200, "another client's");
    assert_eq!(revoke(&two, second.text("access_token")).await, 200);
    assert_eq!(userinfo(&one, &second).await, 401);
    let third = refresh(&one, second.refresh_token()).await;
    assert_eq!(revoke(&two, third.refresh_token()).await, 200);
    assert_eq!(userinfo(&one, &third).await, 401);
    assert_eq!(
        refresh(&one, third.refresh_token()).await.text("error"),
        "invalid_grant"
    );
    for unknown in [third.refresh_token(), "made up"] {
        assert_eq!(revoke(&two, unknown).await, 200);
    }
    let wrong = [
        ("client_id", "hall"),
        ("client_secret", "wrong"),
        ("token", "x"),
    ];
    assert_eq!(form(&one, paths::REVOKE, &wrong).await.0, 401);
    assert_eq!(
        form(&one, paths::REVOKE, &HALL).await.text("error"),
        "invalid_request"
    );
}

/// A plain client's access token can be given up too.
#[tokio::test]
async fn an_access_token_without_a_session_is_revoked() {
    let backend = Backend::start().await;
    let world = World::in_memory();
    let node = backend.node(&world).await;
    let plain = logged_in(&world, &node, "openid").await;
    assert_eq!(userinfo(&node, &plain).await, 200);
    assert_eq!(revoke(&node, plain.text("access_token")).await, 200);
    assert_eq!(userinfo(&node, &plain).await, 401);
}

#[tokio::test]
async fn discovery_names_refresh_and_revocation() {
    let world = World::in_memory();
    let node = world.start().await;
    let metadata: Value = reqwest::get(node.at(paths::DISCOVERY))
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert!(
        metadata["grant_types_supported"]
            .as_array()
            .unwrap()
            .contains(&json!("refresh_token"))
    );
    assert!(
        metadata["scopes_supported"]
            .as_array()
            .unwrap()
            .contains(&json!("offline_access"))
    );
    let endpoint = metadata["revocation_endpoint"].as_str().unwrap();
    assert!(endpoint.ends_with(paths::REVOKE), "{endpoint}");
}

/// One command reads the session, so that the backend can be asked about its person, and one exchanges the token.
#[tokio::test]
async fn a_refresh_costs_two_commands_and_a_revocation_one() {
    let backend = Backend::start().await;
    let redis = RedisServer::start();
    let world = World::on(&redis);
    let node = backend.node(&world).await;
    // The first login brings the scripts to Redis.
    for counted in [false, true] {
        let first = logged_in(&world, &node, SCOPE).await;
        let mut redis = Monitor::start(&redis).await;
        let second = refresh(&node, first.refresh_token()).await;
        let cost = redis.cost().await;
        assert!(!counted || cost.sent == 2, "{cost:?}");
        assert_eq!(revoke(&node, second.refresh_token()).await, 200);
        let cost = redis.cost().await;
        assert!(!counted || cost.sent == 1, "{cost:?}");
    }
}
