//! Time limits between the requests of a connection, and for the head of each.

use std::fmt;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep_until};

use crate::http::request_counts::RequestCounts;

/// A connection's place among those that the node has room for, given back when dropped.
pub(crate) trait Permit: Send {
    /// Returns true if the node needs the room, and this connection should not wait for another request.
    fn is_wanted_back(&self) -> bool;
}

/// The permit of a connection whose number has no maximum.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Unlimited;

impl Permit for Unlimited {
    fn is_wanted_back(&self) -> bool {
        false
    }
}

/// Time limits of a connection that is read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ReadLimits {
    /// Time for a request's head, and for the first head of a connection to begin: the defence against slow attackers.
    pub head: Duration,
    /// Time between two requests. A proxy keeps connections for its next request, and must be the one to close them: a
    /// request on a connection that is being closed is lost, and the browser gets a 502.
    pub idle: Duration,
}

/// A stream whose reads end once the client has sent no request for too long.
///
/// An idle connection ends as if the client had closed it, so that hyper does the same. A head that takes too long is an
/// error. Hyper has one limit for both.
pub(crate) struct ReadClock<S> {
    stream: S,
    limits: ReadLimits,
    requests: RequestCounts,
    permit: Box<dyn Permit>,
    phase: Phase,
    /// Requests at the begin of the phase.
    begun: u32,
    /// Begin of the phase.
    since: Instant,
    /// Runs while a read is blocked.
    timer: Option<Pin<Box<Sleep>>>,
}

/// The kind of a connection's next bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// The begin of the first head.
    New,
    /// The begin of another head.
    Idle,
    /// The rest of a head.
    Head,
}

impl<S> ReadClock<S> {
    /// Wraps a stream. `requests` counts its requests, and `permit` is kept as long.
    pub(crate) fn new(
        stream: S,
        limits: ReadLimits,
        requests: RequestCounts,
        permit: Box<dyn Permit>,
    ) -> Self {
        Self {
            stream,
            limits,
            begun: requests.begun(),
            requests,
            permit,
            phase: Phase::New,
            since: Instant::now(),
            timer: None,
        }
    }

    /// Returns the bare stream.
    pub(crate) fn into_inner(self) -> S {
        self.stream
    }

    fn enter(&mut self, phase: Phase) {
        self.phase = phase;
        self.since = Instant::now();
        if let Some(timer) = &mut self.timer {
            timer
                .as_mut()
                .reset(self.since + self.limits.step_of(phase));
        }
    }

    /// Polls a blocked read's limit.
    fn poll_limit(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let begun = self.requests.begun();
        if begun != self.begun {
            self.begun = begun;
            self.enter(Phase::Idle);
        }
        loop {
            let until = self.since + self.limits.step_of(self.phase);
            let timer = self
                .timer
                .get_or_insert_with(|| Box::pin(sleep_until(until)));
            ready!(timer.as_mut().poll(cx));
            match self.phase {
                Phase::Head => {
                    return Poll::Ready(Err(io::Error::new(
                        io::ErrorKind::TimedOut,
                        "a request's head took too long",
                    )));
                }
                Phase::New => return Poll::Ready(Ok(())),
                Phase::Idle => {
                    let end = self.since + self.limits.idle;
                    if end <= Instant::now() || self.permit.is_wanted_back() {
                        return Poll::Ready(Ok(()));
                    }
                    // In steps, because room may become scarce meanwhile.
                    let next = timer.deadline() + self.limits.head;
                    timer.as_mut().reset(next.min(end));
                }
            }
        }
    }
}

