//! A deadline on the progress of writes, for connections over plain HTTP.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

use crate::http::request_counts::RequestCounts;

/// A stream whose writes fail once the peer has taken nothing for `limit`.
///
/// Without it a client that does not read its answers holds its connection for as long as it likes: hyper has deadlines
/// for reading only.
#[derive(Debug)]
pub(crate) struct WriteDeadline<S> {
    stream: S,
    limit: Duration,
    /// Has the stream drop bytes that the system has not sent yet.
    discard_unsent: fn(&S),
    /// Runs while a write is blocked.
    blocked: Option<Pin<Box<Sleep>>>,
    requests: RequestCounts,
}

impl<S> WriteDeadline<S> {
    /// Wraps a stream. `requests` counts its requests. `discard_unsent` is called when the limit is reached: without it the
    /// kernel would go on for minutes trying to send the rest.
    pub(crate) const fn new(
        stream: S,
        limit: Duration,
        requests: RequestCounts,
        discard_unsent: fn(&S),
    ) -> Self {
        Self {
            stream,
            limit,
            discard_unsent,
            blocked: None,
            requests,
        }
    }

    /// Returns the bare stream.
    pub(crate) fn into_inner(self) -> S {
        self.stream
    }

    fn watch(
        &mut self,
        cx: &mut Context<'_>,
        written: Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        if written.is_ready() {
            self.blocked = None;
            self.requests.progress();
            return written;
        }
        let limit = self.limit;
        let blocked = self.blocked.get_or_insert_with(|| Box::pin(sleep(limit)));
        blocked.as_mut().poll(cx).map(|()| {
            (self.discard_unsent)(&self.stream);
            Err(io::Error::new(
                io::ErrorKind::TimedOut,
                "the client does not read its answers",
            ))
        })
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for WriteDeadline<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for WriteDeadline<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.watch(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, slices);
        self.watch(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
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
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    use super::*;

    const LIMIT: Duration = Duration::from_secs(1);

    #[tokio::test]
    async fn a_peer_that_takes_nothing_is_given_up_after_the_limit() {
        let (near, _far) = duplex(8);
        let mut stream = WriteDeadline::new(near, LIMIT, RequestCounts::default(), |_| {});
        let error = stream.write_all(&[0; 9]).await.expect_err("it blocks");
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    }

    #[tokio::test]
    async fn a_slow_peer_that_takes_something_is_served() {
        let (near, mut far) = duplex(8);
        let mut stream = WriteDeadline::new(near, LIMIT, RequestCounts::default(), |_| {});
        let reader = tokio::spawn(async move {
            for _ in 0..8 {
                sleep(LIMIT / 6).await;
                far.read_exact(&mut [0; 8]).await?;
            }
            io::Result::Ok(())
        });
        stream.write_all(&[0; 64]).await.expect("it makes progress");
        reader.await.expect("no panic").expect("all of it is read");
    }
}
