//! What a run came to: for people as a table, for programs as JSON.

use std::fmt;
use std::time::Duration;

use hdrhistogram::Histogram;
use serde::Serialize;

use crate::ledger::Balance;

/// The version of the JSON's shape.
pub const SCHEMA: u32 = 1;

/// The longest latency that is told apart, in microseconds.
const LONGEST_MICROS: u64 = 600_000_000;

/// Latencies of one kind.
#[derive(Debug)]
pub struct Latencies(Histogram<u64>);

/// Percentiles in milliseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Percentiles {
    /// How many were measured.
    pub count: u64,
    /// Half were faster.
    pub p50: f64,
    /// Nine in ten were faster.
    pub p90: f64,
    /// 99 in 100 were faster.
    pub p99: f64,
    /// 999 in 1000 were faster.
    pub p999: f64,
    /// The slowest.
    pub max: f64,
}

/// A run's result. The JSON form is this, member by member; times are in milliseconds.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// [`SCHEMA`].
    pub schema: u32,
    /// What was run.
    pub scenario: &'static str,
    /// The gateway nodes.
    pub targets: Vec<String>,
    /// Browsers that wait at any time.
    pub waiting: u64,
    /// Logins asked for each second.
    pub rate: f64,
    /// Seconds from the first arrival to the last result.
    pub seconds: f64,
    /// From connecting to `opened`.
    pub open: Percentiles,
    /// From the moment that a scan was meant to happen to `scanned` in the browser.
    pub scan_to_push: Percentiles,
    /// From sending the confirm to `confirmed` in the browser.
    pub confirm_to_push: Percentiles,
    /// How late the generator itself was with its arrivals.
    pub lateness: Percentiles,
    /// What was owed and what came.
    pub ledger: Balance,
    /// The commonest failures, with how often they came.
    pub failures: Vec<(String, u64)>,
}

impl Default for Latencies {
    fn default() -> Self {
        #[expect(clippy::expect_used, reason = "the bounds are constants that the histogram admits")]
        let histogram = Histogram::new_with_max(LONGEST_MICROS, 3).expect("valid bounds");
        Self(histogram)
    }
}

impl Latencies {
    /// Adds one.
    pub fn record(&mut self, latency: Duration) {
        self.0.saturating_record(u64::try_from(latency.as_micros()).unwrap_or(u64::MAX));
    }

    /// The percentiles so far.
    pub fn percentiles(&self) -> Percentiles {
        let at = |quantile| self.0.value_at_quantile(quantile) as f64 / 1000.0;
        Percentiles {
            count: self.0.len(),
            p50: at(0.5),
            p90: at(0.9),
            p99: at(0.99),
            p999: at(0.999),
            max: self.0.max() as f64 / 1000.0,
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{:<18}{:>9}{:>9}{:>9}{:>9}{:>9}{:>9}",
            "milliseconds", "count", "p50", "p90", "p99", "p99.9", "max"
        )?;
        for (name, p) in [
            ("open", self.open),
            ("scan to push", self.scan_to_push),
            ("confirm to push", self.confirm_to_push),
            ("generator late", self.lateness),
        ] {
            writeln!(
                f,
                "{name:<18}{:>9}{:>9.2}{:>9.2}{:>9.2}{:>9.2}{:>9.2}",
                p.count, p.p50, p.p90, p.p99, p.p999, p.max
            )?;
        }
        let ledger = self.ledger;
        writeln!(
            f,
            "ledger: expected {}, received {}, duplicate {}, lost {}, wrong browser {}, failed {}: {}",
            ledger.expected,
            ledger.received,
            ledger.duplicate,
            ledger.lost,
            ledger.wrong_browser,
            ledger.failed,
            if ledger.is_clean() { "clean" } else { "NOT CLEAN" }
        )?;
        for (failure, count) in &self.failures {
            writeln!(f, "  {count} × {failure}")?;
        }
        write!(f, "{:.1} s", self.seconds)
    }
}
