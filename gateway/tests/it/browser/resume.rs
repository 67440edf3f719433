//! Resuming a login: after a lost connection, from a second socket, with a wrong key, and when a
//! node stops.

use reqwest::StatusCode;
use saoma_client::{Browser, BrowserError, OpenedLogin};
use saoma_load::deployment::PERSONAL;
use saoma_protocol::{ClientMessage, ErrorCode, ReceiveKey, ServerMessage};

use super::world;
use crate::support::{ORIGIN as HALL, without_request_id};

/// Threat T21: a browser that resumes receives the events that it missed, in order, once.
#[tokio::test]
async fn a_browser_that_comes_back_gets_the_rest() {
    let (world, node) = world().await;
    let (browser, login) = node.browser().await;
    drop(browser);
    let phone = world.phone(&node, 1);
    phone.scan(&login.qr).await.unwrap();
    let mut browser = Browser::resume(&node.url, HALL, &login, 1).await.unwrap();
    assert!(matches!(
        browser.next().await.unwrap(),
        ServerMessage::Scanned { seq: 2, .. }
    ));
    drop(browser);
    phone.confirm(login.login_id, PERSONAL).await.unwrap();
    let mut browser = Browser::resume(&node.url, HALL, &login, 2).await.unwrap();
    assert!(matches!(
        browser.next().await.unwrap(),
        ServerMessage::Confirmed { seq: 3, .. }
    ));
    assert_eq!(browser.closed().await.unwrap(), 1000);
}

#[tokio::test]
async fn the_newest_socket_wins_and_the_older_one_is_told() {
    let (_world, node) = world().await;
    let (mut older, login) = node.browser().await;
    let mut newer = Browser::resume(&node.url, HALL, &login, 1).await.unwrap();
    assert_eq!(older.closed().await.unwrap(), 4002);
    newer.send(&ClientMessage::CANCEL).await.unwrap();
    assert_eq!(
        newer.next().await.unwrap(),
        ServerMessage::Cancelled {
            seq: 2,
            reason: None
        }
    );
}

/// Threat T4: the QR code reveals the login's id, and the id alone permits no browser operation.
#[tokio::test]
async fn the_qr_code_alone_gives_no_access_to_the_login() {
    let (world, node) = world().await;
    let (mut browser, login) = node.browser().await;
    let thief = |id| OpenedLogin {
        receive_key: ReceiveKey::from_random([7; 32]),
        login_id: id,
        ..login.clone()
    };
    let unknown = saoma_protocol::LoginId::from_random([9; 15]);
    let http = reqwest::Client::new();
    let mut answers = Vec::new();
    for id in [login.login_id, unknown] {
        let mut stolen = Browser::resume(&node.url, HALL, &thief(id), 0)
            .await
            .unwrap();
        let ServerMessage::Error {
            error,
            error_description,
            ..
        } = stolen.next().await.unwrap()
        else {
            panic!("let in")
        };
        assert_eq!(
            (error, stolen.closed().await.unwrap()),
            (ErrorCode::UnknownLogin, 4001)
        );
        answers.push(error_description);
        for (method, path) in [
            ("GET", "events"),
            ("GET", "events?after=0"),
            ("POST", "refresh"),
            ("POST", "cancel"),
        ] {
            let url = node.at(&format!("/v1/logins/{id}/{path}"));
            let request = http
                .request(method.parse().unwrap(), url)
                .header("saoma-receive-key", thief(id).receive_key.to_string());
            let answer = request.send().await.unwrap();
            assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{method} {path}");
            answers.push(without_request_id(&answer.text().await.unwrap()));
        }
    }
    let (known, unknown) = answers.split_at(5);
    assert_eq!(
        known, unknown,
        "the answers do not tell whether the login exists"
    );
    world.phone(&node, 1).scan(&login.qr).await.unwrap();
    assert!(
        matches!(
            browser.next().await.unwrap(),
            ServerMessage::Scanned { seq: 2, .. }
        ),
        "its own browser is still there"
    );
}

#[tokio::test]
async fn a_stopping_node_tells_each_browser_when_to_come_back() {
    let (_world, node) = world().await;
    let (mut browser, _) = node.browser().await;
    let stopping = tokio::spawn(node.gateway.shutdown());
    let Err(BrowserError::Closed { code: 1012, reason }) = browser.next().await else {
        panic!("not sent away")
    };
    serde_json::from_str::<saoma_protocol::RestartHint>(&reason).expect("a hint");
    stopping.await.unwrap();
}
