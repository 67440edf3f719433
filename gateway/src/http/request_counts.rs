//! Requests of one connection: those at hand, and those that run ahead of the answers that the client takes.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll};

use axum::body::{Body, HttpBody};
use bytes::Bytes;
use hyper::body::{Frame, SizeHint};

/// Maximum number of requests on one connection that are answered without a byte being written: a client may send
/// requests ahead of their answers (RFC 9112 §9.3.2), but one that does not read gets no more work done.
const MAX_REQUESTS_AHEAD: u32 = 64;

/// Counts of one connection's requests, shared by its streams and its service.
#[derive(Debug, Clone, Default)]
pub(crate) struct RequestCounts(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    /// Requests since the last write that made progress.
    ahead: AtomicU32,
    /// Requests since the connection began, modulo 2³².
    begun: AtomicU32,
    /// Requests whose answer is not complete.
    open: AtomicU32,
}

impl RequestCounts {
    /// Counts a request, which is open until the return value is dropped.
    ///
    /// # Errors
    /// Returns an error if the connection has sent too many requests without taking an answer.
    pub(crate) fn begin(&self) -> io::Result<OpenRequest> {
        if self.0.ahead.fetch_add(1, Ordering::Relaxed) >= MAX_REQUESTS_AHEAD {
            return Err(io::Error::other(
                "too many requests came while no answer was taken",
            ));
        }
        self.0.begun.fetch_add(1, Ordering::Relaxed);
        self.0.open.fetch_add(1, Ordering::Relaxed);
        Ok(OpenRequest(self.clone()))
    }

    /// Notes that the client has taken something.
    pub(super) fn progress(&self) {
        self.0.ahead.store(0, Ordering::Relaxed);
    }

    /// Returns true while an answer is not complete.
    pub(super) fn is_answering(&self) -> bool {
        self.0.open.load(Ordering::Relaxed) > 0
    }

    /// Returns the number of requests so far, modulo 2³².
    pub(super) fn begun(&self) -> u32 {
        self.0.begun.load(Ordering::Relaxed)
    }
}

/// A request whose answer is not complete.
#[derive(Debug)]
pub(crate) struct OpenRequest(RequestCounts);

impl Drop for OpenRequest {
    fn drop(&mut self) {
        self.0.0.open.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The body of an answer, whose request is open until the body is dropped.
#[derive(Debug)]
pub(crate) struct AnswerBody {
    body: Body,
    _request: OpenRequest,
}

impl AnswerBody {
    /// Returns the body of the answer to this request.
    pub(crate) const fn new(body: Body, request: OpenRequest) -> Self {
        Self {
            body,
            _request: request,
        }
    }
}

impl HttpBody for AnswerBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_ahead_are_bounded_until_an_answer_is_taken() {
        let counts = RequestCounts::default();
        for _ in 0..MAX_REQUESTS_AHEAD {
            counts.begin().expect("within the bound");
        }
        assert!(counts.begin().is_err());
        counts.progress();
        assert!(counts.begin().is_ok());
    }

    #[test]
    fn a_request_is_open_until_its_answer_is_complete() {
        let counts = RequestCounts::default();
        let body = AnswerBody::new(Body::empty(), counts.begin().expect("the first"));
        assert!(counts.is_answering());
        drop(body);
        assert!(!counts.is_answering());
    }
}
