//! Polls of devices for the logins that they have opened (RFC 8628 §3.4, §3.5).

use std::time::Duration;

use saoma_protocol::{Digest, StateName};

/// Time by which a poll that comes too soon lengthens the interval (RFC 8628 §3.5).
pub const SLOW_DOWN_STEP: Duration = Duration::from_secs(5);

/// Time by which a poll may come before its interval is over. A device waits from the answer on, but networks deliver two
/// requests closer together than they were sent.
pub(super) const LEEWAY: Duration = Duration::from_secs(1);

/// States in which the login is undecided.
pub(super) const PENDING: &[StateName] =
    &[StateName::Waiting, StateName::Asked, StateName::Scanned];

/// States in which the login was declined.
pub(super) const DENIED: &[StateName] = &[StateName::Rejected, StateName::Cancelled];

/// Polls of the device that opens a login.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DevicePolling {
    /// Digest of the device code.
    pub code: Digest,
    /// Time between two polls, at first.
    pub interval: Duration,
}

/// A device's poll.
#[derive(Debug, Clone, Copy)]
pub struct DevicePoll<'a> {
    /// Digest of the device code.
    pub code: Digest,
    /// The authenticated client that polls.
    pub client_id: &'a str,
}

/// An answer to [`super::Store::poll_device`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Polled {
    /// No person has decided yet.
    Pending,
    /// No person has decided yet, and the poll came before its time. The interval is [`SLOW_DOWN_STEP`] longer from now on.
    TooSoon,
    /// The person has declined, or the identity was refused.
    Denied,
    /// The time to decide or to collect the decision is over, or the login is gone.
    Expired,
    /// The person has confirmed, or the device has collected its tokens before: the authorization code of this digest decides.
    Confirmed(Digest),
    /// The login is of another client, or the device code of another login. The poll has changed nothing.
    Foreign,
}
