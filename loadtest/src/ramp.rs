//! Arrival times of an open model: slow answers do not delay the arrivals after them.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// An arrival rate that changes linearly over a span of time, or stays.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Ramp {
    /// Arrivals per second at the start.
    pub from: f64,
    /// Arrivals per second at the end.
    pub to: f64,
    /// Length in seconds.
    pub seconds: f64,
}

impl Ramp {
    /// Creates a constant rate.
    pub const fn steady(rate: f64, seconds: f64) -> Self {
        Self {
            from: rate,
            to: rate,
            seconds,
        }
    }

    /// Counts the arrivals.
    pub fn arrivals(&self) -> u64 {
        // Rounded, because 0.1 × 30 is a little less than 3 in floating point.
        ((self.from + self.to) / 2.0 * self.seconds).round() as u64
    }

    /// Returns the intended moments of the arrivals, counted from the start.
    ///
    /// Latencies count from these moments and not from the actual sending. Otherwise a slow server would delay the very
    /// requests that measure it (coordinated omission).
    pub fn moments(self) -> impl Iterator<Item = Duration> {
        // The number of arrivals until t is n = from·t + growth·t²/2. This form of the solution for t also holds for a
        // growth of zero.
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

    /// Returns one worker's share of the moments, each with its number among all arrivals.
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
            Ramp::steady(200.0, 5000.005).moments().last(),
            Some(Duration::from_secs(5000))
        );
        assert_eq!(
            Ramp::steady(4.0, 0.75).moments().collect::<Vec<_>>(),
            [0, 250, 500].map(Duration::from_millis)
        );
    }

    #[test]
    fn a_rising_rate_brings_the_arrivals_closer_together() {
        let rising = Ramp {
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
        let ramp = Ramp::steady(10.0, 1.0);
        let mut shares: Vec<_> = (0..3).flat_map(|worker| ramp.share(worker, 3)).collect();
        shares.sort();
        assert_eq!(shares, (0..).zip(ramp.moments()).collect::<Vec<_>>());
    }
}
