//! Logins as the page of a relying party knows them.

use std::fmt;

use saoma_protocol::{
    CodeChallenge, CodeChallengeMethod, LoginId, OpenRequest, ReceiveKey, ResumeRequest,
    SealedPerson, ServerMessage,
};

use crate::BrowserError;

/// A relying party as registered with the gateway.
#[derive(Clone)]
pub struct RelyingParty {
    /// Registered client id.
    pub client_id: String,
    /// Registered redirect URI.
    pub redirect_uri: String,
    /// Origin of the page that shows the code.
    pub origin: String,
    /// Secret for the token endpoint; absent for a public client.
    pub client_secret: Option<String>,
}

/// A login that has not been opened yet.
///
/// The request goes to the gateway; `code_verifier` and `state` stay with the relying party.
#[derive(Clone)]
pub struct NewLogin {
    /// Request for the gateway.
    pub request: OpenRequest,
    /// Origin of the page that shows the code.
    pub origin: String,
    /// PKCE verifier of the request's challenge (RFC 7636).
    pub code_verifier: String,
    /// Value that must come back beside the code.
    pub state: String,
}

/// An open login as its page remembers it.
#[derive(Clone)]
pub struct OpenedLogin {
    /// Id of the login.
    pub login_id: LoginId,
    /// Secret that proves the browser's right to the login.
    pub receive_key: ReceiveKey,
    /// Text of the QR code.
    pub qr: String,
    /// Code to type in place of scanning.
    pub user_code: String,
    /// Seconds for which both codes are valid.
    pub expires_in: u32,
    /// PKCE verifier for the token endpoint.
    pub code_verifier: String,
    /// Value that must come back beside the code.
    pub state: String,
}

impl NewLogin {
    /// Creates a login of `party` with fresh random values, for the scope `openid profile`.
    pub fn of(party: &RelyingParty) -> Self {
        let (code_verifier, state) = (random_text(), random_text());
        let request = OpenRequest {
            client_id: party.client_id.clone(),
            redirect_uri: party.redirect_uri.clone(),
            state: Some(state.clone()),
            nonce: Some(random_text()),
            scope: "openid profile".into(),
            code_challenge: Some(CodeChallenge::of(&code_verifier)),
            code_challenge_method: CodeChallengeMethod::S256,
            claims: None,
            locale: None,
            known: Vec::new(),
        };
        Self {
            request,
            origin: party.origin.clone(),
            code_verifier,
            state,
        }
    }

    /// The same by a browser that knows these persons, as `confirmed` messages gave them.
    #[must_use]
    pub fn knowing(mut self, known: impl IntoIterator<Item = SealedPerson>) -> Self {
        self.request.known = known.into_iter().collect();
        self
    }

    /// Turns the gateway's answer into an open login.
    ///
    /// # Errors
    /// Returns [`BrowserError::Unexpected`] if the answer is not `opened`.
    pub fn opened(self, answer: ServerMessage) -> Result<OpenedLogin, BrowserError> {
        match answer {
            ServerMessage::Opened {
                login_id,
                receive_key,
                qr,
                user_code,
                expires_in,
                ..
            } => Ok(OpenedLogin {
                login_id,
                receive_key,
                qr,
                user_code: user_code.to_string(),
                expires_in,
                code_verifier: self.code_verifier,
                state: self.state,
            }),
            other => Err(BrowserError::Unexpected(Box::new(other))),
        }
    }
}

impl OpenedLogin {
    /// Creates the request to resume the login after the message numbered `last_seq`.
    pub fn resume_request(&self, last_seq: u32) -> ResumeRequest {
        ResumeRequest {
            login_id: self.login_id,
            receive_key: self.receive_key.clone(),
            last_seq,
            attempt: None,
        }
    }
}

impl fmt::Debug for RelyingParty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RelyingParty")
            .field("client_id", &self.client_id)
            .field("redirect_uri", &self.redirect_uri)
            .field("origin", &self.origin)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for NewLogin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewLogin")
            .field("request", &self.request)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for OpenedLogin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenedLogin")
            .field("login_id", &self.login_id)
            .field("expires_in", &self.expires_in)
            .finish_non_exhaustive()
    }
}

/// Returns 43 characters with 256 random bits.
fn random_text() -> String {
    let mut bytes = [0; 32];
    #[expect(
        clippy::expect_used,
        reason = "the operating system's random source does not fail once the system has started"
    )]
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place where the client makes secrets"
    )]
    getrandom::fill(&mut bytes).expect("random bytes");
    data_encoding::BASE64URL_NOPAD.encode(&bytes)
}
