//! Clients as bare connections: what they send is made before, and what they are told goes into a
//! buffer that is there.

use std::io::{Read, Write};
use std::net::TcpStream;

use saoma_client::NewLogin;
use saoma_protocol::ClientMessage;
use serde::de::DeserializeOwned;
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};

use crate::World;

/// A browser's ping, masked, and its answer (RFC 6455 §5.5.2).
const EMPTY_PING: [u8; 6] = [0x89, 0x80, 0, 0, 0, 0];
const EMPTY_PONG: [u8; 2] = [0x8a, 0];

/// A browser's close without a code, masked (RFC 6455 §5.5.1).
pub(crate) const CLOSE: [u8; 6] = [0x88, 0x80, 0, 0, 0, 0];

const HANDSHAKE: &str = "GET /v1/socket HTTP/1.1\r\nHost: login.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
    Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: saoma.v1\r\n\
    Origin: {origin}\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64) Chrome/156.0.0.0\r\n\r\n";

/// A connection, and the last that was heard on it.
pub(crate) struct Wire {
    stream: TcpStream,
    heard: [u8; 4096],
    length: usize,
}

impl Wire {
    pub(crate) fn connect(world: &World) -> Self {
        Self {
            stream: TcpStream::connect(world.gateway.address()).unwrap(),
            heard: [0; 4096],
            length: 0,
        }
    }

    pub(crate) fn say(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).unwrap();
    }

    /// Listens until what was heard since the last time is whole.
    pub(crate) fn listen(&mut self, is_whole: impl Fn(&[u8]) -> bool) {
        self.length = 0;
        while self.length == 0 || !is_whole(&self.heard[..self.length]) {
            let count = self.stream.read(&mut self.heard[self.length..]).unwrap();
            assert!(
                count > 0,
                "it ended after {}",
                self.heard[..self.length].escape_ascii()
            );
            self.length += count;
        }
    }

    /// Listens until the other end has closed.
    pub(crate) fn listen_out(&mut self) {
        let mut passed_over = [0; 256];
        while self.stream.read(&mut passed_over).unwrap() > 0 {}
    }

    /// The object of JSON in what was heard last.
    pub(crate) fn heard<T: DeserializeOwned>(&self) -> T {
        let heard = &self.heard[..self.length];
        let start = heard.windows(2).position(|pair| pair == b"{\"");
        let object = serde_json::Deserializer::from_slice(&heard[start.unwrap_or_default()..])
            .into_iter()
            .next();
        object
            .unwrap()
            .unwrap_or_else(|error| panic!("{error} in {}", heard.escape_ascii()))
    }
}

/// Returns true once a message is complete.
pub(crate) fn is_told(heard: &[u8]) -> bool {
    heard.contains(&b'}')
}

/// Returns true once an answer is complete with its body.
pub(crate) fn is_answer(heard: &[u8]) -> bool {
    const LENGTH: &[u8] = b"\r\ncontent-length: ";
    let find = |what: &[u8]| heard.windows(what.len()).position(|bytes| bytes == what);
    let (Some(end), Some(length)) = (find(b"\r\n\r\n"), find(LENGTH)) else {
        return false;
    };
    let digits = heard[length + LENGTH.len()..]
        .iter()
        .take_while(|byte| byte.is_ascii_digit());
    let body = digits.fold(0, |number, digit| number * 10 + usize::from(digit - b'0'));
    heard.len() == end + 4 + body
}

/// A POST, as it goes over the wire.
pub(crate) fn post(path: &str, headers: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("POST {path} HTTP/1.1\r\nHost: login.example\r\n{headers}Content-Length: {length}\r\n\r\n{body}")
        .into_bytes()
}

/// A handshake and the opening of a login, as they go over the wire, with what redeems the code.
pub(crate) struct Opening {
    handshake: String,
    open: Vec<u8>,
    pub(crate) code_verifier: String,
}

impl Opening {
    pub(crate) fn new(world: &World) -> Self {
        let login = NewLogin::of(&world.hall);
        let message = serde_json::to_string(&ClientMessage::Open(login.request)).unwrap();
        let mut frame = Frame::message(message, OpCode::Data(Data::Text), true);
        frame.header_mut().mask = Some([0; 4]);
        let mut open = Vec::new();
        frame.format(&mut open).unwrap();
        Self {
            handshake: HANDSHAKE.replace("{origin}", &world.hall.origin),
            open,
            code_verifier: login.code_verifier,
        }
    }

    /// Opens the login over a connection that has said nothing yet. Its browser waits then, and its
    /// socket sleeps.
    pub(crate) fn go(&self, browser: &mut Wire) {
        browser.say(self.handshake.as_bytes());
        browser.listen(|heard| heard.ends_with(b"\r\n\r\n"));
        browser.say(&self.open);
        browser.listen(is_told);
    }
}

/// Puts a socket to sleep that was woken, as its next ping would.
pub(crate) fn rest(browser: &mut Wire) {
    browser.say(&EMPTY_PING);
    browser.listen(|heard| heard == EMPTY_PONG);
}
