//! A waiting browser: one socket, one login.

use std::net::IpAddr;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use http::{HeaderMap, StatusCode};
use saoma_protocol::{
    ClientMessage, CodeChallenge, CodeChallengeMethod, LoginId, OpenRequest, Problem, ReceiveKey,
    ResumeRequest, ServerMessage,
};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, client_async_with_config, connect_async_with_config,
};
use url::Url;

use crate::handshake::{config, connection_error, page_headers, socket_request};
use crate::source::bound_stream;

/// A relying party as its pages know it.
#[derive(Debug, Clone)]
pub struct RelyingParty {
    /// Its registered id.
    pub client_id: String,
    /// Where its browsers come back to.
    pub redirect_uri: String,
    /// The origin of its page.
    pub origin: String,
    /// What the token endpoint is proved with; a public client has none.
    pub client_secret: Option<String>,
}

/// What a browser met instead of what it waited for.
#[derive(Debug, thiserror::Error)]
pub enum BrowserError {
    /// The handshake was refused.
    #[error("the handshake was refused with {status}: {}", .problem.as_ref().map_or("no problem document", |problem| &problem.detail))]
    Refused {
        /// The status.
        status: StatusCode,
        /// Seconds of `Retry-After`.
        retry_after: Option<u64>,
        /// What the gateway said.
        problem: Option<Box<Problem>>,
    },
    /// The socket was closed.
    #[error("closed with {code}: {reason}")]
    Closed {
        /// The close code; 1006 without a close frame.
        code: u16,
        /// The reason.
        reason: String,
    },
    /// Nothing came in time.
    #[error("nothing came within {0:?}")]
    Silence(Duration),
    /// Something else came.
    #[error("{0:?} came instead")]
    Unexpected(Box<ServerMessage>),
    /// The target is no address.
    #[error("not a target: {0}")]
    Target(String),
    /// The connection failed.
    #[error("the connection failed: {0}")]
    Connection(String),
}

/// How long anything may take that a test or load run waits for.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// The close code of a connection that broke, as browsers report it.
pub(crate) const BROKEN: u16 = 1006;

/// A browser on a socket.
#[derive(Debug)]
pub struct Browser {
    pub(crate) socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

/// A login as its browser remembers it.
#[derive(Debug, Clone)]
pub struct OpenedLogin {
    /// Its id.
    pub login_id: LoginId,
    /// Its secret.
    pub receive_key: ReceiveKey,
    /// What the QR code holds.
    pub qr: String,
    /// What may be typed instead.
    pub user_code: String,
    /// Seconds that both are good for.
    pub expires_in: u32,
    /// Proves the code at the token endpoint.
    pub code_verifier: String,
    /// What must come back with the code.
    pub state: String,
}

impl OpenedLogin {
    /// How to come back, having seen everything up to `last_seq`.
    pub fn resume_request(&self, last_seq: u32) -> ResumeRequest {
        ResumeRequest {
            login_id: self.login_id,
            receive_key: self.receive_key.clone(),
            last_seq,
            attempt: None,
        }
    }

    /// What `opened` tells, with what its page keeps to itself.
    pub(crate) fn of(
        opened: ServerMessage,
        code_verifier: String,
        state: String,
    ) -> Result<Self, BrowserError> {
        match opened {
            ServerMessage::Opened {
                login_id,
                receive_key,
                qr,
                user_code,
                expires_in,
                ..
            } => {
                let user_code = user_code.to_string();
                Ok(Self {
                    login_id,
                    receive_key,
                    qr,
                    user_code,
                    expires_in,
                    code_verifier,
                    state,
                })
            }
            other => Err(BrowserError::Unexpected(Box::new(other))),
        }
    }
}

impl Browser {
    /// Connects to the gateway at `target`, as a page of `origin`.
    ///
    /// # Errors
    /// The gateway refuses or cannot be reached.
    pub async fn connect(target: &Url, origin: &str) -> Result<Self, BrowserError> {
        Self::connect_with(target, page_headers(origin)?).await
    }

    /// Connects from an address of this machine.
    ///
    /// # Errors
    /// As [`Browser::connect`], and where the machine has no such address.
    pub async fn connect_from(
        source: IpAddr,
        target: &Url,
        origin: &str,
    ) -> Result<Self, BrowserError> {
        let stream = within(bound_stream(source, target)).await??;
        let request = socket_request(target, page_headers(origin)?)?;
        let connecting =
            client_async_with_config(request, MaybeTlsStream::Plain(stream), Some(config()));
        let (socket, _) = within(connecting).await?.map_err(connection_error)?;
        Ok(Self { socket })
    }

    /// Connects with headers of the caller's choice.
    ///
    /// # Errors
    /// The gateway refuses or cannot be reached.
    pub async fn connect_with(target: &Url, headers: HeaderMap) -> Result<Self, BrowserError> {
        let connecting =
            connect_async_with_config(socket_request(target, headers)?, Some(config()), true);
        let (socket, _) = within(connecting).await?.map_err(connection_error)?;
        Ok(Self { socket })
    }

    /// Connects and opens a login for `party`.
    ///
    /// # Errors
    /// The gateway refuses, or answers something else than `opened`.
    pub async fn open(
        target: &Url,
        party: &RelyingParty,
    ) -> Result<(Self, OpenedLogin), BrowserError> {
        let mut browser = Self::connect(target, &party.origin).await?;
        let login = browser.open_login(party).await?;
        Ok((browser, login))
    }

