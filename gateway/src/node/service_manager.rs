//! Messages to the service manager that started the node, such as systemd (sd_notify(3)). Without one none is sent.

use std::time::Duration;

use sd_notify::NotifyState;

use crate::error_chain::chain;

/// Margin of a drain beyond its delay and window: the last browsers' time to answer the close, and some seconds.
const DRAIN_MARGIN: Duration = Duration::from_secs(15);

/// Says that the node serves.
pub fn ready() {
    notify(&[NotifyState::Ready]);
}

/// Says that the node reads its settings again. [`ready`] ends it.
pub fn reloading() {
    // Type=notify-reload of systemd wants the time, so that it knows to which reload the end belongs.
    match NotifyState::monotonic_usec_now() {
        Ok(now) => notify(&[NotifyState::Reloading, now]),
        Err(_) => notify(&[NotifyState::Reloading]),
    }
}

/// Says that the node drains, for as long as this.
pub fn stopping(drain: Duration) {
    let micros = (drain + DRAIN_MARGIN).as_micros();
    let micros = u32::try_from(micros).unwrap_or(u32::MAX);
    notify(&[
        NotifyState::Stopping,
        NotifyState::ExtendTimeoutUsec(micros),
    ]);
}

/// Says at half the interval of the service manager's watchdog that the node's tasks run; returns at once without a
/// watchdog. A runtime that stands still says nothing, and the service manager restarts the node.
pub async fn watchdog() {
    let mut micros = 0;
    if !sd_notify::watchdog_enabled(false, &mut micros) || micros < 2 {
        return;
    }
    let mut interval = tokio::time::interval(Duration::from_micros(micros) / 2);
    loop {
        interval.tick().await;
        notify(&[NotifyState::Watchdog]);
    }
}

fn notify(state: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(false, state) {
        tracing::warn!(error = %chain(&error), "could not notify the service manager");
    }
}