impl ReadLimits {
    /// Returns the time after which a phase is looked at first.
    fn step_of(self, phase: Phase) -> Duration {
        match phase {
            Phase::New | Phase::Head => self.head,
            Phase::Idle => self.head.min(self.idle),
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for ReadClock<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let read = Pin::new(&mut self.stream).poll_read(cx, buffer);
        // A body has a time limit of its own, and a client that waits for an answer has nothing to send.
        if self.requests.is_answering() {
            return read;
        }
        if read.is_pending() {
            return self.poll_limit(cx);
        }
        if self.phase != Phase::Head || self.begun != self.requests.begun() {
            self.begun = self.requests.begun();
            self.enter(Phase::Head);
        }
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for ReadClock<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(cx);
        // After an answer hyper does not read again if a read was blocked meanwhile, so that no read would start the clock.
        let is_over = !self.requests.is_answering() && self.requests.begun() != self.begun;
        if is_over && flushed.is_ready() && self.poll_limit(cx).is_ready() {
            cx.waker().wake_by_ref();
        }
        flushed
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

impl<S: fmt::Debug> fmt::Debug for ReadClock<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReadClock")
            .field("stream", &self.stream)
            .field("phase", &self.phase)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};

    use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};

    use super::*;

    const LIMITS: ReadLimits = ReadLimits {
        head: Duration::from_millis(50),
        idle: Duration::from_millis(1500),
    };

    #[derive(Default)]
    struct Wanted(Arc<AtomicBool>);

    impl Permit for Wanted {
        fn is_wanted_back(&self) -> bool {
            self.0.load(Ordering::Relaxed)
        }
    }

    fn clock(wanted: Wanted) -> (ReadClock<DuplexStream>, DuplexStream, RequestCounts) {
        let (near, far) = duplex(64);
        let counts = RequestCounts::default();
        let clock = ReadClock::new(near, LIMITS, counts.clone(), Box::new(wanted));
        (clock, far, counts)
    }

    /// Reads one byte, and returns the bytes read, or the error, and true if a connection may not idle for so long.
    async fn read(clock: &mut ReadClock<DuplexStream>) -> (Result<usize, io::ErrorKind>, bool) {
        let began = Instant::now();
        let read = clock.read(&mut [0]).await;
        let read = read.map_err(|error| error.kind());
        (read, began.elapsed() >= LIMITS.idle)
    }

    #[tokio::test]
    async fn a_connection_may_idle_between_requests_and_not_before_or_in_a_head() {
        let (mut quiet, _far, _) = clock(Wanted::default());
        assert_eq!(read(&mut quiet).await, (Ok(0), false), "no head at all");

        let (mut stream, mut far, counts) = clock(Wanted::default());
        far.write_all(b"G").await.expect("it is there");
        assert_eq!(read(&mut stream).await, (Ok(1), false));
        drop(counts.begin().expect("a request"));
        assert_eq!(read(&mut stream).await, (Ok(0), true), "after an answer");

        let (mut slow, mut far, counts) = clock(Wanted::default());
        drop(counts.begin().expect("a request"));
        far.write_all(b"G").await.expect("it is there");
        assert_eq!(read(&mut slow).await, (Ok(1), false));
        let cut = (Err(io::ErrorKind::TimedOut), false);
        assert_eq!(read(&mut slow).await, cut, "a head that does not end");
    }

    #[tokio::test]
    async fn an_idle_connection_goes_soon_once_its_room_is_wanted() {
        let wanted = Arc::new(AtomicBool::new(false));
        let (mut stream, _far, counts) = clock(Wanted(Arc::clone(&wanted)));
        drop(counts.begin().expect("a request"));
        tokio::spawn(async move {
            tokio::time::sleep(LIMITS.head * 3).await;
            wanted.store(true, Ordering::Relaxed);
        });
        assert_eq!(read(&mut stream).await, (Ok(0), false));
    }

    #[tokio::test]
    async fn an_answer_may_take_longer_than_both() {
        let (mut stream, _far, counts) = clock(Wanted::default());
        let request = counts.begin().expect("a request");
        let waited = tokio::time::timeout(LIMITS.idle * 2, read(&mut stream)).await;
        assert!(waited.is_err());
        drop(request);
        assert_eq!(read(&mut stream).await, (Ok(0), true));
    }
}
