//! Floods: each costs the store little, and leaves others their allowance. The rows are those of `docs/security.md`.

use saoma_client::{BrowserError, NewLogin};
use saoma_protocol::{ClientMessage, ErrorCode, LoginId, ReceiveKey, ServerMessage, paths};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::cost::Monitor;
use crate::support::{Node, ORIGIN, PollingBrowser, RedisServer, World, hall};

/// A connection over which one request follows the other.
pub(crate) struct Flooder(TcpStream);

impl Flooder {
    pub(crate) async fn connect(node: &Node) -> Self {
        Self(TcpStream::connect(node.gateway.address()).await.unwrap())
    }

    /// Sends a request, and returns the status of its answer.
    async fn send(&mut self, request: &str) -> u16 {
        self.0.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        loop {
            let mut part = [0; 4096];
            let count = self.0.read(&mut part).await.unwrap();
            assert!(count > 0, "the connection ended");
            answer.extend_from_slice(&part[..count]);
            let text = String::from_utf8_lossy(&answer);
            if let Some((head, body)) = text.split_once("\r\n\r\n") {
                let length = head.lines().find_map(|line| {
                    line.to_lowercase()
                        .strip_prefix("content-length: ")
                        .and_then(|length| length.parse().ok())
                });
                if body.len() >= length.unwrap_or(0) {
                    return head[9..12].parse().unwrap();
                }
            }
        }
    }

    /// Presents a receive key, by a poll or a command.
    async fn present(&mut self, method: &str, path: &str, key: &ReceiveKey) -> u16 {
        self.send(&format!(
            "{method} {path} HTTP/1.1\r\nHost: login.example\r\nSaoma-Receive-Key: {key}\r\nContent-Length: 0\r\n\r\n"
        ))
        .await
    }

    /// Opens a login by a POST from an address behind a trusted proxy.
    pub(crate) async fn open(&mut self, address: &str, body: &str) -> u16 {
        let length = body.len();
        self.send(&format!(
            "POST /v1/logins HTTP/1.1\r\nHost: login.example\r\nOrigin: {ORIGIN}\r\nX-Forwarded-For: {address}\r\n\
             Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
        ))
        .await
    }
}

fn poll_of(id: LoginId) -> String {
    paths::of_login(paths::EVENTS, id) + "?after=1&wait=0"
}

/// Row A1, threat T36.
#[tokio::test]
async fn ten_thousand_refreshes_on_one_socket_cost_the_store_ten_commands_at_most() {
    let redis = RedisServer::start();
    let world = World::on(&redis);
    let node = world.start().await;
    let (mut flooder, _) = node.browser().await;
    let mut monitor = Monitor::start(&redis).await;
    for _ in 0..10_000 {
        if flooder.send(&ClientMessage::Refresh).await.is_err() {
            break;
        }
    }
    let mut over = 0;
    let code = loop {
        match flooder.next().await {
            Ok(ServerMessage::Error {
                error, retry_after, ..
            }) => {
                assert_eq!(error, ErrorCode::TooManyRequests);
                over += usize::from(retry_after.is_some());
            }
            Ok(ServerMessage::Renewed { .. }) => {}
            Err(BrowserError::Closed { code, .. }) => break code,
            other => panic!("{other:?}"),
        }
    };
    assert!(code == 4101 || code == 1006, "{code}");
    assert!((1..=9).contains(&over), "{over} errors");
    let sent = monitor.cost().await.sent;
    assert!(sent <= 10, "{sent} commands");
    let (mut honest, _) = node.browser().await;
    honest.send(&ClientMessage::Refresh).await.unwrap();
    assert!(matches!(
        honest.next().await.unwrap(),
        ServerMessage::Renewed { .. }
    ));
}

/// Row A1: the budget is told once, and the fifth message over it ends the socket.
#[tokio::test]
async fn the_fifth_message_over_the_budget_closes_the_socket() {
    let world = World::in_memory().with("limits.message_per_socket = { burst = 2, per = '1h' }");
    let node = world.start().await;
    let (mut browser, _) = node.browser().await;
    browser.send(&ClientMessage::Refresh).await.unwrap();
    assert!(matches!(
        browser.next().await.unwrap(),
        ServerMessage::Renewed { .. }
    ));
    browser.send(&ClientMessage::Refresh).await.unwrap();
    let ServerMessage::Error {
        error, retry_after, ..
    } = browser.next().await.unwrap()
    else {
        panic!("no error")
    };
    assert_eq!(error, ErrorCode::TooManyRequests);
    assert!(retry_after > Some(60));
    for _ in 0..4 {
        browser.send(&ClientMessage::Refresh).await.unwrap();
    }
    assert_eq!(browser.closed().await.unwrap(), 4101);
}

/// Row A1.
#[tokio::test]
async fn a_socket_with_a_login_takes_no_other_and_loses_patience() {
    let world = World::in_memory();
    let node = world.start().await;
    let (mut browser, login) = node.browser().await;
    for number in 0..5 {
        let message = if number % 2 == 0 {
            ClientMessage::Open(NewLogin::of(&hall()).request)
        } else {
            ClientMessage::Resume(login.resume_request(1))
        };
        browser.send(&message).await.unwrap();
        let ServerMessage::Error { error, .. } = browser.next().await.unwrap() else {
            panic!("no error")
        };
        assert_eq!(error, ErrorCode::InvalidRequest);
    }
    assert_eq!(browser.closed().await.unwrap(), 4000);
}

