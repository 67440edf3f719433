//! The opening handshake as RFC 6455 §4.2 asks, in raw bytes.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::World;

const RIGHT: &[(&str, &str)] = &[
    ("Host", "login.example"),
    ("Connection", "keep-alive, Upgrade"),
    ("Upgrade", "WebSocket"),
    ("Sec-WebSocket-Version", "13"),
    ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ("Sec-WebSocket-Protocol", "saoma.v1"),
    ("Origin", "https://hall.example"),
];

/// The answer's head to a handshake with one header replaced or, when empty, left out.
async fn handshake(node: &crate::support::Node, changed: (&str, &str)) -> String {
    let mut request = "GET /v1/socket HTTP/1.1\r\n".to_owned();
    for (name, value) in RIGHT {
        let value = if *name == changed.0 { changed.1 } else { value };
        if !value.is_empty() {
            request += &format!("{name}: {value}\r\n");
        }
    }
    let mut stream = TcpStream::connect(node.gateway.address()).await.unwrap();
    stream.write_all((request + "\r\n").as_bytes()).await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    String::from_utf8(head).unwrap().to_ascii_lowercase()
}

#[tokio::test]
async fn a_right_handshake_is_answered_with_the_rfcs_own_accept_key() {
    let node = World::in_memory().start().await;
    let answer = handshake(&node, ("", "")).await;
    assert!(answer.starts_with("http/1.1 101"), "{answer}");
    assert!(answer.contains("sec-websocket-accept: s3pplmbitxaq9kygzzhzrbk+xoo="), "{answer}");
    assert!(answer.contains("sec-websocket-protocol: saoma.v1"), "{answer}");
}

#[tokio::test]
async fn a_wrong_one_gets_the_status_that_says_what_is_wrong() {
    let node = World::in_memory().start().await;
    for (changed, status, header) in [
        (("Upgrade", ""), 426, "upgrade: websocket"),
        (("Connection", "keep-alive"), 426, "upgrade: websocket"),
        (("Sec-WebSocket-Version", "8"), 426, "sec-websocket-version: 13"),
        (("Sec-WebSocket-Version", ""), 426, "sec-websocket-version: 13"),
        (("Sec-WebSocket-Key", ""), 400, "application/problem+json"),
        (("Sec-WebSocket-Key", "c2hvcnQ="), 400, "application/problem+json"),
        (("Sec-WebSocket-Protocol", ""), 400, "application/problem+json"),
        (("Origin", "https://evil.example"), 403, "application/problem+json"),
    ] {
        let answer = handshake(&node, changed).await;
        assert!(answer.starts_with(&format!("http/1.1 {status}")), "{changed:?}: {answer}");
        assert!(answer.contains(header), "{changed:?}: {answer}");
    }
}

#[tokio::test]
async fn a_head_that_never_ends_is_not_waited_for() {
    let world = World::in_memory().with("server.header_timeout = '200ms'");
    let node = world.start().await;
    let mut stream = TcpStream::connect(node.gateway.address()).await.unwrap();
    stream.write_all(b"GET /v1/socket HTTP/1.1\r\nHost: login.example\r\nX-Slow: ").await.unwrap();
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).await.expect("the gateway ends the connection");
}
