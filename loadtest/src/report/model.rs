//! What a run came to, as plain data: the JSON form is this, member by member, and `saoma-load schema` describes it.
//!
//! Latencies are in milliseconds, spans of time in seconds, memory in bytes. An additive change keeps [`SCHEMA`];
//! readers ignore members that they do not know.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ledger::Balance;

/// The version of the JSON's shape.
pub const SCHEMA: u32 = 2;

/// The result of one run.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Report {
    /// The version of this shape: 2.
    pub schema: u32,
    /// What made the report.
    pub tool: Tool,
    /// What was run.
    pub scenario: Scenario,
    /// When the run began, in seconds since 1970 (UTC).
    pub started_at: u64,
    /// How long it took, from the first arrival to the last result.
    pub seconds: f64,
    /// The gateway nodes, as URLs.
    pub targets: Vec<String>,
    /// Processes of the generator.
    pub workers: u32,
    /// Where the generator ran.
    pub machine: Machine,
    /// What was achieved each second.
    pub rates: Rates,
    /// Latencies of the whole run, one entry for each kind, in the order in which a login goes through them.
    pub latencies: Vec<Latency>,
    /// The run second by second.
    pub series: Vec<Second>,
    /// What was owed to browsers and what came.
    pub ledger: Balance,
    /// Whether the generator kept up.
    pub generator: Generator,
    /// The servers' processes that could be watched.
    pub processes: Vec<Process>,
    /// Memory against open sockets, where the scenario measures it.
    pub memory: Option<Memory>,
    /// The commonest failures first.
    pub failures: Vec<Failure>,
    /// What else was counted and is no failure, such as what became of a flood.
    #[serde(default)]
    pub counts: Vec<Failure>,
    /// The parts of the run, one after the other.
    #[serde(default)]
    pub phases: Vec<Phase>,
    /// What was demanded of the run.
    pub thresholds: Vec<Outcome>,
}

/// What made a report.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Tool {
    /// `saoma-load`.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// What was run.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Scenario {
    /// The scenario's name, such as `login`.
    pub name: String,
    /// Its settings by name, as they were run: defaults are filled in.
    pub settings: serde_json::Value,
}

/// A machine.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Machine {
    /// Logical processors that the generator may use.
    pub cores: u32,
    /// Memory in all, in bytes.
    pub memory_bytes: u64,
    /// The operating system with its version.
    pub os: String,
}

/// What was achieved each second, over the span in which it was asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Rates {
    /// Browsers that were opened each second, while browsers came.
    pub opens_per_second: Option<f64>,
    /// Logins that came to a good end each second, while phones scanned.
    pub logins_per_second: Option<f64>,
}

/// Percentiles of a latency, in milliseconds. All 0 where nothing was measured.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Percentiles {
    /// How many were measured.
    pub count: u64,
    /// Half were at most this.
    pub p50: f64,
    /// Nine in 10.
    pub p90: f64,
    /// 99 in 100.
    pub p99: f64,
    /// 999 in 1,000.
    pub p99_9: f64,
    /// 9,999 in 10,000.
    pub p99_99: f64,
    /// The slowest.
    pub max: f64,
    /// The arithmetic mean.
    pub mean: f64,
}

/// One kind of latency over the whole run.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Latency {
    /// One of [`KINDS`].
    pub name: String,
    /// Its percentiles.
    #[serde(flatten)]
    pub percentiles: Percentiles,
    /// The percentile curve: pairs of a quantile (0 to 1) and the latency there in milliseconds, both rising.
    pub curve: Vec<[f64; 2]>,
}

/// The kinds of latency that a scenario may measure, in the order in which a login goes through them.
///
/// - `handshake`: connecting, up to the answer to the WebSocket upgrade;
/// - `open`: from the moment at which the browser was meant to come until `opened`;
/// - `scan`: from the moment at which the scan was meant to happen until the browser is told `scanned`;
/// - `confirm`: from sending the confirm until the phone has its answer;
/// - `push`: from sending the confirm until the browser is told `confirmed`;
/// - `redeem`: the relying party's request to the token endpoint;
///   in logins that go by steps these three count from the moment at which the step was meant to happen;
/// - `login`: from the moment at which the scan was meant to happen until the ID token is there;
/// - `resume`: from the moment at which the connection was meant to be lost until the login goes on over another;
/// - `cancel` and `refresh`: from the moment at which the browser was meant to ask until it is told;
/// - `reject`: from saying no on the phone until the browser is told.
///
/// While a server is flooded the name is followed by ` under abuse`.
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
    /// The end of this second, in seconds since the run began.
    pub at: f64,
    /// Sockets that are open at its end.
    pub sockets: u64,
    /// Arrivals that were meant to happen in it.
    pub arrivals: u64,
    /// Arrivals that came to a good end in it.
    pub done: u64,
    /// Arrivals that broke off in it.
    pub failed: u64,
    /// Latencies that were measured in it, by kind.
    pub latencies: BTreeMap<String, SecondLatency>,
    /// The servers' processes, by name.
    pub processes: BTreeMap<String, SecondProcess>,
}

