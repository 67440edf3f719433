//! The device that has opened a login in memory.

use std::time::Duration;

use saoma_protocol::{Digest, Timestamp};

use crate::store::device_poll::LEEWAY;
use crate::store::{DevicePoll, DevicePolling, Polled, SLOW_DOWN_STEP};

/// A device, and the pace of its polls.
#[derive(Debug)]
pub(super) struct Device {
    code: Digest,
    interval: Duration,
    polled_at: Option<Timestamp>,
}

impl Device {
    pub(super) const fn of(polling: DevicePolling) -> Self {
        Self {
            code: polling.code,
            interval: polling.interval,
            polled_at: None,
        }
    }

    /// Returns true if the poll shows this device's code.
    pub(super) fn admits(&self, poll: &DevicePoll<'_>) -> bool {
        self.code == poll.code
    }

    /// Notes a poll while the login is undecided.
    pub(super) fn wait(&mut self, now: Timestamp) -> Polled {
        let due = |at: Timestamp| at.plus(self.interval.saturating_sub(LEEWAY));
        let too_soon = self.polled_at.is_some_and(|at| now < due(at));
        self.polled_at = Some(now);
        if !too_soon {
            return Polled::Pending;
        }
        self.interval += SLOW_DOWN_STEP;
        Polled::TooSoon
    }
}
