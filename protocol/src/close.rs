//! Close codes of the socket, and a browser's rule for each.
//!
//! The ranges carry the meaning, so that a client can obey a code that it does not know.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The close codes that the gateway sends (RFC 6455 §7.4; 4000-4999 are for private use).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u16)]
#[non_exhaustive]
pub enum CloseCode {
    /// The login is settled.
    Done = 1000,
    /// Invalid frame, or a frame that is not allowed at this point.
    ProtocolError = 1002,
    /// The message was not text.
    UnsupportedData = 1003,
    /// The text was not UTF-8.
    InvalidData = 1007,
    /// The message was larger than [`MAX_INBOUND_MESSAGE_BYTES`](crate::MAX_INBOUND_MESSAGE_BYTES).
    TooBig = 1009,
    /// The node failed in a way it did not expect.
    InternalError = 1011,
    /// The node is restarting; the reason holds a [`RestartHint`].
    Restarting = 1012,
    /// The browser kept sending invalid messages.
    Misbehaving = 4000,
    /// The login does not exist, or the receive key is not its own.
    UnknownLogin = 4001,
    /// A newer socket or stream has taken the login over.
    Superseded = 4002,
    /// Neither `open` nor `resume` came in time.
    NotOpened = 4003,
    /// The client, its redirect URI or its origin is not registered; the `error` before says which.
    Refused = 4004,
    /// The store is down or the node is full.
    Unavailable = 4100,
    /// Too many opens; the `error` before says when to come back.
    TooManyRequests = 4101,
    /// No answer to a ping.
    PingTimeout = 4102,
    /// Another node should serve this browser.
    Move = 4200,
}

/// A browser's reaction to a close.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ComeBack {
    /// Stop: coming back would get the same answer.
    No,
    /// Come back after back-off with full jitter.
    AfterBackOff,
    /// Come back after the hint in the close reason.
    AfterHint,
    /// Come back at once.
    AtOnce,
}

impl ComeBack {
    /// Returns the rule for any close code, known or not. Browsers report a broken connection as 1006.
    pub const fn after(code: u16) -> Self {
        match code {
            1012 => Self::AfterHint,
            1001 | 1006 | 1011 | 4100..=4199 => Self::AfterBackOff,
            4200..=4299 => Self::AtOnce,
            _ => Self::No,
        }
    }
}

impl CloseCode {
    /// Every code, in ascending order.
    pub const ALL: &'static [Self] = &[
        Self::Done,
        Self::ProtocolError,
        Self::UnsupportedData,
        Self::InvalidData,
        Self::TooBig,
        Self::InternalError,
        Self::Restarting,
        Self::Misbehaving,
        Self::UnknownLogin,
        Self::Superseded,
        Self::NotOpened,
        Self::Refused,
        Self::Unavailable,
        Self::TooManyRequests,
        Self::PingTimeout,
        Self::Move,
    ];

    /// Returns the number on the wire.
    pub const fn code(self) -> u16 {
        self as u16
    }

    /// Returns the name in logs, metrics and the documentation.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::ProtocolError => "protocol_error",
            Self::UnsupportedData => "unsupported_data",
            Self::InvalidData => "invalid_data",
            Self::TooBig => "too_big",
            Self::InternalError => "internal_error",
            Self::Restarting => "restarting",
            Self::Misbehaving => "misbehaving",
            Self::UnknownLogin => "unknown_login",
            Self::Superseded => "superseded",
            Self::NotOpened => "not_opened",
            Self::Refused => "refused",
            Self::Unavailable => "unavailable",
            Self::TooManyRequests => "too_many_requests",
            Self::PingTimeout => "ping_timeout",
            Self::Move => "move",
        }
    }
}

/// The close reason of [`CloseCode::Restarting`]: this browser's time to come back, at random among all browsers of the node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RestartHint {
    /// Milliseconds from the close.
    pub retry_after_ms: u32,
}

impl RestartHint {
    /// Creates a hint of this duration, at most 49 days.
    pub fn after(wait: Duration) -> Self {
        Self {
            retry_after_ms: u32::try_from(wait.as_millis()).unwrap_or(u32::MAX),
        }
    }

    /// Returns the text of the close reason: well under the 123 bytes that RFC 6455 §5.5 allows.
    pub fn to_reason(self) -> String {
        format!(r#"{{"retry_after_ms":{}}}"#, self.retry_after_ms)
    }
}

/// The close of an event stream or a poll, which have no close frame: the content of `close`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(
    feature = "codegen",
    derive(ts_rs::TS, schemars::JsonSchema),
    ts(optional_fields)
)]
pub struct CloseNotice {
    /// The close code of a socket.
    pub code: u16,
    /// Milliseconds until this browser comes back, with 1012.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u32>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_lists_every_code_once_in_order() {
        assert!(CloseCode::ALL.is_sorted_by_key(|code| code.code()));
        let names: std::collections::HashSet<_> = CloseCode::ALL.iter().map(|c| c.name()).collect();
        assert_eq!(names.len(), CloseCode::ALL.len());
    }

    #[test]
    fn the_range_decides_on_coming_back() {
        for (code, rule) in [
            (4000, ComeBack::No),
            (4099, ComeBack::No),
            (4100, ComeBack::AfterBackOff),
            (4199, ComeBack::AfterBackOff),
            (4200, ComeBack::AtOnce),
            (4299, ComeBack::AtOnce),
            (4300, ComeBack::No),
        ] {
            assert_eq!(ComeBack::after(code), rule, "{code}");
        }
    }

    #[test]
    fn a_restart_hint_is_json() {
        let hint = RestartHint::after(Duration::from_millis(1234));
        assert_eq!(
            serde_json::from_str::<RestartHint>(&hint.to_reason()).ok(),
            Some(hint)
        );
    }
}
