//! The open model at work: arrivals start at their intended moments, or are dropped and counted.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

/// An arrival in flight. Dropping it ends it.
#[derive(Debug)]
pub struct Arrival {
    /// Number among all arrivals of the phase.
    pub number: u64,
    /// Intended moment.
    pub intended: Instant,
    _permit: OwnedSemaphorePermit,
}

/// A clock that arrivals wait for.
pub trait Clock {
    /// Waits until a moment, or as short as possible past it.
    fn until(&mut self, moment: Instant) -> impl Future<Output = ()>;
}

/// A limit on the arrivals in flight.
#[derive(Debug, Clone)]
pub struct ConcurrencyLimit {
    permits: Arc<Semaphore>,
    limit: u32,
}

impl ConcurrencyLimit {
    /// Creates a limit.
    pub fn new(limit: u32) -> Self {
        Self {
            permits: Arc::new(Semaphore::new(limit as usize)),
            limit,
        }
    }

    /// Waits until no arrival is in flight.
    pub async fn drained(&self) {
        // The semaphore is never closed.
        let _ = self.permits.acquire_many(self.limit).await;
    }

    /// Counts the arrivals in flight.
    pub fn in_flight(&self) -> usize {
        self.limit as usize - self.permits.available_permits()
    }

    /// Waits for a permit: for work without a fixed rate.
    pub async fn next(&self, number: u64) -> Option<Arrival> {
        let permit = Arc::clone(&self.permits).acquire_owned().await.ok()?;
        Some(Arrival {
            number,
            intended: Instant::now(),
            _permit: permit,
        })
    }

    fn admit(&self, number: u64, intended: Instant) -> Option<Arrival> {
        let permit = Arc::clone(&self.permits).try_acquire_owned().ok()?;
        Some(Arrival {
            number,
            intended,
            _permit: permit,
        })
    }
}

/// Passes each arrival to `arrive` at its moment after `start`, together with its lateness. An arrival over the limit is
/// passed as `None`.
pub async fn schedule(
    clock: &mut impl Clock,
    start: Instant,
    moments: impl Iterator<Item = (u64, Duration)>,
    limit: &ConcurrencyLimit,
    mut arrive: impl FnMut(Option<(Arrival, Duration)>),
) {
    for (number, moment) in moments {
        let intended = start + moment;
        clock.until(intended).await;
        let late = intended.elapsed();
        arrive(limit.admit(number, intended).map(|arrival| (arrival, late)));
        if !late.is_zero() {
            // A late generator would otherwise start only new arrivals and never serve those in flight.
            tokio::task::yield_now().await;
        }
    }
}

/// A clock with the precision of a sleeping thread. The runtime's own timers tick in milliseconds.
#[derive(Debug)]
pub struct PreciseClock {
    alarms: std::sync::mpsc::Sender<Instant>,
    woken: Arc<Notify>,
}

impl PreciseClock {
    /// Starts the thread, which ends with the clock.
    ///
    /// # Errors
    /// Returns an error if the system does not start another thread.
    pub fn start() -> std::io::Result<Self> {
        let (alarms, moments) = std::sync::mpsc::channel::<Instant>();
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
        Ok(Self { alarms, woken })
    }
}

impl Clock for PreciseClock {
    async fn until(&mut self, moment: Instant) {
        if moment > Instant::now() && self.alarms.send(moment).is_ok() {
            self.woken.notified().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::{sleep, sleep_until};

    use super::*;
    use crate::ramp::Ramp;

    struct Exact;

    impl Clock for Exact {
        async fn until(&mut self, moment: Instant) {
            sleep_until(moment).await;
        }
    }

    /// A clock of a generator that stalls for 300 ms after the first arrival.
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
        let moments = Ramp::steady(10.0, 0.5).share(0, 1);
        schedule(
            &mut clock,
            began,
            moments,
            &ConcurrencyLimit::new(100),
            |arrival| {
                late.extend(arrival.map(|(_, late)| late.as_millis()));
            },
        )
        .await;
        late
    }

    #[tokio::test(start_paused = true)]
    async fn a_late_generator_reports_its_lateness() {
        assert_eq!(lateness(Exact).await, [0; 5]);
        assert_eq!(lateness(Stalled(false)).await, [300, 200, 100, 0, 0]);
    }

    #[tokio::test(start_paused = true)]
    async fn latencies_count_from_the_intended_moment() {
        let (began, mut intended) = (Instant::now(), Vec::new());
        let moments = Ramp::steady(10.0, 0.3).share(0, 1);
        schedule(
            &mut Stalled(false),
            began,
            moments,
            &ConcurrencyLimit::new(100),
            |arrival| {
                intended.extend(arrival.map(|(arrival, _)| (arrival.intended - began).as_millis()));
            },
        )
        .await;
        assert_eq!(intended, [0, 100, 200]);
    }

    #[tokio::test(start_paused = true)]
    async fn arrivals_over_the_limit_are_dropped_and_counted_while_slow_answers_delay_no_other() {
        let (limit, began) = (ConcurrencyLimit::new(2), Instant::now());
        let (mut came, mut dropped) = (Vec::new(), 0);
        // Each is in flight for 350 ms, and one arrives every 100 ms.
        schedule(
            &mut Exact,
            began,
            Ramp::steady(10.0, 0.8).share(0, 1),
            &limit,
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
        limit.drained().await;
        assert_eq!(began.elapsed(), Duration::from_millis(850));
    }
}
