//! How often attempts may come.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::limits::{LimitName, Rate};

/// `[limits]`: each `{ burst = N, per = "1m" }`: N at once, and N in each period after. A period is at least a second,
/// at most a day. On a Redis store the nodes count together.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Opens and refreshes from one address (one /64 in IPv6); 120 a minute by default. Many people may share an
    /// address, and a load test opens all of its logins from one.
    pub open_per_address: Rate,
    /// Scans from one address; 120 a minute by default.
    pub scan_per_address: Rate,
    /// Scans by one person; 20 a minute by default.
    pub scan_per_person: Rate,
    /// User codes typed by one person, right or wrong; 5 in 15 minutes by default, which at 34.5 bits keeps a guess
    /// below 2^-32 (RFC 8628 §5.1).
    pub typed_code_per_person: Rate,
    /// Confirms and rejects by one person; 30 a minute by default.
    pub confirm_per_person: Rate,
    /// Requests to the token endpoint by one client; 6,000 a minute by default: a portal's whole traffic.
    pub token_per_client: Rate,
    /// Resumes with an unknown login or wrong receive key from one address; 30 a minute by default.
    pub unknown_key_per_address: Rate,
    /// Sockets and event streams begun from one address, counted on each node for itself; 600 a minute by default. All
    /// browsers of an address come back at once when its node has gone.
    pub socket_per_address: Rate,
    /// Polls of one login; 30 a minute by default: a browser whose polls are held asks once in 25 s and once more for
    /// each change, one whose polls cannot be held every two seconds.
    pub poll_per_login: Rate,
}

impl Default for Limits {
    fn default() -> Self {
        let per_minute = |burst| Rate::new(burst, Duration::from_secs(60));
        Self {
            open_per_address: per_minute(120),
            scan_per_address: per_minute(120),
            scan_per_person: per_minute(20),
            typed_code_per_person: Rate::new(5, Duration::from_secs(15 * 60)),
            confirm_per_person: per_minute(30),
            token_per_client: per_minute(6000),
            unknown_key_per_address: per_minute(30),
            socket_per_address: per_minute(600),
            poll_per_login: per_minute(30),
        }
    }
}

impl Limits {
    /// The rate of a limit.
    pub const fn rate(&self, name: LimitName) -> Rate {
        match name {
            LimitName::OpenPerAddress => self.open_per_address,
            LimitName::ScanPerAddress => self.scan_per_address,
            LimitName::ScanPerPerson => self.scan_per_person,
            LimitName::TypedCodePerPerson => self.typed_code_per_person,
            LimitName::ConfirmPerPerson => self.confirm_per_person,
            LimitName::TokenPerClient => self.token_per_client,
            LimitName::UnknownKeyPerAddress => self.unknown_key_per_address,
            LimitName::SocketPerAddress => self.socket_per_address,
            LimitName::PollPerLogin => self.poll_per_login,
        }
    }
}
