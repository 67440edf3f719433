//! Report of a run as plain data. Its JSON has the same members, and `saoma-load schema` describes it.
//!
//! Latencies are in milliseconds, times in seconds, memory in bytes. An additive change keeps [`SCHEMA`], because
//! readers ignore members that they do not know.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ledger::Balance;

/// Version of the JSON's schema.
pub const SCHEMA: u32 = 2;

/// Report of a run.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Report {
    /// Version of the schema: 2.
    pub schema: u32,
    /// Program that made the report.
    pub tool: Tool,
    /// Scenario of the run.
    pub scenario: Scenario,
    /// Start of the run, in seconds since 1970 (UTC).
    pub started_at: u64,
    /// Length of the run, from the first arrival to the last result.
    pub seconds: f64,
    /// URLs of the gateway nodes.
    pub targets: Vec<String>,
    /// Number of the generator's worker processes.
    pub workers: u32,
    /// Machine of the generator.
    pub machine: Machine,
    /// Achieved rates.
    pub rates: Rates,
    /// Latencies of the whole run, one entry per kind, in the order of a login.
    pub latencies: Vec<Latency>,
    /// Seconds of the run.
    pub series: Vec<Second>,
    /// Expected and received results.
    pub ledger: Balance,
    /// Lateness and cost of the generator.
    pub generator: Generator,
    /// Watched processes of the servers.
    pub processes: Vec<Process>,
    /// Memory against open sockets.
    pub memory: Option<Memory>,
    /// Failures, the most frequent first.
    pub failures: Vec<Failure>,
    /// Occurrences that are not failures, such as the outcomes of abuse.
    #[serde(default)]
    pub counts: Vec<Failure>,
    /// Phases of the run in their order.
    #[serde(default)]
    pub phases: Vec<Phase>,
    /// Thresholds of the run with their outcomes.
    pub thresholds: Vec<Outcome>,
}

/// A program that makes reports.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Tool {
    /// Name: `saoma-load`.
    pub name: String,
    /// Version.
    pub version: String,
}

/// Scenario of the run.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Scenario {
    /// Name, such as `login`.
    pub name: String,
    /// Settings of the run, defaults included.
    pub settings: serde_json::Value,
}

/// A machine.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Machine {
    /// Logical processors available to the generator.
    pub cores: u32,
    /// Total memory in bytes.
    pub memory_bytes: u64,
    /// Operating system and version.
    pub os: String,
}

/// Achieved rates, over the phases that ask for them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Rates {
    /// Opened browsers per second.
    pub opens_per_second: Option<f64>,
    /// Completed logins per second.
    pub logins_per_second: Option<f64>,
}

/// Percentiles of a latency, in milliseconds; all 0 without a measurement.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Percentiles {
    /// Number of measurements.
    pub count: u64,
    /// Median.
    pub p50: f64,
    /// 90th percentile.
    pub p90: f64,
    /// 99th percentile.
    pub p99: f64,
    /// 99.9th percentile.
    pub p99_9: f64,
    /// 99.99th percentile.
    pub p99_99: f64,
    /// Maximum.
    pub max: f64,
    /// Arithmetic mean.
    pub mean: f64,
}

/// One kind of latency over the whole run.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Latency {
    /// Kind: one of [`KINDS`].
    pub name: String,
    /// Percentiles.
    #[serde(flatten)]
    pub percentiles: Percentiles,
    /// Percentile curve: pairs of a quantile (0 to 1) and its latency in milliseconds, both rising.
    pub curve: Vec<[f64; 2]>,
}

/// Kinds of latency, in the order of a login.
///
/// - `handshake`: from connecting until the answer to the WebSocket upgrade;
/// - `open`: from the intended moment until `opened`;
/// - `scan`: from the intended moment until the browser receives `scanned`;
/// - `confirm`: from sending the confirm until the phone's answer;
/// - `push`: from sending the confirm until the browser receives `confirmed`;
/// - `redeem`: the relying party's request to the token endpoint;
///   in logins step by step these three count from the intended moment of the step;
/// - `login`: from the intended moment of the scan until the ID token;
/// - `resume`: from the intended loss of the connection until the gateway answers on another;
/// - `cancel` and `refresh`: from the intended moment until the browser receives the result;
/// - `reject`: from sending the rejection until the browser receives it.
///
/// During abuse the name ends with ` under abuse`.
pub const KINDS: [&str; 11] = [
    "handshake",
    "open",
    "scan",
    "confirm",
    "push",
    "redeem",
    "login",
    "resume",
    "cancel",
    "refresh",
    "reject",
];

