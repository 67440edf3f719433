//! Counts and latencies of a worker.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use saoma_protocol::LoginId;

use crate::coordinator::processes::cpu_seconds;
use crate::ledger::Ledger;
use crate::messages::{LATENESS, WorkerSecond, WorkerTotals};
use crate::report::Latencies;

/// Maximum number of failures that are counted by description.
const MAX_FAILURES: usize = 50;

/// Records counts and latencies. Each second takes those since the one before.
#[derive(Debug, Default)]
pub(super) struct Recorder(Mutex<Counts>);

#[derive(Debug, Default)]
struct Counts {
    now: WorkerSecond,
    latencies: HashMap<&'static str, Latencies>,
    ledger: Ledger,
    failures: BTreeMap<String, u64>,
    counts: BTreeMap<String, u64>,
    completed: u64,
}

impl Recorder {
    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn latency(&self, kind: &'static str, latency: Duration) {
        self.counts()
            .latencies
            .entry(kind)
            .or_default()
            .record(latency);
    }

    /// Counts an arrival below the concurrency limit, with its lateness.
    pub(super) fn arrived(&self, late: Duration) {
        let mut counts = self.counts();
        counts.now.arrivals += 1;
        counts.latencies.entry(LATENESS).or_default().record(late);
    }

    pub(super) fn dropped(&self) {
        let mut counts = self.counts();
        counts.now.arrivals += 1;
        counts.now.dropped += 1;
    }

    pub(super) fn socket_opened(&self) {
        self.counts().now.sockets += 1;
    }

    pub(super) fn socket_closed(&self) {
        let mut counts = self.counts();
        counts.now.sockets = counts.now.sockets.saturating_sub(1);
    }

    /// Counts an arrival that ended well.
    pub(super) fn done(&self) {
        let mut counts = self.counts();
        counts.now.done += 1;
        counts.completed += 1;
    }

    /// Returns the number of arrivals that have ended well so far.
    pub(super) fn completed(&self) -> u64 {
        self.counts().completed
    }

    /// Counts a login or an arrival that failed.
    pub(super) fn failed(&self, failure: &str) {
        let mut counts = self.counts();
        counts.now.failed += 1;
        counts.ledger.failed();
        let known = counts.failures.contains_key(failure) || counts.failures.len() < MAX_FAILURES;
        *counts
            .failures
            .entry(if known { failure } else { "others" }.to_owned())
            .or_default() += 1;
    }

    /// Counts an occurrence that is not a failure.
    pub(super) fn count(&self, what: String) {
        *self.counts().counts.entry(what).or_default() += 1;
    }

    /// Changes the ledger.
    pub(super) fn ledger<T>(&self, change: impl FnOnce(&mut Ledger) -> T) -> T {
        change(&mut self.counts().ledger)
    }

    /// Adds a login, whose result must carry `state`.
    pub(super) fn opened(&self, id: LoginId, state: &str) {
        self.ledger(|ledger| ledger.opened(id, state));
    }

    /// Takes the counts and latencies since the last call.
    pub(super) fn take_second(&self, number: u64) -> WorkerSecond {
        let mut counts = self.counts();
        let sockets = counts.now.sockets;
        let mut second = std::mem::replace(
            &mut counts.now,
            WorkerSecond {
                sockets,
                ..WorkerSecond::default()
            },
        );
        second.number = number;
        let recorded = counts
            .latencies
            .iter_mut()
            .filter(|(_, latencies)| !latencies.is_empty());
        second.latencies = recorded
            .map(|(kind, latencies)| ((*kind).to_owned(), latencies.take_encoded()))
            .collect();
        second.totals = WorkerTotals {
            ledger: counts.ledger.balance(),
            failures: counts.failures.clone(),
            counts: counts.counts.clone(),
            cpu_seconds: cpu_seconds(std::process::id()).unwrap_or_default(),
        };
        second
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_holds_new_counts_and_the_open_sockets() {
        let recorder = Recorder::default();
        recorder.socket_opened();
        recorder.socket_opened();
        recorder.socket_closed();
        recorder.arrived(Duration::from_millis(1));
        recorder.dropped();
        recorder.latency("push", Duration::from_millis(2));
        let first = recorder.take_second(0);
        assert_eq!((first.sockets, first.arrivals, first.dropped), (1, 2, 1));
        assert_eq!(
            first.latencies.keys().collect::<Vec<_>>(),
            [LATENESS, "push"]
        );
        let second = recorder.take_second(1);
        assert_eq!(
            (
                second.number,
                second.sockets,
                second.arrivals,
                second.latencies.len()
            ),
            (1, 1, 0, 0)
        );
    }
}
