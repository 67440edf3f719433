//! Data frames (RFC 6455 §5.6, §8.1): valid and invalid UTF-8, malformed messages, binary.

use super::bytes::*;
use super::wire::Answer;
use super::{INVALID_DATA, NO_MESSAGE, UNKNOWN_TYPE, hold, row};

/// Of two, three and four bytes.
const GOOD: &str = r#"{"type":"κ码𝄞"}"#;

#[tokio::test]
async fn text_is_utf_8() {
    let good = GOOD.as_bytes();
    let letters: Vec<&[u8]> = good.chunks(1).collect();
    hold([
        row("§5.6 text beyond ASCII", text(GOOD), [UNKNOWN_TYPE]),
        row(
            "§5.6 a code point over two frames",
            fragments(&[&good[..10], &good[10..]]),
            [UNKNOWN_TYPE],
        ),
        row(
            "§5.6 every code point over frames",
            fragments(&letters),
            [UNKNOWN_TYPE],
        ),
        row("§5.6 a NUL, which is no JSON", text("\0"), [NO_MESSAGE]),
        row(
            "§5.6 a byte order mark, which is none either",
            text("\u{FEFF}{}"),
            [NO_MESSAGE],
        ),
        row("§5.6 the last code point", text("\u{10FFFF}"), [NO_MESSAGE]),
        row(
            "§5.6 a code point that is no character",
            text("\u{FFFE}"),
            [NO_MESSAGE],
        ),
    ])
    .await;
}

#[tokio::test]
async fn text_that_is_not_utf_8_ends_the_socket() {
    let wrong: [(&str, &[u8]); 10] = [
        ("§8.1 a byte that UTF-8 never has", b"a\xFFb"),
        ("§8.1 a continuation byte alone", b"\x80"),
        ("§8.1 a code point that breaks off", b"a\xE7\xA0"),
        ("§8.1 one that breaks off in the middle", b"\xE7\xA0a"),
        ("§8.1 a surrogate", b"\xED\xA0\x80"),
        ("§8.1 a slash in two bytes", b"\xC0\xAF"),
        ("§8.1 a NUL in three", b"\xE0\x80\x80"),
        ("§8.1 beyond the last code point", b"\xF4\x90\x80\x80"),
        ("§8.1 five bytes", b"\xF8\x88\x80\x80\x80"),
        (
            "§8.1 valid, a surrogate, valid",
            b"\xCE\xBA\xE1\xBD\xB9\xED\xA0\x80edited",
        ),
    ];
    let whole = wrong
        .iter()
        .map(|&(name, bytes)| row(name, frame(FIN | TEXT, bytes), [INVALID_DATA]));
    let split = wrong.iter().map(|&(name, bytes)| {
        row(
            name,
            fragments(&bytes.chunks(1).collect::<Vec<_>>()),
            [INVALID_DATA],
        )
    });
    hold(whole.chain(split)).await;
}

#[tokio::test]
async fn an_endless_message_ends_with_its_first_wrong_byte() {
    hold([
        row(
            "§8.1 wrong in the first fragment",
            frame(TEXT, b"\xFF"),
            [INVALID_DATA],
        ),
        row(
            "§8.1 wrong in the second",
            [frame(TEXT, b"\xE7\xA0"), frame(0, b"\xFF")].concat(),
            [INVALID_DATA],
        ),
    ])
    .await;
}

#[tokio::test]
async fn malformed_text_is_answered_and_the_fifth_closes_the_socket() {
    let times = |count: usize| {
        [
            text("hello"),
            text(""),
            text("[]"),
            text(r#"{"type":"dance"}"#),
            text("{"),
        ][..count]
            .concat()
    };
    let told = [NO_MESSAGE, NO_MESSAGE, NO_MESSAGE, UNKNOWN_TYPE, NO_MESSAGE];
    let ended = [&told[..], &[Answer::Close(Some(4000))]].concat();
    hold([
        row("docs/protocol.md §3 one", times(1), &told[..1]),
        row("docs/protocol.md §3 four", times(4), &told[..4]),
        row("docs/protocol.md §3 five", times(5), ended.clone()),
        row(
            "docs/protocol.md §3 five, and more at once",
            [times(5), times(5)].concat(),
            ended,
        ),
    ])
    .await;
}

#[tokio::test]
async fn binary_ends_the_socket() {
    let unsupported = Answer::Close(Some(1003));
    hold([
        row(
            "§7.4.1 a binary message",
            frame(FIN | BINARY, b"\x01\x02"),
            [unsupported.clone()],
        ),
        row(
            "§7.4.1 an empty one",
            frame(FIN | BINARY, b""),
            [unsupported.clone()],
        ),
        row(
            "§7.4.1 one that would be text",
            frame(FIN | BINARY, GOOD.as_bytes()),
            [unsupported.clone()],
        ),
        row(
            "§7.4.1 one in fragments",
            [
                frame(BINARY, b"\xFF"),
                frame(CONTINUATION, b""),
                frame(FIN | CONTINUATION, b"\xFF"),
            ]
            .concat(),
            [unsupported],
        ),
    ])
    .await;
}
