//! The closing handshake (RFC 6455 §5.5.1, §7): close codes and the end of the connection.

use super::bytes::*;
use super::wire::{Answer, Pace, Wire};
use super::{INVALID_DATA, Moment, NO_MESSAGE, PROTOCOL_ERROR, hold, node, row, serves_others};
use crate::support::World;

fn echo(code: u16) -> Answer {
    Answer::Close(Some(code))
}

#[tokio::test]
async fn a_close_is_answered_in_kind() {
    // The codes of §7.4.1 and, of those registered since, 1012 and 1013; then the first and last of
    // §7.4.2's ranges.
    let codes = [
        1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 3000, 3999, 4000, 4999,
    ];
    let allowed = codes.map(|code| row(format!("§7.4 {code}"), close(code, b"bye"), [echo(code)]));
    let rows = [
        row(
            "§5.5.1 without a code",
            frame(FIN | CLOSE, b""),
            [Answer::Close(None)],
        ),
        row("§5.5.1 without a reason", close(1000, b""), [echo(1000)]),
        row(
            "§5.5.1 with the longest reason",
            close(1000, &[b'x'; 123]),
            [echo(1000)],
        ),
        row(
            "§5.5.1 with a reason beyond ASCII",
            close(1000, "再见".as_bytes()),
            [echo(1000)],
        ),
        row(
            "§5.4 in the middle of a message",
            [frame(TEXT, b"x"), close(1000, b"")].concat(),
            [echo(1000)],
        ),
        row("§5.5.1 twice", close(1000, b"").repeat(2), [echo(1000)]),
        row(
            "§5.5.1 text after it is not read",
            [close(1000, b""), text("hello")].concat(),
            [echo(1000)],
        ),
        row(
            "§5.5.1 nor is a ping",
            [close(1000, b""), frame(FIN | PING, b"x")].concat(),
            [echo(1000)],
        ),
        row(
            "§5.5.1 nor what is wrong",
            [close(1000, b""), frame(FIN | 0xF, b"x")].concat(),
            [echo(1000)],
        ),
        row(
            "§7.1.1 nor much",
            [close(1000, b""), vec![b'x'; 100_000]].concat(),
            [echo(1000)],
        ),
    ];
    hold(rows.into_iter().chain(allowed)).await;
}

#[tokio::test]
async fn an_invalid_close_is_a_protocol_error() {
    // IANA has registered 1014 since, for what a proxy met behind it: no browser has reason to say
    // so, and tungstenite knows it not. §7.4.2 leaves what is below 3000 to the protocol's later
    // versions.
    let codes = [
        0, 1, 999, 1004, 1005, 1006, 1014, 1015, 1016, 1100, 2000, 2999, 5000, 65535,
    ];
    let forbidden =
        codes.map(|code| row(format!("§7.4 {code}"), close(code, b""), [PROTOCOL_ERROR]));
    let rows = [
        row(
            "§5.5.1 one byte",
            frame(FIN | CLOSE, b"\x03"),
            [PROTOCOL_ERROR],
        ),
        row(
            "§5.5.1 a reason that is not UTF-8",
            close(1000, b"\xED\xA0\x80"),
            [INVALID_DATA],
        ),
    ];
    hold(rows.into_iter().chain(forbidden)).await;
}

#[tokio::test]
async fn the_close_code_arrives_even_when_much_is_still_being_sent() {
    let node = node().await;
    let rest = vec![b'x'; 1 << 20];
    for (wrong, code) in [
        (frame(FIN | 0x3, b""), 1002),
        (frame(FIN | TEXT, b"\xFF"), 1007),
        (frame(FIN | BINARY, b""), 1003),
    ] {
        let mut wire = Wire::at(Moment::Opened, &node).await;
        wire.send(&[wrong, rest.clone()].concat(), Pace::Whole)
            .await;
        assert_eq!(wire.next().await, echo(code));
        wire.send_end().await;
        assert_eq!(wire.next().await, Answer::End, "{code}");
    }
}

#[tokio::test]
async fn a_browser_that_does_not_answer_a_close_is_not_waited_for() {
    let node = World::in_memory()
        .with("sockets.write_timeout = '100ms'")
        .start()
        .await;
    for (sent, code) in [
        (frame(FIN | 0x3, b""), 1002),
        (frame(FIN | BINARY, b""), 1003),
        (text("[").repeat(5), 4000),
    ] {
        let mut wire = Wire::at(Moment::Opened, &node).await;
        wire.send(&sent, Pace::Whole).await;
        let mut answer = wire.next().await;
        while answer == NO_MESSAGE {
            answer = wire.next().await;
        }
        assert_eq!(answer, echo(code));
        assert!(
            matches!(wire.next().await, Answer::End | Answer::Reset),
            "{code}"
        );
    }
}

#[tokio::test]
async fn a_browser_that_just_drops_is_gone() {
    let node = node().await;
    for rest in [
        &b""[..],
        &frame(FIN | TEXT, b"half")[..3],
        &frame(TEXT, b"a fragment"),
    ] {
        for moment in [Moment::First, Moment::Opened] {
            let mut wire = Wire::at(moment, &node).await;
            wire.send(rest, Pace::Whole).await;
            wire.send_end().await;
            // §7.1.5 calls it 1006, a code for the one who misses the close frame and never on the
            // wire.
            assert_eq!(wire.next().await, Answer::End, "{moment:?}");
        }
    }
    serves_others(&node, "a drop").await;
    assert_eq!(node.gateway.waiting(), 0);
}
