//! Metrics of a node, for Prometheus. No label names a login, a person or an address.

mod admission;
mod backends;
mod exposition;
mod http;
mod process;
#[cfg(test)]
mod reference;
mod registration;
#[cfg(test)]
mod tests;
mod zero;

use std::sync::Arc;
use std::time::Duration;

pub(crate) use self::admission::AdmissionRefusal;
use self::admission::ReasonLabels;
pub(crate) use self::backends::{BackendCall, BackendMetrics, CallResult};
pub(crate) use self::exposition::Exposition;
pub(crate) use self::http::{HttpMetrics, InFlight};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use saoma_protocol::{CloseCode, ErrorCode, EventKind};

use crate::limits::LimitName;
use crate::store::StoreMetrics;

/// From 0.1 ms to 6.5 s, doubling.
const SECONDS: [f64; 17] = [
    0.000_1, 0.000_2, 0.000_4, 0.000_8, 0.001_6, 0.003_2, 0.006_4, 0.012_8, 0.025_6, 0.051_2,
    0.102_4, 0.204_8, 0.409_6, 0.819_2, 1.638_4, 3.276_8, 6.553_6,
];

/// A node's metrics.
#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Registry,
    sockets_open: Gauge,
    logins_opened: Family<TransportLabels, Counter>,
    attachments: Family<TransportLabels, Counter>,
    login_changes: Family<ChangeLabels, Counter>,
    pushes: Family<PushLabels, Counter>,
    push_lag: Histogram,
    socket_closes: Family<CloseLabels, Counter>,
    refusals: Family<RefusalLabels, Counter>,
    limited: Family<LimitLabels, Counter>,
    misdeclared_proxies: Counter,
    certificate_not_after: Gauge,
    misused_codes: Family<MisuseLabels, Counter>,
    sessions_ended: Family<ReasonLabels, Counter>,
    logout_deliveries: Family<ResultLabels, Counter>,
    limits_remembered: Family<LimitLabels, Counter>,
    admission_refusals: Family<ReasonLabels, Counter>,
    logins_unattended: Gauge,
    nodes_in_conflict: Family<SettingLabels, Gauge>,
    app_tokens_refused: Family<ReasonLabels, Counter>,
    reloads: Family<ResultLabels, Counter>,
    store: StoreMetrics,
    http: HttpMetrics,
    backends: BackendMetrics,
}

/// Transport by which a browser came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Transport {
    /// A socket.
    WebSocket,
    /// A POST, which opens a login and does not say how it will be followed.
    Post,
    /// An event stream.
    EventStream,
    /// A poll.
    LongPoll,
    /// A device that polls the token endpoint (RFC 8628).
    Device,
}

/// Way by which a push was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PushSource {
    /// It came to the node's inbox.
    Inbox,
    /// The browser had been away, and was told when it came back.
    Resume,
    /// It was read again, because something showed that pushes may have been lost.
    Reread,
    /// Only the slow sweep has found it: pub/sub had lost it, and nothing showed that.
    Sweep,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct TransportLabels {
    transport: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ChangeLabels {
    event: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct PushLabels {
    source: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CloseLabels {
    code: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RefusalLabels {
    step: &'static str,
    error: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct LimitLabels {
    limit: &'static str,
}

/// A right authorization code, presented as only a thief or a broken client would.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CodeMisuse {
    /// After its redemption.
    Replayed,
    /// With another client, redirect URI or verifier than its login's.
    Mismatched,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct MisuseLabels {
    misuse: &'static str,
}

/// The result of a try to tell a client of a logout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LogoutDelivery {
    /// The client has taken the logout token.
    Delivered,
    /// It has not, and is told again.
    Failed,
    /// It has not for a day, or has no endpoint any more.
    GivenUp,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ResultLabels {
    result: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct SettingLabels {
    setting: &'static str,
}

/// The result of a reload of the settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ReloadResult {
    /// All that can be reloaded was taken over.
    Ok,
    /// A fault was found, and nothing has changed.
    Failed,
}

/// In the place of a close code, for a browser that left without one.
const GONE: &str = "gone";

impl Transport {
    const ALL: [Self; 5] = [
        Self::WebSocket,
        Self::Post,
        Self::EventStream,
        Self::LongPoll,
        Self::Device,
    ];

    const fn as_str(self) -> &'static str {
        match self {
            Self::WebSocket => "websocket",
            Self::Post => "post",
            Self::EventStream => "event_stream",
            Self::LongPoll => "long_poll",
            Self::Device => "device",
        }
    }
}

impl CodeMisuse {
    const ALL: [Self; 2] = [Self::Replayed, Self::Mismatched];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Replayed => "replayed",
            Self::Mismatched => "mismatched",
        }
    }
}

impl LogoutDelivery {
    const ALL: [Self; 3] = [Self::Delivered, Self::Failed, Self::GivenUp];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Failed => "failed",
            Self::GivenUp => "given_up",
        }
    }
}

impl ReloadResult {
    const ALL: [Self; 2] = [Self::Ok, Self::Failed];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Failed => "failed",
        }
    }
}

impl PushSource {
    const ALL: [Self; 4] = [Self::Inbox, Self::Resume, Self::Reread, Self::Sweep];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Inbox => "inbox",
            Self::Resume => "resume",
            Self::Reread => "reread",
            Self::Sweep => "sweep",
        }
    }
}

