//! Arbitrary bytes after a valid handshake: the socket answers by the contract or closes, and the
//! node keeps serving.

use std::time::Duration;

use saoma_protocol::ServerMessage;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::runtime::Runtime;
use tokio::time::timeout;

use crate::support::{Node, ORIGIN, World};

/// Sockets that are tried beside the corpus: each is a connection of its own.
const CASES: u32 = 300;

/// Longer than any ending takes whose browser has gone.
const PATIENCE: Duration = Duration::from_secs(5);

#[test]
fn a_node_answers_any_frames_by_the_contract_and_goes_on() {
    let runtime = Runtime::new().unwrap();
    let world =
        World::in_memory().with("limits.open_per_address = { burst = 1000000, per = '1s' }");
    let node = runtime.block_on(world.start());
    let corpora = concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/corpus");
    saoma_fuzz::hold_for(CASES, corpora, "frames", |bytes| {
        runtime.block_on(try_frames(&node, bytes));
    });
    runtime.block_on(async {
        let (_browser, login) = node.browser().await;
        world
            .phone(&node, 1)
            .scan(&login.qr)
            .await
            .expect("the node serves well-behaved browsers");
    });
}

/// Sends the bytes, leaves, and judges what came.
async fn try_frames(node: &Node, bytes: &[u8]) {
    let mut stream = handshaken(node).await;
    // The gateway may have ended the connection before it has read everything.
    let _ = stream.write_all(bytes).await;
    let _ = stream.shutdown().await;
    let mut answer = Vec::new();
    let ended = timeout(PATIENCE, stream.read_to_end(&mut answer)).await;
    assert!(
        ended.is_ok(),
        "the socket stays open after its browser has gone"
    );
    judge(&answer);
}

async fn handshaken(node: &Node) -> TcpStream {
    let mut stream = TcpStream::connect(node.gateway.address()).await.unwrap();
    let request = format!(
        "GET /v1/socket HTTP/1.1\r\nHost: login.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
         Sec-WebSocket-Protocol: saoma.v1\r\nOrigin: {ORIGIN}\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    assert!(head.starts_with(b"HTTP/1.1 101"), "{}", head.escape_ascii());
    stream
}

/// Whole frames as a server sends them (RFC 6455 §5.2): messages of the contract, one login at
/// most, and nothing after a close. A connection that was reset may end within one.
fn judge(mut answer: &[u8]) {
    let (mut opened, mut closed) = (0, false);
    while let Some((first, payload, rest)) = frame(answer) {
        assert!(!closed, "a frame after the close");
        match first {
            0x81 => match serde_json::from_slice(payload) {
                Ok(ServerMessage::Opened { .. }) => opened += 1,
                Ok(_) => {}
                Err(error) => panic!("{error}: {}", payload.escape_ascii()),
            },
            0x88 => {
                let code = payload
                    .first_chunk()
                    .map_or(1005, |code| u16::from_be_bytes(*code));
                assert!((1000..5000).contains(&code), "{code}");
                closed = true;
            }
            0x89 | 0x8a => assert!(payload.len() <= 125),
            other => panic!("the first byte of a frame is {other:#x}"),
        }
        answer = rest;
    }
    assert!(opened <= 1, "{opened} logins on one socket");
}

/// First byte, payload, and what follows; `None` where there is no whole frame.
fn frame(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&[first, length], rest) = bytes.split_first_chunk()?;
    let (length, rest) = match length {
        0..=125 => (usize::from(length), rest),
        126 => rest
            .split_first_chunk()
            .map(|(length, rest)| (usize::from(u16::from_be_bytes(*length)), rest))?,
        _ => panic!("a masked or huge frame: {length}"),
    };
    let (payload, rest) = rest.split_at_checked(length)?;
    Some((first, payload, rest))
}
