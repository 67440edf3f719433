//! Framing (RFC 6455 §5): reserved bits and opcodes, masks, control frames, fragments, lengths.

use std::time::{Duration, Instant};

use super::bytes::*;
use super::wire::{Answer, Pace, Wire};
use super::{Moment, NO_MESSAGE, PROTOCOL_ERROR, TOO_BIG, UNKNOWN_TYPE, hold, node, row};
use crate::support::World;

const DANCE: &str = r#"{"type":"dance"}"#;

fn pong(payload: &[u8]) -> Answer {
    Answer::Pong(payload.into())
}

/// The same message, as long as a test needs it.
fn padded(size: usize) -> String {
    DANCE.to_owned() + &" ".repeat(size - DANCE.len())
}

#[tokio::test]
async fn reserved_bits_and_opcodes_end_the_socket() {
    let rows = [
        row(
            "§5.2 RSV1 without an extension: a compressed message",
            frame(FIN | RSV1 | TEXT, b"x"),
            [PROTOCOL_ERROR],
        ),
        row(
            "§5.2 RSV2",
            frame(FIN | RSV2 | TEXT, b"x"),
            [PROTOCOL_ERROR],
        ),
        row(
            "§5.2 RSV3",
            frame(FIN | RSV3 | TEXT, b"x"),
            [PROTOCOL_ERROR],
        ),
        row(
            "§5.2 all three on a ping",
            frame(FIN | RSV1 | RSV2 | RSV3 | PING, b""),
            [PROTOCOL_ERROR],
        ),
        row(
            "§5.2 RSV1 on a close",
            frame(FIN | RSV1 | CLOSE, b""),
            [PROTOCOL_ERROR],
        ),
        row(
            "§5.2 RSV1 on a continuation",
            [frame(TEXT, b"x"), frame(FIN | RSV1 | CONTINUATION, b"")].concat(),
            [PROTOCOL_ERROR],
        ),
        row(
            "§5.2 RSV1 after a good message",
            [text(DANCE), frame(FIN | RSV1 | TEXT, b"x")].concat(),
            [UNKNOWN_TYPE, PROTOCOL_ERROR],
        ),
    ];
    let opcodes = (0x3..=0x7).chain(0xB..=0xF);
    let reserved = opcodes.map(|opcode| {
        row(
            format!("§5.2 opcode {opcode}"),
            frame(FIN | opcode, b"x"),
            [PROTOCOL_ERROR],
        )
    });
    hold(rows.into_iter().chain(reserved)).await;
}

#[tokio::test]
async fn frames_without_a_mask_end_the_socket() {
    hold([
        row(
            "§5.1 text without a mask",
            unmasked(FIN | TEXT, DANCE.as_bytes()),
            [PROTOCOL_ERROR],
        ),
        row(
            "§5.1 an empty one",
            unmasked(FIN | TEXT, b""),
            [PROTOCOL_ERROR],
        ),
        row(
            "§5.1 a ping without a mask",
            unmasked(FIN | PING, b"x"),
            [PROTOCOL_ERROR],
        ),
        row(
            "§5.1 a close without a mask",
            unmasked(FIN | CLOSE, &1000_u16.to_be_bytes()),
            [PROTOCOL_ERROR],
        ),
        row(
            "§5.1 the second fragment without a mask",
            [frame(TEXT, b"x"), unmasked(FIN | CONTINUATION, b"")].concat(),
            [PROTOCOL_ERROR],
        ),
    ])
    .await;
}

#[tokio::test]
async fn control_frames_are_short_and_whole() {
    let long = [b'x'; 126];
    hold([
        row(
            "§5.5 a ping in fragments",
            frame(PING, b"x"),
            [PROTOCOL_ERROR],
        ),
        row(
            "§5.5 a pong in fragments",
            frame(PONG, b"x"),
            [PROTOCOL_ERROR],
        ),
        row(
            "§5.5 a close in fragments",
            frame(CLOSE, &1000_u16.to_be_bytes()),
            [PROTOCOL_ERROR],
        ),
        row(
            "§5.5 a ping of 126 bytes",
            frame(FIN | PING, &long),
            [PROTOCOL_ERROR],
        ),
        row(
            "§5.5 a pong of 126 bytes",
            frame(FIN | PONG, &long),
            [PROTOCOL_ERROR],
        ),
        row(
            "§5.5 a close of 126 bytes",
            close(1000, &long[2..]),
            [PROTOCOL_ERROR],
        ),
        // Too long for anything: the length alone decides, before the frame is there (§7.4.1 has
        // both codes).
        row(
            "§5.5 a ping of 4097 bytes",
            frame_of_length(FIN | PING, Length::Bits16(4097), b""),
            [TOO_BIG],
        ),
    ])
    .await;
}

