//! Codes in the hands of others than their own client (rows A8 and A18): they change nothing without a proof.

use saoma_client::{Browser, RelyingParty};
use saoma_load::deployment::PERSONAL;
use saoma_protocol::{ServerMessage, paths};

use crate::support::{Node, RedisServer, TokenRequest, World, hall};

const VERIFIER: &str = "a-verifier-that-no-login-has-and-that-is-long-enough";

/// The party without a secret.
fn page() -> RelyingParty {
    RelyingParty {
        client_id: "other".into(),
        redirect_uri: "https://other.example/callback".into(),
        origin: "https://other.example".into(),
        client_secret: None,
    }
}

/// A confirmed login at this party: the request by which it may redeem the code.
async fn confirmed(world: &World, node: &Node, party: &RelyingParty) -> TokenRequest {
    let (mut browser, login) = Browser::open(&node.url, party).await.unwrap();
    let phone = world.phone(node, 1);
    phone.scan(&login.qr).await.unwrap();
    phone.confirm(login.login_id, PERSONAL).await.unwrap();
    loop {
        if let ServerMessage::Confirmed { redirect_to, .. } = browser.next().await.unwrap() {
            return TokenRequest {
                client_id: party.client_id.clone(),
                client_secret: party.client_secret.clone(),
                redirect_uri: party.redirect_uri.clone(),
                ..TokenRequest::of(&login, &redirect_to)
            };
        }
    }
}

async fn refused(request: &TokenRequest, node: &Node) -> Option<String> {
    request.send(node).await.error
}

async fn userinfo(node: &Node, token: &str) -> u16 {
    let request = reqwest::Client::new().get(node.at(paths::USERINFO));
    let answer = request.bearer_auth(token).send().await.unwrap();
    answer.status().as_u16()
}

/// Row A8: a stranger who names another client, with or without a secret of its own, has no tries of a code.
#[tokio::test]
async fn a8_only_its_own_client_ends_a_code_by_wrong_tries() {
    let world = World::in_memory();
    let node = world.start().await;
    for (owner, stranger) in [(hall(), page()), (page(), hall())] {
        let right = confirmed(&world, &node, &owner).await;
        let foreign = TokenRequest {
            client_id: stranger.client_id,
            client_secret: stranger.client_secret,
            code_verifier: VERIFIER.into(),
            ..right.clone()
        };
        for _ in 0..8 {
            let error = refused(&foreign, &node).await;
            assert_eq!(error.as_deref(), Some("invalid_grant"));
        }
        assert_eq!(right.send(&node).await.status, 200, "{}", owner.client_id);
    }
}

/// Row A8: requests without the verifier, or with made-up ones, use nothing up that the right one needs, and cost the store
/// two commands at most, also where the login is gone.
#[tokio::test]
async fn a8_made_up_verifiers_keep_no_right_one_out_and_cost_the_store_nothing() {
    let redis = RedisServer::start();
    let world = World::on(&redis);
    let node = world.start().await;
    let right = confirmed(&world, &node, &page()).await;
    let gone = confirmed(&world, &node, &page()).await;
    let flood = async |right: &TokenRequest| {
        let before = redis.script_calls();
        for number in 0..100 {
            for verifier in [String::new(), format!("{VERIFIER}-{number}")] {
                let foreign = TokenRequest {
                    code_verifier: verifier,
                    ..right.clone()
                };
                assert_eq!(foreign.send(&node).await.status, 400, "{foreign:?}");
            }
        }
        let calls = redis.script_calls() - before;
        assert!(calls <= 2, "{calls}");
    };
    flood(&right).await;
    assert_eq!(right.send(&node).await.status, 200);
    redis.command(&["FLUSHALL"]);
    flood(&gone).await;
}

/// Row A8: a client without a secret has none to guess, so made-up ones do not lock it out.
#[tokio::test]
async fn a8_made_up_secrets_of_a_client_that_has_none_do_not_lock_it_out() {
    let world = World::in_memory();
    let node = world.start().await;
    let right = confirmed(&world, &node, &page()).await;
    let made_up = TokenRequest {
        client_secret: Some("made-up".into()),
        ..right.clone()
    };
    for _ in 0..30 {
        assert_eq!(made_up.send(&node).await.status, 401);
    }
    assert_eq!(right.send(&node).await.status, 200);
}

