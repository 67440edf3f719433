//! What a worker has counted and measured.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use saoma_protocol::LoginId;

use crate::conductor::processes::cpu_seconds;
use crate::ledger::Ledger;
use crate::orders::{Balances, LATENESS, Tick};
use crate::report::Latencies;

/// Different failures that are told apart.
const MAX_FAILURES: usize = 50;

/// Counts and latencies of a worker.
#[derive(Debug, Default)]
pub(super) struct Tally(Mutex<Counts>);

#[derive(Debug, Default)]
struct Counts {
    now: Tick,
    latencies: HashMap<&'static str, Latencies>,
    ledger: Ledger,
    failures: BTreeMap<String, u64>,
    counts: BTreeMap<String, u64>,
}

impl Tally {
    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn measured(&self, kind: &'static str, took: Duration) {
        self.counts()
            .latencies
            .entry(kind)
            .or_default()
            .record(took);
    }

    /// An arrival that found room, so late.
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

    /// An arrival came to a good end.
    pub(super) fn done(&self) {
        self.counts().now.done += 1;
    }

    /// A login or an arrival broke off.
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

    /// Something that is worth a count, and no failure.
    pub(super) fn noticed(&self, what: String) {
        *self.counts().counts.entry(what).or_default() += 1;
    }

    pub(super) fn book<T>(&self, entry: impl FnOnce(&mut Ledger) -> T) -> T {
        entry(&mut self.counts().ledger)
    }

    /// A login of this browser whose result must come with `state`.
    pub(super) fn opened(&self, id: LoginId, state: &str) {
        self.book(|ledger| ledger.opened(id, state));
    }

    /// What has happened since this was asked last.
    pub(super) fn tick(&self, number: u64) -> Tick {
        let mut counts = self.counts();
        let sockets = counts.now.sockets;
        let mut tick = std::mem::replace(
            &mut counts.now,
            Tick {
                sockets,
                ..Tick::default()
            },
        );
        tick.number = number;
        let measured = counts
            .latencies
            .iter_mut()
            .filter(|(_, latencies)| !latencies.is_empty());
        tick.latencies = measured
            .map(|(kind, latencies)| ((*kind).to_owned(), latencies.take_encoded()))
            .collect();
        tick.balances = Balances {
            ledger: counts.ledger.balance(),
            failures: counts.failures.clone(),
            counts: counts.counts.clone(),
            cpu_seconds: cpu_seconds(std::process::id()).unwrap_or_default(),
        };
        tick
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tick_tells_what_is_new_and_how_many_sockets_are_open() {
        let tally = Tally::default();
        tally.socket_opened();
        tally.socket_opened();
        tally.socket_closed();
        tally.arrived(Duration::from_millis(1));
        tally.dropped();
        tally.measured("push", Duration::from_millis(2));
        let first = tally.tick(0);
        assert_eq!((first.sockets, first.arrivals, first.dropped), (1, 2, 1));
        assert_eq!(
            first.latencies.keys().collect::<Vec<_>>(),
            [LATENESS, "push"]
        );
        let second = tally.tick(1);
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
