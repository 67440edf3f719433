//! What a waiting browser costs: bytes that the process has allocated for it, which are the same on every machine. A
//! binary of its own, because its allocator counts.

#![allow(clippy::unwrap_used, reason = "a test that fails says so by panicking")]

use std::alloc::System;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use cap::Cap;
use saoma_gateway::{Gateway, Settings};
use saoma_load::browser::open_request;
use saoma_load::{RelyingParty, browser::PATIENCE};
use saoma_protocol::ClientMessage;
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};

#[global_allocator]
static HEAP: Cap<System> = Cap::new(System, usize::MAX);

/// Bytes for one browser with all of its login in the memory store: 5 % more than was measured. Of what a release binary
/// takes from the system for it, this is nearly all.
const BUDGET: usize = 1465;

/// Fills the shards of the node's maps by two thirds, on any number of cores: where the next one would double a map, the
/// figure would be a matter of luck.
const BROWSERS: usize = 700;

/// A browser's ping, masked, and its answer (RFC 6455 §5.5.2).
const EMPTY_PING: [u8; 6] = [0x89, 0x80, 0, 0, 0, 0];
const EMPTY_PONG: [u8; 2] = [0x8a, 0];

const SETTINGS: &str = r#"
    limits.open_per_address = { burst = 10000, per = "1s" }
    limits.socket_per_address = { burst = 10000, per = "1s" }
    server.listen = "127.0.0.1:0"
    operations.enabled = false
    identity.introspection = { url = "http://127.0.0.1:9", client_id = "saoma", client_secret = "secret" }
    [[clients]]
    client_id = "hall"
    name = "Service hall"
    redirect_uris = ["https://hall.example/callback"]
    origins = ["https://hall.example"]
"#;

#[test]
fn a_waiting_browser_stays_within_its_budget() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let gateway = runtime.block_on(Gateway::start(Settings::from_toml(SETTINGS).unwrap())).unwrap();
    let mut browsers = Vec::with_capacity(BROWSERS + 1);
    // What is made once is made for the first.
    browsers.push(waiting_browser(gateway.address()));
    let before = HEAP.allocated();
    browsers.extend((0..BROWSERS).map(|_| waiting_browser(gateway.address())));
    let each = || HEAP.allocated().saturating_sub(before) / BROWSERS;
    // The last of them are told that they wait a moment before they do.
    let deadline = Instant::now() + PATIENCE;
    while each() > BUDGET && Instant::now() < deadline {
        thread::sleep(Duration::from_millis(2));
    }
    assert_eq!(gateway.waiting(), browsers.len());
    println!("{} bytes for a waiting browser", each());
    assert!(each() <= BUDGET, "{} bytes for a waiting browser", each());
}

/// A browser that shows a code, as its connection alone: what it needs itself is not on this heap.
fn waiting_browser(gateway: SocketAddr) -> TcpStream {
    let mut stream = TcpStream::connect(gateway).unwrap();
    let handshake = "GET /v1/socket HTTP/1.1\r\nHost: login.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
        Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
        Sec-WebSocket-Protocol: saoma.v1\r\nOrigin: https://hall.example\r\n\
        User-Agent: Mozilla/5.0 (X11; Linux x86_64) Chrome/156.0.0.0\r\n\r\n";
    stream.write_all(handshake.as_bytes()).unwrap();
    let hall = RelyingParty {
        client_id: "hall".into(),
        redirect_uri: "https://hall.example/callback".into(),
        origin: "https://hall.example".into(),
        client_secret: None,
    };
    let message = serde_json::to_string(&ClientMessage::Open(open_request(&hall).0)).unwrap();
    let mut frame = Frame::message(message, OpCode::Data(Data::Text), true);
    frame.header_mut().mask = Some([0; 4]);
    let mut bytes = Vec::new();
    frame.format(&mut bytes).unwrap();
    stream.write_all(&bytes).unwrap();
    let opened = read_until(&mut stream, b"}");
    assert!(String::from_utf8_lossy(&opened).contains(r#""type":"opened""#), "{}", opened.escape_ascii());
    // Whoever has been woken goes back to sleep.
    stream.write_all(&EMPTY_PING).unwrap();
    read_until(&mut stream, &EMPTY_PONG);
    stream
}

fn read_until(stream: &mut TcpStream, ending: &[u8]) -> Vec<u8> {
    let mut answer = Vec::new();
    while !answer.ends_with(ending) {
        let mut bytes = [0; 1024];
        let count = stream.read(&mut bytes).unwrap();
        assert!(count > 0, "{}", answer.escape_ascii());
        answer.extend_from_slice(&bytes[..count]);
    }
    answer
}
