//! A log line for each request (`log.requests`). It has no code, token or key, and no query.

use std::sync::Arc;

use axum::body::{Body, HttpBody};
use axum::response::Response;
use bytes::Bytes;
use futures_util::TryStreamExt;
use http::{Method, StatusCode};
use tokio::time::Instant;
use tracing::Span;

use crate::client_address::ClientAddress;
use crate::request_id::RequestScope;
use crate::routes::Route;

/// The line of a request, written when it is dropped.
pub(super) struct AccessLine {
    pub(super) span: Span,
    pub(super) scope: Arc<RequestScope>,
    pub(super) begun: Instant,
    pub(super) method: Method,
    pub(super) route: Route,
    pub(super) address: Option<ClientAddress>,
    /// Missing while there is no answer: the client has left before it, if the line is written then.
    pub(super) status: Option<StatusCode>,
    pub(super) bytes: u64,
}

impl AccessLine {
    /// Writes the line at the end of this answer: now if its length is known, otherwise once it is sent or given up.
    pub(super) fn write_after(mut self: Box<Self>, response: Response) -> Response {
        self.status = Some(response.status());
        if let Some(bytes) = response.body().size_hint().exact() {
            self.bytes = bytes;
            return response;
        }
        response.map(|body| {
            // By a method, so that the closure owns the whole line and writes it when it is dropped.
            let count = move |chunk: &Bytes| self.count(chunk.len());
            let sent = body.into_data_stream().inspect_ok(count);
            Body::from_stream(sent)
        })
    }

    fn count(&mut self, bytes: usize) {
        self.bytes += u64::try_from(bytes).unwrap_or_default();
    }
}

impl Drop for AccessLine {
    fn drop(&mut self) {
        let milliseconds = u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        tracing::info!(
            parent: &self.span,
            method = %self.method,
            route = self.route.template(),
            status = self.status.map(|status| status.as_u16()),
            milliseconds,
            bytes = self.bytes,
            address = self.address.map(|address| tracing::field::display(address.ip())),
            login_id = self.scope.login().map(tracing::field::display),
            "answered a request"
        );
    }
}
