//! Tracks message boundaries in the inbound byte stream. Only at a boundary can the frame reader be
//! dropped without losing data. Counts the frames on the way.

use std::io::{self, Cursor};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf};
use tokio_tungstenite::tungstenite::protocol::frame::FrameHeader;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Control, OpCode};

use super::super::frame_budget::FrameBudget;

/// Size of the largest frame header (RFC 6455 §5.2): two bytes, eight of an extended length, four of
/// the mask.
const MAX_HEADER_BYTES: usize = 14;

/// Position in a sequence of frames (RFC 6455 §5.2 and §5.4).
#[derive(Debug, Default)]
struct Position {
    /// Bytes of an incomplete frame header.
    header: [u8; MAX_HEADER_BYTES],
    header_bytes: usize,
    /// Bytes of the current frame's payload that are still to come.
    payload_left: u64,
    /// True within a fragmented message.
    in_fragments: bool,
    /// Frames whose header was read.
    frames: u32,
    /// True once the header of a close frame was read.
    closed: bool,
}

impl Position {
    fn is_between_messages(&self) -> bool {
        self.header_bytes == 0 && self.payload_left == 0 && !self.in_fragments
    }

    fn pass(&mut self, mut bytes: &[u8]) {
        while let Some((&first, rest)) = bytes.split_first() {
            if self.payload_left > 0 {
                let passing = usize::try_from(self.payload_left)
                    .map_or(bytes.len(), |left| left.min(bytes.len()));
                self.payload_left -= passing as u64;
                bytes = &bytes[passing..];
            } else {
                self.pass_header_byte(first);
                bytes = rest;
            }
        }
    }

    fn pass_header_byte(&mut self, byte: u8) {
        self.header[self.header_bytes] = byte;
        self.header_bytes += 1;
        match FrameHeader::parse(&mut Cursor::new(&self.header[..self.header_bytes])) {
            Ok(Some((header, length))) => {
                self.header_bytes = 0;
                self.frames = self.frames.wrapping_add(1);
                self.payload_left = length;
                match header.opcode {
                    OpCode::Data(_) => self.in_fragments = !header.is_final,
                    OpCode::Control(control) => self.closed |= control == Control::Close,
                }
            }
            Ok(None) if self.header_bytes < MAX_HEADER_BYTES => {}
            // An invalid header: tungstenite refuses it too, and no message follows it.
            Ok(None) | Err(_) => self.payload_left = u64::MAX,
        }
    }
}

/// A stream that tracks the position of its reader, and counts the frames that it reads. It reads no more than its budget of
/// frames allows.
#[derive(Debug)]
pub(super) struct BoundaryTracker<S> {
    stream: S,
    position: Position,
    budget: FrameBudget,
}

impl<S> BoundaryTracker<S> {
    /// Tracks a stream. `read` holds the bytes that were read from it before.
    pub(super) fn new(read: &[u8], stream: S, budget: FrameBudget) -> Self {
        let mut tracker = Self {
            stream,
            position: Position::default(),
            budget,
        };
        tracker.pass(read);
        tracker
    }

    fn pass(&mut self, bytes: &[u8]) {
        let before = self.position.frames;
        self.position.pass(bytes);
        self.budget.count(self.position.frames.wrapping_sub(before));
    }

    /// Returns the budget of frames.
    pub(super) const fn budget(&self) -> &FrameBudget {
        &self.budget
    }

    /// Returns true if the last byte read ended a message.
    pub(super) fn is_between_messages(&self) -> bool {
        self.position.is_between_messages()
    }

    pub(super) const fn get_ref(&self) -> &S {
        &self.stream
    }

    pub(super) const fn get_mut(&mut self) -> &mut S {
        &mut self.stream
    }

    pub(super) fn into_inner(self) -> (S, FrameBudget) {
        (self.stream, self.budget)
    }
}

