//! A login's opening, and its record.

use std::fmt;
use std::time::Duration;

use saoma_protocol::{
    AuthorizationCode, CodeChallenge, DeviceContext, Digest, Login, LoginId, RequesterContext,
    ScanCode, Timestamp, UserCode,
};
use serde::{Deserialize, Serialize};

use super::{Agreement, ClaimsRequest, DevicePolling, NodeId};

/// A browser's request for a login, with the context that the phone's person is shown.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoginRequest {
    /// The relying party.
    pub client_id: String,
    /// Registered address where the browser goes in the end.
    pub redirect_uri: String,
    /// Address of the browser's answer, complete but for the code at its end.
    pub answer_uri: String,
    /// Nonce for the ID token.
    pub nonce: Option<String>,
    /// Requested scope, space-separated.
    pub scope: String,
    /// Challenge of the verifier that the redeemer must present (RFC 7636). `None` for confidential clients that may do
    /// without: their secret alone proves the redeemer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code_challenge: Option<CodeChallenge>,
    /// The browser, as far as the gateway can tell.
    pub requester: RequesterContext,
    /// The device that asks in place of a browser. It has no redirect URI, and its answer's address is empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<DeviceContext>,
    /// Single claims that the relying party asks for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claims_request: Option<Box<ClaimsRequest>>,
    /// Digest of the subject of the only person who may log in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected_subject: Option<Digest>,
    /// The hosted page has opened it for a client with single sign-on: its browser may begin a session.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub may_begin_session: bool,
}

impl fmt::Debug for LoginRequest {
    /// Without the answer's address, which holds `state`, and without the nonce.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LoginRequest")
            .field("client_id", &self.client_id)
            .field("redirect_uri", &self.redirect_uri)
            .finish_non_exhaustive()
    }
}

impl LoginRequest {
    /// Returns the query parameter that completes the answer's address. Codes need no escapes in a query.
    pub fn answer_parameter(code: &AuthorizationCode) -> String {
        format!("&code={code}")
    }

    /// Returns the address where the browser goes with this code.
    pub fn answer(&self, code: &AuthorizationCode) -> String {
        self.answer_uri.clone() + &Self::answer_parameter(code)
    }
}

/// A login about to be opened.
#[derive(Debug, Clone)]
pub struct NewLogin {
    /// Id of the login.
    pub id: LoginId,
    /// Digest of its receive key.
    pub receive_key: Digest,
    /// Scan code in its QR code.
    pub scan_code: ScanCode,
    /// User code to type instead.
    pub user_code: UserCode,
    /// The browser's request.
    pub request: LoginRequest,
    /// The persons for whom the browser is asked to agree.
    pub agreement: Agreement,
    /// Node that holds the browser.
    pub node: NodeId,
    /// Time that the first code lives.
    pub code_lifetime: Duration,
    /// Time for which codes are renewed, from now.
    pub waiting_lifetime: Duration,
    /// Time within which a browser must attach or the login change; else the login is gone without a trace. `None` for a
    /// login whose browser holds it from the start, or is never expected to.
    pub follow_within: Option<Duration>,
    /// The polls of the device that opens it; `None` for a browser's login.
    pub device: Option<DevicePolling>,
}

impl NewLogin {
    /// Replaces the user code, also where the phone's person is shown it.
    pub fn set_user_code(&mut self, user_code: UserCode) {
        self.user_code = user_code;
        if let Some(device) = &mut self.request.device {
            device.user_code = user_code;
        }
    }
}

/// A login as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoginRecord {
    /// State, sequence number and time limit.
    pub login: Login,
    /// The browser's request.
    pub request: LoginRequest,
    /// Time of the opening.
    pub opened_at: Timestamp,
    /// Time until which its code is renewed.
    pub closes_at: Timestamp,
    /// The store's clock at this reading.
    pub now: Timestamp,
}

/// An answer to [`super::Store::open`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opening {
    /// The login exists, with `seq` 1.
    Opened {
        /// The store's clock.
        at: Timestamp,
        /// Time limit of the code.
        expires_at: Timestamp,
    },
    /// Another login has the user code: try again with a new one.
    UserCodeTaken,
}
