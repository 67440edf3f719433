//! When arrivals are meant to happen: an open model, whose pace no slow answer bends.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A stretch of time over which arrivals come at a rate that changes evenly, or not at all.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Stage {
    /// Arrivals a second at its beginning.
    pub from: f64,
    /// Arrivals a second at its end.
    pub to: f64,
    /// How long it is.
    pub seconds: f64,
}

impl Stage {
    /// A fixed rate.
    pub const fn steady(rate: f64, seconds: f64) -> Self {
        Self {
            from: rate,
            to: rate,
            seconds,
        }
    }

    /// Arrivals in it.
    pub fn arrivals(&self) -> u64 {
        // Rounded, since 0.1 × 30 is a little less than 3.
        ((self.from + self.to) / 2.0 * self.seconds).round() as u64
    }

    /// The intended moments of its arrivals, from its beginning.
    ///
    /// Latencies are counted from these moments and not from when a busy generator got round to it: that is what keeps
    /// a slow server from hiding behind its own slowness (coordinated omission).
    pub fn moments(self) -> impl Iterator<Item = Duration> {
        // Of arrivals so far, n = from·t + growth·t²/2, solved for t in the form that also holds without growth.
        let growth = if self.seconds > 0.0 {
            (self.to - self.from) / self.seconds
        } else {
            0.0
        };
        (0..self.arrivals()).map(move |number| {
            let (arrivals, from) = (number as f64, self.from);
            let root = (from * from + 2.0 * growth * arrivals).max(0.0).sqrt();
            Duration::from_secs_f64(if number == 0 {
                0.0
            } else {
                2.0 * arrivals / (from + root)
            })
        })
    }

    /// The moments that fall to one of several workers, with the number of each arrival among all.
    pub fn share(self, worker: u32, workers: u32) -> impl Iterator<Item = (u64, Duration)> {
        let numbered = (0_u64..).zip(self.moments());
        numbered
            .skip(worker as usize)
            .step_by(workers.max(1) as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrivals_keep_their_distance_over_any_length() {
        assert_eq!(
            Stage::steady(200.0, 5000.005).moments().last(),
            Some(Duration::from_secs(5000))
        );
        assert_eq!(
            Stage::steady(4.0, 0.75).moments().collect::<Vec<_>>(),
            [0, 250, 500].map(Duration::from_millis)
        );
    }

    #[test]
    fn a_rising_rate_brings_the_arrivals_closer_together() {
        let rising = Stage {
            from: 0.0,
            to: 100.0,
            seconds: 10.0,
        };
        let moments: Vec<f64> = rising
            .moments()
            .map(|moment| moment.as_secs_f64())
            .collect();
        assert_eq!(moments.len(), 500);
        assert!(moments.is_sorted());
        // A quarter of a triangle's area lies in the first half of its base.
        assert_eq!(moments.iter().filter(|moment| **moment < 5.0).count(), 125);
    }

    #[test]
    fn workers_share_the_arrivals_without_a_gap() {
        let stage = Stage::steady(10.0, 1.0);
        let mut shares: Vec<_> = (0..3).flat_map(|worker| stage.share(worker, 3)).collect();
        shares.sort();
        assert_eq!(shares, (0..).zip(stage.moments()).collect::<Vec<_>>());
    }
}
