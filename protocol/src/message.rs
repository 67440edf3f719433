//! The messages on a browser's socket: JSON text frames, told apart by `type`.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::code::{LoginId, UserCode};
use crate::error::ErrorCode;
use crate::json::read_object;
use crate::pkce::{CodeChallenge, CodeChallengeMethod};
use crate::secret::ReceiveKey;

/// The largest message that a browser may send, in bytes.
pub const MAX_INBOUND_MESSAGE_BYTES: usize = 4096;

/// Browser to gateway.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ClientMessage {
    /// Open a login.
    Open(OpenRequest),
    /// Come back to a login.
    Resume(ResumeRequest),
    /// Renew the code now; while waiting only.
    Refresh,
    /// Give the login up.
    Cancel,
}

/// An OpenID Connect authentication request (OIDC Core §3.1.2.1) with PKCE (RFC 7636).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(
    feature = "codegen",
    derive(ts_rs::TS, schemars::JsonSchema),
    ts(optional_fields)
)]
pub struct OpenRequest {
    /// The relying party.
    pub client_id: String,
    /// Where the browser goes with the code: exactly one that the client has registered.
    pub redirect_uri: String,
    /// Comes back to the relying party as it was sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// Comes back in the ID token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nonce: Option<String>,
    /// Space-separated; holds `openid`.
    pub scope: String,
    /// The PKCE challenge.
    pub code_challenge: CodeChallenge,
    /// How the challenge was made.
    pub code_challenge_method: CodeChallengeMethod,
    /// The page's language (BCP 47).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
}

/// Proof of a login, and how much of it the browser has seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(
    feature = "codegen",
    derive(ts_rs::TS, schemars::JsonSchema),
    ts(optional_fields)
)]
pub struct ResumeRequest {
    /// The login.
    pub login_id: LoginId,
    /// Its secret.
    pub receive_key: ReceiveKey,
    /// The newest `seq` that the browser has seen; what came after it follows.
    pub last_seq: u32,
    /// The number of this connection among the browser's to the login, of which the one that opened it was the first. A
    /// greater one that the gateway knows makes this a request that was held up on its way. Without it, whatever comes
    /// last is the newest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempt: Option<u32>,
}

/// Gateway to browser.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(
    feature = "codegen",
    derive(ts_rs::TS, schemars::JsonSchema),
    ts(optional_fields)
)]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum ServerMessage {
    /// A login is open: draw `qr`.
    Opened {
        /// 1.
        seq: u32,
        /// The login.
        login_id: LoginId,
        /// The secret by which this browser comes back.
        receive_key: ReceiveKey,
        /// The text of the QR code.
        qr: String,
        /// What may be typed instead.
        user_code: UserCode,
        /// Seconds until the code is renewed.
        expires_in: u32,
        /// The gateway's clock, in Unix seconds.
        server_time: u64,
    },
    /// The code was replaced: draw the new one.
    Renewed {
        /// The number of this change.
        seq: u32,
        /// The text of the new QR code.
        qr: String,
        /// What may be typed instead.
        user_code: UserCode,
        /// Seconds until the code is renewed.
        expires_in: u32,
        /// The gateway's clock, in Unix seconds.
        server_time: u64,
    },
    /// A person has scanned the code.
    Scanned {
        /// The number of this change.
        seq: u32,
        /// The masked name.
        person: String,
        /// Seconds that the person has to confirm.
        expires_in: u32,
    },
    /// The person has confirmed: go to `redirect_to`.
    Confirmed {
        /// The number of this change.
        seq: u32,
        /// The redirect URI with `code`, `state` and `iss` (RFC 9207).
        redirect_to: String,
    },
    /// The login was declined.
    Rejected {
        /// The number of this change.
        seq: u32,
        /// By whom.
        reason: RejectReason,
    },
    /// The browser gave the login up.
    Cancelled {
        /// The number of this change.
        seq: u32,
    },
    /// Time ran out.
    Expired {
        /// The number of this change.
        seq: u32,
    },
    /// A sign of life, sent with each ping: a page does not see those.
    Heartbeat {
        /// Seconds until the next one, at most. A connection that is silent for much longer is broken.
        next_within: u32,
    },
    /// An answer to the browser's own message: no state has changed.
    Error {
        /// What went wrong.
        error: ErrorCode,
        /// The same for people who read logs.
        error_description: String,
        /// Seconds until it is worth trying again.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_after: Option<u32>,
    },
}

/// Who declined. Why an identity was refused is told on the phone only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum RejectReason {
    /// The person said no.
    Declined,
    /// The identity may not log in now.
    IdentityRefused,
}

/// Text that is no message of this version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// A JSON object whose `type` this version does not have.
    #[error("unknown message type; this version has open, resume, refresh and cancel")]
    UnknownType,
    /// Not JSON, or a member is missing or malformed.
    #[error("not a message: {0}")]
    Malformed(String),
}

impl DecodeError {
    /// The code that the sender is told.
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::UnknownType => ErrorCode::UnknownType,
            Self::Malformed(_) => ErrorCode::InvalidRequest,
        }
    }
}

impl ClientMessage {
    const TYPES: [&'static str; 4] = ["open", "resume", "refresh", "cancel"];

    /// Reads one frame's text. Unknown members are ignored.
    ///
    /// # Errors
    /// [`DecodeError`] tells an unknown type, which a newer browser may send, from a malformed message.
    pub fn decode(text: &str) -> Result<Self, DecodeError> {
        #[derive(Deserialize)]
        struct Tag {
            r#type: String,
        }
        read_object(text.as_bytes()).map_err(|complaint| {
            match read_object::<Tag>(text.as_bytes()) {
                Ok(tag) if !Self::TYPES.contains(&tag.r#type.as_str()) => DecodeError::UnknownType,
                _ => DecodeError::Malformed(complaint),
            }
        })
    }
}

impl fmt::Debug for ServerMessage {
    /// Without what the message is for: codes stand in the texts of `opened`, `renewed` and `confirmed`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self {
            Self::Opened { .. } => "Opened",
            Self::Renewed { .. } => "Renewed",
            Self::Scanned { .. } => "Scanned",
            Self::Confirmed { .. } => "Confirmed",
            Self::Rejected { .. } => "Rejected",
            Self::Cancelled { .. } => "Cancelled",
            Self::Expired { .. } => "Expired",
            Self::Heartbeat { .. } => "Heartbeat",
            Self::Error {
                error,
                error_description,
                ..
            } => {
                return write!(f, "Error({}: {error_description:?})", error.as_str());
            }
        };
        write!(f, "{name}({})", self.seq().unwrap_or_default())
    }
}

impl ServerMessage {
    /// The number of the change that the message tells of; `None` for an `error` and a `heartbeat`.
    pub const fn seq(&self) -> Option<u32> {
        match self {
            Self::Opened { seq, .. }
            | Self::Renewed { seq, .. }
            | Self::Scanned { seq, .. }
            | Self::Confirmed { seq, .. }
            | Self::Rejected { seq, .. }
            | Self::Cancelled { seq }
            | Self::Expired { seq } => Some(*seq),
            Self::Heartbeat { .. } | Self::Error { .. } => None,
        }
    }

    /// Whether the browser has nothing left to wait for.
    pub const fn is_settled(&self) -> bool {
        matches!(
            self,
            Self::Confirmed { .. }
                | Self::Rejected { .. }
                | Self::Cancelled { .. }
                | Self::Expired { .. }
        )
    }
}
