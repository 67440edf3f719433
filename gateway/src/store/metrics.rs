//! Metrics of the store in Redis.

use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

/// From 0.1 ms to 3.3 s, doubling.
const SECONDS: [f64; 16] = [
    0.000_1, 0.000_2, 0.000_4, 0.000_8, 0.001_6, 0.003_2, 0.006_4, 0.012_8, 0.025_6, 0.051_2,
    0.102_4, 0.204_8, 0.409_6, 0.819_2, 1.638_4, 3.276_8,
];

/// Commands of the store, by verb.
const VERBS: [&str; 38] = [
    "access",
    "announce",
    "apply",
    "attach",
    "begin_session",
    "changes",
    "check",
    "claim_schema",
    "claim_user_code",
    "confirm",
    "due_logouts",
    "end_session",
    "fence",
    "find_by_user_code",
    "give_back",
    "index_session",
    "indexed",
    "join_session",
    "open",
    "person_of",
    "poll_device",
    "probe",
    "publish",
    "push_request",
    "pushed_request",
    "put_ahead",
    "put_out",
    "read",
    "redeem",
    "refresh",
    "revoke",
    "scan",
    "session_of",
    "settle_logouts",
    "take",
    "take_out",
    "undo_redemption",
    "use_once",
];

/// Counts what happens between a node and its Redis. A clone counts into the same numbers.
#[derive(Debug, Clone)]
pub struct StoreMetrics {
    commands: Family<VerbLabels, Histogram, fn() -> Histogram>,
    commands_in_flight: Gauge,
    commands_waiting: Gauge,
    commands_rejected: Counter,
    connections_opened: Counter,
    connections_broken: Counter,
    inbox_subscriptions: Counter,
    inbox_probes: Counter,
    inbox_probe_timeouts: Counter,
    replica_timeouts: Counter,
}

/// Stands in a number for as long as it lives.
#[derive(Debug)]
pub(super) struct InGauge(Gauge);

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct VerbLabels {
    verb: &'static str,
}

impl Default for StoreMetrics {
    fn default() -> Self {
        let metrics = Self {
            commands: Family::new_with_constructor(|| Histogram::new(SECONDS)),
            commands_in_flight: Gauge::default(),
            commands_waiting: Gauge::default(),
            commands_rejected: Counter::default(),
            connections_opened: Counter::default(),
            connections_broken: Counter::default(),
            inbox_subscriptions: Counter::default(),
            inbox_probes: Counter::default(),
            inbox_probe_timeouts: Counter::default(),
            replica_timeouts: Counter::default(),
        };
        // A series that begins with its first event hides that event from rates.
        for verb in VERBS {
            drop(metrics.commands.get_or_create(&VerbLabels { verb }));
        }
        metrics
    }
}

impl InGauge {
    fn new(gauge: &Gauge) -> Self {
        gauge.inc();
        Self(gauge.clone())
    }
}

impl Drop for InGauge {
    fn drop(&mut self) {
        self.0.dec();
    }
}

impl StoreMetrics {
    /// Shows the numbers in a registry.
    pub fn register(&self, registry: &mut Registry) {
        let registry = registry.sub_registry_with_prefix("store");
        let commands = "Time from a command to the store's answer, by verb";
        registry.register_with_unit("command", commands, Unit::Seconds, self.commands.clone());
        let in_flight = "Commands sent to the store and not answered yet";
        registry.register(
            "commands_in_flight",
            in_flight,
            self.commands_in_flight.clone(),
        );
        let waiting = "Commands that wait until others are answered";
        registry.register("commands_waiting", waiting, self.commands_waiting.clone());
        let rejected = "Commands given up after waiting too long while the store answered others";
        registry.register(
            "commands_rejected",
            rejected,
            self.commands_rejected.clone(),
        );
        let opened = "Opened connections for commands";
        registry.register(
            "connections_opened",
            opened,
            self.connections_opened.clone(),
        );
        let broken = "Broken connections for commands";
        registry.register(
            "connections_broken",
            broken,
            self.connections_broken.clone(),
        );
        let subscribes =
            "Subscriptions of the node's inbox; each after the first is a reconnection";
        registry.register(
            "inbox_subscriptions",
            subscribes,
            self.inbox_subscriptions.clone(),
        );
        let probes = "Probes that the node sent to its own inbox";
        registry.register("inbox_probes", probes, self.inbox_probes.clone());
        let silences = "Subscriptions given up because a probe did not arrive";
        registry.register(
            "inbox_probe_timeouts",
            silences,
            self.inbox_probe_timeouts.clone(),
        );
        let late =
            "Answers withheld because a replica that may be promoted did not have them in time";
        registry.register("replica_timeouts", late, self.replica_timeouts.clone());
    }

    pub(super) fn answered(&self, verb: &'static str, after: Duration) {
        debug_assert!(VERBS.contains(&verb), "{verb}: add it to VERBS");
        self.commands
            .get_or_create(&VerbLabels { verb })
            .observe(after.as_secs_f64());
    }

    pub(super) fn in_flight(&self) -> InGauge {
        InGauge::new(&self.commands_in_flight)
    }

    pub(super) fn waiting(&self) -> InGauge {
        InGauge::new(&self.commands_waiting)
    }

    pub(super) fn rejected(&self) {
        self.commands_rejected.inc();
    }

    pub(super) fn connection_opened(&self) {
        self.connections_opened.inc();
    }

    pub(super) fn connection_broken(&self) {
        self.connections_broken.inc();
    }

    pub(super) fn subscribed(&self) {
        self.inbox_subscriptions.inc();
    }

    pub(super) fn probed(&self) {
        self.inbox_probes.inc();
    }

    pub(super) fn replicas_timed_out(&self) {
        self.replica_timeouts.inc();
    }

    pub(super) fn probe_timed_out(&self) {
        self.inbox_probe_timeouts.inc();
    }
}