/// Latencies of one kind in one second, in milliseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SecondLatency {
    /// How many were measured.
    pub count: u64,
    /// The median.
    pub p50: f64,
    /// 99 in 100 were at most this.
    pub p99: f64,
    /// The slowest.
    pub max: f64,
}

/// The processes of one name in one second.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SecondProcess {
    /// Memory (PSS) at the second's end, in bytes; absent where it was not read in this second.
    pub pss_bytes: Option<u64>,
    /// Processor time that they used in this second, in seconds.
    pub cpu_seconds: f64,
}

/// Whether the generator kept up: where it did not, it measured itself.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Generator {
    /// How late arrivals were sent, against the moment at which they were meant to be.
    pub lateness: Percentiles,
    /// Arrivals that were never sent, as no browser was waiting or the generator was too far behind.
    pub dropped: u64,
    /// Processor time of the generator's own processes, in seconds.
    pub cpu_seconds: f64,
    /// Why the figures do not count; absent where they do.
    pub voided: Option<String>,
}

/// The watched processes of one name.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Process {
    /// What they are, such as `gateway` or `redis`.
    pub name: String,
    /// Their ids: one for each node.
    pub pids: Vec<u32>,
    /// Processor time that they used during the run, all together, in seconds.
    pub cpu_seconds: f64,
    /// Their memory (PSS) before the run, in bytes.
    pub pss_bytes_start: u64,
    /// Their memory (PSS) when it ended, in bytes.
    pub pss_bytes_end: u64,
    /// Processor milliseconds for 1,000 logins, in scenarios that make logins.
    pub cpu_ms_per_1000_logins: Option<f64>,
    /// Processor microseconds that an idle socket costs each second, in scenarios that hold idle sockets.
    pub cpu_us_per_socket_second: Option<f64>,
}

/// Memory against open sockets.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Memory {
    /// What was measured, in the order of measuring.
    pub points: Vec<MemoryPoint>,
    /// The line through the points, for each name of a process, and for `kernel`.
    pub slopes: BTreeMap<String, Slope>,
    /// Memory of the gateway after all sockets went and came again, as a ratio of that before.
    pub after_churn_ratio: Option<f64>,
}

/// Memory at one number of sockets.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MemoryPoint {
    /// Open sockets.
    pub sockets: u64,
    /// Memory (PSS) in bytes, by name of the processes.
    pub pss_bytes: BTreeMap<String, u64>,
    /// Memory of the kernel in which that of sockets is, of the whole machine, in bytes: slab and TCP buffers.
    pub kernel_bytes: Option<u64>,
}

/// A straight line through points of memory against sockets, by least squares.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Slope {
    /// What one more socket costs, in bytes.
    pub bytes_per_socket: f64,
    /// What the line says for no socket, in bytes.
    pub base_bytes: f64,
    /// How well the line fits: 1 is exact.
    pub r2: f64,
}

/// Something that went wrong, and how often.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Failure {
    /// What went wrong.
    pub what: String,
    /// How often.
    pub count: u64,
}

/// A part of a run.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Phase {
    /// What was done, such as `open` or `arrivals`.
    pub name: String,
    /// When it began, in seconds since the run did.
    pub began: f64,
    /// How long it took.
    pub seconds: f64,
    /// Sockets that were opened, logins that came to a good end, or whatever it was about.
    pub done: u64,
    /// What the watched processes used in it, by their name.
    #[serde(default)]
    pub processes: BTreeMap<String, PhaseProcess>,
}

/// The processes of one name in a part of a run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PhaseProcess {
    /// Processor time that they used, all together, in seconds: for what was done, and for all that waited meanwhile.
    pub cpu_seconds: f64,
    /// The same in milliseconds for 1,000 of the things done; absent where nothing was.
    pub cpu_ms_per_1000: Option<f64>,
}

/// What became of one threshold.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Outcome {
    /// The threshold as it was given, such as `push.p99<5ms`.
    pub expression: String,
    /// The figure's value in the report's own unit; absent where the run did not measure it.
    pub value: Option<f64>,
    /// Whether it was kept; never where the figure is absent.
    pub passed: bool,
}
