//! The opening handshake (RFC 6455 §4.2).

mod accepted;
mod refused;

use super::wire::{Pace, Wire};
use super::{node, serves_others};

/// A request's head, right unless a test makes it wrong.
#[derive(Debug, Clone)]
pub(crate) struct Handshake {
    line: String,
    headers: Vec<(String, String)>,
}

impl Handshake {
    pub(crate) fn right() -> Self {
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

    pub(crate) fn bytes(&self) -> Vec<u8> {
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