impl<S: AsyncRead + Unpin> BoundaryTracker<S> {
    /// Reads on, also without a budget, until the browser's close frame, and drops what it reads. Returns false if
    /// the stream ends before.
    ///
    /// # Errors
    /// The connection has failed, or `most` bytes were read.
    pub(super) async fn drop_until_close(&mut self, most: usize) -> io::Result<bool> {
        let (mut buffer, mut left) = ([0; 512], most);
        while !self.position.closed {
            let read = self.stream.read(&mut buffer).await?;
            if read == 0 {
                return Ok(false);
            }
            left = left.checked_sub(read).ok_or_else(sends_on)?;
            self.pass(&buffer[..read]);
        }
        Ok(true)
    }
}

/// The error of a browser that sends more after the close than it can have sent before it was told.
pub(super) fn sends_on() -> io::Error {
    io::Error::other("the browser sends on after the close")
}

impl<S: AsyncRead + Unpin> AsyncRead for BoundaryTracker<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.budget.check()?;
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, buffer))?;
        self.pass(&buffer.filled()[before..]);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for BoundaryTracker<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use tokio_tungstenite::tungstenite::protocol::frame::Frame;
    use tokio_tungstenite::tungstenite::protocol::frame::coding::Data;

    use super::*;

    /// Returns a masked frame, as browsers send them.
    fn frame(opcode: OpCode, is_final: bool, payload: usize) -> Vec<u8> {
        let header = FrameHeader {
            is_final,
            opcode,
            mask: Some([1, 2, 3, 4]),
            ..FrameHeader::default()
        };
        let mut bytes = Vec::new();
        Frame::from_payload(header, vec![b'x'; payload].into())
            .format(&mut bytes)
            .expect("a vector takes everything");
        bytes
    }

    /// Generates one message: some data frames, with control frames before each but the first.
    fn message() -> impl Strategy<Value = Vec<Vec<u8>>> {
        let length = prop_oneof![9 => 0..130_usize, 1 => 65_530..65_540_usize];
        let pings = proptest::collection::vec(0..126_usize, 0..3);
        proptest::collection::vec((length, pings), 1..4).prop_map(|parts| {
            let mut frames = Vec::new();
            for (number, (length, pings)) in parts.iter().enumerate() {
                if number > 0 {
                    frames.extend(
                        pings
                            .iter()
                            .map(|length| frame(OpCode::Control(Control::Ping), true, *length)),
                    );
                }
                let opcode = if number == 0 {
                    Data::Text
                } else {
                    Data::Continue
                };
                frames.push(frame(
                    OpCode::Data(opcode),
                    number + 1 == parts.len(),
                    *length,
                ));
            }
            frames
        })
    }

    proptest! {
        #[test]
        fn a_boundary_is_seen_after_each_message_and_nowhere_within(
            messages in proptest::collection::vec(message(), 1..4),
            pieces in proptest::collection::vec(1..200_usize, 1..50),
        ) {
            let messages: Vec<Vec<u8>> = messages.into_iter().map(|frames| frames.concat()).collect();
            let boundaries: Vec<usize> = messages
                .iter()
                .scan(0, |end, message| { *end += message.len(); Some(*end) })
                .collect();
            let bytes = messages.concat();
            let (mut position, mut passed) = (Position::default(), 0);
            for piece in pieces.into_iter().cycle() {
                let piece = piece.min(bytes.len() - passed);
                position.pass(&bytes[passed..passed + piece]);
                passed += piece;
                prop_assert_eq!(position.is_between_messages(), boundaries.contains(&passed), "after {} bytes", passed);
                if passed == bytes.len() {
                    break;
                }
            }
        }

        #[test]
        fn any_bytes_pass(bytes in any::<Vec<u8>>(), split in any::<prop::sample::Index>()) {
            let mut whole = Position::default();
            whole.pass(&bytes);
            let mut parts = Position::default();
            let (first, second) = bytes.split_at(split.index(bytes.len() + 1));
            parts.pass(first);
            parts.pass(second);
            prop_assert_eq!(whole.is_between_messages(), parts.is_between_messages());
        }
    }

    #[test]
    fn no_boundary_follows_an_invalid_frame() {
        let mut position = Position::default();
        position.pass(&[0x83, 0x80, 0, 0, 0, 0]);
        position.pass(&frame(OpCode::Data(Data::Text), true, 5));
        assert!(!position.is_between_messages());
    }
}
