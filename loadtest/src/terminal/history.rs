//! Recent seconds of a run, for the curves on the screen.

use std::collections::{BTreeMap, VecDeque};

use crate::coordinator::snapshot::Snapshot;

/// Number of kept seconds, more than a terminal has columns.
const KEPT: usize = 400;

/// Data of the curves.
#[derive(Debug, Default)]
pub(super) struct History {
    sockets: VecDeque<u64>,
    done: VecDeque<u64>,
    /// By kind, in microseconds; absent for seconds without a measurement.
    p99: BTreeMap<String, VecDeque<Option<u64>>>,
}

impl History {
    /// Adds a second.
    pub(super) fn add(&mut self, snapshot: &Snapshot) {
        push(&mut self.sockets, snapshot.second.sockets);
        push(&mut self.done, snapshot.second.done);
        for (kind, _) in &snapshot.latencies {
            let latency = snapshot
                .second
                .latencies
                .get(kind)
                .filter(|latency| latency.count > 0);
            push(
                self.p99.entry(kind.clone()).or_default(),
                latency.map(|latency| (latency.p99 * 1000.0) as u64),
            );
        }
    }

    /// Returns the open sockets of the last `room` seconds.
    pub(super) fn sockets(&self, room: u16) -> Vec<u64> {
        last(&self.sockets, room)
    }

    /// Returns the completed arrivals of the last `room` seconds.
    pub(super) fn done(&self, room: u16) -> Vec<u64> {
        last(&self.done, room)
    }

    /// Returns the p99 of a kind in the last `room` seconds.
    pub(super) fn p99(&self, kind: &str, room: u16) -> Vec<Option<u64>> {
        self.p99
            .get(kind)
            .map(|values| last(values, room))
            .unwrap_or_default()
    }
}

fn push<T>(values: &mut VecDeque<T>, value: T) {
    if values.len() == KEPT {
        values.pop_front();
    }
    values.push_back(value);
}

fn last<T: Copy>(values: &VecDeque<T>, room: u16) -> Vec<T> {
    values
        .iter()
        .skip(values.len().saturating_sub(room.into()))
        .copied()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::crate::coordinator::snapshot::sample;
    use super::*;

    #[test]
    fn the_last_seconds_are_kept_and_no_more() {
        let mut history = History::default();
        for second in 0..1000 {
            let mut snapshot = sample();
            snapshot.second.sockets = second;
            history.add(&snapshot);
        }
        assert_eq!(history.sockets(3), [997, 998, 999]);
        assert_eq!(history.sockets(u16::MAX).len(), KEPT);
        assert_eq!(history.p99("push", 2).len(), 2);
        assert_eq!(history.p99("unknown", 2), []);
    }
}