/// One second of the run.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Second {
    /// End of the second, in seconds since the run began.
    pub at: f64,
    /// Open sockets at the end.
    pub sockets: u64,
    /// Intended arrivals.
    pub arrivals: u64,
    /// Arrivals that ended well.
    pub done: u64,
    /// Arrivals that failed.
    pub failed: u64,
    /// Latencies by kind.
    pub latencies: BTreeMap<String, SecondLatency>,
    /// Processes of the servers by name.
    pub processes: BTreeMap<String, SecondProcess>,
}

/// Latencies of one kind in one second, in milliseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SecondLatency {
    /// Number of measurements.
    pub count: u64,
    /// Median.
    pub p50: f64,
    /// 99th percentile.
    pub p99: f64,
    /// Maximum.
    pub max: f64,
}

/// The processes of one name in one second.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SecondProcess {
    /// Memory (PSS) at the end, in bytes; absent if it was not read.
    pub pss_bytes: Option<u64>,
    /// Processor time of the second, in seconds.
    pub cpu_seconds: f64,
}

/// Lateness and cost of the generator. A late generator has measured itself.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Generator {
    /// Lateness of arrivals against their intended moments.
    pub lateness: Percentiles,
    /// Arrivals that were dropped because too many were in flight.
    pub dropped: u64,
    /// Processor time of the generator's processes, in seconds.
    pub cpu_seconds: f64,
    /// Reason that the figures do not count; absent if they do.
    pub voided: Option<String>,
}

/// The watched processes of one name.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Process {
    /// Name, such as `gateway` or `redis`.
    pub name: String,
    /// Process ids.
    pub pids: Vec<u32>,
    /// Processor time during the run, in seconds.
    pub cpu_seconds: f64,
    /// Memory (PSS) before the run, in bytes.
    pub pss_bytes_start: u64,
    /// Memory (PSS) after the run, in bytes.
    pub pss_bytes_end: u64,
    /// Processor milliseconds per 1,000 logins.
    pub cpu_ms_per_1000_logins: Option<f64>,
    /// Processor microseconds per idle socket and second.
    pub cpu_us_per_socket_second: Option<f64>,
}

/// Memory against open sockets.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Memory {
    /// Measurements in their order.
    pub points: Vec<MemoryPoint>,
    /// Lines through the points, by name of the processes, and for `kernel`.
    pub slopes: BTreeMap<String, Slope>,
    /// Memory of the gateway after a churn, divided by that before.
    pub after_churn_ratio: Option<f64>,
}

/// Memory at one number of sockets.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MemoryPoint {
    /// Open sockets.
    pub sockets: u64,
    /// Memory (PSS) in bytes, by name of the processes.
    pub pss_bytes: BTreeMap<String, u64>,
    /// Kernel memory of the whole machine that sockets can take, in bytes: slab and TCP buffers.
    pub kernel_bytes: Option<u64>,
}

/// A straight line through points of memory against sockets, by least squares.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Slope {
    /// Bytes per socket.
    pub bytes_per_socket: f64,
    /// Bytes without any socket.
    pub base_bytes: f64,
    /// Coefficient of determination: 1 is an exact fit.
    pub r2: f64,
}

/// A failure or other occurrence, and its count.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Failure {
    /// Description.
    pub what: String,
    /// Count.
    pub count: u64,
}

/// A phase of a run.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Phase {
    /// Name, such as `open` or `arrivals`.
    pub name: String,
    /// Start, in seconds since the run began.
    pub began: f64,
    /// Length in seconds.
    pub seconds: f64,
    /// Number of opened sockets or completed arrivals.
    pub done: u64,
    /// Number of logins that failed.
    #[serde(default)]
    pub failed: u64,
    /// Usage of the watched processes by name.
    #[serde(default)]
    pub processes: BTreeMap<String, PhaseProcess>,
}

/// The processes of one name in a phase.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PhaseProcess {
    /// Processor time in seconds, for the phase's arrivals and for all waiting browsers.
    pub cpu_seconds: f64,
    /// The same in milliseconds per 1,000 completed arrivals; absent without any.
    pub cpu_ms_per_1000: Option<f64>,
}

/// Outcome of a threshold.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Outcome {
    /// Threshold as given, such as `push.p99<5ms`.
    pub expression: String,
    /// Value of the figure in its own unit; absent if it was not measured.
    pub value: Option<f64>,
    /// True if the threshold was kept. An absent figure misses it.
    pub passed: bool,
}
