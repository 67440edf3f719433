//! A socket's budget of frames.
//!
//! tungstenite answers pings and joins fragments by itself, in one loop for as long as bytes come: a session sees neither
//! pings nor empty fragments in time. Frames are therefore counted where their bytes are read, and a socket over its
//! budget reads no more.

use std::io;
use std::sync::Arc;

use crate::limits::Meter;
use crate::logins::Logins;

/// Counts the frames of a socket, of all kinds, while it is active. The meter outlives its hibernation.
#[derive(Debug)]
pub(super) struct FrameBudget {
    logins: Arc<Logins>,
    meter: Meter,
    is_over: bool,
}

impl FrameBudget {
    /// Continues the count of a meter.
    pub(super) const fn new(logins: Arc<Logins>, meter: Meter) -> Self {
        Self {
            logins,
            meter,
            is_over: false,
        }
    }

    /// Returns the meter.
    pub(super) const fn meter(&self) -> Meter {
        self.meter
    }

    /// Counts frames. Once the budget is used up, it stays so.
    pub(super) fn count(&mut self, frames: u32) {
        for _ in 0..frames {
            if self.is_over {
                return;
            }
            self.is_over = !self.logins.count_frame(&mut self.meter);
        }
    }

    /// Returns true once the budget is used up.
    pub(super) const fn is_over(&self) -> bool {
        self.is_over
    }

    /// Returns an error once the budget is used up.
    pub(super) fn check(&self) -> io::Result<()> {
        if self.is_over {
            return Err(io::Error::other("the socket has used up its frames"));
        }
        Ok(())
    }
}
