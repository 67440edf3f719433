//! A socket over its life: hibernated nearly always, active for moments.
//!
//! An active socket takes some KiB for frames, buffers and futures. A browser waits for minutes and
//! sends something every 25 s, so all of that is made when there is something to do, and dropped when
//! nothing is in transit.

use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use super::SocketStream;
use super::connection::{Connection, Hibernated};
use super::frames::write_encoded;
use super::output::Output;
use crate::waiting::waiter::Delivery;

impl<S: SocketStream> Hibernated<S> {
    /// Polls for something to do: a delivery, or with `None` bytes from the browser.
    fn poll_wake(&mut self, cx: &mut Context<'_>) -> Poll<Option<Delivery>> {
        if let Poll::Ready(delivery) = self.waiting.waiter().poll_next(cx) {
            return Poll::Ready(Some(delivery));
        }
        // A failed connection is readable too, and reading returns its error.
        self.stream.poll_read_ready(cx).map(|_| None)
    }

    fn wake(self, delivery: Option<Delivery>) -> Active<S> {
        match delivery.map(|delivery| self.context.encode(delivery)) {
            Some(Output::Heartbeat) => Box::pin(self.ping()),
            output => Box::pin(async move {
                Connection::new(self.context, self.stream, Vec::new())
                    .await
                    .run(self.waiting, output)
                    .await
            }),
        }
    }

    /// Sends the ping, by far the most frequent delivery, without activating the socket.
    async fn ping(mut self) -> Option<Self> {
        let frames = &self.context.frontend.heartbeat_frames;
        let sent = write_encoded(&mut self.stream, frames);
        if let Err(reason) = self.context.in_time(sent).await {
            drop(self.waiting);
            Connection::new(self.context, self.stream, Vec::new())
                .await
                .close(reason)
                .await;
            return None;
        }
        Some(self)
    }
}

/// Work on a socket. Ends with the socket hibernated, or with its end.
type Active<S> = Pin<Box<dyn Future<Output = Option<Hibernated<S>>> + Send>>;

/// Serves a browser until its socket ends. Written by hand because an `async` block would keep room
/// for everything that it ever awaits, and for its arguments twice.
pub(super) enum Socket<S> {
    Hibernated(Hibernated<S>),
    Active(Active<S>),
    Ended,
}

impl<S> Socket<S> {
    /// Creates a socket whose first work is `active`.
    pub(super) fn new(
        active: impl Future<Output = Option<Hibernated<S>>> + Send + 'static,
    ) -> Self {
        Self::Active(Box::pin(active))
    }
}

impl<S: SocketStream> Future for Socket<S> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            let next = match &mut *self {
                Self::Hibernated(hibernated) => {
                    let delivery = ready!(hibernated.poll_wake(cx));
                    match mem::replace(&mut *self, Self::Ended) {
                        Self::Hibernated(hibernated) => Self::Active(hibernated.wake(delivery)),
                        other => other,
                    }
                }
                Self::Active(active) => {
                    ready!(active.as_mut().poll(cx)).map_or(Self::Ended, Self::Hibernated)
                }
                Self::Ended => return Poll::Ready(()),
            };
            *self = next;
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpStream;

    use super::*;

    /// tokio and [`tokio_util::task::TaskTracker`] add to a task, and round up to multiples of
    /// 128 bytes.
    #[test]
    fn a_hibernated_socket_fits_into_the_smallest_task() {
        let size = size_of::<Socket<TcpStream>>();
        assert!(size <= 128, "{size} bytes");
    }
}
