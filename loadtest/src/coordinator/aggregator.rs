//! Sums of the workers' seconds.

use std::collections::BTreeMap;

use crate::ledger::Balance;
use crate::messages::{LATENESS, WorkerSecond, WorkerTotals};
use crate::report::Latencies;
use crate::report::model::{Failure, KINDS, Latency, Percentiles, Second, SecondLatency};

/// Maximum number of different failures in a report.
const NAMED: usize = 10;

#[derive(Debug, Default)]
struct Merged {
    sum: WorkerSecond,
    latencies: BTreeMap<String, Latencies>,
}

/// Aggregates the seconds of all workers.
#[derive(Debug)]
pub(super) struct Aggregator {
    /// Number of seconds received from each worker.
    received: Vec<u64>,
    incomplete: BTreeMap<u64, Merged>,
    whole: BTreeMap<String, Latencies>,
    /// Latest totals of each worker.
    totals: Vec<WorkerTotals>,
    /// Completed arrivals of each worker, exact at the end of each command. The seconds may be late.
    completed: Vec<u64>,
    /// Arrivals over the concurrency limit.
    pub(super) dropped: u64,
}

impl Aggregator {
    pub(super) fn new(workers: u32) -> Self {
        Self {
            received: vec![0; workers as usize],
            incomplete: BTreeMap::new(),
            whole: BTreeMap::new(),
            totals: vec![WorkerTotals::default(); workers as usize],
            completed: vec![0; workers as usize],
            dropped: 0,
        }
    }

    /// Adds a worker's second. Returns the seconds that all workers have reported now.
    ///
    /// # Errors
    /// Returns an error if a latency is not an encoded histogram.
    pub(super) fn add(&mut self, worker: u32, second: WorkerSecond) -> anyhow::Result<Vec<Second>> {
        let merged = self.incomplete.entry(second.number).or_default();
        for (kind, text) in &second.latencies {
            merged
                .latencies
                .entry(kind.clone())
                .or_default()
                .add_encoded(text)?;
        }
        merged.sum.sockets += second.sockets;
        merged.sum.arrivals += second.arrivals;
        merged.sum.done += second.done;
        merged.sum.failed += second.failed;
        self.dropped += second.dropped;
        let worker = worker as usize;
        if let (Some(received), Some(totals)) =
            (self.received.get_mut(worker), self.totals.get_mut(worker))
        {
            *received = (*received).max(second.number + 1);
            *totals = second.totals;
        }
        let by_all = self.received.iter().min().copied().unwrap_or_default();
        let still = self.incomplete.split_off(&by_all);
        let whole = std::mem::replace(&mut self.incomplete, still);
        Ok(whole
            .into_iter()
            .map(|(number, merged)| self.second(number, merged))
            .collect())
    }

    fn second(&mut self, number: u64, merged: Merged) -> Second {
        for (kind, latencies) in &merged.latencies {
            self.whole.entry(kind.clone()).or_default().add(latencies);
        }
        let latencies = merged
            .latencies
            .into_iter()
            .filter(|(kind, _)| kind != LATENESS);
        let WorkerSecond {
            sockets,
            arrivals,
            done,
            failed,
            ..
        } = merged.sum;
        Second {
            at: number as f64 + 1.0,
            sockets,
            arrivals,
            done,
            failed,
            latencies: latencies
                .map(|(kind, latencies)| (kind, of_second(latencies.percentiles())))
                .collect(),
            processes: BTreeMap::new(),
        }
    }

    /// Stores a worker's number of completed arrivals.
    pub(super) fn set_completed(&mut self, worker: u32, completed: u64) {
        if let Some(known) = self.completed.get_mut(worker as usize) {
            *known = completed;
        }
    }

    /// Sums the completed arrivals.
    pub(super) fn completed(&self) -> u64 {
        self.completed.iter().sum()
    }

    /// Sums the workers' ledgers.
    pub(super) fn ledger(&self) -> Balance {
        self.totals.iter().map(|totals| totals.ledger).sum()
    }

    /// Returns the processor time of the workers, in seconds.
    pub(super) fn cpu_seconds(&self) -> f64 {
        self.totals.iter().map(|totals| totals.cpu_seconds).sum()
    }

    /// Returns the most frequent failures.
    pub(super) fn failures(&self) -> Vec<Failure> {
        let mut all = summed(self.totals.iter().map(|totals| &totals.failures));
        all.sort_by_key(|failure| std::cmp::Reverse(failure.count));
        all.truncate(NAMED);
        all
    }

    pub(super) fn counts(&self) -> Vec<Failure> {
        summed(self.totals.iter().map(|totals| &totals.counts))
    }

    pub(super) fn lateness(&self) -> Percentiles {
        self.whole
            .get(LATENESS)
            .map(Latencies::percentiles)
            .unwrap_or_default()
    }