impl Default for Metrics {
    fn default() -> Self {
        let mut metrics = Self {
            registry: Registry::default(),
            sockets_open: Gauge::default(),
            logins_opened: Family::default(),
            attachments: Family::default(),
            login_changes: Family::default(),
            pushes: Family::default(),
            push_lag: Histogram::new(SECONDS),
            socket_closes: Family::default(),
            refusals: Family::default(),
            limited: Family::default(),
            misdeclared_proxies: Counter::default(),
            certificate_not_after: Gauge::default(),
            misused_codes: Family::default(),
            sessions_ended: Family::default(),
            logout_deliveries: Family::default(),
            limits_remembered: Family::default(),
            admission_refusals: Family::default(),
            logins_unattended: Gauge::default(),
            nodes_in_conflict: Family::default(),
            app_tokens_refused: Family::default(),
            reloads: Family::default(),
            store: StoreMetrics::default(),
            http: HttpMetrics::default(),
            backends: BackendMetrics::default(),
        };
        metrics.register_process();
        metrics.register();
        metrics.begin_at_zero();
        metrics
    }
}

/// An open socket in the gauge: taken out when dropped.
#[derive(Debug)]
pub(crate) struct OpenSocket(Gauge);

impl Drop for OpenSocket {
    fn drop(&mut self) {
        self.0.dec();
    }
}

impl Metrics {
    /// Returns the metrics of the store in Redis.
    pub(crate) const fn store(&self) -> &StoreMetrics {
        &self.store
    }

    /// Returns the metrics of the public listener's requests.
    pub(crate) const fn http(&self) -> &HttpMetrics {
        &self.http
    }

    /// Returns the metrics of the gateway's own requests.
    pub(crate) const fn backends(&self) -> &BackendMetrics {
        &self.backends
    }

    /// Returns the end of the certificate's validity, in Unix seconds.
    pub(crate) const fn certificate_not_after(&self) -> &Gauge {
        &self.certificate_not_after
    }

    /// Returns the counter of requests that contradict the list of proxies.
    pub(crate) const fn misdeclared_proxies(&self) -> &Counter {
        &self.misdeclared_proxies
    }

    /// Sets the number of other nodes whose setting does not fit that of this one.
    pub(crate) fn nodes_in_conflict(&self, setting: &'static str, nodes: usize) {
        self.nodes_in_conflict
            .get_or_create(&SettingLabels { setting })
            .set(i64::try_from(nodes).unwrap_or(i64::MAX));
    }

    /// A client was told of a logout, or was not.
    pub(crate) fn logout_delivery(&self, delivery: LogoutDelivery) {
        let result = delivery.as_str();
        let counted = self
            .logout_deliveries
            .get_or_create(&ResultLabels { result });
        counted.inc();
    }

    /// A socket, event stream or poll has opened.
    pub(crate) fn socket_opened(self: &Arc<Self>) -> OpenSocket {
        self.sockets_open.inc();
        OpenSocket(self.sockets_open.clone())
    }

    /// The gateway has closed a socket.
    pub(crate) fn socket_closed(&self, code: CloseCode) {
        self.socket_closes
            .get_or_create(&CloseLabels { code: code.name() })
            .inc();
    }

    /// A browser has left.
    pub(crate) fn socket_gone(&self) {
        self.socket_closes
            .get_or_create(&CloseLabels { code: GONE })
            .inc();
    }

    /// A login was opened.
    pub(crate) fn login_opened(&self, transport: Transport) {
        self.logins_opened
            .get_or_create(&TransportLabels {
                transport: transport.as_str(),
            })
            .inc();
    }

    /// A browser waits for a login's messages.
    pub(crate) fn attached(&self, transport: Transport) {
        self.attachments
            .get_or_create(&TransportLabels {
                transport: transport.as_str(),
            })
            .inc();
    }

    /// An event has changed a login.
    pub(crate) fn login_changed(&self, event: EventKind) {
        self.login_changes
            .get_or_create(&ChangeLabels {
                event: event.as_str(),
            })
            .inc();
    }

    /// A change is on its way to a browser.
    pub(crate) fn pushed(&self, source: PushSource) {
        self.pushes
            .get_or_create(&PushLabels {
                source: source.as_str(),
            })
            .inc();
    }

    /// A push came so many milliseconds after its change.
    pub(crate) fn push_lag(&self, millis: u64) {
        self.push_lag
            .observe(Duration::from_millis(millis).as_secs_f64());
    }

    /// A request was refused at a step.
    pub(crate) fn refused(&self, step: &'static str, error: ErrorCode) {
        debug_assert!(zero::STEPS.contains(&step), "{step}: add it to STEPS");
        self.refusals
            .get_or_create(&RefusalLabels {
                step,
                error: error.as_str(),
            })
            .inc();
    }

    /// An attempt was over a limit.
    pub(crate) fn limited(&self, limit: LimitName) {
        self.limited
            .get_or_create(&LimitLabels {
                limit: limit.as_str(),
            })
            .inc();
    }

    /// An access token of the app was refused.
    pub(crate) fn app_token_refused(&self, reason: &'static str) {
        self.app_tokens_refused
            .get_or_create(&ReasonLabels { reason })
            .inc();
    }

    /// The settings were read again, and taken over or refused.
    pub(crate) fn reloaded(&self, result: ReloadResult) {
        let result = result.as_str();
        let counted = self.reloads.get_or_create(&ResultLabels { result });
        counted.inc();
    }

    /// All of it in a text format.
    ///
    /// # Errors
    /// None that a `String` gives.
    pub(crate) fn encode(&self, exposition: Exposition) -> Result<String, std::fmt::Error> {
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &self.registry)?;
        Ok(match exposition {
            Exposition::OpenMetrics => text,
            Exposition::Prometheus => exposition::as_prometheus(&text),
        })
    }
}
