//! What a login is opened with.

use std::time::Duration;

use saoma_protocol::{
    AuthorizationCode, CodeChallenge, Digest, LoginId, RequesterContext, ScanCode, Timestamp,
    UserCode,
};
use serde::{Deserialize, Serialize};

use super::NodeId;

/// What a browser asked for when it opened the login, and what the phone's person is shown of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoginRequest {
    /// The relying party.
    pub client_id: String,
    /// Where it wants the browser to go, as it is registered.
    pub redirect_uri: String,
    /// Where the browser goes with its answer, whole but for the code, which comes behind.
    pub answer_uri: String,
    /// Goes into the ID token.
    pub nonce: Option<String>,
    /// Space-separated.
    pub scope: String,
    /// What the redeemer must know the verifier of.
    pub code_challenge: CodeChallenge,
    /// The browser, as far as the gateway can tell.
    pub requester: RequesterContext,
}

impl LoginRequest {
    /// What makes the answer's address whole: the code, behind other parameters. Codes need no escapes in a query.
    pub fn answer_parameter(code: &AuthorizationCode) -> String {
        format!("&code={code}")
    }

    /// Where the browser goes with this code.
    pub fn answer(&self, code: &AuthorizationCode) -> String {
        self.answer_uri.clone() + &Self::answer_parameter(code)
    }
}

/// A login about to be opened.
#[derive(Debug, Clone)]
pub struct NewLogin {
    /// Its id.
    pub id: LoginId,
    /// The digest of its receive key.
    pub receive_key: Digest,
    /// What its QR code holds.
    pub scan_code: ScanCode,
    /// What may be typed instead.
    pub user_code: UserCode,
    /// What the browser asked for.
    pub request: LoginRequest,
    /// The node that holds the browser.
    pub node: NodeId,
    /// How long the first code lives.
    pub code_lifetime: Duration,
    /// How long codes are renewed, from now.
    pub waiting_lifetime: Duration,
}

/// An answer to [`Store::open`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opening {
    /// The login exists, with `seq` 1.
    Opened {
        /// The store's clock.
        at: Timestamp,
        /// When the code's time is up.
        expires_at: Timestamp,
    },
    /// Another login has the user code: try again with a new one.
    UserCodeTaken,
}
