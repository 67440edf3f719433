//! A browser on a WebSocket.

use std::net::IpAddr;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use http::HeaderMap;
use saoma_protocol::{ClientMessage, ResumeRequest, ServerMessage};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::client::Request;
use tokio_tungstenite::{WebSocketStream, client_async_with_config};
use url::Url;

use crate::handshake::{config, open_query, page_headers, query, socket_request};
use crate::stream::Stream;
use crate::{BrowserError, NewLogin, OpenedLogin, RelyingParty};

/// Time limit for a single answer of the gateway.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(10);

/// Close code of a connection that broke without a close frame (RFC 6455 §7.1.5).
pub(crate) const ABNORMAL_CLOSURE: u16 = 1006;

/// Close code of a close frame without a code (RFC 6455 §7.1.5).
const NO_STATUS: u16 = 1005;

/// A browser on one WebSocket. It does not reconnect: see [`ReconnectingBrowser`].
///
/// [`ReconnectingBrowser`]: crate::ReconnectingBrowser
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/world.rs.in"));
/// use saoma_client::Browser;
/// use saoma_protocol::{ClientMessage, ServerMessage};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let world = start().await;
/// # let (gateway, party) = (world.url.clone(), world.party.clone());
/// let (mut browser, login) = Browser::open(&gateway, &party).await?;
/// println!("scan {} within {} s", login.qr, login.expires_in);
///
/// browser.send(&ClientMessage::Refresh).await?;
/// let ServerMessage::Renewed { qr, .. } = browser.next().await? else {
///     panic!("not renewed");
/// };
/// assert_ne!(qr, login.qr);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Browser {
    socket: WebSocketStream<Stream>,
}

impl Browser {
    /// Connects to a gateway as a page of `origin`.
    ///
    /// # Errors
    /// Returns an error if the gateway refuses the handshake or cannot be reached in time.
    pub async fn connect(gateway: &Url, origin: &str) -> Result<Self, BrowserError> {
        Self::connect_with_headers(gateway, page_headers(origin)?).await
    }

    /// Connects from one of this machine's addresses.
    ///
    /// # Errors
    /// As [`Browser::connect`], and if the machine does not have the address.
    pub async fn connect_from(
        local_address: IpAddr,
        gateway: &Url,
        origin: &str,
    ) -> Result<Self, BrowserError> {
        let request = socket_request(gateway, page_headers(origin)?)?;
        Self::handshake(Some(local_address), gateway, request).await
    }

    /// Connects with these headers in place of a page's.
    ///
    /// # Errors
    /// As [`Browser::connect`].
    pub async fn connect_with_headers(
        gateway: &Url,
        headers: HeaderMap,
    ) -> Result<Self, BrowserError> {
        Self::handshake(None, gateway, socket_request(gateway, headers)?).await
    }

    /// Connects with these parameters in the socket's address, which need not be a valid request.
    ///
    /// # Errors
    /// As [`Browser::connect`].
    pub async fn connect_with_query(
        gateway: &Url,
        origin: &str,
        parameters: &[(&str, &str)],
    ) -> Result<Self, BrowserError> {
        let request = query(gateway, origin, parameters.iter().copied())?;
        Self::handshake(None, gateway, request).await
    }

    /// Connects and opens a login of `party`.
    ///
    /// # Errors
    /// As [`Browser::connect`], and if the gateway answers with anything but `opened`.
    pub async fn open(
        gateway: &Url,
        party: &RelyingParty,
    ) -> Result<(Self, OpenedLogin), BrowserError> {
        Self::open_new(gateway, NewLogin::of(party)).await
    }

    /// Connects and opens a login of the caller's making, such as one of a browser that knows persons.
    ///
    /// # Errors
    /// As [`Browser::open`].
    pub async fn open_new(
        gateway: &Url,
        login: NewLogin,
    ) -> Result<(Self, OpenedLogin), BrowserError> {
        let mut browser = Self::connect(gateway, &login.origin).await?;
        let login = browser.open_with(login).await?;
        Ok((browser, login))
    }

    /// Opens a login of `party` on a socket that has none yet.
    ///
    /// # Errors
    /// Returns an error if the connection fails or the gateway answers with anything but `opened`.
    pub async fn open_login(&mut self, party: &RelyingParty) -> Result<OpenedLogin, BrowserError> {
        self.open_with(NewLogin::of(party)).await
    }

    async fn open_with(&mut self, login: NewLogin) -> Result<OpenedLogin, BrowserError> {
        self.send(&ClientMessage::Open(login.request.clone()))
            .await?;
        login.opened(self.next().await?)
    }

    /// Connects with the `open` request in the socket's address, as pages do.
    ///
    /// The answer follows the handshake: pass it to [`NewLogin::opened`]. This takes one round trip less than
    /// [`Browser::open`].
    ///
    /// # Errors
    /// As [`Browser::connect`], and if the machine does not have `local_address`.
    pub async fn connect_opening(
        local_address: Option<IpAddr>,
        gateway: &Url,
        party: &RelyingParty,
    ) -> Result<(Self, NewLogin), BrowserError> {
        let login = NewLogin::of(party);
        let browser = Self::connect_opening_new(local_address, gateway, &login).await?;
        Ok((browser, login))
    }

