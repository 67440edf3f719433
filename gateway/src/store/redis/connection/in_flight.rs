//! A limit on the commands in flight to one Redis. Further commands wait in line as long as Redis answers any.
//!
//! Thousands of browsers may need the store within one second. If all their commands were sent at once, each would stand
//! in Redis' own queue behind all others, its `command_timeout` would run out there, and a busy Redis would be taken for
//! one that is down.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{Instant, timeout_at};

use crate::store::metrics::InGauge;
use crate::store::{StoreError, StoreMetrics};

/// Commands in flight to one server. A server answers some tens of thousands a second, so 256 keep it busy over a round
/// trip of several milliseconds; only one that answers fewer than 256 a second makes any of them wait for a second.
const EACH_SERVER: usize = 256;

/// Longest wait in line. A Redis that answers 20,000 commands a second has answered 60,000 by then, one for each browser
/// of a large node. An app or a page waits about as long for its answer.
const IN_LINE: Duration = Duration::from_secs(3);

/// Limit on the commands in flight to one Redis. Clones share one limit.
#[derive(Clone)]
pub(super) struct InFlightLimit {
    shared: Arc<Shared>,
}

struct Shared {
    /// Permits, given in the order of the requests for them.
    free: Semaphore,
    /// Number of answers so far.
    answers: AtomicU64,
    /// Number of commands without an answer so far.
    failures: AtomicU64,
    /// Time of failures without an answer after which a waiting command gives up.
    silence: Duration,
    /// Longest wait in line.
    in_line: Duration,
    metrics: StoreMetrics,
}

/// Permission for one command in flight, given back on drop.
pub(super) struct InFlightPermit<'a> {
    // In this order: the gauge falls before the next command gets the permit and raises it.
    _in_flight: InGauge,
    _permit: SemaphorePermit<'a>,
}

impl InFlightLimit {
    /// Creates a limit for this number of servers. `silence` is the time that a command may take.
    pub(super) fn new(servers: usize, silence: Duration, metrics: StoreMetrics) -> Self {
        Self::with_patience(servers, (silence, IN_LINE), metrics)
    }

    fn with_patience(
        servers: usize,
        (silence, in_line): (Duration, Duration),
        metrics: StoreMetrics,
    ) -> Self {
        let free = Semaphore::new(EACH_SERVER * servers);
        let (answers, failures) = (AtomicU64::new(0), AtomicU64::new(0));
        Self {
            shared: Arc::new(Shared {
                free,
                answers,
                failures,
                silence,
                in_line,
                metrics,
            }),
        }
    }

    /// Waits in line for a permit.
    ///
    /// # Errors
    /// Returns [`StoreError::Timeout`] if Redis answers no command any more, and [`StoreError::Busy`] if too many are in
    /// line before this one. Nothing was sent.
    pub(super) async fn take(&self) -> Result<InFlightPermit<'_>, StoreError> {
        let permit = match self.shared.free.try_acquire() {
            Ok(permit) => permit,
            Err(_) => self.wait().await?,
        };
        Ok(InFlightPermit {
            _in_flight: self.shared.metrics.in_flight(),
            _permit: permit,
        })
    }

    /// Records an answer.
    pub(super) fn answered(&self) {
        self.shared.answers.fetch_add(1, Ordering::Relaxed);
    }

    /// Records a command without an answer.
    pub(super) fn failed(&self) {
        self.shared.failures.fetch_add(1, Ordering::Relaxed);
    }

    async fn wait(&self) -> Result<SemaphorePermit<'_>, StoreError> {
        let Shared {
            free,
            silence,
            in_line,
            metrics,
            ..
        } = &*self.shared;
        let _waiting = metrics.waiting();
        let last_call = Instant::now() + *in_line;
        let mut turn = std::pin::pin!(free.acquire());
        loop {
            let so_far = self.shared.so_far();
            match timeout_at(last_call.min(Instant::now() + *silence), &mut turn).await {
                Ok(turn) => {
                    return turn.map_err(StoreError::unavailable);
                }
                Err(_) if self.shared.only_fails_since(so_far) => return Err(StoreError::Timeout),
                Err(_) if Instant::now() >= last_call => {
                    metrics.rejected();
                    return Err(StoreError::Busy);
                }
                Err(_) => {}
            }
        }
    }
}

impl Shared {
    /// Returns the numbers of answers and failures so far.
    fn so_far(&self) -> (u64, u64) {
        (
            self.answers.load(Ordering::Relaxed),
            self.failures.load(Ordering::Relaxed),
        )
    }

    /// Returns true if commands have failed since then and none was answered.
    fn only_fails_since(&self, (answers, failures): (u64, u64)) -> bool {
        let now = self.so_far();
        now.0 == answers && now.1 > failures
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;
    use tokio::time::sleep;

    use super::*;

    const SILENCE: Duration = Duration::from_millis(200);
    const PATIENCE: Duration = Duration::from_millis(500);

    fn in_flight() -> InFlightLimit {
        InFlightLimit::with_patience(1, (SILENCE, PATIENCE), StoreMetrics::default())
    }

    /// Takes all permits except `free`.
    async fn full_but(in_flight: &InFlightLimit, free: usize) -> Vec<InFlightPermit<'_>> {
        let mut taken = Vec::new();
        for _ in free..EACH_SERVER {
            taken.push(in_flight.take().await.expect("a free permit"));
        }
        taken
    }

    #[tokio::test]
    async fn permits_are_given_in_the_order_of_the_requests() {
        let in_flight = in_flight();
        let mut taken = full_but(&in_flight, 1).await;
        taken.push(in_flight.take().await.expect("the last permit"));
        let (mut first, mut second) = (Box::pin(in_flight.take()), Box::pin(in_flight.take()));
        assert!(
            first.as_mut().now_or_never().is_none() && second.as_mut().now_or_never().is_none()
        );
        taken.pop();
        assert!(
            in_flight.take().now_or_never().is_none(),
            "nobody gets in before those who wait"
        );
        assert!(second.as_mut().now_or_never().is_none());
        assert!(first.await.is_ok());
        assert!(second.await.is_ok(), "the first has given its place back");
    }

    #[tokio::test]
    async fn nobody_waits_in_line_for_a_redis_that_answers_nobody() {
        let in_flight = in_flight();
        let _taken = full_but(&in_flight, 0).await;
        let came = Instant::now();
        let failing = async {
            loop {
                sleep(SILENCE / 40).await;
                in_flight.failed();
            }
        };
        let told = tokio::select! { told = in_flight.take() => told.err(), () = failing => None };
        assert!(matches!(told, Some(StoreError::Timeout)), "{told:?}");
        assert!(came.elapsed() < PATIENCE);
    }

    #[tokio::test]
    async fn who_waits_too_long_for_a_busy_redis_is_rejected() {
        let in_flight = in_flight();
        let _taken = full_but(&in_flight, 0).await;
        let answering = async {
            loop {
                sleep(SILENCE / 40).await;
                in_flight.failed();
                in_flight.answered();
            }
        };
        let came = Instant::now();
        let told = tokio::select! { told = in_flight.take() => told.err(), () = answering => None };
        assert!(matches!(told, Some(StoreError::Busy)), "{told:?}");
        assert!(came.elapsed() >= PATIENCE);
    }

    #[tokio::test]
    async fn whoever_leaves_the_line_takes_no_place() {
        let in_flight = in_flight();
        let mut taken = full_but(&in_flight, 0).await;
        assert!(in_flight.take().now_or_never().is_none());
        taken.pop();
        assert!(in_flight.take().now_or_never().is_some());
    }
}
