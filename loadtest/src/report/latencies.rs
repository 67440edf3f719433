//! Latencies while they are measured.

use std::time::Duration;

use hdrhistogram::Histogram;

use super::model::{Latency, Percentiles};

/// The longest latency that is told apart, in microseconds.
const LONGEST_MICROS: u64 = 600_000_000;

/// Points of a percentile curve for each halving of the distance to 100 %.
const POINTS_PER_HALVING: u32 = 5;

/// Latencies of one kind.
#[derive(Debug, Clone)]
pub struct Latencies(Histogram<u64>);

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
        let at = |quantile| milliseconds(self.0.value_at_quantile(quantile));
        Percentiles {
            count: self.0.len(),
            p50: at(0.5),
            p90: at(0.9),
            p99: at(0.99),
            p99_9: at(0.999),
            p99_99: at(0.9999),
            max: milliseconds(self.0.max()),
            mean: self.0.mean() / 1000.0,
        }
    }

    /// The percentiles and their curve so far, under a name.
    pub fn latency(&self, name: &str) -> Latency {
        let steps = self.0.iter_quantiles(POINTS_PER_HALVING);
        let curve = steps.map(|step| [step.quantile_iterated_to(), milliseconds(step.value_iterated_to())]).collect();
        Latency { name: name.to_owned(), percentiles: self.percentiles(), curve }
    }
}

fn milliseconds(micros: u64) -> f64 {
    micros as f64 / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_curve_rises_to_the_slowest() {
        let mut latencies = Latencies::default();
        (1..=10_000).for_each(|micros| latencies.record(Duration::from_micros(micros)));
        let Latency { percentiles, curve, .. } = latencies.latency("push");
        assert_eq!(percentiles.count, 10_000);
        assert!((percentiles.p99 - 9.9).abs() < 0.01 && (percentiles.mean - 5.0).abs() < 0.01, "{percentiles:?}");
        assert!(curve.len() < 200 && curve.is_sorted(), "{curve:?}");
        let [quantile, slowest] = curve[curve.len() - 1];
        assert!(quantile == 1.0 && (slowest - percentiles.max).abs() < 0.01, "{curve:?}");
    }
}
