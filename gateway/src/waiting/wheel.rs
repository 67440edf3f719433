//! One timer wheel for all of a node's sockets, in place of a timer in each.
//!
//! Entries are never removed early: what falls due is asked whether it still matters. That keeps an entry at the
//! size of its item and an instant.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::Instant;

/// The number of a tick since the wheel was made.
pub(super) type Tick = u64;

/// Items that fall due at a tick. Precise to one tick, and never early.
#[derive(Debug)]
pub(super) struct Wheel<T> {
    slots: Box<[Slot<T>]>,
    tick: Duration,
    started: Instant,
    turned: AtomicU64,
}

/// Entries that fall due at one tick of any turn.
type Slot<T> = Mutex<Vec<(Tick, T)>>;

impl<T> Wheel<T> {
    /// A wheel of `slots` ticks. Items due later than one turn wait in their slot for further turns.
    pub(super) fn new(tick: Duration, slots: usize) -> Self {
        Self {
            slots: (0..slots).map(|_| Mutex::default()).collect(),
            tick,
            started: Instant::now(),
            turned: AtomicU64::new(0),
        }
    }

    /// Puts an item in; says at which tick it falls due.
    pub(super) fn insert(&self, after: Duration, item: T) -> Tick {
        let due = self.started.elapsed() + after;
        let mut tick = to_tick(due.as_nanos().div_ceil(self.tick.as_nanos()));
        loop {
            tick = tick.max(self.turned.load(Ordering::Acquire) + 1);
            let mut slot = self.slot(tick).lock();
            // The slot may have been turned between reading the counter and taking the lock.
            if tick > self.turned.load(Ordering::Acquire) {
                slot.push((tick, item));
                return tick;
            }
        }
    }

    /// Turns to the present and gives what fell due to `expire`, with its tick.
    pub(super) fn turn(&self, expire: impl FnMut(Tick, T)) {
        self.turn_to(
            to_tick(self.started.elapsed().as_nanos() / self.tick.as_nanos()),
            expire,
        );
    }

    fn turn_to(&self, present: Tick, mut expire: impl FnMut(Tick, T)) {
        while self.turned.load(Ordering::Acquire) < present {
            let tick = self.turned.load(Ordering::Acquire) + 1;
            for (due, item) in self.take_due(tick) {
                expire(due, item);
            }
        }
    }

    /// Turns forever, once a tick.
    pub(super) async fn run(&self, mut expire: impl FnMut(Tick, T)) {
        let mut ticks = tokio::time::interval(self.tick);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
        loop {
            ticks.tick().await;
            self.turn(&mut expire);
        }
    }

    fn take_due(&self, tick: Tick) -> Vec<(Tick, T)> {
        let mut slot = self.slot(tick).lock();
        self.turned.store(tick, Ordering::Release);
        if slot.iter().all(|(due, _)| *due <= tick) {
            return std::mem::take(&mut slot);
        }
        slot.extract_if(.., |(due, _)| *due <= tick).collect()
    }

    fn slot(&self, tick: Tick) -> &Slot<T> {
        let slots = self.slots.len() as u64;
        &self.slots[(tick % slots) as usize]
    }
}

fn to_tick(ticks: u128) -> Tick {
    Tick::try_from(ticks).unwrap_or(Tick::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);

    #[test]
    fn items_fall_due_in_time_and_never_early() {
        let wheel = Wheel::new(HOUR, 8);
        for hours in [1_u32, 2, 7, 8, 9, 25] {
            wheel.insert(HOUR * hours - HOUR / 2, hours);
        }
        let mut seen = Vec::new();
        for present in 0..=26 {
            wheel.turn_to(present, |_, hours| seen.push((present, hours)));
        }
        assert_eq!(seen, [(1, 1), (2, 2), (7, 7), (8, 8), (9, 9), (25, 25)]);
    }

    #[test]
    fn an_item_put_in_while_turning_falls_due_at_the_next_tick() {
        let wheel = Wheel::new(HOUR, 4);
        wheel.insert(Duration::ZERO, 0);
        let mut later = None;
        wheel.turn_to(1, |tick, _| {
            later = Some((tick, wheel.insert(Duration::ZERO, 1)));
        });
        assert_eq!(later, Some((1, 2)));
    }
}