#[tokio::test]
async fn a_ping_is_answered_with_its_payload_and_a_pong_with_nothing() {
    let (full, bytes) = ([b'p'; 125], [0, 0xFF, 0xFE, 0xFD, 0x80]);
    let ten: Vec<u8> = (b'0'..=b'9')
        .flat_map(|digit| frame(FIN | PING, &[digit]))
        .collect();
    hold([
        row("§5.5.2 an empty ping", frame(FIN | PING, b""), [pong(b"")]),
        row("§5.5.2 125 bytes", frame(FIN | PING, &full), [pong(&full)]),
        row(
            "§5.5.2 bytes that are no text",
            frame(FIN | PING, &bytes),
            [pong(&bytes)],
        ),
        // All are answered, where §5.5.3 would let all but the last go.
        row(
            "§5.5.3 ten at once",
            ten,
            (b'0'..=b'9')
                .map(|digit| pong(&[digit]))
                .collect::<Vec<_>>(),
        ),
        row("§5.5.3 an unsolicited pong", frame(FIN | PONG, b"x"), []),
        row("§5.5.3 an empty one", frame(FIN | PONG, b""), []),
        row(
            "§5.5.3 a pong, then a ping",
            [frame(FIN | PONG, b"x"), frame(FIN | PING, b"y")].concat(),
            [pong(b"y")],
        ),
    ])
    .await;
}

#[tokio::test]
async fn a_message_may_come_in_fragments() {
    let halves = [&DANCE.as_bytes()[..7], &DANCE.as_bytes()[7..]];
    let letters: Vec<&[u8]> = DANCE.as_bytes().chunks(1).collect();
    let pinged = [
        frame(TEXT, halves[0]),
        frame(FIN | PING, b"between"),
        frame(FIN | CONTINUATION, halves[1]),
    ];
    hold([
        row("§5.4 two fragments", fragments(&halves), [UNKNOWN_TYPE]),
        row(
            "§5.4 a fragment for each byte",
            fragments(&letters),
            [UNKNOWN_TYPE],
        ),
        row(
            "§5.4 empty ones between",
            fragments(&[b"", halves[0], b"", b"", halves[1], b""]),
            [UNKNOWN_TYPE],
        ),
        row(
            "§5.4 nothing but empty ones",
            fragments(&[b"", b"", b""]),
            [NO_MESSAGE],
        ),
        row(
            "§5.4 a ping between two",
            pinged.concat(),
            [pong(b"between"), UNKNOWN_TYPE],
        ),
        row(
            "§5.4 two messages, one after the other",
            [fragments(&halves), fragments(&letters)].concat(),
            [UNKNOWN_TYPE, UNKNOWN_TYPE],
        ),
        row("§5.4 a start without an end", frame(TEXT, halves[0]), []),
    ])
    .await;
}

#[tokio::test]
async fn fragments_out_of_order_end_the_socket() {
    hold([
        row(
            "§5.4 a continuation of nothing",
            frame(FIN | CONTINUATION, b"x"),
            [PROTOCOL_ERROR],
        ),
        row(
            "§5.4 the same with more to come",
            frame(CONTINUATION, b"x"),
            [PROTOCOL_ERROR],
        ),
        row(
            "§5.4 a continuation of what has ended",
            [
                fragments(&[DANCE.as_bytes(), b""]),
                frame(CONTINUATION, b"x"),
            ]
            .concat(),
            [UNKNOWN_TYPE, PROTOCOL_ERROR],
        ),
        row(
            "§5.4 text inside of text",
            [frame(TEXT, b"x"), text(DANCE)].concat(),
            [PROTOCOL_ERROR],
        ),
        row(
            "§5.4 a start inside of text",
            [frame(TEXT, b"x"), frame(TEXT, b"y")].concat(),
            [PROTOCOL_ERROR],
        ),
        row(
            "§5.4 binary inside of text",
            [frame(TEXT, b"x"), frame(FIN | BINARY, b"y")].concat(),
            [PROTOCOL_ERROR],
        ),
    ])
    .await;
}

