//! Frames on a byte stream, read and written by tungstenite.

use std::future::poll_fn;
use std::io;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::Bytes;
use futures_util::{SinkExt, StreamExt};
use saoma_protocol::{CloseCode, MAX_INBOUND_MESSAGE_BYTES, RestartHint, ServerMessage};
use tokio::io::{AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::error::ProtocolError;
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{
    CloseCode as WireCode, Data, OpCode,
};
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message, Utf8Bytes};

use super::super::frame_budget::FrameBudget;
use super::message_boundary::{BoundaryTracker, sends_on};
use super::{SocketClose, SocketStream};
use crate::waiting::waiter::CloseReason;

/// Size of the read buffer. A browser's few messages are small, and a larger one is read in pieces;
/// tungstenite's default is 128 KiB.
const READ_BUFFER_BYTES: usize = 256;

/// Maximum of bytes that wait to be written to a browser that does not read: several times the
/// largest message.
const MAX_WRITE_BUFFER_BYTES: usize = 16 * 1024;

/// Maximum of bytes that are read and ignored after a close: several times what the kernels of both
/// ends hold.
const MAX_UNREAD_BYTES: usize = 16 * 1024 * 1024;

/// Bytes that are collected before they are written without a flush.
const WRITE_BUFFER_BYTES: usize = 1024;

/// Returns the bytes that ping a socket of a node with this interval: a ping, and the message
/// `heartbeat`, because a page does not see pings. They are the same for all sockets.
pub(crate) fn heartbeat_frames(ping_interval: Duration) -> Bytes {
    let next_within = u32::try_from(ping_interval.as_millis().div_ceil(1000)).unwrap_or(u32::MAX);
    let heartbeat =
        serde_json::to_string(&ServerMessage::Heartbeat { next_within }).unwrap_or_default();
    let mut frames = Vec::new();
    for frame in [
        Frame::ping(Bytes::new()),
        Frame::message(heartbeat, OpCode::Data(Data::Text), true),
    ] {
        // Writing to a vector cannot fail.
        let _ = frame.format(&mut frames);
    }
    frames.into()
}

/// A frame, or a message made of several.
pub(super) enum Inbound {
    /// A text message.
    Text(Utf8Bytes),
    /// A ping or pong. tungstenite answers pings by itself.
    Control,
}

/// A byte stream with tungstenite's reader and writer on it.
pub(super) struct FrameStream<S> {
    frames: WebSocketStream<BoundaryTracker<S>>,
}

impl<S: SocketStream> FrameStream<S> {
    /// Wraps a stream. `read` holds the bytes that were read from it before.
    pub(super) async fn new(stream: S, read: Vec<u8>, budget: FrameBudget) -> Self {
        let config = WebSocketConfig::default()
            .read_buffer_size(READ_BUFFER_BYTES)
            .write_buffer_size(WRITE_BUFFER_BYTES)
            .max_write_buffer_size(MAX_WRITE_BUFFER_BYTES)
            .max_message_size(Some(MAX_INBOUND_MESSAGE_BYTES))
            .max_frame_size(Some(MAX_INBOUND_MESSAGE_BYTES));
        let stream = BoundaryTracker::new(&read, stream, budget);
        let frames =
            WebSocketStream::from_partially_read(stream, read, Role::Server, Some(config)).await;
        Self { frames }
    }

    /// Returns the bare stream, and what is left of its budget. Loses bytes unless [`FrameStream::poll_idle`] was ready.
    pub(super) fn into_inner(self) -> (S, FrameBudget) {
        self.frames.into_inner().into_inner()
    }

    pub(super) fn get_ref(&self) -> &S {
        self.frames.get_ref().get_ref()
    }

    /// Receives the next frame.
    pub(super) async fn next(&mut self) -> Result<Inbound, SocketClose> {
        poll_fn(|cx| self.poll_next(cx)).await
    }

    /// Polls for the next frame.
    pub(super) fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Result<Inbound, SocketClose>> {
        let frame = ready!(self.frames.poll_next_unpin(cx));
        Poll::Ready(match frame {
            Some(Ok(Message::Text(text))) => Ok(Inbound::Text(text)),
            Some(Ok(Message::Binary(_))) => Err(CloseCode::UnsupportedData.into()),
            Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => {
                Ok(Inbound::Control)
            }
            Some(Ok(Message::Close(_))) => Err(SocketClose::Received),
            Some(Err(_)) if self.frames.get_ref().budget().is_over() => {
                Err(CloseCode::TooManyRequests.into())
            }
            Some(Err(error)) => Err(close_of(&error)),
            None => Err(SocketClose::PeerGone),
        })
    }

