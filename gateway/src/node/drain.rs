//! The drain of a stopping node: it stops being ready, waits for the balancer to notice, then sends its browsers away one
//! after the other, so that the nodes which take them in are not overrun.

use std::sync::Arc;
use std::time::Duration;

use saoma_protocol::{CloseCode, RestartHint};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::http::admission::Admission;
use crate::random;
use crate::waiting::registry::Waiters;
use crate::waiting::waiter::CloseReason;

/// Interval between two parts of the browsers that are sent away.
const STEP: Duration = Duration::from_millis(50);

/// Time within which a browser that is sent away comes back, on another node. Browsers leave spread out already; this
/// keeps those of one step apart.
const COME_BACK_WITHIN: Duration = Duration::from_secs(2);

/// Time that the last browsers have to answer the close.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);

/// A node's end.
#[derive(Debug)]
pub(super) struct Drain {
    /// Says to everybody that the node leaves.
    pub admission: Arc<Admission>,
    /// The browsers to send away.
    pub waiters: Arc<Waiters>,
    /// Ends the accepting of connections.
    pub accepting: CancellationToken,
    /// Ends every socket.
    pub closing: CancellationToken,
    /// The connections that are no sockets.
    pub connections: TaskTracker,
    /// The sockets' tasks.
    pub sockets: TaskTracker,
    /// Time for which the node serves on first.
    pub delay: Duration,
    /// Time over which browsers are sent away.
    pub window: Duration,
}

impl Drain {
    /// Drains, and returns when everybody has gone or their time is up.
    pub(super) async fn run(&self) {
        self.admission.leave();
        sleep(self.delay).await;
        // First, so that a connection waits for the next node, where one listens at the same socket.
        self.accepting.cancel();
        self.admission.drain();
        self.send_away().await;
        self.closing.cancel();
        self.sockets.close();
        self.connections.close();
        let ended = async {
            self.sockets.wait().await;
            self.connections.wait().await;
        };
        if timeout(CLOSE_TIMEOUT, ended).await.is_err() {
            tracing::warn!(sockets = self.sockets.len(), "some did not leave in time");
        }
    }

    /// Sends the browsers away in equal parts over the window. Who leaves by themselves makes the others' parts smaller.
    async fn send_away(&self) {
        let deadline = Instant::now() + self.window;
        let mut steps = interval(STEP);
        steps.set_missed_tick_behavior(MissedTickBehavior::Skip);
        loop {
            steps.tick().await;
            let holders = self.waiters.holders();
            let left = deadline.saturating_duration_since(Instant::now());
            for waiter in holders.iter().take(part(holders.len(), left)) {
                let hint = RestartHint::after(random::part_of(COME_BACK_WITHIN));
                waiter.close(CloseReason {
                    code: CloseCode::Restarting,
                    hint: Some(hint),
                });
            }
            if left.is_zero() || holders.is_empty() {
                return;
            }
        }
    }
}

/// Returns the number of browsers that go in this step, so that the last go when the time is up.
fn part(there: usize, left: Duration) -> usize {
    let steps = left.as_millis() / STEP.as_millis();
    there.div_ceil(usize::try_from(steps).unwrap_or(usize::MAX).max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_even_and_nobody_is_left_at_the_end() {
        let mut there = 15_000;
        let parts: Vec<usize> = (0..=400_u32)
            .map(|step| {
                let part = part(there, STEP * (400 - step));
                there -= part;
                part
            })
            .collect();
        assert_eq!(there, 0);
        assert!(parts.iter().all(|part| *part <= 38), "{parts:?}");
    }

    #[test]
    fn without_a_window_everybody_goes_at_once() {
        assert_eq!(part(15_000, Duration::ZERO), 15_000);
    }
}