#[tokio::test]
async fn a_message_has_4096_bytes_at_most() {
    let (most, more) = (padded(4096), padded(4097));
    let parts = |text: &str| fragments(&text.as_bytes().chunks(1000).collect::<Vec<_>>());
    let lengths = |length| frame_of_length(FIN | TEXT, length, b"");
    hold([
        row(
            "docs/protocol.md §3 4096 bytes",
            text(&most),
            [UNKNOWN_TYPE],
        ),
        row(
            "docs/protocol.md §3 4096 bytes in fragments",
            parts(&most),
            [UNKNOWN_TYPE],
        ),
        row("§7.4.1 one byte more", text(&more), [TOO_BIG]),
        row("§7.4.1 one byte more in fragments", parts(&more), [TOO_BIG]),
        row(
            "§7.4.1 64 KiB in a 64-bit length",
            text(&padded(65536)),
            [TOO_BIG],
        ),
        // From here on the length alone decides: nothing of the payload ever comes, nor is memory
        // set aside for it.
        row(
            "§10.4 64 KiB to come",
            lengths(Length::Bits16(u16::MAX)),
            [TOO_BIG],
        ),
        row(
            "§10.4 a tebibyte to come",
            lengths(Length::Bits64(1 << 40)),
            [TOO_BIG],
        ),
        row(
            "§5.2 the longest length",
            lengths(Length::Bits64(u64::MAX >> 1)),
            [TOO_BIG],
        ),
        // §5.2: the most significant bit MUST be 0. Read as a number it is too much, and the socket
        // ends for that.
        row(
            "§5.2 a length with the top bit set",
            lengths(Length::Bits64(1 << 63)),
            [TOO_BIG],
        ),
        row(
            "§5.2 every bit of a length set",
            lengths(Length::Bits64(u64::MAX)),
            [TOO_BIG],
        ),
        row(
            "§10.4 too much, without a mask",
            unmasked(FIN | TEXT, more.as_bytes()),
            [TOO_BIG],
        ),
    ])
    .await;
}

#[tokio::test]
async fn lengths_are_read_in_every_form() {
    let dance = DANCE.as_bytes();
    let long = padded(126);
    let len = |text: &[u8]| u16::try_from(text.len()).unwrap();
    hold([
        row("§5.2 125 bytes", text(&padded(125)), [UNKNOWN_TYPE]),
        row("§5.2 126 bytes in 16 bits", text(&long), [UNKNOWN_TYPE]),
        // §5.2 asks senders for the minimal form; of receivers it asks nothing.
        row(
            "§5.2 7 bits' worth in 16",
            frame_of_length(FIN | TEXT, Length::Bits16(len(dance)), dance),
            [UNKNOWN_TYPE],
        ),
        row(
            "§5.2 7 bits' worth in 64",
            frame_of_length(FIN | TEXT, Length::Bits64(len(dance).into()), dance),
            [UNKNOWN_TYPE],
        ),
        row(
            "§5.2 16 bits' worth in 64",
            frame_of_length(FIN | TEXT, Length::Bits64(126), long.as_bytes()),
            [UNKNOWN_TYPE],
        ),
        row(
            "§5.5 a ping's length in 16 bits",
            frame_of_length(FIN | PING, Length::Bits16(1), b"x"),
            [pong(b"x")],
        ),
    ])
    .await;
}

#[tokio::test]
async fn segment_boundaries_do_not_matter() {
    let node = node().await;
    let script = [
        frame(FIN | PING, b"one"),
        fragments(&[&DANCE.as_bytes()[..3], &DANCE.as_bytes()[3..]]),
        frame(FIN | PING, b"two"),
        text("hello"),
        close(1000, b"bye"),
    ]
    .concat();
    for end in 0..script.len() {
        let mut wire = Wire::at(Moment::Opened, &node).await;
        wire.send(&script[..end], Pace::Whole).await;
        wire.send(&script[end..], Pace::Whole).await;
        for expected in [
            pong(b"one"),
            UNKNOWN_TYPE,
            pong(b"two"),
            NO_MESSAGE,
            Answer::Close(Some(1000)),
            Answer::End,
        ] {
            assert_eq!(wire.next().await, expected, "split after {end} bytes");
        }
    }
}

/// Proxies close what is silent for too long: the interval is one that operators can count on.
#[tokio::test]
async fn pings_come_at_the_configured_interval() {
    let node = World::in_memory()
        .with("sockets = { ping_interval = '1s', ping_timeout = '1s' }")
        .start()
        .await;
    let mut wire = Wire::at(Moment::Opened, &node).await;
    wire.is_pinged().await;
    let first = Instant::now();
    for _ in 0..2 {
        wire.is_pinged().await;
    }
    let interval = first.elapsed() / 2;
    assert!(interval < Duration::from_millis(1700), "{interval:?}");
}
