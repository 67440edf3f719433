//! Behaviours of virtual users.

use serde::{Deserialize, Serialize};

/// Weights of behaviours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Behaviours {
    /// Scan and confirm.
    pub login: u32,
    /// Cancel in the browser.
    pub cancel: u32,
    /// Scan, then reject.
    pub reject: u32,
    /// Ask for a new code, then scan it and confirm.
    pub refresh: u32,
    /// Scan, wait for the think time, then confirm.
    pub slow: u32,
}

/// The behaviour of one virtual user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Behaviour {
    /// See [`Behaviours::login`].
    Login,
    /// See [`Behaviours::cancel`].
    Cancel,
    /// See [`Behaviours::reject`].
    Reject,
    /// See [`Behaviours::refresh`].
    Refresh,
    /// See [`Behaviours::slow`].
    Slow,
}

impl Default for Behaviours {
    fn default() -> Self {
        Self {
            login: 1,
            cancel: 0,
            reject: 0,
            refresh: 0,
            slow: 0,
        }
    }
}

impl Behaviours {
    /// Returns the behaviour for an arrival's number. The weights hold over any run of arrivals.
    pub fn of(&self, number: u64) -> Behaviour {
        let weights = [
            (Behaviour::Login, self.login),
            (Behaviour::Cancel, self.cancel),
            (Behaviour::Reject, self.reject),
            (Behaviour::Refresh, self.refresh),
            (Behaviour::Slow, self.slow),
        ];
        let sum: u64 = weights.iter().map(|(_, weight)| u64::from(*weight)).sum();
        // 61 shares no factor with most sums of weights, so that this visits all positions in a mixed order.
        let mut position = number.wrapping_mul(61) % sum.max(1);
        for (behaviour, weight) in weights {
            if position < u64::from(weight) {
                return behaviour;
            }
            position -= u64::from(weight);
        }
        Behaviour::Login
    }
}
