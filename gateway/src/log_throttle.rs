//! Log lines that strangers can cause, one of each kind in a while.

use std::collections::HashMap;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::Instant;

/// Time between two lines of one kind.
const PERIOD: Duration = Duration::from_secs(5);

/// Writes one line of each kind in a period, and counts the others.
///
/// Kinds are constants of the program, so that no stranger can add any.
#[derive(Debug)]
pub(crate) struct LogThrottle {
    period: Duration,
    kinds: Mutex<HashMap<Kind, Written>>,
}

/// A kind of line, by two words such as request and error.
type Kind = (&'static str, &'static str);

#[derive(Debug)]
struct Written {
    at: Instant,
    left_out: u64,
}

impl Default for LogThrottle {
    fn default() -> Self {
        Self::every(PERIOD)
    }
}

impl LogThrottle {
    /// Creates a throttle with this time between two lines of one kind.
    pub(crate) fn every(period: Duration) -> Self {
        Self {
            period,
            kinds: Mutex::default(),
        }
    }

    /// Returns the number of lines that were left out since the last one of this kind, if another is due; `None` if
    /// this one is left out too.
    pub(crate) fn admit(&self, kind: Kind) -> Option<u64> {
        self.admit_at(kind, Instant::now())
    }

    fn admit_at(&self, kind: Kind, now: Instant) -> Option<u64> {
        let mut kinds = self.kinds.lock();
        let Some(written) = kinds.get_mut(&kind) else {
            kinds.insert(
                kind,
                Written {
                    at: now,
                    left_out: 0,
                },
            );
            return Some(0);
        };
        if now.duration_since(written.at) < self.period {
            written.left_out += 1;
            return None;
        }
        written.at = now;
        Some(std::mem::take(&mut written.left_out))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_each_kind_is_written_in_a_period_with_the_number_left_out() {
        let (throttle, start) = (LogThrottle::default(), Instant::now());
        let (token, scan) = (("token", "invalid_grant"), ("scan", "invalid_token"));
        assert_eq!(throttle.admit_at(token, start), Some(0));
        for _ in 0..1000 {
            assert_eq!(throttle.admit_at(token, start), None);
        }
        assert_eq!(throttle.admit_at(scan, start), Some(0), "another kind");
        assert_eq!(throttle.admit_at(token, start + PERIOD), Some(1000));
        assert_eq!(throttle.admit_at(token, start + PERIOD), None);
    }
}