    /// Polls until the bare stream is all that has to be kept: no message has come in part, and none
    /// is left to be sent. Only valid right after [`FrameStream::poll_next`] was pending, when
    /// tungstenite has given out all messages that it has read whole.
    pub(super) fn poll_idle(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), SocketClose>> {
        if !self.frames.get_ref().is_between_messages() {
            return Poll::Pending;
        }
        // The first flush may do no more than make room for the answer to a ping; the second sends it.
        for _ in 0..2 {
            if let Err(error) = ready!(self.frames.poll_flush_unpin(cx)) {
                return Poll::Ready(Err(close_of(&error)));
            }
        }
        Poll::Ready(Ok(()))
    }

    /// Buffers a text message, so that it is sent together with the next.
    pub(super) async fn feed(&mut self, text: String) -> Result<(), Error> {
        // Earlier bytes could leave no room in the buffer.
        self.frames.flush().await?;
        self.frames.feed(Message::Text(text.into())).await
    }

    /// Sends all that is buffered.
    pub(super) async fn flush(&mut self) -> Result<(), Error> {
        self.frames.flush().await
    }

    /// Sends whole frames that were encoded before, behind all that is buffered.
    pub(super) async fn send_encoded(&mut self, frames: &[u8]) -> Result<(), Error> {
        self.frames.flush().await?;
        write_encoded(self.frames.get_mut(), frames).await?;
        Ok(())
    }

    /// Sends a close frame, together with all that is buffered.
    pub(super) async fn send_close(&mut self, reason: CloseReason) -> Result<(), Error> {
        let text = reason
            .hint
            .map_or_else(|| reason.code.name().to_owned(), RestartHint::to_reason);
        let frame = CloseFrame {
            code: WireCode::from(reason.code.code()),
            reason: Utf8Bytes::from(text),
        };
        self.frames.send(Message::Close(Some(frame))).await
    }

    /// Reads until the browser's close frame, which ends the closing handshake (RFC 6455 §7.1.1), or
    /// until a frame that was wrong, behind which nothing can be read. Returns true after a close
    /// frame.
    ///
    /// # Errors
    /// As [`Self::shutdown`].
    pub(super) async fn read_close(&mut self) -> io::Result<bool> {
        let mut peer_closed = false;
        while let Some(Ok(message)) = self.frames.next().await {
            peer_closed |= message.is_close();
        }
        if !peer_closed && self.frames.get_ref().budget().is_over() {
            // A proxy that sees the end of the stream ends the other side at once, although frames are still on their way
            // to it, and its browser would lose the close frame.
            let stream = self.frames.get_mut();
            peer_closed = stream.drop_until_close(MAX_UNREAD_BYTES).await?;
        }
        Ok(peer_closed)
    }

    /// Sends the answer to the browser's close frame, which tungstenite has prepared.
    pub(super) async fn answer_close(&mut self) -> Result<(), Error> {
        self.frames.flush().await?;
        // The first flush may do no more than make room for the answer.
        self.frames.flush().await
    }

    /// Ends the connection after what was sent. Reads to the end, because closing a connection with
    /// unread bytes resets it, and the reset can overtake the close frame (RFC 6455 §7.1.1).
    ///
    /// # Errors
    /// The connection has failed, or the browser sends more than it can have sent before it was told.
    pub(super) async fn shutdown(&mut self) -> io::Result<()> {
        let stream = self.frames.get_mut().get_mut();
        stream.shutdown().await?;
        let mut left = MAX_UNREAD_BYTES;
        loop {
            let read = stream.read(&mut [0; 512]).await?;
            if read == 0 {
                return Ok(());
            }
            left = left.checked_sub(read).ok_or_else(sends_on)?;
        }
    }
}

/// Writes bytes to a bare stream. Flushes it, because a stream that encrypts buffers records.
pub(super) async fn write_encoded(
    stream: &mut (impl AsyncWrite + Unpin),
    bytes: &[u8],
) -> io::Result<()> {
    stream.write_all(bytes).await?;
    stream.flush().await
}

/// Returns the end of a socket whose next frame could not be read.
fn close_of(error: &Error) -> SocketClose {
    match error {
        Error::Capacity(_) => CloseCode::TooBig.into(),
        Error::Utf8(_) => CloseCode::InvalidData.into(),
        Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => SocketClose::PeerGone,
        Error::Protocol(_) => CloseCode::ProtocolError.into(),
        _ => SocketClose::PeerGone,
    }
}
