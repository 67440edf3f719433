//! How a run stands at one moment.

use std::time::Duration;

use crate::ledger::Balance;
use crate::report::model::{Failure, Generator, Percentiles, Second};

/// How a run stands.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Snapshot {
    /// What is run.
    pub scenario: String,
    /// The part of the run that goes on, such as `open` or `arrivals`.
    pub phase: String,
    /// How long this part has gone on.
    pub elapsed: Duration,
    /// How long it is to go on, where that is known.
    pub length: Option<Duration>,
    /// The last whole second.
    pub second: Second,
    /// Latencies since the beginning, by kind, in the order in which a login goes through them.
    pub latencies: Vec<(String, Percentiles)>,
    /// What was owed and what came; `lost` is what is still on its way.
    pub ledger: Balance,
    /// Whether the generator keeps up.
    pub generator: Generator,
    /// The commonest failures first.
    pub failures: Vec<Failure>,
}

impl Snapshot {
    /// The share of the part that is over, from 0 to 1.
    pub fn progress(&self) -> Option<f64> {
        let length = self.length?.as_secs_f64();
        Some(if length > 0.0 {
            (self.elapsed.as_secs_f64() / length).min(1.0)
        } else {
            1.0
        })
    }

    /// Minutes and seconds, as `1:05`.
    pub fn clock(time: Duration) -> String {
        let seconds = time.as_secs();
        format!("{}:{:02}", seconds / 60, seconds % 60)
    }
}

/// A run of logins after 42 seconds, for tests.
#[cfg(test)]
pub fn sample() -> Snapshot {
    let report = crate::report::sample::sample();
    let latencies = report
        .latencies
        .iter()
        .map(|latency| (latency.name.clone(), latency.percentiles))
        .collect();
    Snapshot {
        scenario: report.scenario.name,
        phase: "arrivals".into(),
        elapsed: Duration::from_secs(42),
        length: Some(Duration::from_secs(120)),
        second: report.series[41].clone(),
        latencies,
        ledger: Balance {
            expected: 21_000,
            received: 20_998,
            lost: 2,
            ..Balance::default()
        },
        generator: report.generator,
        failures: Vec::new(),
    }
}