/// The form of a request, with these parameters in the place of its own. An empty value is as none.
fn form(request: &TokenRequest, changed: &[(&'static str, &str)]) -> Vec<(&'static str, String)> {
    let own = [
        ("grant_type", "authorization_code"),
        ("client_id", &request.client_id),
        (
            "client_secret",
            request.client_secret.as_deref().unwrap_or_default(),
        ),
        ("code", &request.code),
        ("redirect_uri", &request.redirect_uri),
        ("code_verifier", &request.code_verifier),
    ];
    let changed_to = |name| {
        let change = changed.iter().find(|(changed, _)| *changed == name);
        change.map(|(_, value)| *value)
    };
    own.into_iter()
        .map(|(name, value)| (name, changed_to(name).unwrap_or(value).to_owned()))
        .collect()
}

/// Row A18: a readable request ends the token of a used code if it proves the code's own client, also with another grant
/// type or without one.
#[tokio::test]
async fn a18_a_used_code_in_a_request_for_another_grant_ends_the_token() {
    let world = World::in_memory();
    let node = world.start().await;
    let http = reqwest::Client::new();
    for (owner, change, error) in [
        (hall(), ("grant_type", ""), "invalid_request"),
        (
            hall(),
            ("grant_type", "refresh_token"),
            "unsupported_grant_type",
        ),
        (page(), ("grant_type", ""), "invalid_request"),
        (
            page(),
            ("grant_type", "refresh_token"),
            "unsupported_grant_type",
        ),
    ] {
        let right = confirmed(&world, &node, &owner).await;
        let other_grant = form(&right, &[change]);
        let send = async || {
            let request = http.post(node.at(paths::TOKEN)).form(&other_grant);
            let answer = request.send().await.unwrap().text().await.unwrap();
            assert!(answer.contains(error), "{answer}");
        };
        for _ in 0..5 {
            send().await;
        }
        let token = right.send(&node).await.access_token.unwrap();
        assert_eq!(userinfo(&node, &token).await, 200);
        send().await;
        assert_eq!(userinfo(&node, &token).await, 401, "{change:?}");
    }
}

/// Row A18: a request ends nothing that proves no client, another one than the code's without the verifier, or that cannot
/// be read.
#[tokio::test]
async fn a18_a_used_code_in_a_request_that_proves_nothing_ends_nothing() {
    let world = World::in_memory();
    let node = world.start().await;
    let http = reqwest::Client::new();
    let post = || http.post(node.at(paths::TOKEN));
    let right = confirmed(&world, &node, &hall()).await;
    let token = right.send(&node).await.access_token.unwrap();
    let mut twice = form(&right, &[]);
    twice.push(("scope", "openid".into()));
    twice.push(("scope", "openid".into()));
    let requests = [
        post().form(&form(&right, &[("client_id", "")])),
        post().form(&form(&right, &[("client_id", "unknown")])),
        post().form(&form(&right, &[("client_secret", "wrong")])),
        post().form(&twice),
        post()
            .basic_auth("hall", right.client_secret.as_ref())
            .form(&form(&right, &[])),
        post().header("content-type", "application/json").body("{}"),
    ];
    for request in requests {
        let status = request.send().await.unwrap().status().as_u16();
        assert!([400, 401].contains(&status), "{status}");
        assert_eq!(userinfo(&node, &token).await, 200);
    }

    let right = confirmed(&world, &node, &page()).await;
    let token = right.send(&node).await.access_token.unwrap();
    let by_hall = TokenRequest {
        code_verifier: VERIFIER.into(),
        ..confirmed(&world, &node, &hall()).await
    };
    let foreign = TokenRequest {
        code: right.code,
        ..by_hall
    };
    let error = refused(&foreign, &node).await;
    assert_eq!(error.as_deref(), Some("invalid_grant"));
    assert_eq!(userinfo(&node, &token).await, 200);
}
