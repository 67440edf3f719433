//! One log line for refused tokens, at a bounded rate: a flood of tokens must not become a flood of lines.

use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::Instant;

use super::refusal::{RefusalReason, TokenRefusal};

/// Time between two lines of one reason.
const PAUSE: Duration = Duration::from_secs(10);

/// Writes the first refusal of each reason at once, and then one in ten seconds with the number of the others.
#[derive(Debug, Default)]
pub(super) struct RefusalLog {
    lines: [Mutex<Line>; RefusalReason::ALL.len()],
}

#[derive(Debug, Default)]
struct Line {
    written_at: Option<Instant>,
    /// Refusals since then.
    unwritten: u64,
}

impl RefusalLog {
    /// Writes a refusal, or counts it for the next line.
    pub(super) fn write(&self, refusal: &TokenRefusal) {
        let Some(unwritten) = self.due(refusal.reason, Instant::now()) else {
            return;
        };
        let reason = refusal.reason.as_str();
        let (alg, kid) = (refusal.alg.as_deref(), refusal.kid.as_deref());
        let found = refusal.found.as_deref();
        if refusal.reason.is_common() {
            tracing::info!(
                reason,
                alg,
                kid,
                found,
                unwritten,
                "refused a token of the app"
            );
        } else {
            tracing::warn!(
                reason,
                alg,
                kid,
                found,
                unwritten,
                "refused a token of the app"
            );
        }
    }

    /// Returns the number of refusals that were not written since the last line, if a line is due.
    fn due(&self, reason: RefusalReason, now: Instant) -> Option<u64> {
        let mut line = self.lines[reason as usize].lock();
        if line.written_at.is_some_and(|at| now < at + PAUSE) {
            line.unwritten += 1;
            return None;
        }
        line.written_at = Some(now);
        Some(std::mem::take(&mut line.unwritten))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_of_one_reason_is_one_line_in_ten_seconds_and_hides_no_other() {
        let log = RefusalLog::default();
        let start = Instant::now();
        assert_eq!(log.due(RefusalReason::Aud, start), Some(0));
        for _ in 0..1000 {
            assert_eq!(log.due(RefusalReason::Aud, start), None);
        }
        assert_eq!(log.due(RefusalReason::Alg, start), Some(0));
        assert_eq!(log.due(RefusalReason::Aud, start + PAUSE), Some(1000));
    }

    #[test]
    fn each_reason_has_a_line_of_its_own() {
        for (place, reason) in RefusalReason::ALL.iter().enumerate() {
            assert_eq!(*reason as usize, place);
        }
    }
}