    /// Returns the latencies of the whole run, in the order of a login.
    pub(super) fn latencies(&self) -> Vec<Latency> {
        self.kinds()
            .into_iter()
            .map(|(kind, latencies)| latencies.latency(kind))
            .collect()
    }

    /// Returns the latencies without their curves.
    pub(super) fn percentiles(&self) -> Vec<(String, Percentiles)> {
        self.kinds()
            .into_iter()
            .map(|(kind, latencies)| (kind.clone(), latencies.percentiles()))
            .collect()
    }

    fn kinds(&self) -> Vec<(&String, &Latencies)> {
        let position = |kind: &str| {
            let base = kind.split(' ').next().unwrap_or(kind);
            (
                KINDS
                    .iter()
                    .position(|known| *known == base)
                    .unwrap_or(KINDS.len()),
                kind.len(),
            )
        };
        let mut kinds: Vec<_> = self
            .whole
            .iter()
            .filter(|(kind, _)| *kind != LATENESS)
            .collect();
        kinds.sort_by_key(|(kind, _)| position(kind));
        kinds
    }
}

fn of_second(
    Percentiles {
        count,
        p50,
        p99,
        max,
        ..
    }: Percentiles,
) -> SecondLatency {
    SecondLatency {
        count,
        p50,
        p99,
        max,
    }
}

fn summed<'a>(maps: impl Iterator<Item = &'a BTreeMap<String, u64>>) -> Vec<Failure> {
    let mut sum: BTreeMap<&str, u64> = BTreeMap::new();
    for (what, count) in maps.flatten() {
        *sum.entry(what).or_default() += count;
    }
    sum.into_iter()
        .map(|(what, count)| Failure {
            what: what.to_owned(),
            count,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn tick(number: u64, millis: u64) -> WorkerSecond {
        let mut latencies = Latencies::default();
        latencies.record(Duration::from_millis(millis));
        let latencies = BTreeMap::from([("push".to_owned(), latencies.take_encoded())]);
        WorkerSecond {
            number,
            sockets: 10,
            arrivals: 3,
            done: 2,
            failed: 1,
            latencies,
            ..WorkerSecond::default()
        }
    }

    #[test]
    fn a_second_is_complete_once_all_workers_have_reported_it() {
        let mut aggregator = Aggregator::new(2);
        assert_eq!(aggregator.add(0, tick(0, 1)).unwrap(), []);
        assert_eq!(aggregator.add(0, tick(1, 1)).unwrap(), []);
        let [second] = &aggregator.add(1, tick(0, 9)).unwrap()[..] else {
            panic!("one second is complete")
        };
        assert_eq!(
            (second.at, second.sockets, second.arrivals, second.done),
            (1.0, 20, 6, 4)
        );
        let push = second.latencies["push"];
        assert_eq!(
            (push.count, push.p50.round(), push.max.round()),
            (2, 1.0, 9.0)
        );
        let [second] = &aggregator.add(1, tick(1, 1)).unwrap()[..] else {
            panic!("the next second is complete")
        };
        assert_eq!((second.at, second.done), (2.0, 4));
        assert_eq!(aggregator.latencies()[0].percentiles.count, 4);
    }

    #[test]
    fn completed_arrivals_of_workers_are_summed_without_their_seconds() {
        let mut aggregator = Aggregator::new(2);
        aggregator.set_completed(0, 5);
        aggregator.set_completed(1, 3);
        aggregator.set_completed(0, 6);
        assert_eq!(aggregator.completed(), 9);
    }

    #[test]
    fn ledgers_and_failures_of_workers_are_summed() {
        let mut aggregator = Aggregator::new(2);
        for (worker, number) in [(0, 0), (1, 0), (1, 1)] {
            let ledger = Balance {
                expected: 5,
                received: 4,
                lost: 1,
                ..Balance::default()
            };
            let failures = BTreeMap::from([("silence".to_owned(), 1), ("closed".to_owned(), 7)]);
            let totals = WorkerTotals {
                ledger,
                failures,
                cpu_seconds: 1.5,
                ..WorkerTotals::default()
            };
            aggregator
                .add(
                    worker,
                    WorkerSecond {
                        totals,
                        ..tick(number, 1)
                    },
                )
                .unwrap();
        }
        assert_eq!(
            (
                aggregator.ledger().expected,
                aggregator.ledger().lost,
                aggregator.cpu_seconds()
            ),
            (10, 2, 3.0)
        );
        let failures: Vec<_> = aggregator
            .failures()
            .into_iter()
            .map(|failure| (failure.what, failure.count))
            .collect();
        assert_eq!(failures, [("closed".into(), 14), ("silence".into(), 2)]);
    }

    #[test]
    fn a_malformed_histogram_is_an_error() {
        let mut wrong = tick(0, 1);
        wrong.latencies.insert("push".into(), "AAAA".into());
        assert!(Aggregator::new(1).add(0, wrong).is_err());
    }
}
