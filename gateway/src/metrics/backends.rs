//! Metrics of the gateway's own requests: to the app's backend, and to clients that are told of logouts.

use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

/// Buckets: introspection at a backend nearby takes milliseconds, and no request may take more than some seconds.
const SECONDS: [f64; 9] = [0.002, 0.008, 0.032, 0.128, 0.5, 1.0, 2.0, 5.0, 10.0];

/// A request of the gateway's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BackendCall {
    /// Token introspection.
    Introspection,
    /// The standing of a person.
    Standing,
    /// A fetch of the keys by which the app's backend signs.
    Keys,
    /// A logout token, to a client.
    Logout,
}

/// The result of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CallResult {
    /// The answer has the expected status and could be read.
    Ok,
    /// Another status, or an answer that is too large.
    Refused,
    /// No connection, no answer in time, or one that broke off.
    Failed,
}

/// Counts requests of the gateway's own. A clone counts into the same numbers.
#[derive(Debug, Clone)]
pub(crate) struct BackendMetrics {
    requests: Family<ResultLabels, Counter>,
    seconds: Family<CallLabels, Histogram, fn() -> Histogram>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ResultLabels {
    request: &'static str,
    result: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CallLabels {
    request: &'static str,
}

impl BackendCall {
    const ALL: [Self; 4] = [
        Self::Introspection,
        Self::Standing,
        Self::Keys,
        Self::Logout,
    ];

    /// Returns the name in metrics and traces.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Introspection => "introspection",
            Self::Standing => "standing",
            Self::Keys => "keys",
            Self::Logout => "logout",
        }
    }
}

impl CallResult {
    const ALL: [Self; 3] = [Self::Ok, Self::Refused, Self::Failed];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Refused => "refused",
            Self::Failed => "failed",
        }
    }
}

impl Default for BackendMetrics {
    fn default() -> Self {
        let metrics = Self {
            requests: Family::default(),
            seconds: Family::new_with_constructor(|| Histogram::new(SECONDS)),
        };
        for call in BackendCall::ALL {
            let request = call.as_str();
            drop(metrics.seconds.get_or_create(&CallLabels { request }));
            for result in CallResult::ALL.map(CallResult::as_str) {
                let labels = ResultLabels { request, result };
                drop(metrics.requests.get_or_create(&labels));
            }
        }
        metrics
    }
}

impl BackendMetrics {
    pub(super) fn register(&self, registry: &mut Registry) {
        let registry = registry.sub_registry_with_prefix("backend");
        registry.register(
            "requests",
            "Requests of the gateway's own, by request (introspection, standing or keys of the app's backend, logout to a client) and result: ok, refused (another status) or failed (no answer)",
            self.requests.clone(),
        );
        registry.register_with_unit(
            "request",
            "Time of the gateway's own requests, by request",
            Unit::Seconds,
            self.seconds.clone(),
        );
    }

    /// Counts a request that has ended.
    pub(crate) fn ended(&self, call: BackendCall, result: CallResult, after: Duration) {
        let (request, result) = (call.as_str(), result.as_str());
        self.requests
            .get_or_create(&ResultLabels { request, result })
            .inc();
        self.seconds
            .get_or_create(&CallLabels { request })
            .observe(after.as_secs_f64());
    }
}
