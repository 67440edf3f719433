//! Request bodies, which have to come in time.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::Bytes;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use tokio::time::{Sleep, sleep};

/// Slowest pace of a body that is waited for: the pictures of a face check take a slow phone longer than a form does.
const MIN_BYTES_PER_SECOND: u32 = 8 * 1024;

/// A body that fails once its time is over. Its reader limits its size.
pub(super) struct TimedBody {
    body: Incoming,
    over: Pin<Box<Sleep>>,
}

/// Why a body cannot be read to its end.
#[derive(Debug, thiserror::Error)]
pub(super) enum BodyError {
    #[error("the body did not come in time")]
    TooSlow,
    #[error(transparent)]
    Connection(#[from] hyper::Error),
}

impl TimedBody {
    /// Leaves a body this long to come, from now on, and longer by what has come at the slowest pace.
    pub(super) fn new(body: Incoming, timeout: Duration) -> Self {
        Self {
            body,
            over: Box::pin(sleep(timeout)),
        }
    }
}

impl Body for TimedBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        if self.over.as_mut().poll(context).is_ready() {
            return Poll::Ready(Some(Err(BodyError::TooSlow)));
        }
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        if let Some(Ok(data)) = &frame
            && let Some(data) = data.data_ref()
        {
            let bytes = u32::try_from(data.len()).unwrap_or(u32::MAX);
            let earned = Duration::from_secs(1).saturating_mul(bytes) / MIN_BYTES_PER_SECOND;
            let deadline = self.over.deadline() + earned;
            self.over.as_mut().reset(deadline);
        }
        Poll::Ready(frame.map(|frame| frame.map_err(BodyError::from)))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
