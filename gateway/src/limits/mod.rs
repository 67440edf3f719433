//! Limits on attempts, by GCRA, the generic cell rate algorithm, and a limiter that counts in this process.

mod local;

use std::num::NonZeroU32;
use std::time::Duration;

pub use local::LocalLimiter;
use serde::{Deserialize, Serialize};

/// A rate of attempts: `burst` at once, and as many again over each period, evenly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Rate {
    /// Attempts.
    pub burst: NonZeroU32,
    /// The period.
    #[serde(with = "humantime_serde")]
    #[cfg_attr(test, schemars(with = "Duration"))]
    pub per: Duration,
}

impl Rate {
    /// Creates a rate of `burst` attempts per period. Zero is treated as one.
    pub fn new(burst: u32, per: Duration) -> Self {
        Self {
            burst: NonZeroU32::new(burst).unwrap_or(NonZeroU32::MIN),
            per,
        }
    }

    /// Returns the time that one attempt takes from the allowance.
    pub fn interval(&self) -> Duration {
        self.per / self.burst.get()
    }
}

/// Names of the limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LimitName {
    /// Opens and refreshes from an address.
    OpenPerAddress,
    /// Scans from an address.
    ScanPerAddress,
    /// Scans by a person.
    ScanPerPerson,
    /// User codes typed by a person.
    TypedCodePerPerson,
    /// Confirms and rejects by a person.
    ConfirmPerPerson,
    /// Codes that a client sends to the token endpoint.
    TokenPerClient,
    /// Unknown logins and wrong receive keys from an address.
    UnknownKeyPerAddress,
    /// Sockets and event streams begun from an address, on each node.
    SocketPerAddress,
    /// Polls of a login by its receive key.
    PollPerLogin,
}

impl LimitName {
    /// Returns the name in keys and metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OpenPerAddress => "open_per_address",
            Self::ScanPerAddress => "scan_per_address",
            Self::ScanPerPerson => "scan_per_person",
            Self::TypedCodePerPerson => "typed_code_per_person",
            Self::ConfirmPerPerson => "confirm_per_person",
            Self::TokenPerClient => "token_per_client",
            Self::UnknownKeyPerAddress => "unknown_key_per_address",
            Self::SocketPerAddress => "socket_per_address",
            Self::PollPerLogin => "poll_per_login",
        }
    }
}

/// A limiter's answer to an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The attempt is allowed.
    Allowed,
    /// The attempt is over the limit.
    Limited {
        /// Time after which another attempt is allowed.
        retry_after: Duration,
    },
}
