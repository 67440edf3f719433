//! The wish to end a run before its time.

use std::io;

use tokio::signal::unix as signal;
use tokio::sync::watch;

use super::screen;

/// The exit code of a program that was interrupted: 128 and the number of SIGINT.
const EX_INTERRUPTED: i32 = 130;

/// Whether the run is to end: asked by Ctrl-C, SIGTERM, or `q` on the screen. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Stop(watch::Sender<bool>);

impl Stop {
    /// One that nobody has asked for yet, and that listens to no signals.
    pub fn new() -> Self {
        Self(watch::Sender::new(false))
    }

    /// One that signals ask for.
    pub(super) fn at_signals() -> io::Result<Self> {
        let stop = Self::new();
        for kind in [
            signal::SignalKind::interrupt(),
            signal::SignalKind::terminate(),
        ] {
            let (stop, mut signals) = (stop.clone(), signal::signal(kind)?);
            tokio::spawn(async move {
                while signals.recv().await.is_some() {
                    stop.ask_or_exit();
                }
            });
        }
        Ok(stop)
    }

    /// Asks for the end.
    pub fn ask(&self) {
        self.0.send_replace(true);
    }

    /// Whether the end has been asked for.
    pub fn is_asked(&self) -> bool {
        *self.0.borrow()
    }

    /// Returns when the end is asked for.
    pub async fn asked(&self) {
        // The sender is held here, so that the channel is not closed.
        let _ = self.0.subscribe().wait_for(|asked| *asked).await;
    }

    /// Asks for the end; who asks again does not want to wait for it.
    pub(super) fn ask_or_exit(&self) {
        if self.is_asked() {
            screen::restore();
            std::process::exit(EX_INTERRUPTED);
        }
        self.ask();
    }
}

impl Default for Stop {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn everybody_hears_of_the_wish_early_or_late() {
        let stop = Stop::new();
        let waiting = tokio::spawn({
            let stop = stop.clone();
            async move { stop.asked().await }
        });
        assert!(!stop.is_asked());
        stop.ask();
        waiting.await.unwrap();
        stop.asked().await;
        assert!(stop.is_asked());
    }
}
