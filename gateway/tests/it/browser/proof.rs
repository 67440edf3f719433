//! Requests without the receive key: they learn nothing (row A11).

use reqwest::StatusCode;
use saoma_client::{Browser, BrowserError, OpenedLogin};
use saoma_load::deployment::PERSONAL;
use saoma_protocol::{ClientMessage, LoginId, ReceiveKey, ServerMessage};

use crate::support::{Node, ORIGIN as HALL, RedisServer, World, without_request_id};

/// All that a thief with a login's id is told: by the socket, and by each request over HTTP.
async fn told_without_the_key(node: &Node, login: &OpenedLogin) -> Vec<String> {
    let thief = OpenedLogin {
        receive_key: ReceiveKey::from_random([7; 32]),
        ..login.clone()
    };
    let mut told = Vec::new();
    let mut socket = Browser::resume(&node.url, HALL, &thief, 0).await.unwrap();
    loop {
        match socket.next().await {
            Ok(message) => told.push(format!("{message:?}")),
            Err(BrowserError::Closed { code, reason }) => {
                told.push(format!("{code} {reason}"));
                break;
            }
            Err(error) => panic!("{error}"),
        }
    }
    for (method, path) in [
        ("GET", "events"),
        ("GET", "events?after=0"),
        ("POST", "refresh"),
        ("POST", "agree"),
        ("POST", "cancel"),
    ] {
        let url = node.at(&format!("/v1/logins/{}/{path}", login.login_id));
        let request = reqwest::Client::new()
            .request(method.parse().unwrap(), url)
            .header("saoma-receive-key", thief.receive_key.to_string());
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{method} {path}");
        told.push(without_request_id(&answer.text().await.unwrap()));
    }
    told
}

async fn no_state_is_told_without_the_key(world: World) {
    let world = world.with("limits.unknown_key_per_address = { burst = 1000, per = '1m' }");
    let node = world.start().await;
    let phone = world.phone(&node, 1);
    let (_browser, login) = node.browser().await;
    let unknown = OpenedLogin {
        login_id: LoginId::from_random([9; 15]),
        ..login.clone()
    };
    let expected = told_without_the_key(&node, &unknown).await;
    let check = async |login: &OpenedLogin, state: &str| {
        assert_eq!(
            told_without_the_key(&node, login).await,
            expected,
            "{state}"
        );
    };
    check(&login, "waiting").await;
    phone.scan(&login.qr).await.unwrap();
    check(&login, "scanned").await;
    phone.confirm(login.login_id, PERSONAL).await.unwrap();
    check(&login, "confirmed").await;

    let (_browser, rejected) = node.browser().await;
    phone.scan(&rejected.qr).await.unwrap();
    phone.reject(rejected.login_id).await.unwrap();
    check(&rejected, "rejected").await;

    let (mut browser, cancelled) = node.browser().await;
    browser.send(&ClientMessage::CANCEL).await.unwrap();
    assert!(matches!(
        browser.next().await.unwrap(),
        ServerMessage::Cancelled { .. }
    ));
    check(&cancelled, "cancelled").await;
}

#[tokio::test]
async fn without_the_key_no_state_of_a_login_is_told() {
    no_state_is_told_without_the_key(World::in_memory()).await;
}

#[tokio::test]
async fn without_the_key_no_state_of_a_login_in_redis_is_told() {
    let redis = RedisServer::start();
    no_state_is_told_without_the_key(World::on(&redis)).await;
}
