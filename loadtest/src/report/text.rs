//! A report as text.

use std::fmt;

use super::model::{Percentiles, Report};

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{:<18}{:>9}{:>9}{:>9}{:>9}{:>9}{:>9}",
            "milliseconds", "count", "p50", "p90", "p99", "p99.9", "max"
        )?;
        let latencies = self.latencies.iter().map(|latency| (latency.name.as_str(), latency.percentiles));
        for (name, p) in latencies.chain([("generator late", self.generator.lateness)]) {
            let Percentiles { count, p50, p90, p99, p99_9, max, .. } = p;
            writeln!(f, "{name:<18}{count:>9}{p50:>9.2}{p90:>9.2}{p99:>9.2}{p99_9:>9.2}{max:>9.2}")?;
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
        for failure in &self.failures {
            writeln!(f, "  {} × {}", failure.count, failure.what)?;
        }
        write!(f, "{:.1} s", self.seconds)
    }
}
