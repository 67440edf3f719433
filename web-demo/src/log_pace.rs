//! A pace for log lines that strangers cause: their requests must not fill the log (row A19).

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Lines in each period.
const BURST: u32 = 10;

const PERIOD: Duration = Duration::from_mins(1);

/// Admits ten lines of one kind in a minute.
#[derive(Debug)]
pub(crate) struct LogPace(Mutex<Option<Period>>);

#[derive(Debug)]
struct Period {
    began: Instant,
    lines: u32,
    unlogged: u64,
}

impl LogPace {
    pub(crate) const fn new() -> Self {
        Self(Mutex::new(None))
    }

    /// Admits a line. Returns the number of lines before it that were not admitted.
    pub(crate) fn admit(&self) -> Option<u64> {
        self.admit_at(Instant::now())
    }

    fn admit_at(&self, now: Instant) -> Option<u64> {
        let mut period = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let period = match &mut *period {
            Some(period) if now.duration_since(period.began) < PERIOD => period,
            over => {
                let unlogged = over.as_ref().map_or(0, |over| over.unlogged);
                over.insert(Period {
                    began: now,
                    lines: 0,
                    unlogged,
                })
            }
        };
        if period.lines == BURST {
            period.unlogged += 1;
            return None;
        }
        period.lines += 1;
        Some(std::mem::take(&mut period.unlogged))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Row A19.
    #[test]
    fn of_many_lines_ten_a_minute_are_written_and_the_rest_counted() {
        let pace = LogPace::new();
        let now = Instant::now();
        let written = |now, tried: usize| -> Vec<u64> {
            let lines = (0..tried).filter_map(|_| pace.admit_at(now));
            lines.collect()
        };
        assert_eq!(written(now, 100), [0; 10]);
        assert_eq!(written(now + PERIOD, 2), [90, 0]);
    }
}
