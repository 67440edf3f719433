//! Messages on a browser's socket: JSON text frames, told apart by `type`.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::code::UserCode;
use crate::error::{ErrorCode, is_false};
use crate::json::read_object;
use crate::login_id::LoginId;
use crate::pkce::{CodeChallenge, CodeChallengeMethod};
use crate::sealed_person::{self, SealedPerson};
use crate::secret::ReceiveKey;

/// The largest message that a browser may send, in bytes.
pub const MAX_INBOUND_MESSAGE_BYTES: usize = 4096;

/// Browser to gateway.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(
    feature = "codegen",
    derive(ts_rs::TS, schemars::JsonSchema),
    ts(optional_fields)
)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ClientMessage {
    /// Open a login.
    Open(OpenRequest),
    /// Come back to a login.
    Resume(ResumeRequest),
    /// Renew the code now; while waiting only.
    Refresh,
    /// Agree to be logged in as the person who scanned; after a `scanned` that asks for it.
    Agree,
    /// Give the login up.
    Cancel {
        /// The reason, if it is known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<CancelReason>,
    },
}

/// An OpenID Connect authentication request (OIDC Core §3.1.2.1) with PKCE (RFC 7636).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(
    feature = "codegen",
    derive(ts_rs::TS, schemars::JsonSchema),
    ts(optional_fields)
)]
pub struct OpenRequest {
    /// The relying party.
    pub client_id: String,
    /// The address to which the browser takes the code: exactly one that the client has registered.
    pub redirect_uri: String,
    /// Comes back to the relying party as it was sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// Comes back in the ID token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nonce: Option<String>,
    /// Space-separated; holds `openid`.
    pub scope: String,
    /// The PKCE challenge. Only confidential clients may leave it out, and only those that have registered so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code_challenge: Option<CodeChallenge>,
    /// The method by which the challenge was made. It is there without a challenge, too.
    pub code_challenge_method: CodeChallengeMethod,
    /// Single claims that the relying party asks for, as JSON text (OIDC Core §5.5).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claims: Option<String>,
    /// The page's language (BCP 47).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
    /// The persons whom the browser knows at this relying party, as `confirmed` gave them; the newest first, at most eight.
    /// Values that the gateway cannot open are ignored. In an address, one text with the values separated by spaces.
    #[serde(default, skip_serializing_if = "Vec::is_empty", with = "sealed_person")]
    #[cfg_attr(
        feature = "codegen",
        ts(as = "Option<Vec<SealedPerson>>"),
        schemars(with = "Vec<SealedPerson>", length(max = crate::MAX_KNOWN_PERSONS))
    )]
    pub known: Vec<SealedPerson>,
}

/// Proof of a login, and the newest change of it that the browser has seen.
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
    /// The newest `seq` that the browser has seen. The messages after it follow.
    pub last_seq: u32,
    /// This connection's number among the browser's connections to the login; the connection that opened it has number 1.
    /// If the gateway has seen a greater number, it treats this request as delayed. Without numbers the request that arrives
    /// last is the newest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempt: Option<u32>,
}

impl fmt::Debug for OpenRequest {
    /// Without `state` and `nonce`, which are secrets between the browser and its relying party.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenRequest")
            .field("client_id", &self.client_id)
            .field("redirect_uri", &self.redirect_uri)
            .finish_non_exhaustive()
    }
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
        /// The code to type instead.
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
        /// The code to type instead.
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
        /// True if the person is new to this browser: it names the person and asks whether to go on. Until the browser
        /// agrees, the person cannot confirm.
        #[serde(default, skip_serializing_if = "is_false")]
        #[cfg_attr(feature = "codegen", ts(optional, as = "Option<bool>"))]
        agree: bool,
    },
    /// The browser has agreed: the person may confirm.
    Agreed {
        /// The number of this change.
        seq: u32,
        /// Seconds that the person has left to confirm: the agreement does not prolong them.
        expires_in: u32,
    },
    /// The person has confirmed: go to `redirect_to`.
    Confirmed {
        /// The number of this change.
        seq: u32,
        /// The redirect URI with `code`, `state` and `iss` (RFC 9207).
        redirect_to: String,
        /// The person, for the browser to keep and to send with its next `open` at this relying party.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        known: Option<SealedPerson>,
    },
    /// The login was declined.
    Rejected {
        /// The number of this change.
        seq: u32,
        /// The decision's source.
        reason: RejectReason,
    },
    /// The browser gave the login up.
    Cancelled {
        /// The number of this change.
        seq: u32,
        /// The reason that the browser gave.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<CancelReason>,
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
        /// The code, for programs.
        error: ErrorCode,
        /// The same for people who read logs.
        error_description: String,
        /// Seconds until it is worth trying again.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_after: Option<u32>,
    },
}

/// The source of a rejection. Only the phone is told the reason of a refused identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum RejectReason {
    /// The person said no.
    Declined,
    /// The identity may not log in now.
    IdentityRefused,
}

/// The reason for which a browser gives a login up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum CancelReason {
    /// The person who scanned is not the one at the browser.
    NotMe,
}

impl CancelReason {
    /// Returns the reason as it stands on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotMe => "not_me",
        }
    }
}

/// An inbound text is not a message of this version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// A JSON object whose `type` this version does not have.
    #[error("unknown message type; this version has open, resume, refresh, agree and cancel")]
    UnknownType,
    /// Not JSON, or a member is missing or malformed.
    #[error("not a message: {0}")]
    Malformed(String),
}

impl DecodeError {
    /// Returns the code that the sender is told.
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::UnknownType => ErrorCode::UnknownType,
            Self::Malformed(_) => ErrorCode::InvalidRequest,
        }
    }
}

impl ClientMessage {
    const TYPES: [&'static str; 5] = ["open", "resume", "refresh", "agree", "cancel"];

    /// A cancel without a reason.
    pub const CANCEL: Self = Self::Cancel { reason: None };

    /// Reads one frame's text. Unknown members are ignored.
    ///
    /// # Errors
    /// Returns [`DecodeError::UnknownType`] for a type of a newer version, and [`DecodeError::Malformed`] for any other text.
    pub fn decode(text: &str) -> Result<Self, DecodeError> {
        #[derive(Deserialize)]
        struct Tag {
            r#type: String,
        }
        read_object(text.as_bytes()).map_err(|problem| match read_object::<Tag>(text.as_bytes()) {
            Ok(tag) if !Self::TYPES.contains(&tag.r#type.as_str()) => DecodeError::UnknownType,
            _ => DecodeError::Malformed(problem),
        })
    }
}

impl fmt::Debug for ServerMessage {
    /// Leaves the members out, because `opened`, `renewed` and `confirmed` hold codes and keys.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self {
            Self::Opened { .. } => "Opened",
            Self::Renewed { .. } => "Renewed",
            Self::Scanned { .. } => "Scanned",
            Self::Agreed { .. } => "Agreed",
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
    /// Returns the number of the change that the message reports; `None` for an `error` and a `heartbeat`.
    pub const fn seq(&self) -> Option<u32> {
        match self {
            Self::Opened { seq, .. }
            | Self::Renewed { seq, .. }
            | Self::Scanned { seq, .. }
            | Self::Agreed { seq, .. }
            | Self::Confirmed { seq, .. }
            | Self::Rejected { seq, .. }
            | Self::Cancelled { seq, .. }
            | Self::Expired { seq } => Some(*seq),
            Self::Heartbeat { .. } | Self::Error { .. } => None,
        }
    }

    /// Returns true if the browser has nothing left to wait for.
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
