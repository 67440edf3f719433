//! Handshakes that the gateway accepts, and the subprotocol that it chooses.

use super::super::bytes::{CLOSE, FIN, PING, frame, text};
use super::super::wire::{Answer, Pace, Wire};
use super::super::{UNKNOWN_TYPE, node};
use super::{Handshake, answered};

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
