//! Lifetimes of a login's states.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// `[lifetimes]`: lifetimes of at least 1 s and at most a day. A longer one costs memory in the
/// store for as long.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Lifetimes {
    /// A code, until it is renewed; 120 s by default. A shorter one leaves less time to show a
    /// screenshot elsewhere.
    #[serde(with = "humantime_serde")]
    #[cfg_attr(test, schemars(with = "Duration"))]
    pub code: Duration,
    /// A login that is not scanned, with all its codes; 600 s by default, at least as long as a
    /// code.
    #[serde(with = "humantime_serde")]
    #[cfg_attr(test, schemars(with = "Duration"))]
    pub waiting: Duration,
    /// A login opened by a POST, until a browser follows it or a phone scans it; 15 s by default.
    #[serde(with = "humantime_serde")]
    #[cfg_attr(test, schemars(with = "Duration"))]
    pub unfollowed: Duration,
    /// A login that a device has opened, with its one code, until the person has decided; 600 s by
    /// default.
    #[serde(with = "humantime_serde")]
    #[cfg_attr(test, schemars(with = "Duration"))]
    pub device: Duration,
    /// A scanned login, until it is confirmed; 90 s by default.
    #[serde(with = "humantime_serde")]
    #[cfg_attr(test, schemars(with = "Duration"))]
    pub scanned: Duration,
    /// An authorization code; 60 s by default, at most 10 min (RFC 6749 §4.1.2).
    #[serde(with = "humantime_serde")]
    #[cfg_attr(test, schemars(with = "Duration"))]
    pub authorization_code: Duration,
    /// An access token; 300 s by default, which is enough to ask the userinfo endpoint.
    #[serde(with = "humantime_serde")]
    #[cfg_attr(test, schemars(with = "Duration"))]
    pub access_token: Duration,
}

impl Default for Lifetimes {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self {
            code: seconds(120),
            waiting: seconds(600),
            unfollowed: seconds(15),
            device: seconds(600),
            scanned: seconds(90),
            authorization_code: seconds(60),
            access_token: seconds(300),
        }
    }
}
