//! How often attempts may come: GCRA, the generic cell rate algorithm, on one node or across all.

mod local;
mod shared;

use std::fmt;
use std::num::NonZeroU32;
use std::time::Duration;

use async_trait::async_trait;
pub use local::LocalLimiter;
use serde::{Deserialize, Serialize};
pub use shared::SharedLimiter;

use crate::store::{StoreError, Toll};

/// So many attempts at once, and as many again over each period, evenly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    /// Attempts.
    pub burst: NonZeroU32,
    /// The period.
    #[serde(with = "humantime_serde")]
    pub per: Duration,
}

impl Rate {
    /// So many attempts in each period; none is taken for one.
    pub fn new(burst: u32, per: Duration) -> Self {
        Self {
            burst: NonZeroU32::new(burst).unwrap_or(NonZeroU32::MIN),
            per,
        }
    }

    /// The time that one attempt takes from the allowance.
    pub fn interval(&self) -> Duration {
        self.per / self.burst.get()
    }
}

/// What is limited.
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
    /// The name in keys and metrics.
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

/// Whether an attempt may go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It may.
    Allowed,
    /// It may not.
    Limited {
        /// When the next one may.
        retry_after: Duration,
    },
}

/// Counts attempts.
///
/// # Errors
/// [`StoreError`] when the place where they are counted does not answer. Callers let no attempt through then.
#[async_trait]
pub trait Limiter: fmt::Debug + Send + Sync + 'static {
    /// Counts an attempt, unless it is over the limit.
    async fn take(&self, limit: LimitName, rate: Rate, key: &str) -> Result<Verdict, StoreError>;

    /// How a script of the store can count the attempt in the same step with what it is an attempt at; `None` where
    /// attempts are not counted where logins are.
    fn toll(&self, _limit: LimitName, _rate: Rate, _key: &str) -> Option<Toll> {
        None
    }
}