    /// Opens a login for `party` over a socket that has none.
    ///
    /// # Errors
    /// The gateway refuses, or answers something else than `opened`.
    pub async fn open_login(&mut self, party: &RelyingParty) -> Result<OpenedLogin, BrowserError> {
        let (request, code_verifier, state) = open_request(party);
        self.send(&ClientMessage::Open(request)).await?;
        OpenedLogin::of(self.next().await?, code_verifier, state)
    }

    /// Connects and comes back to a login of which everything up to `last_seq` has been seen.
    ///
    /// # Errors
    /// The connection fails. Whether the gateway takes the browser back shows in what comes next.
    pub async fn resume(
        target: &Url,
        origin: &str,
        login: &OpenedLogin,
        last_seq: u32,
    ) -> Result<Self, BrowserError> {
        Self::resume_with(target, origin, login.resume_request(last_seq)).await
    }

    /// Connects and comes back to a login.
    ///
    /// # Errors
    /// As [`Browser::resume`].
    pub async fn resume_with(
        target: &Url,
        origin: &str,
        request: ResumeRequest,
    ) -> Result<Self, BrowserError> {
        let mut browser = Self::connect(target, origin).await?;
        browser.send(&ClientMessage::Resume(request)).await?;
        Ok(browser)
    }

    /// Sends a message.
    ///
    /// # Errors
    /// The connection fails.
    pub async fn send(&mut self, message: &ClientMessage) -> Result<(), BrowserError> {
        let text = serde_json::to_string(message)
            .map_err(|error| BrowserError::Connection(error.to_string()))?;
        self.send_raw(Message::Text(text.into())).await
    }

    /// Sends any frame, for tests of what is no message.
    ///
    /// # Errors
    /// The connection fails.
    pub async fn send_raw(&mut self, message: Message) -> Result<(), BrowserError> {
        self.socket.send(message).await.map_err(connection_error)
    }

    /// The next message, within [`PATIENCE`].
    ///
    /// # Errors
    /// The socket closes, or nothing comes.
    pub async fn next(&mut self) -> Result<ServerMessage, BrowserError> {
        within(self.next_whenever()).await?
    }

    /// The next message, however long it takes.
    ///
    /// # Errors
    /// The socket closes.
    pub async fn next_whenever(&mut self) -> Result<ServerMessage, BrowserError> {
        loop {
            if let Some(message) = self.frame().await? {
                return Ok(message);
            }
        }
    }

    /// The next frame, however long it takes: a message, or `None` for a sign of life without one.
    ///
    /// # Errors
    /// The socket closes.
    pub async fn frame(&mut self) -> Result<Option<ServerMessage>, BrowserError> {
        match self.socket.next().await {
            Some(Ok(Message::Text(text))) => match serde_json::from_str(&text) {
                Ok(ServerMessage::Heartbeat { .. }) => Ok(None),
                Ok(message) => Ok(Some(message)),
                Err(error) => Err(BrowserError::Connection(error.to_string())),
            },
            Some(Ok(Message::Close(frame))) => {
                let (code, reason) = frame.map_or((1005, String::new()), |f| {
                    (f.code.into(), f.reason.to_string())
                });
                // The answer to the close goes out with the next read.
                let _ = self.socket.next().await;
                Err(BrowserError::Closed { code, reason })
            }
            Some(Ok(_)) => Ok(None),
            Some(Err(error)) => Err(BrowserError::Closed {
                code: BROKEN,
                reason: error.to_string(),
            }),
            None => Err(BrowserError::Closed {
                code: BROKEN,
                reason: "the connection ended".into(),
            }),
        }
    }

    /// Waits for the close and gives its code.
    ///
    /// # Errors
    /// A message comes instead, or nothing.
    pub async fn closed(&mut self) -> Result<u16, BrowserError> {
        match self.next().await {
            Err(BrowserError::Closed { code, .. }) => Ok(code),
            Err(error) => Err(error),
            Ok(message) => Err(BrowserError::Unexpected(Box::new(message))),
        }
    }
}

/// An open request of `party`, with the verifier of its challenge and its state.
pub fn open_request(party: &RelyingParty) -> (OpenRequest, String, String) {
    let (code_verifier, state) = (random_text(), random_text());
    let request = OpenRequest {
        client_id: party.client_id.clone(),
        redirect_uri: party.redirect_uri.clone(),
        state: Some(state.clone()),
        nonce: Some(random_text()),
        scope: "openid profile".into(),
        code_challenge: CodeChallenge::of(&code_verifier),
        code_challenge_method: CodeChallengeMethod::S256,
        locale: None,
    };
    (request, code_verifier, state)
}

/// 43 characters with 256 random bits.
fn random_text() -> String {
    let bytes: [u8; 32] = std::array::from_fn(|_| fastrand::u8(..));
    data_encoding::BASE64URL_NOPAD.encode(&bytes)
}

pub(crate) async fn within<T>(future: impl Future<Output = T>) -> Result<T, BrowserError> {
    timeout(PATIENCE, future)
        .await
        .map_err(|_| BrowserError::Silence(PATIENCE))
}
