//! What the conductor and its workers say to each other: one JSON text a line, orders by standard input, words by
//! standard output.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use url::Url;

use crate::deployment::Deployment;
use crate::ledger::Balance;
use crate::pacing::Stage;
use crate::scenario::{Abuse, Scenario, Step};

/// To a worker. Each but the first is answered by [`Word::Done`] when it is carried out.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// The first: what the run is about.
    Begin(Box<Plan>),
    /// Let so many browsers wait, of this worker.
    Open {
        /// How many there are then.
        browsers: u64,
        /// At which rate those come that are missing; 0 is as fast as they go.
        rate: f64,
    },
    /// People come.
    Arrive {
        /// What for.
        step: Step,
        /// When, in all workers together.
        stage: Stage,
        /// Who floods the server meanwhile, in all workers together.
        abuse: Option<Abuse>,
        /// When it begins, in microseconds since 1970.
        at: u64,
    },
    /// All browsers lose their sockets and come back.
    Reconnect {
        /// Over how many seconds that is spread.
        over: f64,
    },
    /// All browsers give up.
    Leave,
    /// Tell of what there is not yet told of, and end.
    End,
}

/// What a worker has to know.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Plan {
    /// Which worker this is.
    pub worker: u32,
    /// Of how many.
    pub workers: u32,
    /// When the run began, in microseconds since 1970.
    pub began: u64,
    /// What is to happen.
    pub scenario: Scenario,
    /// Whom to ask.
    pub target: Target,
}

/// What is put under load.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// Nodes of a gateway.
    Gateway {
        /// Where they listen.
        nodes: Vec<Url>,
        /// What they know of us.
        deployment: Box<Deployment>,
        /// App tokens of persons, who take turns.
        tokens: Vec<String>,
    },
    /// A server with addresses in which `{id}` stands for a channel.
    Plain {
        /// The socket's address.
        subscribe: String,
        /// Where messages are posted.
        publish: String,
    },
}

impl Target {
    /// The addresses, for people.
    pub fn addresses(&self) -> Vec<String> {
        match self {
            Self::Gateway { nodes, .. } => nodes.iter().map(Url::to_string).collect(),
            Self::Plain { subscribe, publish } => vec![subscribe.clone(), publish.clone()],
        }
    }
}

/// From a worker.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Word {
    /// What happened in a second.
    Second(Tick),
    /// An order is carried out.
    Done,
}

/// What happened in a worker within a second.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Tick {
    /// The second's number in the run, from 0.
    pub number: u64,
    /// Sockets that are open at its end.
    pub sockets: u64,
    /// Arrivals in it.
    pub arrivals: u64,
    /// Those that came to a good end.
    pub done: u64,
    /// Those that broke off.
    pub failed: u64,
    /// Arrivals for which there was no room.
    pub dropped: u64,
    /// Latencies that were measured in it, by kind: histograms in HdrHistogram's V2 form, in base64.
    pub latencies: BTreeMap<String, String>,
    /// What it has come to so far.
    pub balances: Balances,
}

/// What a worker's run has come to.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Balances {
    /// What was owed and what came.
    pub ledger: Balance,
    /// What went wrong, and how often.
    pub failures: BTreeMap<String, u64>,
    /// What else was counted.
    pub counts: BTreeMap<String, u64>,
    /// Processor time of the worker, in seconds.
    pub cpu_seconds: f64,
}

/// The kind under which a worker tells how late its arrivals were.
pub const LATENESS: &str = "lateness";
