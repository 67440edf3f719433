//! Histograms of latencies.

use std::time::Duration;

use data_encoding::BASE64;
use hdrhistogram::Histogram;
use hdrhistogram::serialization::{Deserializer, Serializer, V2Serializer};

use super::model::{Latency, Percentiles};

/// Longest distinguished latency, in microseconds.
const LONGEST_MICROS: u64 = 600_000_000;

/// Points of a percentile curve for each halving of the distance to 100 %.
const POINTS_PER_HALVING: u32 = 5;

/// A histogram of latencies of one kind.
#[derive(Debug, Clone)]
pub struct Latencies(Histogram<u64>);

impl Default for Latencies {
    fn default() -> Self {
        #[expect(
            clippy::expect_used,
            reason = "the bounds are constants that the histogram admits"
        )]
        let histogram = Histogram::new_with_max(LONGEST_MICROS, 3).expect("valid bounds");
        Self(histogram)
    }
}

impl Latencies {
    /// Adds a latency.
    pub fn record(&mut self, latency: Duration) {
        self.0
            .saturating_record(u64::try_from(latency.as_micros()).unwrap_or(u64::MAX));
    }

    /// Returns true if there is no measurement.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Takes all latencies out, in HdrHistogram's V2 form and base64.
    pub fn take_encoded(&mut self) -> String {
        let mut bytes = Vec::new();
        #[expect(
            clippy::expect_used,
            reason = "a vector takes all, and the bounds are constants that the form admits"
        )]
        V2Serializer::new()
            .serialize(&self.0, &mut bytes)
            .expect("a histogram in memory");
        self.0.reset();
        BASE64.encode(&bytes)
    }

    /// Adds latencies that were taken out elsewhere.
    ///
    /// # Errors
    /// Returns an error if the text is not an encoded histogram with the same bounds.
    pub fn add_encoded(&mut self, text: &str) -> anyhow::Result<()> {
        let bytes = BASE64.decode(text.as_bytes())?;
        let other: Histogram<u64> = Deserializer::new().deserialize(&mut bytes.as_slice())?;
        Ok(self.0.add(other)?)
    }

    /// Adds another histogram.
    pub fn add(&mut self, others: &Self) {
        #[expect(clippy::expect_used, reason = "all have the same bounds")]
        self.0.add(&others.0).expect("the same bounds");
    }

    /// Returns the percentiles so far.
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

    /// Returns the percentiles and their curve so far, under a name.
    pub fn latency(&self, name: &str) -> Latency {
        let steps = self.0.iter_quantiles(POINTS_PER_HALVING);
        let curve = steps
            .map(|step| {
                [
                    step.quantile_iterated_to(),
                    milliseconds(step.value_iterated_to()),
                ]
            })
            .collect();
        Latency {
            name: name.to_owned(),
            percentiles: self.percentiles(),
            curve,
        }
    }
}

fn milliseconds(micros: u64) -> f64 {
    micros as f64 / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn latencies_taken_out_here_and_added_there_count_once() {
        let (mut here, mut there) = (Latencies::default(), Latencies::default());
        (1..=1000).for_each(|millis| here.record(Duration::from_millis(millis)));
        there.record(Duration::from_secs(2));
        let whole = here.percentiles().p50;
        there.add_encoded(&here.take_encoded()).unwrap();
        assert!(here.is_empty());
        let merged = there.percentiles();
        assert_eq!(merged.count, 1001);
        assert!(
            (merged.p50 - whole).abs() < 2.0 && (merged.max - 2000.0).abs() < 2.0,
            "{merged:?}"
        );
        assert!(there.add_encoded("AAAA").is_err());
    }

    #[test]
    fn a_curve_rises_to_the_slowest() {
        let mut latencies = Latencies::default();
        (1..=10_000).for_each(|micros| latencies.record(Duration::from_micros(micros)));
        let Latency {
            percentiles, curve, ..
        } = latencies.latency("push");
        assert_eq!(percentiles.count, 10_000);
        assert!(
            (percentiles.p99 - 9.9).abs() < 0.01 && (percentiles.mean - 5.0).abs() < 0.01,
            "{percentiles:?}"
        );
        assert!(curve.len() < 200 && curve.is_sorted(), "{curve:?}");
        let [quantile, slowest] = curve[curve.len() - 1];
        assert!(
            quantile == 1.0 && (slowest - percentiles.max).abs() < 0.01,
            "{curve:?}"
        );
    }
}
