//! Error codes, and the problem document that carries them over HTTP (RFC 9457).

use serde::{Deserialize, Serialize};

/// A stable code for programs. Sockets send it in an `error` message, HTTP in a [`Problem`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ErrorCode {
    /// No offered version of the protocol is served.
    UnsupportedVersion,
    /// The request is malformed, or a member is missing or out of range (RFC 6749 §4.1.2.1).
    InvalidRequest,
    /// A message of a type that this version does not have.
    UnknownType,
    /// The page's origin is on no client's list (RFC 6455 §4.2.2).
    OriginNotAllowed,
    /// No client is registered under this `client_id`.
    UnknownClient,
    /// The redirect URI is not exactly one that the client has registered (RFC 6749 §3.1.2.4).
    RedirectUriNotAllowed,
    /// The scope lacks `openid` (OIDC Core §3.1.2.1).
    InvalidScope,
    /// No such login, or the receive key is not its own, or the person has not scanned it. One answer for all, so that ids
    /// cannot be probed.
    UnknownLogin,
    /// A newer connection of the browser has taken the login over.
    Superseded,
    /// No login waits for this scan code or user code.
    UnknownCode,
    /// The text is not a QR code of this gateway, or cannot be a user code.
    NotALoginCode,
    /// The app's token is missing, unknown or ended (RFC 6750 §3.1).
    InvalidToken,
    /// Another person was first.
    AlreadyScanned,
    /// The login was confirmed with another identity, declined, or cancelled by the browser. `reason` is `not_me` if the
    /// person at the browser is another one.
    AlreadyDecided,
    /// The login's time is up.
    LoginExpired,
    /// The browser agreed before a person had scanned.
    NotScanned,
    /// The person is new to the browser, which has not agreed yet: try again in `retry_after` seconds.
    NotAgreed,
    /// A device asks, and the confirm does not say that the person has compared its code: show `device.user_code` of the scan
    /// and ask.
    NotCompared,
    /// The person does not have this identity.
    IdentityNotAllowed,
    /// The identity may not log in now; `reason` says why.
    IdentityRefused,
    /// A limit was reached; come back after `retry_after` seconds (RFC 6585 §4).
    TooManyRequests,
    /// The store or the identity backend is down, or the node is draining or full. The step is not done later; it may
    /// have been done if its answer was lost.
    TemporarilyUnavailable,
    /// No such address.
    NotFound,
    /// The address exists, the method does not.
    MethodNotAllowed,
    /// The body is larger than the gateway reads.
    RequestTooLarge,
    /// A fault of the gateway.
    ServerError,
}

