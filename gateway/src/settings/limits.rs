//! Rates of the limits on attempts.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::limits::{LimitName, Rate};

/// `[limits]`: rate limits of the form `{ burst = N, per = "1m" }`: N attempts at once, and N more
/// in each period. A period is at least 1 s and at most a day. On a Redis store the nodes count
/// together.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Opens and refreshes from one address (one /64 in IPv6); 120 a minute by default. Many people
    /// may share an address, and a load test opens all of its logins from one.
    pub open_per_address: Rate,
    /// Scans from one address; 120 a minute by default.
    pub scan_per_address: Rate,
    /// Scans by one person; 20 a minute by default.
    pub scan_per_person: Rate,
    /// User codes typed by one person, right or wrong; 5 in 15 minutes by default. At 34.5 bits a
    /// guess then succeeds with a probability below 2^-32 (RFC 8628 §5.1).
    pub typed_code_per_person: Rate,
    /// Confirms and rejects by one person; 30 a minute by default.
    pub confirm_per_person: Rate,
    /// Requests to the token endpoint by one client; 6,000 a minute by default. They are all
    /// redemptions of a portal.
    pub token_per_client: Rate,
    /// Resumes with an unknown login or a wrong receive key from one address; 30 a minute by
    /// default.
    pub unknown_key_per_address: Rate,
    /// New sockets and event streams from one address, counted by each node alone; 600 a minute by
    /// default. After the end of a node all browsers of an address come back at once.
    pub socket_per_address: Rate,
    /// Polls of one login; 30 a minute by default. A browser whose polls are held asks every 25 s
    /// and after each change, and one whose polls cannot be held every 2 s.
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
