//! Requests to end a run early.

use std::io;

use tokio::signal::unix as signal;
use tokio::sync::watch;

use super::restore;

/// Exit code of an interrupted program: 128 plus the number of SIGINT.
const EX_INTERRUPTED: i32 = 130;

/// A request to end the run: Ctrl-C, SIGTERM, or `q` on the screen. Clones share it.
#[derive(Debug, Clone)]
pub struct StopRequest(watch::Sender<bool>);

impl StopRequest {
    /// Creates one that listens to no signals.
    pub fn new() -> Self {
        Self(watch::Sender::new(false))
    }

    /// Creates one that SIGINT and SIGTERM request.
    pub(super) fn at_signals() -> io::Result<Self> {
        let stop = Self::new();
        for kind in [
            signal::SignalKind::interrupt(),
            signal::SignalKind::terminate(),
        ] {
            let (stop, mut signals) = (stop.clone(), signal::signal(kind)?);
            tokio::spawn(async move {
                while signals.recv().await.is_some() {
                    stop.request_or_exit();
                }
            });
        }
        Ok(stop)
    }

    /// Requests the end.
    pub fn request(&self) {
        self.0.send_replace(true);
    }

    /// Returns true if the end has been requested.
    pub fn is_requested(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits until the end is requested.
    pub async fn requested(&self) {
        // `self` holds the sender, so that the channel stays open.
        let _ = self.0.subscribe().wait_for(|requested| *requested).await;
    }

    /// Requests the end, or ends the program at once if it was requested before.
    pub(super) fn request_or_exit(&self) {
        if self.is_requested() {
            restore::now();
            std::process::exit(EX_INTERRUPTED);
        }
        self.request();
    }
}

impl Default for StopRequest {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn waiters_before_and_after_the_request_return() {
        let stop = StopRequest::new();
        let waiting = tokio::spawn({
            let stop = stop.clone();
            async move { stop.requested().await }
        });
        assert!(!stop.is_requested());
        stop.request();
        waiting.await.unwrap();
        stop.requested().await;
        assert!(stop.is_requested());
    }
}