/// Row A1: a login is refreshed once in two seconds, by whatever door.
#[tokio::test]
async fn posted_refreshes_are_limited_by_login_before_the_store() {
    let redis = RedisServer::start();
    let world = World::on(&redis);
    let node = world.start().await;
    let browser = PollingBrowser::open(&node).await;
    browser.command(&node, paths::REFRESH).await;
    let (id, key) = (browser.login.login_id, &browser.login.receive_key);
    let path = paths::of_login(paths::REFRESH, id);
    let mut flooder = Flooder::connect(&node).await;
    let mut monitor = Monitor::start(&redis).await;
    monitor.cost().await;
    let mut refreshed = 0;
    for _ in 0..500 {
        match flooder.present("POST", &path, key).await {
            204 => refreshed += 1,
            status => assert_eq!(status, 429),
        }
    }
    let sent = monitor.cost().await.sent;
    assert!(sent <= 3 * refreshed, "{sent} commands for {refreshed}");
}

/// Row A1 by the doors without a socket.
#[tokio::test]
async fn posted_agreements_and_cancels_are_limited_by_login_before_the_store() {
    let redis = RedisServer::start();
    let world = World::on(&redis);
    let node = world.start().await;
    for command in [paths::AGREE, paths::CANCEL] {
        let browser = PollingBrowser::open(&node).await;
        let (id, key) = (browser.login.login_id, &browser.login.receive_key);
        let path = paths::of_login(command, id);
        let mut flooder = Flooder::connect(&node).await;
        let mut monitor = Monitor::start(&redis).await;
        monitor.cost().await;
        let mut passed = 0;
        for _ in 0..500 {
            passed += usize::from(flooder.present("POST", &path, key).await != 429);
        }
        assert!((8..100).contains(&passed), "{passed} of 500");
        let sent = monitor.cost().await.sent;
        assert!(sent <= 3 * passed, "{sent} commands for {passed}");
    }
}

/// Row A4, threats T10 and T12.
#[tokio::test]
async fn junk_polls_cost_one_question_each_within_the_burst_and_refuse_no_browser() {
    let redis = RedisServer::start();
    let world = World::on(&redis).with("server.max_new_sockets_per_second = 20");
    let (node, other) = (world.start().await, world.start().await);
    let mut here = PollingBrowser::open(&node).await;
    let mut elsewhere = PollingBrowser::open(&other).await;
    // The first poll brings the script to Redis.
    assert_eq!(here.messages(&node, 0).await, []);
    let mut monitor = Monitor::start(&redis).await;
    let mut flooder = Flooder::connect(&node).await;

    monitor.cost().await;
    let (id, key) = (
        LoginId::from_random([9; LoginId::BYTES]),
        ReceiveKey::from_random([9; 32]),
    );
    for _ in 0..1000 {
        let status = flooder.present("GET", &poll_of(id), &key).await;
        assert!([404, 429].contains(&status), "{status}");
    }
    let sent = monitor.cost().await.sent;
    assert!(sent <= 1, "{sent} commands for one unknown key");

    let mut statuses = Vec::new();
    for number in 0..1000_u16 {
        let mut bytes = [7; 32];
        bytes[..2].copy_from_slice(&number.to_be_bytes());
        let id = LoginId::from_random(bytes[..LoginId::BYTES].try_into().unwrap());
        let key = ReceiveKey::from_random(bytes);
        statuses.push(flooder.present("GET", &poll_of(id), &key).await);
    }
    let sent = monitor.cost().await.sent;
    // The burst of 30, and one more in each 2 s that the flood takes.
    assert!(sent <= 60, "{sent} commands for different unknown keys");
    assert!(statuses.ends_with(&[429]), "{statuses:?}");

    assert_eq!(here.messages(&node, 0).await, []);
    assert_eq!(elsewhere.messages(&node, 0).await, []);
    for _ in 0..8 {
        node.browser().await;
    }
}

/// Row A4: commands and streams by key are limited as polls are.
#[tokio::test]
async fn guessed_commands_are_limited_by_address_and_the_right_key_is_not() {
    let redis = RedisServer::start();
    let world = World::on(&redis);
    let node = world.start().await;
    let browser = PollingBrowser::open(&node).await;
    let id = browser.login.login_id;
    let mut flooder = Flooder::connect(&node).await;
    let mut monitor = Monitor::start(&redis).await;
    monitor.cost().await;
    for (method, path) in [
        ("POST", paths::CANCEL),
        ("POST", paths::REFRESH),
        ("GET", paths::EVENTS),
    ] {
        for number in 0..200 {
            let key = ReceiveKey::from_random([number; 32]);
            let path = paths::of_login(path, id);
            let status = flooder.present(method, &path, &key).await;
            assert!([404, 429].contains(&status), "{status}");
        }
    }
    let sent = monitor.cost().await.sent;
    assert!(sent <= 60, "{sent} commands");
    browser.command(&node, paths::CANCEL).await;
}
