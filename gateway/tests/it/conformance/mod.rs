//! RFC 6455 conformance in raw bytes, without a client library. The Autobahn suite's cases were the
//! checklist.

mod budget;
mod bytes;
mod closing;
mod frames;
mod handshake;
mod text;
mod unread;
mod wire;

use saoma_protocol::{ClientMessage, ErrorCode, ServerMessage};

use crate::support::{Node, World};
use bytes::{FIN, PING, close, frame};
use wire::{Answer, Pace, Wire};

/// Moment in a socket's life at which bytes come.
#[derive(Debug, Clone, Copy)]
enum Moment {
    /// As the first frames of all.
    First,
    /// After a login was opened.
    Opened,
}

/// Bytes from a browser and all answers to them. The socket stays open unless the last answer is a
/// close.
struct Row {
    name: String,
    sent: Vec<u8>,
    answers: Vec<Answer>,
}

fn row(name: impl Into<String>, sent: impl Into<Vec<u8>>, answers: impl Into<Vec<Answer>>) -> Row {
    Row {
        name: name.into(),
        sent: sent.into(),
        answers: answers.into(),
    }
}

/// Answer to a JSON object of unknown type. It proves that the message arrived whole.
const UNKNOWN_TYPE: Answer = Answer::Error(ErrorCode::UnknownType);

/// Answer to malformed text.
const NO_MESSAGE: Answer = Answer::Error(ErrorCode::InvalidRequest);

const PROTOCOL_ERROR: Answer = Answer::Close(Some(1002));
const INVALID_DATA: Answer = Answer::Close(Some(1007));
const TOO_BIG: Answer = Answer::Close(Some(1009));

async fn node() -> Node {
    World::in_memory()
        .with("limits.open_per_address = { burst = 100000, per = '1m' }")
        .start()
        .await
}

/// Maximum length of a row that is also sent byte by byte.
const SHORT: usize = 5000;

/// Checks every row at both moments, in one piece and byte by byte, and checks after each that the
/// node still serves other browsers.
async fn hold(rows: impl IntoIterator<Item = Row>) {
    let node = node().await;
    for row in rows {
        for moment in [Moment::First, Moment::Opened] {
            for pace in Pace::ALL
                .iter()
                .filter(|pace| row.sent.len() <= SHORT || **pace == Pace::Whole)
            {
                let mut wire = Wire::at(moment, &node).await;
                wire.send(&row.sent, *pace).await;
                let case = format!("{} ({moment:?}, {pace:?})", row.name);
                for expected in &row.answers {
                    assert_eq!(wire.next().await, *expected, "{case}");
                }
                match row.answers.last() {
                    Some(Answer::Close(_)) => wire.ends(&case).await,
                    _ => wire.is_open(&case).await,
                }
            }
        }
        serves_others(&node, &row.name).await;
    }
}

/// Checks that a well-behaved browser is served.
async fn serves_others(node: &Node, after: &str) {
    let (mut browser, _) = node.browser().await;
    browser.send(&ClientMessage::CANCEL).await.unwrap();
    assert_eq!(
        browser.next().await.unwrap(),
        ServerMessage::Cancelled {
            seq: 2,
            reason: None
        },
        "after {after}"
    );
    assert_eq!(browser.closed().await.unwrap(), 1000, "after {after}");
}

impl Wire {
    async fn at(moment: Moment, node: &Node) -> Self {
        let mut wire = Self::connect(node.gateway.address()).await;
        wire.shake_hands().await;
        if let Moment::Opened = moment {
            wire.open().await;
        }
        wire
    }

    /// Checks that the socket still answers.
    async fn is_open(&mut self, case: &str) {
        self.send(&frame(FIN | PING, b"alive?"), Pace::Whole).await;
        assert_eq!(self.next().await, Answer::Pong(b"alive?".into()), "{case}");
    }

    /// Counts pongs, and returns the count and the first other answer.
    async fn pongs(&mut self) -> (usize, Answer) {
        let mut count = 0;
        loop {
            match self.next().await {
                Answer::Pong(_) => count += 1,
                answer => return (count, answer),
            }
        }
    }

    /// Checks for an orderly end after the close frame. A reset could discard the close frame.
    async fn ends(&mut self, case: &str) {
        self.send(&close(1000, b""), Pace::Whole).await;
        assert_eq!(self.next().await, Answer::End, "{case}");
    }
}