    /// As [`Browser::connect_opening`], with a login of the caller's making.
    ///
    /// # Errors
    /// As [`Browser::connect_opening`].
    pub async fn connect_opening_new(
        local_address: Option<IpAddr>,
        gateway: &Url,
        login: &NewLogin,
    ) -> Result<Self, BrowserError> {
        let request = query(gateway, &login.origin, open_query(&login.request))?;
        Self::handshake(local_address, gateway, request).await
    }

    /// Connects and resumes a login after the message numbered `last_seq`.
    ///
    /// The gateway's verdict arrives as the next message or close.
    ///
    /// # Errors
    /// As [`Browser::connect`].
    pub async fn resume(
        gateway: &Url,
        origin: &str,
        login: &OpenedLogin,
        last_seq: u32,
    ) -> Result<Self, BrowserError> {
        Self::resume_with(gateway, origin, login.resume_request(last_seq)).await
    }

    /// Connects and resumes a login by a request of the caller's.
    ///
    /// # Errors
    /// As [`Browser::connect`].
    pub async fn resume_with(
        gateway: &Url,
        origin: &str,
        request: ResumeRequest,
    ) -> Result<Self, BrowserError> {
        let mut browser = Self::connect(gateway, origin).await?;
        browser.send(&ClientMessage::Resume(request)).await?;
        Ok(browser)
    }

    /// Sends a message.
    ///
    /// # Errors
    /// Returns an error if the connection fails.
    pub async fn send(&mut self, message: &ClientMessage) -> Result<(), BrowserError> {
        let text = serde_json::to_string(message)?;
        self.send_frame(Message::Text(text.into())).await
    }

    /// Agrees to be logged in as the person who has scanned the code, after a `scanned` that asks for it.
    ///
    /// # Errors
    /// As [`Browser::send`].
    pub async fn agree(&mut self) -> Result<(), BrowserError> {
        self.send(&ClientMessage::Agree).await
    }

    /// Sends a frame as it is, valid or not.
    ///
    /// # Errors
    /// Returns an error if the connection fails.
    pub async fn send_frame(&mut self, frame: Message) -> Result<(), BrowserError> {
        Ok(self.socket.send(frame).await?)
    }

    /// Waits up to [`DEFAULT_TIMEOUT`] for the next message. Heartbeats are skipped.
    ///
    /// # Errors
    /// Returns an error if the socket closes or nothing arrives in time.
    pub async fn next(&mut self) -> Result<ServerMessage, BrowserError> {
        within_timeout(self.next_untimed()).await?
    }

    /// Waits without a time limit for the next message. Heartbeats are skipped.
    ///
    /// # Errors
    /// Returns an error if the socket closes.
    pub async fn next_untimed(&mut self) -> Result<ServerMessage, BrowserError> {
        loop {
            if let Some(message) = self.next_frame().await? {
                return Ok(message);
            }
        }
    }

    /// Waits without a time limit for the next frame. Pings, pongs and heartbeats give `None`.
    ///
    /// # Errors
    /// Returns an error if the socket closes.
    pub async fn next_frame(&mut self) -> Result<Option<ServerMessage>, BrowserError> {
        let broken = |reason: String| BrowserError::Closed {
            code: ABNORMAL_CLOSURE,
            reason,
        };
        match self.socket.next().await {
            Some(Ok(Message::Text(text))) => match serde_json::from_str(&text)? {
                ServerMessage::Heartbeat { .. } => Ok(None),
                message => Ok(Some(message)),
            },
            Some(Ok(Message::Close(frame))) => {
                let (code, reason) = frame.map_or((NO_STATUS, String::new()), |frame| {
                    (frame.code.into(), frame.reason.to_string())
                });
                // tungstenite writes the answer to the close frame during the next read.
                let _ = self.socket.next().await;
                Err(BrowserError::Closed { code, reason })
            }
            Some(Ok(_)) => Ok(None),
            Some(Err(error)) => Err(broken(error.to_string())),
            None => Err(broken("the connection ended".into())),
        }
    }

    /// Waits up to [`DEFAULT_TIMEOUT`] for the close and returns its code.
    ///
    /// # Errors
    /// Returns [`BrowserError::Unexpected`] if a message arrives instead, or an error if nothing does.
    pub async fn closed(&mut self) -> Result<u16, BrowserError> {
        match self.next().await {
            Err(BrowserError::Closed { code, .. }) => Ok(code),
            Err(error) => Err(error),
            Ok(message) => Err(BrowserError::Unexpected(Box::new(message))),
        }
    }

    async fn handshake(
        local_address: Option<IpAddr>,
        gateway: &Url,
        request: Request,
    ) -> Result<Self, BrowserError> {
        let stream = within_timeout(Stream::connect(gateway, local_address)).await??;
        let connecting = client_async_with_config(request, stream, Some(config()));
        let (socket, _) = within_timeout(connecting).await??;
        Ok(Self { socket })
    }
}

async fn within_timeout<T>(future: impl Future<Output = T>) -> Result<T, BrowserError> {
    timeout(DEFAULT_TIMEOUT, future)
        .await
        .map_err(|_| BrowserError::Timeout(DEFAULT_TIMEOUT))
}
