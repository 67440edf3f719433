//! Handshakes that the gateway refuses, each with its status.

use super::super::bytes::{FIN, PING, frame};
use super::super::wire::{Pace, Wire};
use super::super::{node, serves_others};
use super::{Handshake, answered};
use crate::support::World;

/// RFC 6455 §4.2.1: the request line, `Host`, `Upgrade` and `Connection`.
#[tokio::test]
async fn a_request_that_asks_for_no_websocket_is_refused_with_the_reason() {
    let (upgrade, problem) = ("upgrade: websocket", "application/problem+json");
    answered([
        (
            "§4.2.1 POST",
            Handshake::line("POST /v1/socket HTTP/1.1"),
            405,
            "",
        ),
        (
            "§4.2.1 HEAD",
            Handshake::line("HEAD /v1/socket HTTP/1.1"),
            400,
            problem,
        ),
        (
            "§4.2.1 HTTP/1.0",
            Handshake::line("GET /v1/socket HTTP/1.0"),
            400,
            problem,
        ),
        (
            "§4.2.1 no HTTP",
            Handshake::line("GET /v1/socket SAOMA/1.1"),
            400,
            "",
        ),
        (
            "§4.2.1 another resource",
            Handshake::line("GET /v1/sockets HTTP/1.1"),
            404,
            problem,
        ),
        ("§4.2.1 no Host", Handshake::without("Host"), 400, problem),
        (
            "§4.2.1 two Hosts",
            Handshake::right().and("Host", "evil.example"),
            400,
            problem,
        ),
        (
            "§4.2.1 no Upgrade",
            Handshake::without("Upgrade"),
            426,
            upgrade,
        ),
        (
            "§4.2.1 another Upgrade",
            Handshake::with("Upgrade", "websockets"),
            426,
            upgrade,
        ),
        (
            "§4.2.1 no Connection",
            Handshake::without("Connection"),
            426,
            upgrade,
        ),
        (
            "§4.2.1 another Connection",
            Handshake::with("Connection", "keep-alive"),
            426,
            upgrade,
        ),
    ])
    .await;
}

/// RFC 6455 §4.4 and §11.3.5.
#[tokio::test]
async fn any_other_version_is_refused_with_the_one_that_is_served() {
    let version = "sec-websocket-version: 13";
    answered([
        (
            "§4.4 no version",
            Handshake::without("Sec-WebSocket-Version"),
            426,
            version,
        ),
        (
            "§4.4 an older version",
            Handshake::with("Sec-WebSocket-Version", "8"),
            426,
            version,
        ),
        (
            "§4.4 a newer version",
            Handshake::with("Sec-WebSocket-Version", "14"),
            426,
            version,
        ),
        (
            "§4.4 the right one, written otherwise",
            Handshake::with("Sec-WebSocket-Version", "013"),
            426,
            version,
        ),
        (
            "§4.4 a list of versions",
            Handshake::with("Sec-WebSocket-Version", "13, 8"),
            426,
            version,
        ),
        (
            "§11.3.5 two versions",
            Handshake::right().and("Sec-WebSocket-Version", "8"),
            426,
            version,
        ),
    ])
    .await;
}

/// RFC 6455 §10.2.
#[tokio::test]
async fn a_missing_foreign_or_second_origin_is_refused() {
    let problem = "application/problem+json";
    answered([
        (
            "§10.2 no origin",
            Handshake::without("Origin"),
            403,
            problem,
        ),
        (
            "§10.2 a foreign origin",
            Handshake::with("Origin", "https://evil.example"),
            403,
            problem,
        ),
        (
            "§10.2 two origins",
            Handshake::right().and("Origin", "https://evil.example"),
            403,
            problem,
        ),
        (
            "§10.2 two origins in one",
            Handshake::with("Origin", "https://hall.example https://evil.example"),
            403,
            problem,
        ),
    ])
    .await;
}

#[tokio::test]
async fn a_key_is_sixteen_bytes_in_base64_once() {
    let key = |value| Handshake::with("Sec-WebSocket-Key", value);
    let problem = "application/problem+json";
    answered([
        (
            "§4.2.1 none",
            Handshake::without("Sec-WebSocket-Key"),
            400,
            problem,
        ),
        ("§4.2.1 an empty one", key(""), 400, problem),
        ("§4.2.1 15 bytes", key("dGhlIHNhbXBsZSBub25j"), 400, problem),
        (
            "§4.2.1 17 bytes",
            key("dGhlIHNhbXBsZSBub25jZSE="),
            400,
            problem,
        ),
        (
            "§4.2.1 without padding",
            key("dGhlIHNhbXBsZSBub25jZQ"),
            400,
            problem,
        ),
        (
            "§4.2.1 no base64",
            key("!GhlIHNhbXBsZSBub25jZQ=="),
            400,
            problem,
        ),
        (
            "§11.3.1 two keys",
            Handshake::right().and("Sec-WebSocket-Key", "AQIDBAUGBwgJCgsMDQ4PEA=="),
            400,
            problem,
        ),
        (
            "§11.3.1 the same twice",
            Handshake::right().and("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
            400,
            problem,
        ),
    ])
    .await;
}

#[tokio::test]
async fn a_head_that_is_ill_formed_or_too_long_is_refused() {
    let many = (0..200).fold(Handshake::right(), |handshake, number| {
        handshake.and(&format!("X-{number}"), "x")
    });
    answered([
        (
            "RFC 9112 §5.1 a space before the colon",
            Handshake::right().and("X-Spaced ", "x"),
            400,
            "",
        ),
        (
            "RFC 9112 §5.2 a folded line",
            Handshake::right().and("X-Folded", "a\r\n b"),
            400,
            "",
        ),
        (
            "RFC 9110 §5.5 a NUL",
            Handshake::right().and("X-Nul", "\0"),
            400,
            "",
        ),
        (
            "RFC 6585 §5 20,000 bytes",
            Handshake::right().and("X-Long", &"x".repeat(20_000)),
            431,
            "",
        ),
        ("RFC 6585 §5 200 headers", many, 431, ""),
    ])
    .await;
}

/// Frames come right behind the head (RFC 6455 §4.1), so the bytes of a body could be taken for
/// frames.
#[tokio::test]
async fn a_handshake_has_no_body() {
    let node = node().await;
    let ping = frame(FIN | PING, b"early");
    let length = ping.len().to_string();
    let chunked = [
        format!("{:x}\r\n", ping.len()).as_bytes(),
        &ping,
        b"\r\n0\r\n\r\n",
    ]
    .concat();
    for (name, handshake, body) in [
        (
            "Content-Length",
            Handshake::right().and("Content-Length", &length),
            ping,
        ),
        (
            "Transfer-Encoding",
            Handshake::right().and("Transfer-Encoding", "chunked"),
            chunked,
        ),
    ] {
        let mut wire = Wire::connect(node.gateway.address()).await;
        wire.send(&[handshake.bytes(), body].concat(), Pace::Whole)
            .await;
        let head = wire.head().await;
        assert!(head.starts_with("http/1.1 400"), "{name}: {head}");
        serves_others(&node, name).await;
    }
}

#[tokio::test]
async fn a_head_that_never_ends_is_not_waited_for() {
    let node = World::in_memory()
        .with("server.header_timeout = '200ms'")
        .start()
        .await;
    let mut wire = Wire::connect(node.gateway.address()).await;
    wire.send(
        b"GET /v1/socket HTTP/1.1\r\nHost: login.example\r\nX-Slow: ",
        Pace::Whole,
    )
    .await;
    wire.rest().await;
}
