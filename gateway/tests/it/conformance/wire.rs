//! A browser's end of a connection, byte by byte.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::time::Duration;

use saoma_client::NewLogin;
use saoma_protocol::{ClientMessage, ErrorCode, ServerMessage};
use tokio::io::{AsyncReadExt, AsyncWriteExt, Interest};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::bytes::{CLOSE, FIN, PING, PONG, TEXT, frame, text};
use super::handshake::Handshake;
use crate::support::hall;

/// Time for the gateway to read megabytes, also on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// A connection.
pub(crate) struct Wire {
    stream: TcpStream,
}

impl From<TcpStream> for Wire {
    fn from(stream: TcpStream) -> Self {
        stream.set_nodelay(true).unwrap();
        Self { stream }
    }
}

/// Pieces in which bytes are sent.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Pace {
    /// At once.
    Whole,
    /// One by one, each read before the next.
    Bytes,
}

impl Pace {
    pub(crate) const ALL: [Self; 2] = [Self::Whole, Self::Bytes];
}

/// An answer of the gateway, heartbeats left out.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Answer {
    Pong(Vec<u8>),
    Error(ErrorCode),
    /// Any other message.
    Told(Box<ServerMessage>),
    /// A close frame, with its code if it has one.
    Close(Option<u16>),
    /// The end of the connection, in order.
    End,
    /// The end of the connection, by force.
    Reset,
}

impl Wire {
    /// A connection and nothing more.
    pub(crate) async fn connect(address: SocketAddr) -> Self {
        TcpStream::connect(address).await.unwrap().into()
    }

    /// Shakes hands.
    pub(crate) async fn shake_hands(&mut self) {
        self.send(&Handshake::right().bytes(), Pace::Whole).await;
        let head = self.head().await;
        assert!(head.starts_with("http/1.1 101"), "{head}");
    }

    /// Opens a login.
    pub(crate) async fn open(&mut self) {
        let open = ClientMessage::Open(NewLogin::of(&hall()).request);
        self.send(&text(&serde_json::to_string(&open).unwrap()), Pace::Whole)
            .await;
        assert!(
            matches!(self.next().await, Answer::Told(told) if matches!(*told, ServerMessage::Opened { .. }))
        );
    }

    /// Sends bytes; that the other end takes no more shows in what it answers.
    pub(crate) async fn send(&mut self, bytes: &[u8], pace: Pace) {
        let size = match pace {
            Pace::Whole => bytes.len().max(1),
            Pace::Bytes => 1,
        };
        for piece in bytes.chunks(size) {
            let _ = self.stream.write_all(piece).await;
            self.let_it_read().await;
        }
    }

    /// Sends bytes until the other end has taken them all.
    pub(crate) async fn is_read(&mut self, bytes: &[u8]) {
        timeout(PATIENCE, self.stream.write_all(bytes))
            .await
            .expect("the other end reads")
            .unwrap();
        self.let_it_read().await;
    }

    /// Sends bytes again and again until the connection is reset. Reads nothing.
    pub(crate) async fn is_reset_while_sending(&mut self, bytes: &[u8]) {
        let sending = async { while self.stream.write_all(bytes).await.is_ok() {} };
        timeout(PATIENCE, sending).await.expect("a reset in time");
    }

    /// Waits until the connection is reset. Reads nothing.
    pub(crate) async fn is_reset(&mut self) {
        timeout(PATIENCE, self.stream.ready(Interest::ERROR))
            .await
            .expect("a reset in time")
            .unwrap();
        let error = self.stream.take_error().unwrap().expect("an error");
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    }

    /// Lets the gateway, which runs on this thread too, read what was sent.
    async fn let_it_read(&self) {
        for _ in 0..2 {
            tokio::task::yield_now().await;
        }
    }

    /// Sends no more.
    pub(crate) async fn send_end(&mut self) {
        self.stream.shutdown().await.unwrap();
    }

    /// The head of an HTTP answer, in lower case.
    pub(crate) async fn head(&mut self) -> String {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(
                timeout(PATIENCE, self.stream.read_u8())
                    .await
                    .expect("an answer")
                    .unwrap(),
            );
        }
        String::from_utf8(head).unwrap().to_ascii_lowercase()
    }

    /// Everything that comes until the connection ends.
    pub(crate) async fn rest(&mut self) -> Vec<u8> {
        let mut rest = Vec::new();
        timeout(PATIENCE, self.stream.read_to_end(&mut rest))
            .await
            .expect("the end in time")
            .unwrap();
        rest
    }

    /// The next answer.
    pub(crate) async fn next(&mut self) -> Answer {
        loop {
            match timeout(PATIENCE, self.frame())
                .await
                .expect("an answer in time")
            {
                Ok((PING, _)) => {}
                Ok((PONG, payload)) => return Answer::Pong(payload),
                Ok((CLOSE, payload)) => return Answer::Close(code_of(&payload)),
                Ok((TEXT, payload)) => match serde_json::from_slice(&payload).unwrap() {
                    ServerMessage::Heartbeat { .. } => {}
                    ServerMessage::Error { error, .. } => return Answer::Error(error),
                    told => return Answer::Told(Box::new(told)),
                },
                Ok((opcode, _)) => panic!("opcode {opcode}"),
                // A reset right behind the end can take what was sent before with it, where the
                // kernel is not Linux.
                Err(error) if error.kind() == ErrorKind::UnexpectedEof => {
                    match self.stream.take_error().unwrap() {
                        None => return Answer::End,
                        Some(_) => return Answer::Reset,
                    }
                }
                Err(error) if error.kind() == ErrorKind::ConnectionReset => return Answer::Reset,
                Err(error) => panic!("{error}"),
            }
        }
    }

    /// Waits for a ping, and the heartbeat beside it that a page can see, and answers the ping.
    pub(crate) async fn is_pinged(&mut self) {
        let (opcode, payload) = timeout(PATIENCE, self.frame())
            .await
            .expect("a ping in time")
            .unwrap();
        assert_eq!(opcode, PING);
        let (opcode, heartbeat) = timeout(PATIENCE, self.frame())
            .await
            .expect("a heartbeat with it")
            .unwrap();
        let heartbeat = serde_json::from_slice(&heartbeat).unwrap();
        assert!(
            opcode == TEXT && matches!(heartbeat, ServerMessage::Heartbeat { .. }),
            "{heartbeat:?}"
        );
        self.send(&frame(FIN | PONG, &payload), Pace::Whole).await;
    }

    /// A frame as a server may send it: whole, unmasked, no reserved bit set.
    async fn frame(&mut self) -> std::io::Result<(u8, Vec<u8>)> {
        let first = self.stream.read_u8().await?;
        assert_eq!(first & 0xF0, FIN, "{first:#x}");
        let length = match self.stream.read_u8().await? {
            126 => self.stream.read_u16().await?,
            length @ ..126 => length.into(),
            length => panic!("masked, or too long: {length}"),
        };
        let mut payload = vec![0; length.into()];
        self.stream.read_exact(&mut payload).await?;
        Ok((first & 0x0F, payload))
    }
}

fn code_of(payload: &[u8]) -> Option<u16> {
    (!payload.is_empty()).then(|| u16::from_be_bytes([payload[0], payload[1]]))
}
