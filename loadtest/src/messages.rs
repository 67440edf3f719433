//! Messages between the coordinator and its workers: one JSON text per line, commands by standard input, events by
//! standard output.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use url::Url;

use crate::deployment::Deployment;
use crate::ledger::Balance;
use crate::ramp::Ramp;
use crate::scenario::{Abuse, Scenario, Step};

/// A command to a worker. Each but the first is answered by [`Event::Done`].
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Prepares the run. This is the first command.
    Start(Box<Plan>),
    /// Opens browsers.
    Open {
        /// Number of this worker's browsers afterwards.
        browsers: u64,
        /// Opened browsers per second in this worker; 0 opens as fast as the server accepts.
        rate: f64,
    },
    /// Runs arrivals.
    Arrive {
        /// Part of a login that each arrival goes through.
        step: Step,
        /// Arrival rate of all workers together.
        ramp: Ramp,
        /// True if a whole login ends with redeeming its code.
        redeem: bool,
        /// Abuse at the same time, by all workers together.
        abuse: Option<Abuse>,
        /// Start, in microseconds since 1970.
        at: u64,
    },
    /// Drops the socket of every browser, which then resumes its login.
    Reconnect {
        /// Seconds over which the drops are spread.
        over: f64,
    },
    /// Cancels every login and ends its browser.
    Leave,
    /// Sends the last second and ends the worker.
    Stop,
}

/// A worker's view of the run.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Plan {
    /// Number of this worker.
    pub worker: u32,
    /// Number of all workers.
    pub workers: u32,
    /// Start of the run, in microseconds since 1970.
    pub began: u64,
    /// Scenario of the run.
    pub scenario: Scenario,
    /// Server under load.
    pub target: Target,
}

/// A server under load.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// Nodes of a gateway.
    Gateway {
        /// Addresses of the nodes.
        nodes: Vec<Url>,
        /// Registered relying party and the origin of app tokens.
        deployment: Box<Deployment>,
        /// App tokens of the persons, who take turns.
        tokens: Vec<String>,
        /// Certificate authorities to trust, in PEM; the system's by default.
        authorities: Option<String>,
    },
    /// A publish-subscribe server. Its addresses hold `{id}` in place of the channel.
    Plain {
        /// WebSocket address to subscribe at.
        subscribe: String,
        /// HTTP address to publish at.
        publish: String,
    },
}

impl Target {
    /// Returns the addresses for display.
    pub fn addresses(&self) -> Vec<String> {
        match self {
            Self::Gateway { nodes, .. } => nodes.iter().map(Url::to_string).collect(),
            Self::Plain { subscribe, publish } => vec![subscribe.clone(), publish.clone()],
        }
    }
}

/// An event of a worker.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// A second is over.
    Second(WorkerSecond),
    /// A command is carried out.
    Done {
        /// Arrivals of this worker that have ended well since the run began.
        completed: u64,
    },
}

/// One second of a worker.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct WorkerSecond {
    /// Number of the second in the run, from 0.
    pub number: u64,
    /// Open sockets at the end.
    pub sockets: u64,
    /// Arrivals, dropped ones included.
    pub arrivals: u64,
    /// Arrivals that ended well.
    pub done: u64,
    /// Arrivals that failed.
    pub failed: u64,
    /// Arrivals over the concurrency limit.
    pub dropped: u64,
    /// Latencies by kind: histograms in HdrHistogram's V2 form, in base64.
    pub latencies: BTreeMap<String, String>,
    /// Totals of the worker so far.
    pub totals: WorkerTotals,
}

/// Totals of a worker since the run began.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct WorkerTotals {
    /// Expected and delivered results.
    pub ledger: Balance,
    /// Failures by description.
    pub failures: BTreeMap<String, u64>,
    /// Other counts by description.
    pub counts: BTreeMap<String, u64>,
    /// Processor time of the worker, in seconds.
    pub cpu_seconds: f64,
}

/// Latency kind of the arrivals' lateness.
pub const LATENESS: &str = "lateness";
