//! What the workers have said, put together.

use std::collections::BTreeMap;

use crate::ledger::Balance;
use crate::orders::{Balances, LATENESS, Tick};
use crate::report::Latencies;
use crate::report::model::{Failure, KINDS, Latency, Percentiles, Second, SecondLatency};

/// Failures that a report names.
const NAMED: usize = 10;

#[derive(Debug, Default)]
struct Merged {
    sum: Tick,
    latencies: BTreeMap<String, Latencies>,
}

/// The books of a run.
#[derive(Debug)]
pub(super) struct Books {
    /// How many seconds each worker has told of.
    told: Vec<u64>,
    under_way: BTreeMap<u64, Merged>,
    whole: BTreeMap<String, Latencies>,
    /// What each worker has said last.
    balances: Vec<Balances>,
    /// Arrivals that came to a good end.
    pub(super) done: u64,
    /// Arrivals for which there was no room.
    pub(super) dropped: u64,
}

impl Books {
    pub(super) fn new(workers: u32) -> Self {
        Self {
            told: vec![0; workers as usize],
            under_way: BTreeMap::new(),
            whole: BTreeMap::new(),
            balances: vec![Balances::default(); workers as usize],
            done: 0,
            dropped: 0,
        }
    }

    /// A worker tells of a second. Gives those seconds of which all have told now.
    pub(super) fn tick(&mut self, worker: u32, tick: Tick) -> anyhow::Result<Vec<Second>> {
        let merged = self.under_way.entry(tick.number).or_default();
        for (kind, text) in &tick.latencies {
            merged
                .latencies
                .entry(kind.clone())
                .or_default()
                .add_encoded(text)?;
        }
        merged.sum.sockets += tick.sockets;
        merged.sum.arrivals += tick.arrivals;
        merged.sum.done += tick.done;
        merged.sum.failed += tick.failed;
        self.done += tick.done;
        self.dropped += tick.dropped;
        let worker = worker as usize;
        if let (Some(told), Some(balances)) =
            (self.told.get_mut(worker), self.balances.get_mut(worker))
        {
            *told = (*told).max(tick.number + 1);
            *balances = tick.balances;
        }
        let by_all = self.told.iter().min().copied().unwrap_or_default();
        let still = self.under_way.split_off(&by_all);
        let whole = std::mem::replace(&mut self.under_way, still);
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
        let Tick {
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

    /// The ledgers of all workers.
    pub(super) fn ledger(&self) -> Balance {
        self.balances.iter().map(|balances| balances.ledger).sum()
    }

    /// Processor time of the workers.
    pub(super) fn cpu_seconds(&self) -> f64 {
        self.balances
            .iter()
            .map(|balances| balances.cpu_seconds)
            .sum()
    }

    /// The commonest failures.
    pub(super) fn failures(&self) -> Vec<Failure> {
        let mut all = summed(self.balances.iter().map(|balances| &balances.failures));
        all.sort_by_key(|failure| std::cmp::Reverse(failure.count));
        all.truncate(NAMED);
        all
    }

    pub(super) fn counts(&self) -> Vec<Failure> {
        summed(self.balances.iter().map(|balances| &balances.counts))
    }

    pub(super) fn lateness(&self) -> Percentiles {
        self.whole
            .get(LATENESS)
            .map(Latencies::percentiles)
            .unwrap_or_default()
    }

    /// Latencies of the whole run, in the order in which a login goes through them.
    pub(super) fn latencies(&self) -> Vec<Latency> {
        self.kinds()
            .into_iter()
            .map(|(kind, latencies)| latencies.latency(kind))
            .collect()
    }

    /// The same without their curves.
    pub(super) fn percentiles(&self) -> Vec<(String, Percentiles)> {
        self.kinds()
            .into_iter()
            .map(|(kind, latencies)| (kind.clone(), latencies.percentiles()))
            .collect()
    }

    fn kinds(&self) -> Vec<(&String, &Latencies)> {
        let place = |kind: &str| {
            let plain = kind.split(' ').next().unwrap_or(kind);
            (
                KINDS
                    .iter()
                    .position(|known| *known == plain)
                    .unwrap_or(KINDS.len()),
                kind.len(),
            )
        };
        let mut kinds: Vec<_> = self
            .whole
            .iter()
            .filter(|(kind, _)| *kind != LATENESS)
            .collect();
        kinds.sort_by_key(|(kind, _)| place(kind));
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

    fn tick(number: u64, millis: u64) -> Tick {
        let mut latencies = Latencies::default();
        latencies.record(Duration::from_millis(millis));
        let latencies = BTreeMap::from([("push".to_owned(), latencies.take_encoded())]);
        Tick {
            number,
            sockets: 10,
            arrivals: 3,
            done: 2,
            failed: 1,
            latencies,
            ..Tick::default()
        }
    }

    #[test]
    fn a_second_is_whole_once_all_workers_have_told_of_it() {
        let mut books = Books::new(2);
        assert_eq!(books.tick(0, tick(0, 1)).unwrap(), []);
        assert_eq!(books.tick(0, tick(1, 1)).unwrap(), []);
        let [second] = &books.tick(1, tick(0, 9)).unwrap()[..] else {
            panic!("one second is whole")
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
        books.tick(1, tick(1, 1)).unwrap();
        assert_eq!(books.latencies()[0].percentiles.count, 4);
        assert_eq!(books.done, 8);
    }

    #[test]
    fn ledgers_and_failures_of_workers_are_summed() {
        let mut books = Books::new(2);
        for (worker, number) in [(0, 0), (1, 0), (1, 1)] {
            let ledger = Balance {
                expected: 5,
                received: 4,
                lost: 1,
                ..Balance::default()
            };
            let failures = BTreeMap::from([("silence".to_owned(), 1), ("closed".to_owned(), 7)]);
            let balances = Balances {
                ledger,
                failures,
                cpu_seconds: 1.5,
                ..Balances::default()
            };
            books
                .tick(
                    worker,
                    Tick {
                        balances,
                        ..tick(number, 1)
                    },
                )
                .unwrap();
        }
        assert_eq!(
            (
                books.ledger().expected,
                books.ledger().lost,
                books.cpu_seconds()
            ),
            (10, 2, 3.0)
        );
        let failures: Vec<_> = books
            .failures()
            .into_iter()
            .map(|failure| (failure.what, failure.count))
            .collect();
        assert_eq!(failures, [("closed".into(), 14), ("silence".into(), 2)]);
    }

    #[test]
    fn what_is_no_histogram_is_told() {
        let mut wrong = tick(0, 1);
        wrong.latencies.insert("push".into(), "AAAA".into());
        assert!(Books::new(1).tick(0, wrong).is_err());
    }
}