impl ErrorCode {
    /// Every code.
    pub const ALL: &'static [Self] = &[
        Self::UnsupportedVersion,
        Self::InvalidRequest,
        Self::UnknownType,
        Self::OriginNotAllowed,
        Self::UnknownClient,
        Self::RedirectUriNotAllowed,
        Self::InvalidScope,
        Self::UnknownLogin,
        Self::Superseded,
        Self::UnknownCode,
        Self::NotALoginCode,
        Self::InvalidToken,
        Self::AlreadyScanned,
        Self::AlreadyDecided,
        Self::LoginExpired,
        Self::NotScanned,
        Self::NotAgreed,
        Self::NotCompared,
        Self::IdentityNotAllowed,
        Self::IdentityRefused,
        Self::TooManyRequests,
        Self::TemporarilyUnavailable,
        Self::NotFound,
        Self::MethodNotAllowed,
        Self::RequestTooLarge,
        Self::ServerError,
    ];

    /// Returns the code as it stands on the wire, in logs and in metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::UnsupportedVersion => "unsupported_version",
            Self::InvalidRequest => "invalid_request",
            Self::UnknownType => "unknown_type",
            Self::OriginNotAllowed => "origin_not_allowed",
            Self::UnknownClient => "unknown_client",
            Self::RedirectUriNotAllowed => "redirect_uri_not_allowed",
            Self::InvalidScope => "invalid_scope",
            Self::UnknownLogin => "unknown_login",
            Self::Superseded => "superseded",
            Self::UnknownCode => "unknown_code",
            Self::NotALoginCode => "not_a_login_code",
            Self::InvalidToken => "invalid_token",
            Self::AlreadyScanned => "already_scanned",
            Self::AlreadyDecided => "already_decided",
            Self::LoginExpired => "login_expired",
            Self::NotScanned => "not_scanned",
            Self::NotAgreed => "not_agreed",
            Self::NotCompared => "not_compared",
            Self::IdentityNotAllowed => "identity_not_allowed",
            Self::IdentityRefused => "identity_refused",
            Self::TooManyRequests => "too_many_requests",
            Self::TemporarilyUnavailable => "temporarily_unavailable",
            Self::NotFound => "not_found",
            Self::MethodNotAllowed => "method_not_allowed",
            Self::RequestTooLarge => "request_too_large",
            Self::ServerError => "server_error",
        }
    }

    /// Returns the status of an HTTP answer with this code.
    pub const fn status(self) -> u16 {
        match self {
            Self::UnsupportedVersion
            | Self::InvalidRequest
            | Self::UnknownType
            | Self::UnknownClient
            | Self::RedirectUriNotAllowed
            | Self::InvalidScope
            | Self::NotALoginCode => 400,
            Self::InvalidToken => 401,
            Self::OriginNotAllowed | Self::IdentityNotAllowed | Self::IdentityRefused => 403,
            Self::UnknownLogin | Self::UnknownCode | Self::NotFound => 404,
            Self::MethodNotAllowed => 405,
            Self::Superseded
            | Self::AlreadyScanned
            | Self::AlreadyDecided
            | Self::NotScanned
            | Self::NotAgreed
            | Self::NotCompared => 409,
            Self::LoginExpired => 410,
            Self::RequestTooLarge => 413,
            Self::TooManyRequests => 429,
            Self::ServerError => 500,
            Self::TemporarilyUnavailable => 503,
        }
    }

    /// Returns the code in a few words: the `title` of its problem document.
    pub const fn title(self) -> &'static str {
        match self {
            Self::UnsupportedVersion => "No offered version is served",
            Self::InvalidRequest => "The request is malformed",
            Self::UnknownType => "Unknown message type",
            Self::OriginNotAllowed => "Origin not registered",
            Self::UnknownClient => "Client not registered",
            Self::RedirectUriNotAllowed => "Redirect URI not registered",
            Self::InvalidScope => "The scope lacks openid",
            Self::UnknownLogin => "Unknown login",
            Self::Superseded => "Taken over by a newer connection",
            Self::UnknownCode => "No login waits for this code",
            Self::NotALoginCode => "Not a login code of this gateway",
            Self::InvalidToken => "The access token is not valid",
            Self::AlreadyScanned => "Scanned by another person",
            Self::AlreadyDecided => "Already decided",
            Self::LoginExpired => "The login has expired",
            Self::NotScanned => "Not scanned yet",
            Self::NotAgreed => "The browser has not agreed yet",
            Self::NotCompared => "The device's code was not compared",
            Self::IdentityNotAllowed => "Not an identity of this person",
            Self::IdentityRefused => "The identity may not log in now",
            Self::TooManyRequests => "Too many requests",
            Self::TemporarilyUnavailable => "Temporarily unavailable",
            Self::NotFound => "Not found",
            Self::MethodNotAllowed => "Method not allowed",
            Self::RequestTooLarge => "The request is too large",
            Self::ServerError => "A fault of the gateway",
        }
    }
}

/// A problem document (RFC 9457), `application/problem+json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(
    feature = "codegen",
    derive(ts_rs::TS, schemars::JsonSchema),
    ts(optional_fields)
)]
pub struct Problem {
    /// `urn:saoma:error:` and the code.
    #[serde(rename = "type")]
    pub type_uri: String,
    /// The code in a few words.
    pub title: String,
    /// The HTTP status, again.
    pub status: u16,
    /// The problem in this request, and a way to solve it.
    pub detail: String,
    /// The code.
    pub error: ErrorCode,
    /// With `identity_refused`, the reason in the words of the app's backend; with `already_decided`, the browser's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// With `identity_refused` at a confirm: the login is still scanned, so that the person may choose another identity.
    #[serde(default, skip_serializing_if = "is_false")]
    #[cfg_attr(feature = "codegen", ts(optional, as = "Option<bool>"))]
    pub may_choose_again: bool,
    /// Seconds until it is worth trying again; the same as the header `Retry-After`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u32>,
    /// The subprotocols that are served.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub supported: Option<Vec<String>>,
    /// The id of the request in the gateway's log; the same as the header `X-Request-Id`. People who ask for help give it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

/// Returns true for the value that a member stands for when it is left out.
pub(crate) const fn is_false(value: &bool) -> bool {
    !*value
}

impl Problem {
    /// The media type.
    pub const MEDIA_TYPE: &'static str = "application/problem+json";

    /// Creates a problem with only the required members.
    pub fn new(error: ErrorCode, detail: impl Into<String>) -> Self {
        Self {
            type_uri: format!("urn:saoma:error:{}", error.as_str()),
            title: error.title().into(),
            status: error.status(),
            detail: detail.into(),
            error,
            reason: None,
            may_choose_again: false,
            retry_after: None,
            supported: None,
            request_id: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_equal_their_serialised_form() {
        for code in ErrorCode::ALL {
            assert_eq!(serde_json::to_value(code).ok(), Some(code.as_str().into()));
        }
    }
}
