//! Byte streams that can carry a socket.

use std::io;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

use crate::http::tls::TlsSocket;

/// A byte stream below HTTP and WebSocket, which a hibernated socket keeps and watches.
pub(crate) trait SocketStream: AsyncRead + AsyncWrite + Send + Unpin + 'static {
    /// Polls until there is something to read: bytes, the end, or an error. Reads nothing, so a
    /// hibernated socket needs no buffer. May be ready although the next read is pending.
    fn poll_read_ready(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>>;

    /// Has the drop that follows discard bytes that the system has not sent yet. Without it the
    /// kernel would go on trying to send them for minutes to a browser that does not read.
    fn discard_unsent(&self) {}
}

impl SocketStream for TcpStream {
    fn poll_read_ready(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Self::poll_read_ready(self, cx)
    }

    fn discard_unsent(&self) {
        if let Err(error) = self.set_zero_linger() {
            tracing::debug!(%error, "could not have unsent bytes discarded");
        }
    }
}

/// At a message boundary the stream holds no decrypted bytes, so that the connection below tells when there are more: see
/// docs/decisions/0007-one-session-over-any-stream.md.
impl SocketStream for TlsSocket {
    fn poll_read_ready(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.tcp().poll_read_ready(cx)
    }

    fn discard_unsent(&self) {
        SocketStream::discard_unsent(self.tcp());
    }
}

/// Bytes written to a Unix socket are in the peer's buffer already, so none are unsent.
#[cfg(unix)]
impl SocketStream for tokio::net::UnixStream {
    fn poll_read_ready(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Self::poll_read_ready(self, cx)
    }
}
