//! Observation of each request, for operators: its id, in the answer and in all log lines, and a line of its own.

use std::future::Future;
use std::sync::Arc;

use axum::extract::Request;
use axum::response::Response;
use futures_util::FutureExt;
use http::StatusCode;
use tokio::time::Instant;
use tracing::Instrument;

use super::access_line::AccessLine;
use super::request_id::{self, X_REQUEST_ID};
use super::trusted_proxies::TrustedProxies;
use crate::metrics::{HttpMetrics, InFlight};
use crate::request_id::RequestScope;
use crate::routes::Route;

/// Observes the requests of a listener.
#[derive(Debug)]
pub(crate) struct RequestObserver {
    trusted_proxies: Arc<TrustedProxies>,
    metrics: HttpMetrics,
    writes_lines: bool,
}

impl RequestObserver {
    /// Creates an observer behind these proxies, which writes a log line for each request or none.
    pub(crate) const fn new(
        trusted_proxies: Arc<TrustedProxies>,
        metrics: HttpMetrics,
        writes_lines: bool,
    ) -> Self {
        Self {
            trusted_proxies,
            metrics,
            writes_lines,
        }
    }

    /// Has a request answered within its scope.
    ///
    /// Not an `async fn`: that would keep the answering future twice, as a variable and while it awaits it.
    pub(super) fn observe<F, A>(
        self: &Arc<Self>,
        request: Request,
        answer: A,
    ) -> impl Future<Output = Response> + use<F, A>
    where
        F: Future<Output = Response>,
        A: FnOnce(Request) -> F,
    {
        let id = request_id::of(&request, &self.trusted_proxies);
        // Of the highest level, so that a filter that lets errors through shows their request.
        let span = tracing::error_span!("request", request_id = %id);
        let scope = RequestScope::new(id);
        let observed = Observed {
            observer: Arc::clone(self),
            scope: Arc::clone(&scope),
            begun: Instant::now(),
            route: Route::of(request.uri().path()),
            _in_flight: self.metrics.begun(),
        };
        let line = self.writes_lines.then(|| {
            Box::new(AccessLine {
                span: span.clone(),
                scope: Arc::clone(&scope),
                begun: observed.begun,
                method: request.method().clone(),
                route: observed.route,
                address: self.trusted_proxies.probable_address_of(&request),
                status: None,
                bytes: 0,
            })
        });
        let answered = scope.run(answer(request).instrument(span));
        answered.map(move |response| {
            let response = observed.end(response);
            match line {
                Some(line) => line.write_after(response),
                None => response,
            }
        })
    }
}

/// A request that is being answered.
struct Observed {
    observer: Arc<RequestObserver>,
    scope: Arc<RequestScope>,
    begun: Instant,
    route: Route,
    _in_flight: InFlight,
}

impl Observed {
    /// Counts the answer, and names the request in it.
    fn end(self, mut response: Response) -> Response {
        let status = response.status();
        let metrics = &self.observer.metrics;
        metrics.answered(self.route, status, self.begun.elapsed());
        // No page can read the headers of a handshake.
        if status != StatusCode::SWITCHING_PROTOCOLS
            && let Some(value) = request_id::value(&self.scope.id())
        {
            response.headers_mut().insert(X_REQUEST_ID, value);
        }
        response
    }
}
