//! A session's output, encoded.

use saoma_protocol::{CloseCode, ServerMessage};

use super::super::session::Outgoing;
use crate::waiting::waiter::CloseReason;

/// Output to write to a socket. Futures that write keep this in place of the message, which is
/// several times as large.
pub(super) enum Output {
    /// A message.
    Text(String),
    /// A message to send together with a close.
    Last(String),
    /// The node's heartbeat frames.
    Heartbeat,
    /// The end of the connection.
    Close(CloseReason),
}

impl Output {
    /// Encodes a message.
    pub(super) fn message(message: ServerMessage) -> Self {
        encode(&message).map_or_else(Self::Close, Self::Text)
    }
}

impl From<Outgoing> for Output {
    fn from(outgoing: Outgoing) -> Self {
        match outgoing {
            Outgoing::Message(message) => Self::message(message),
            Outgoing::Last(message) => encode(&message).map_or_else(Self::Close, Self::Last),
            Outgoing::Heartbeat => Self::Heartbeat,
            Outgoing::Close(reason) => Self::Close(reason),
        }
    }
}

fn encode(message: &ServerMessage) -> Result<String, CloseReason> {
    serde_json::to_string(message).map_err(|error| {
        tracing::error!(%error, "a message of the gateway's own could not be encoded");
        CloseCode::InternalError.into()
    })
}
