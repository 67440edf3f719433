//! Admission limits: excess connections are refused before they cost anything, and open ones are
//! unaffected (threat T12).

use std::time::Duration;

use reqwest::StatusCode;
use saoma_client::{Browser, BrowserError};
use saoma_protocol::ServerMessage;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{Node, ORIGIN, World};

/// Answer to a refused handshake.
async fn refused(node: &Node) -> (StatusCode, Option<u64>) {
    match Browser::connect(&node.url, ORIGIN).await {
        Err(BrowserError::Refused {
            status,
            retry_after,
            ..
        }) => (status, retry_after),
        other => panic!("not refused: {other:?}"),
    }
}

/// Checks that the node admits two browsers, refuses the third, and still serves the first.
async fn third_is_refused(setting: &str, expected: StatusCode) {
    let world = World::in_memory().with(setting);
    let node = world.start().await;
    let (mut first, login) = node.browser().await;
    let (second, _) = node.browser().await;
    for _ in 0..20 {
        let (status, retry_after) = refused(&node).await;
        assert_eq!(status, expected, "{setting}");
        assert!(retry_after.is_some_and(|seconds| seconds > 0), "{setting}");
    }
    world.phone(&node, 1).scan(&login.qr).await.unwrap();
    assert!(matches!(
        first.next().await.unwrap(),
        ServerMessage::Scanned { .. }
    ));
    drop(second);
}

/// Threat T12.
#[tokio::test]
async fn a_full_node_refuses_before_the_upgrade() {
    third_is_refused("server.max_sockets = 2", StatusCode::SERVICE_UNAVAILABLE).await;
}

/// Threat T12.
#[tokio::test]
async fn open_sockets_per_address_are_limited() {
    third_is_refused(
        "server.max_sockets_per_address = 2",
        StatusCode::TOO_MANY_REQUESTS,
    )
    .await;
}

/// Threat T12.
#[tokio::test]
async fn new_sockets_per_address_are_rate_limited() {
    let setting = "limits.socket_per_address = { burst = 2, per = '1h' }";
    third_is_refused(setting, StatusCode::TOO_MANY_REQUESTS).await;
}

#[tokio::test]
async fn a_closed_socket_frees_its_permit() {
    let node = World::in_memory()
        .with("server.max_sockets = 1")
        .start()
        .await;
    let (first, _) = node.browser().await;
    refused(&node).await;
    drop(first);
    let again = async {
        while Browser::connect(&node.url, ORIGIN).await.is_err() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(saoma_client::DEFAULT_TIMEOUT, again)
        .await
        .expect("the place is given back");
}

#[tokio::test]
async fn idle_connections_count_against_the_limit() {
    let node = World::in_memory()
        .with("server.max_sockets_per_address = 3")
        .start()
        .await;
    let mut silent = Vec::new();
    for _ in 0..3 {
        silent.push(TcpStream::connect(node.gateway.address()).await.unwrap());
    }
    let mut answer = String::new();
    let mut one_too_many = TcpStream::connect(node.gateway.address()).await.unwrap();
    one_too_many.read_to_string(&mut answer).await.unwrap();
    assert!(
        answer.starts_with("HTTP/1.1 503") && answer.contains("Retry-After: 5"),
        "{answer}"
    );
    assert_eq!(
        reqwest::get(node.operations("/live"))
            .await
            .unwrap()
            .status(),
        200,
        "operators get in"
    );
}

#[tokio::test]
async fn a_body_that_never_ends_is_not_waited_for() {
    let world = World::in_memory().with("server.header_timeout = '200ms'");
    let node = world.start().await;
    for request in [
        "POST /v1/logins HTTP/1.1\r\nHost: login.example\r\nContent-Length: 100\r\n\r\n{",
        "POST /oauth2/token HTTP/1.1\r\nHost: login.example\r\nContent-Length: 100\r\n\r\ngrant_type=",
        "POST /oauth2/authorize HTTP/1.1\r\nHost: login.example\r\nContent-Length: 100\r\n\r\nclient_id=",
    ] {
        let mut stream = TcpStream::connect(node.gateway.address()).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut head = [0; 12];
        stream.read_exact(&mut head).await.unwrap();
        assert_eq!(&head, b"HTTP/1.1 400", "{request}");
    }
}

#[tokio::test]
async fn an_idle_connection_is_closed() {
    let world = World::in_memory().with("server.idle_timeout = '200ms'");
    let node = world.start().await;
    let mut stream = TcpStream::connect(node.gateway.address()).await.unwrap();
    stream
        .write_all(b"GET /nothing HTTP/1.1\r\nHost: login.example\r\n\r\n")
        .await
        .unwrap();
    let mut all = Vec::new();
    stream
        .read_to_end(&mut all)
        .await
        .expect("the gateway ends the connection");
    assert!(all.starts_with(b"HTTP/1.1 404"));
}

/// Row K3.
#[tokio::test]
async fn a_head_may_take_less_time_than_a_connection_may_idle() {
    let world = World::in_memory()
        .with("server.header_timeout = '200ms'")
        .with("server.idle_timeout = '1h'");
    let node = world.start().await;
    let request = b"GET /nothing HTTP/1.1\r\nHost: login.example\r\n\r\n";
    let mut stream = TcpStream::connect(node.gateway.address()).await.unwrap();
    let mut head = [0; 12];
    stream.write_all(request).await.unwrap();
    stream.read_exact(&mut head).await.unwrap();
    // Idle for longer than a head may take.
    let mut rest = vec![0; 4096];
    let read_on = async { while stream.read(&mut rest).await.unwrap() > 0 {} };
    let waited = tokio::time::timeout(Duration::from_secs(1), read_on).await;
    assert!(waited.is_err(), "the gateway keeps the connection");
    stream.write_all(request).await.unwrap();
    stream.read_exact(&mut head).await.unwrap();
    assert_eq!(&head, b"HTTP/1.1 404");
    // A head that begins and does not end.
    stream.write_all(b"GET /nothing").await.unwrap();
    let ended = tokio::time::timeout(Duration::from_secs(10), stream.read_to_end(&mut rest)).await;
    assert!(ended.is_ok(), "the gateway ends the connection");
}

/// Row A14: three clients that never read 400 pipelined answers held their connections for good.
#[tokio::test]
async fn a_client_that_does_not_read_its_answers_is_cut_off() {
    let world = World::in_memory().with("sockets.write_timeout = '200ms'");
    let node = world.start().await;
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let mut stream = socket.connect(node.gateway.address()).await.unwrap();
    let request = b"GET /.well-known/openid-configuration HTTP/1.1\r\nHost: login.example\r\n\r\n";
    let cut_off = async { while stream.write_all(request).await.is_ok() {} };
    tokio::time::timeout(Duration::from_secs(30), cut_off)
        .await
        .expect("the gateway ends the connection");
}
