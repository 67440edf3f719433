//! Metrics of the public listener's requests, by route template.

use std::time::Duration;

use http::StatusCode;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use crate::routes::Route;

/// Buckets: polls and event streams take longer than the last but one.
const SECONDS: [f64; 9] = [0.001, 0.004, 0.016, 0.064, 0.25, 1.0, 4.0, 10.0, 30.0];

const CLASSES: [&str; 5] = ["1xx", "2xx", "3xx", "4xx", "5xx"];

/// Counts requests. A clone counts into the same numbers.
#[derive(Debug, Clone)]
pub(crate) struct HttpMetrics {
    requests: Family<RequestLabels, Counter>,
    seconds: Family<RouteLabels, Histogram, fn() -> Histogram>,
    in_flight: Gauge,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    route: &'static str,
    status: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RouteLabels {
    route: &'static str,
}

impl Default for HttpMetrics {
    fn default() -> Self {
        let metrics = Self {
            requests: Family::default(),
            seconds: Family::new_with_constructor(|| Histogram::new(SECONDS)),
            in_flight: Gauge::default(),
        };
        for route in Route::all().map(Route::template) {
            drop(metrics.seconds.get_or_create(&RouteLabels { route }));
            for status in CLASSES {
                let labels = RequestLabels { route, status };
                drop(metrics.requests.get_or_create(&labels));
            }
        }
        metrics
    }
}

/// A request that is being answered.
#[derive(Debug)]
pub(crate) struct InFlight(Gauge);

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.dec();
    }
}

impl HttpMetrics {
    pub(super) fn register(&self, registry: &mut Registry) {
        let registry = registry.sub_registry_with_prefix("http");
        registry.register(
            "requests",
            "Answered requests, by route and class of status; other is a path that no route has",
            self.requests.clone(),
        );
        registry.register_with_unit(
            "request",
            "Time from a request's head to its answer's head, by route; polls wait for a message in it",
            Unit::Seconds,
            self.seconds.clone(),
        );
        registry.register(
            "requests_in_flight",
            "Requests that wait for the head of their answer",
            self.in_flight.clone(),
        );
    }

    /// Counts a request as in flight until the result is dropped.
    pub(crate) fn begun(&self) -> InFlight {
        self.in_flight.inc();
        InFlight(self.in_flight.clone())
    }

    /// Counts an answered request.
    pub(crate) fn answered(&self, route: Route, status: StatusCode, after: Duration) {
        let class = usize::from(status.as_u16() / 100).saturating_sub(1);
        let status = CLASSES.get(class).copied().unwrap_or("5xx");
        let route = route.template();
        self.requests
            .get_or_create(&RequestLabels { route, status })
            .inc();
        self.seconds
            .get_or_create(&RouteLabels { route })
            .observe(after.as_secs_f64());
    }
}
