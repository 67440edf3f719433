//! Progress of a run at one moment.

use std::time::Duration;

use crate::ledger::Balance;
use crate::report::model::{Failure, Generator, Percentiles, Second};

/// Progress of a run.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Snapshot {
    /// Name of the scenario.
    pub scenario: String,
    /// Current phase, such as `open` or `arrivals`.
    pub phase: String,
    /// Time since the phase began.
    pub elapsed: Duration,
    /// Intended length of the phase, if it is known.
    pub length: Option<Duration>,
    /// Last complete second.
    pub second: Second,
    /// Latencies since the run began, by kind in the order of a login.
    pub latencies: Vec<(String, Percentiles)>,
    /// Expected and received results; `lost` are those still in flight.
    pub ledger: Balance,
    /// Lateness and cost of the generator.
    pub generator: Generator,
    /// Failures, the most frequent first.
    pub failures: Vec<Failure>,
}

impl Snapshot {
    /// Returns the elapsed fraction of the phase, from 0 to 1.
    pub fn progress(&self) -> Option<f64> {
        let length = self.length?.as_secs_f64();
        Some(if length > 0.0 {
            (self.elapsed.as_secs_f64() / length).min(1.0)
        } else {
            1.0
        })
    }

    /// Formats minutes and seconds, as `1:05`.
    pub fn clock(time: Duration) -> String {
        let seconds = time.as_secs();
        format!("{}:{:02}", seconds / 60, seconds % 60)
    }
}

/// Returns a run of logins after 42 seconds, for tests.
#[cfg(test)]
pub(crate) fn sample() -> Snapshot {
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
