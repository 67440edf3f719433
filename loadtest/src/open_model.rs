//! The open model at work: arrivals start when they are meant to, or are dropped and counted, whatever those before
//! them are about.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

/// One that arrives. Dropping it says that it is done with.
#[derive(Debug)]
pub struct Arrival {
    /// Its number among all arrivals of the run.
    pub number: u64,
    /// When it was meant to come.
    pub intended: Instant,
    _under_way: OwnedSemaphorePermit,
}

/// What waits for a moment.
pub trait Clock {
    /// Comes back at the moment, or as soon after as it can.
    fn until(&mut self, moment: Instant) -> impl Future<Output = ()>;
}

/// How many arrivals may be under way at once.
#[derive(Debug, Clone)]
pub struct Room {
    places: Arc<Semaphore>,
    limit: u32,
}

impl Room {
    /// Room for so many.
    pub fn new(limit: u32) -> Self {
        Self {
            places: Arc::new(Semaphore::new(limit as usize)),
            limit,
        }
    }

    /// Waits until nobody is under way.
    pub async fn empty(&self) {
        // The semaphore is never closed.
        let _ = self.places.acquire_many(self.limit).await;
    }

    /// How many are under way.
    pub fn under_way(&self) -> usize {
        self.limit as usize - self.places.available_permits()
    }

    /// Waits for a place: for work at a rate that nobody has fixed.
    pub async fn next(&self, number: u64) -> Option<Arrival> {
        let place = Arc::clone(&self.places).acquire_owned().await.ok()?;
        Some(Arrival {
            number,
            intended: Instant::now(),
            _under_way: place,
        })
    }

    fn admit(&self, number: u64, intended: Instant) -> Option<Arrival> {
        let place = Arc::clone(&self.places).try_acquire_owned().ok()?;
        Some(Arrival {
            number,
            intended,
            _under_way: place,
        })
    }
}

/// Lets arrivals come at their moments after `began`. Each that finds room goes to `arrive` with how late it is; for
/// each that does not, `arrive` is told `None`.
pub async fn arrive_at(
    clock: &mut impl Clock,
    began: Instant,
    moments: impl Iterator<Item = (u64, Duration)>,
    room: &Room,
    mut arrive: impl FnMut(Option<(Arrival, Duration)>),
) {
    for (number, moment) in moments {
        let intended = began + moment;
        clock.until(intended).await;
        let late = intended.elapsed();
        arrive(room.admit(number, intended).map(|arrival| (arrival, late)));
        if !late.is_zero() {
            // Those who have arrived are served even where the next are due already.
            tokio::task::yield_now().await;
        }
    }
}

/// A clock more precise than a runtime's timers, which tick in milliseconds: a thread that sleeps.
#[derive(Debug)]
pub struct PreciseClock {
    asked: std::sync::mpsc::Sender<Instant>,
    woken: Arc<Notify>,
}

impl PreciseClock {
    /// Starts the thread, which ends with the clock.
    ///
    /// # Errors
    /// The system gives no thread.
    pub fn start() -> std::io::Result<Self> {
        let (asked, moments) = std::sync::mpsc::channel::<Instant>();
        let woken = Arc::new(Notify::new());
        let wake = Arc::clone(&woken);
        std::thread::Builder::new()
            .name("clock".into())
            .spawn(move || {
                for moment in moments {
                    std::thread::sleep(moment.saturating_duration_since(Instant::now()));
                    wake.notify_one();
                }
            })?;
        Ok(Self { asked, woken })
    }
}

impl Clock for PreciseClock {
    async fn until(&mut self, moment: Instant) {
        if moment > Instant::now() && self.asked.send(moment).is_ok() {
            self.woken.notified().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::{sleep, sleep_until};

    use super::*;
    use crate::pacing::Stage;

    struct Exact;

    impl Clock for Exact {
        async fn until(&mut self, moment: Instant) {
            sleep_until(moment).await;
        }
    }

    /// A generator that is kept from its work for 300 ms by the first arrival.
    struct Stalled(bool);

    impl Clock for Stalled {
        async fn until(&mut self, moment: Instant) {
            sleep_until(moment).await;
            if !std::mem::replace(&mut self.0, true) {
                sleep(Duration::from_millis(300)).await;
            }
        }
    }

    async fn lateness(mut clock: impl Clock) -> Vec<u128> {
        let (began, mut late) = (Instant::now(), Vec::new());
        let moments = Stage::steady(10.0, 0.5).share(0, 1);
        arrive_at(&mut clock, began, moments, &Room::new(100), |arrival| {
            late.extend(arrival.map(|(_, late)| late.as_millis()));
        })
        .await;
        late
    }

    #[tokio::test(start_paused = true)]
    async fn a_generator_that_falls_behind_says_by_how_much() {
        assert_eq!(lateness(Exact).await, [0; 5]);
        assert_eq!(lateness(Stalled(false)).await, [300, 200, 100, 0, 0]);
    }

    #[tokio::test(start_paused = true)]
    async fn latencies_count_from_the_intended_moment() {
        let (began, mut intended) = (Instant::now(), Vec::new());
        let moments = Stage::steady(10.0, 0.3).share(0, 1);
        arrive_at(
            &mut Stalled(false),
            began,
            moments,
            &Room::new(100),
            |arrival| {
                intended.extend(arrival.map(|(arrival, _)| (arrival.intended - began).as_millis()));
            },
        )
        .await;
        assert_eq!(intended, [0, 100, 200]);
    }

    #[tokio::test(start_paused = true)]
    async fn arrivals_without_room_are_dropped_and_counted_and_slow_answers_hold_nobody_up() {
        let (room, began) = (Room::new(2), Instant::now());
        let (mut came, mut dropped) = (Vec::new(), 0);
        // Each is under way for 350 ms, and one comes every 100 ms.
        arrive_at(
            &mut Exact,
            began,
            Stage::steady(10.0, 0.8).share(0, 1),
            &room,
            |arrival| match arrival {
                Some((arrival, _)) => {
                    came.push(arrival.number);
                    tokio::spawn(async move {
                        sleep(Duration::from_millis(350)).await;
                        drop(arrival);
                    });
                }
                None => dropped += 1,
            },
        )
        .await;
        assert_eq!((came, dropped), (vec![0, 1, 4, 5], 4));
        room.empty().await;
        assert_eq!(began.elapsed(), Duration::from_millis(850));
    }
}
