//! What operators see of each request: its id, in the answer and in all log lines, and a line of its own.

use std::future::Future;
use std::sync::Arc;

use axum::extract::Request;
use axum::response::Response;
use http::StatusCode;
use tokio::time::Instant;
use tracing::Instrument;

use super::access_line::AccessLine;
use super::request_id::{self, X_REQUEST_ID};
use super::routes::Route;
use super::trusted_proxies::TrustedProxies;
use crate::request_id::RequestScope;

/// Observes the requests of a listener.
#[derive(Debug)]
pub(crate) struct RequestObserver {
    trusted_proxies: Arc<TrustedProxies>,
    writes_lines: bool,
}

impl RequestObserver {
    /// Creates an observer behind these proxies, which writes a log line for each request or none.
    pub(crate) const fn new(trusted_proxies: Arc<TrustedProxies>, writes_lines: bool) -> Self {
        Self {
            trusted_proxies,
            writes_lines,
        }
    }

    /// Has a request answered within its scope.
    pub(super) async fn observe<F>(
        &self,
        request: Request,
        answer: impl FnOnce(Request) -> F,
    ) -> Response
    where
        F: Future<Output = Response>,
    {
        let id = request_id::of(&request, &self.trusted_proxies);
        // Of the highest level, so that a filter that lets errors through shows their request.
        let span = tracing::error_span!("request", request_id = %id);
        let scope = RequestScope::new(id);
        let line = self.writes_lines.then(|| AccessLine {
            span: span.clone(),
            scope: Arc::clone(&scope),
            begun: Instant::now(),
            method: request.method().clone(),
            route: Route::of(request.uri().path()),
            address: self.trusted_proxies.probable_address_of(&request),
            status: StatusCode::INTERNAL_SERVER_ERROR,
            bytes: 0,
        });
        let mut response = scope.run(answer(request).instrument(span)).await;
        if let Some(value) = request_id::value(&id) {
            response.headers_mut().insert(X_REQUEST_ID, value);
        }
        match line {
            Some(line) => line.write_after(response),
            None => response,
        }
    }
}
