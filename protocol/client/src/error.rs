//! Errors of browsers and phones.

use std::error::Error;
use std::io;
use std::time::Duration;

use http::StatusCode;
use saoma_protocol::{ErrorCode, Problem, ServerMessage};
use tokio_tungstenite::tungstenite;

/// An error of a browser.
#[derive(Debug, thiserror::Error)]
pub enum BrowserError {
    /// The gateway refused the WebSocket handshake or the HTTP request.
    #[error("refused with {status}: {}", .problem.as_ref().map_or("no problem document", |problem| &problem.detail))]
    Refused {
        /// HTTP status of the response.
        status: StatusCode,
        /// Seconds in `Retry-After`.
        retry_after: Option<u64>,
        /// Problem document in the body.
        problem: Option<Box<Problem>>,
    },
    /// The connection was closed.
    #[error("closed with {code}: {reason}")]
    Closed {
        /// Close code; 1006 if the connection broke without a close frame.
        code: u16,
        /// Reason in the close frame, or the error that broke the connection.
        reason: String,
    },
    /// Nothing arrived in time.
    #[error("nothing came within {0:?}")]
    Timeout(Duration),
    /// Another message arrived than the expected one.
    #[error("unexpected message: {0:?}")]
    Unexpected(Box<ServerMessage>),
    /// The gateway's address or the page's origin is malformed.
    #[error("invalid gateway address or origin: {0}")]
    InvalidAddress(String),
    /// The connection failed.
    #[error("the connection failed")]
    Connection(#[source] ConnectionError),
}

/// The cause of a failed connection.
#[derive(Debug, thiserror::Error)]
pub enum ConnectionError {
    /// TCP connection.
    #[error("TCP")]
    Tcp(#[source] io::Error),
    /// WebSocket handshake or frame. Boxed because it is large.
    #[error("WebSocket")]
    WebSocket(#[source] Box<tungstenite::Error>),
    /// HTTP request or response.
    #[error("HTTP")]
    Http(#[source] reqwest::Error),
    /// Message that is not valid JSON of the protocol.
    #[error("invalid message")]
    Message(#[source] serde_json::Error),
}

/// An error of a phone whose HTTP client fails with `E`.
#[derive(Debug, thiserror::Error)]
pub enum PhoneError<E: Error + 'static = reqwest::Error> {
    /// The gateway refused.
    #[error("refused with {status}: {}", .problem.detail)]
    Refused {
        /// HTTP status of the response.
        status: StatusCode,
        /// Seconds in `Retry-After`.
        retry_after: Option<u64>,
        /// Problem document in the body.
        problem: Box<Problem>,
    },
    /// The gateway could not be reached or did not answer in time.
    #[error("no answer")]
    NoAnswer(#[source] E),
    /// The response's body is not what the protocol says.
    #[error("invalid answer with {status}")]
    InvalidAnswer {
        /// HTTP status of the response.
        status: StatusCode,
        /// Error of the JSON parser.
        source: serde_json::Error,
    },
    /// The token cannot stand in a header.
    #[error("invalid request")]
    InvalidRequest(#[source] http::Error),
}

impl BrowserError {
    /// Returns true if another attempt would get the same answer.
    pub fn is_permanent(&self) -> bool {
        use saoma_protocol::ComeBack;
        match self {
            Self::Refused { status, .. } => {
                status.is_client_error() && *status != StatusCode::TOO_MANY_REQUESTS
            }
            Self::Closed { code, .. } => ComeBack::after(*code) == ComeBack::No,
            Self::InvalidAddress(_) => true,
            Self::Unexpected(_) | Self::Timeout(_) | Self::Connection(_) => false,
        }
    }

    /// Returns the pause that an `error` message in place of `opened` asks for.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Unexpected(message) => match **message {
                ServerMessage::Error { retry_after, .. } => {
                    retry_after.map(|seconds| Duration::from_secs(seconds.into()))
                }
                _ => None,
            },
            _ => None,
        }
    }
}

impl<E: Error + 'static> PhoneError<E> {
    /// Returns the error code of a refusal.
    pub fn code(&self) -> Option<ErrorCode> {
        match self {
            Self::Refused { problem, .. } => Some(problem.error),
            _ => None,
        }
    }
}

impl From<tungstenite::Error> for BrowserError {
    fn from(error: tungstenite::Error) -> Self {
        match error {
            tungstenite::Error::Http(response) => Self::Refused {
                status: response.status(),
                retry_after: retry_after(response.headers()),
                problem: response
                    .body()
                    .as_ref()
                    .and_then(|body| serde_json::from_slice(body).ok()),
            },
            other => Self::Connection(ConnectionError::WebSocket(Box::new(other))),
        }
    }
}

impl From<io::Error> for BrowserError {
    fn from(error: io::Error) -> Self {
        Self::Connection(ConnectionError::Tcp(error))
    }
}

impl From<reqwest::Error> for BrowserError {
    fn from(error: reqwest::Error) -> Self {
        Self::Connection(ConnectionError::Http(error))
    }
}

impl From<serde_json::Error> for BrowserError {
    fn from(error: serde_json::Error) -> Self {
        Self::Connection(ConnectionError::Message(error))
    }
}

/// Formats an error and its sources on one line, as `outer: inner`. A source that an error repeats stands there once.
///
/// ```
/// use saoma_client::{BrowserError, error_chain};
///
/// let refused = std::io::Error::other("connection refused");
/// let error = BrowserError::from(refused);
/// assert_eq!(error_chain(&error), "the connection failed: TCP: connection refused");
/// ```
pub fn error_chain(error: &dyn Error) -> String {
    let mut line = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        let told = inner.to_string();
        if !line.ends_with(&told) {
            line = format!("{line}: {told}");
        }
        source = inner.source();
    }
    line
}

/// Seconds in `Retry-After`.
pub(crate) fn retry_after(headers: &http::HeaderMap) -> Option<u64> {
    headers
        .get(http::header::RETRY_AFTER)
        .and_then(|value| value.to_str().ok()?.parse().ok())
}
