//! The opening handshake (RFC 6455 §4.2): what is one, and how everything else is refused.

use super::bytes::{CLOSE, FIN, PING, frame, text};
use super::wire::{Answer, Pace, Wire};
use super::{UNKNOWN_TYPE, node, serves_others};
use crate::support::World;

/// A request's head, right unless a test makes it wrong.
#[derive(Debug, Clone)]
pub struct Handshake {
    line: String,
    headers: Vec<(String, String)>,
}

impl Handshake {
    pub fn right() -> Self {
        let headers = [
            ("Host", "login.example"),
            ("Connection", "keep-alive, Upgrade"),
            ("Upgrade", "WebSocket"),
            ("Sec-WebSocket-Version", "13"),
            ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
            ("Sec-WebSocket-Protocol", "saoma.v1"),
            ("Origin", "https://hall.example"),
        ];
        let headers = headers
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into();
        Self {
            line: "GET /v1/socket HTTP/1.1".into(),
            headers,
        }
    }

    fn line(line: &str) -> Self {
        Self {
            line: line.into(),
            ..Self::right()
        }
    }

    fn without(name: &str) -> Self {
        let mut handshake = Self::right();
        handshake.headers.retain(|(other, _)| other != name);
        handshake
    }

    /// With this value in the place of the right one.
    fn with(name: &str, value: &str) -> Self {
        Self::without(name).and(name, value)
    }

    /// With this header as well.
    fn and(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    pub fn bytes(&self) -> Vec<u8> {
        let headers = self
            .headers
            .iter()
            .map(|(name, value)| format!("{name}: {value}\r\n"));
        format!("{}\r\n{}\r\n", self.line, headers.collect::<String>()).into_bytes()
    }
}

/// Sends each handshake and holds the answer's head to a status and to a line of it.
async fn answered(rows: impl IntoIterator<Item = (&'static str, Handshake, u16, &'static str)>) {
    let node = node().await;
    for (name, handshake, status, line) in rows {
        let mut wire = Wire::connect(node.gateway.address()).await;
        wire.send(&handshake.bytes(), Pace::Whole).await;
        let head = wire.head().await;
        assert_eq!(
            head.split(' ').nth(1),
            Some(status.to_string().as_str()),
            "{name}: {head}"
        );
        assert!(head.contains(line), "{name}: {head}");
        if status == 101 {
            wire.is_open(name).await;
        }
        serves_others(&node, name).await;
    }
}

#[tokio::test]
async fn a_right_handshake_is_answered_with_the_rfcs_own_accept_key() {
    let accepted = "sec-websocket-accept: s3pplmbitxaq9kygzzhzrbk+xoo=";
    answered([
        ("§1.3 the example", Handshake::right(), 101, accepted),
        (
            "§4.2.2 the subprotocol",
            Handshake::right(),
            101,
            "sec-websocket-protocol: saoma.v1",
        ),
        (
            "§4.2.1 Upgrade in any case",
            Handshake::with("Upgrade", "WEBSOCKET"),
            101,
            accepted,
        ),
        (
            "§4.2.1 Upgrade with others",
            Handshake::with("Upgrade", "h2c, websocket"),
            101,
            accepted,
        ),
        (
            "§4.2.1 Upgrade in two headers",
            Handshake::with("Upgrade", "h2c").and("Upgrade", "websocket"),
            101,
            accepted,
        ),
        (
            "§4.2.1 Connection in any case",
            Handshake::with("Connection", "UPGRADE"),
            101,
            accepted,
        ),
        (
            "§4.2.1 Connection in two headers",
            Handshake::with("Connection", "keep-alive").and("Connection", "upgrade"),
            101,
            accepted,
        ),
        (
            "§4.1 a query",
            Handshake::line("GET /v1/socket?page=1 HTTP/1.1"),
            101,
            accepted,
        ),
        (
            "§4.1 a whole URI",
            Handshake::line("GET http://login.example/v1/socket HTTP/1.1"),
            101,
            accepted,
        ),
        (
            "§9.1 an extension is offered",
            Handshake::right().and("Sec-WebSocket-Extensions", "permessage-deflate"),
            101,
            accepted,
        ),
        (
            "§4.1 names in any case",
            Handshake::without("Origin").and("oRiGiN", "https://hall.example"),
            101,
            accepted,
        ),
    ])
    .await;
}

#[tokio::test]
async fn no_extension_is_agreed_on() {
    let node = node().await;
    let mut wire = Wire::connect(node.gateway.address()).await;
    let offered = Handshake::right().and(
        "Sec-WebSocket-Extensions",
        "permessage-deflate; client_max_window_bits",
    );
    wire.send(&offered.bytes(), Pace::Whole).await;
    let head = wire.head().await;
    assert!(!head.contains("sec-websocket-extensions"), "{head}");
}

#[tokio::test]
async fn a_subprotocol_is_chosen_from_one_list_or_several() {
    let protocol = |value| Handshake::with("Sec-WebSocket-Protocol", value);
    let (chosen, served) = (
        "sec-websocket-protocol: saoma.v1",
        "application/problem+json",
    );
    answered([
        (
            "§11.3.4 several",
            protocol("chat, saoma.v9,saoma.v1"),
            101,
            chosen,
        ),
        (
            "§11.3.4 in several headers",
            protocol("chat").and("Sec-WebSocket-Protocol", "saoma.v1"),
            101,
            chosen,
        ),
        (
            "§11.3.4 the same twice",
            protocol("saoma.v1").and("Sec-WebSocket-Protocol", "saoma.v1"),
            101,
            chosen,
        ),
        (
            "§4.2.2 none",
            Handshake::without("Sec-WebSocket-Protocol"),
            400,
            served,
        ),
        (
            "§4.2.2 none that is served",
            protocol("chat, saoma.v9"),
            400,
            served,
        ),
        ("§4.2.2 another case", protocol("SAOMA.V1"), 400, served),
        ("§4.2.2 an empty one", protocol(""), 400, served),
    ])
    .await;
}

#[tokio::test]
async fn what_is_no_handshake_gets_the_status_that_says_so() {
    let (upgrade, version, problem) = (
        "upgrade: websocket",
        "sec-websocket-version: 13",
        "application/problem+json",
    );
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

/// Frames come right behind the head (RFC 6455 §4.1), so the bytes of a body could be taken for frames.
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
async fn a_handshake_may_come_in_any_segments_with_frames_right_behind_it() {
    let node = node().await;
    let frames = [
        frame(FIN | PING, b"early"),
        text(r#"{"type":"dance"}"#),
        frame(FIN | CLOSE, b""),
    ]
    .concat();
    for pace in [Pace::Whole, Pace::Bytes] {
        let mut wire = Wire::connect(node.gateway.address()).await;
        wire.send(&[Handshake::right().bytes(), frames.clone()].concat(), pace)
            .await;
        let head = wire.head().await;
        assert!(head.starts_with("http/1.1 101"), "{head}");
        for expected in [
            Answer::Pong(b"early".into()),
            UNKNOWN_TYPE,
            Answer::Close(None),
            Answer::End,
        ] {
            assert_eq!(wire.next().await, expected, "{pace:?}");
        }
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
