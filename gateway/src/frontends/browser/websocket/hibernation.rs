//! A browser's socket over its life: asleep nearly always, awake for moments.
//!
//! What reads and writes frames takes some KiB with its buffers and futures. A browser waits for minutes and says
//! something every 25 s: so all of that is made when there is something to do, and gone when nothing is under way.

use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::super::Transports;
use super::{Conversation, Ending};
use crate::http::admission::Place;
use crate::metrics::OpenSocket;
use crate::waiting::registry::Waiting;
use crate::waiting::waiter::Delivery;

/// What a socket has from its beginning to its end.
pub(crate) struct Visit {
    pub(crate) transports: Arc<Transports>,
    pub(crate) bad_messages: u8,
    pub(crate) place: Place,
    _counted: OpenSocket,
}

impl Visit {
    pub(crate) fn new(transports: Arc<Transports>, place: Place) -> Self {
        let counted = transports.logins.metrics().socket_opened();
        Self {
            transports,
            bad_messages: 0,
            place,
            _counted: counted,
        }
    }

    /// Writes within a bound: a browser that does not read is not waited for.
    pub(crate) async fn in_time<E>(
        &self,
        written: impl Future<Output = Result<(), E>>,
    ) -> Result<(), Ending> {
        match timeout(self.transports.sockets.write_timeout, written).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(Ending::Gone),
            Err(_) => Err(Ending::Unread),
        }
    }
}

/// A socket whose browser waits, while nothing is under way: no message has come in part, and none is left to be sent.
pub(crate) struct Asleep {
    pub(crate) visit: Visit,
    pub(crate) stream: TcpStream,
    pub(crate) waiting: Waiting,
}

impl Asleep {
    /// What there is to do: something for the browser, or, with `None`, something from it.
    fn poll_wake(&self, cx: &mut Context<'_>) -> Poll<Option<Delivery>> {
        if let Poll::Ready(delivery) = self.waiting.waiter().poll_next(cx) {
            return Poll::Ready(Some(delivery));
        }
        // A connection that has failed is readable too: reading tells how.
        self.stream.poll_read_ready(cx).map(|_| None)
    }

    fn wake(self, delivery: Option<Delivery>) -> Awake {
        match delivery {
            Some(Delivery::Ping) => Box::pin(self.ping()),
            delivery => Box::pin(async move {
                Conversation::new(self.visit, self.stream, Vec::new())
                    .await
                    .run(self.waiting, delivery)
                    .await
            }),
        }
    }

    /// Sends the ping, which takes no more than its bytes: the most frequent thing by far.
    async fn ping(mut self) -> Option<Self> {
        let written = self.stream.write_all(&self.visit.transports.sign_of_life);
        if let Err(ending) = self.visit.in_time(written).await {
            drop(self.waiting);
            Conversation::new(self.visit, self.stream, Vec::new())
                .await
                .end(ending)
                .await;
            return None;
        }
        Some(self)
    }
}

/// Something under way. Its end is the socket's, or the socket goes back to sleep.
type Awake = Pin<Box<dyn Future<Output = Option<Asleep>> + Send>>;

/// Serves a browser until its socket ends. Written by hand because an `async` block would keep room for all that it
/// ever awaits, and for what it was given twice.
pub(crate) enum Socket {
    Asleep(Asleep),
    Awake(Awake),
    Ended,
}

impl Socket {
    /// A socket that begins so.
    pub(crate) fn beginning(awake: impl Future<Output = Option<Asleep>> + Send + 'static) -> Self {
        Self::Awake(Box::pin(awake))
    }
}

impl Future for Socket {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            let next = match &mut *self {
                Self::Asleep(asleep) => {
                    let delivery = ready!(asleep.poll_wake(cx));
                    match mem::replace(&mut *self, Self::Ended) {
                        Self::Asleep(asleep) => Self::Awake(asleep.wake(delivery)),
                        other => other,
                    }
                }
                Self::Awake(awake) => {
                    ready!(awake.as_mut().poll(cx)).map_or(Self::Ended, Self::Asleep)
                }
                Self::Ended => return Poll::Ready(()),
            };
            *self = next;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What tokio adds to a task, and [`tokio_util::task::TaskTracker`] to that, rounds up to multiples of 128 bytes.
    #[test]
    fn a_sleeping_socket_fits_into_the_smallest_task() {
        assert!(size_of::<Socket>() <= 128, "{} bytes", size_of::<Socket>());
    }
}
