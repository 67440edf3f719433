//! When arrivals are meant to happen: an open model, whose pace no slow answer bends.

use std::time::Duration;

/// The intended moments of `count` arrivals at `rate` a second, from the start of the run.
///
/// Latencies are counted from these moments and not from when a busy generator got round to it: that is what keeps
/// a slow server from hiding behind its own slowness (coordinated omission).
pub fn arrivals(rate: f64, count: u64) -> impl Iterator<Item = Duration> {
    (0..count).map(move |number| Duration::from_secs_f64(number as f64 / rate))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrivals_keep_their_distance_over_any_length() {
        let last = arrivals(200.0, 1_000_001).last();
        assert_eq!(last, Some(Duration::from_secs(5000)));
        assert_eq!(arrivals(4.0, 3).collect::<Vec<_>>(), [0, 250, 500].map(Duration::from_millis));
    }
}
