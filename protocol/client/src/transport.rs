//! The transports between a browser and the gateway behind one interface.

use std::net::IpAddr;

use reqwest::Client;
use saoma_protocol::{ClientMessage, ResumeRequest, ServerMessage};
use tokio_tungstenite::tungstenite::Message;
use url::Url;

use crate::{Browser, BrowserError, HttpBrowser, HttpMode, NewLogin, OpenedLogin, RelyingParty};

/// A transport by which a browser follows its login.
#[derive(Debug, Clone)]
pub enum Transport {
    /// WebSocket.
    WebSocket,
    /// WebSocket from one of this machine's addresses.
    WebSocketFrom(IpAddr),
    /// Server-sent events or long polling, for networks that block WebSocket.
    Http(Client, HttpMode),
}

/// A connection to a login over one of the transports.
#[derive(Debug)]
pub enum Connection {
    /// WebSocket.
    WebSocket(Browser),
    /// Server-sent events or long polling.
    Http(HttpBrowser),
}

impl Transport {
    /// Connects and opens a login of `party`.
    ///
    /// # Errors
    /// Returns an error if the gateway refuses, cannot be reached, or answers with anything but `opened`.
    pub async fn open(
        &self,
        gateway: &Url,
        party: &RelyingParty,
    ) -> Result<(Connection, OpenedLogin), BrowserError> {
        self.open_new(gateway, NewLogin::of(party)).await
    }

    /// Connects and opens a login of the caller's making, such as one of a browser that knows persons.
    ///
    /// # Errors
    /// As [`Transport::open`].
    pub async fn open_new(
        &self,
        gateway: &Url,
        login: NewLogin,
    ) -> Result<(Connection, OpenedLogin), BrowserError> {
        Ok(match self {
            Self::WebSocket => {
                let (browser, login) = Browser::open_new(gateway, login).await?;
                (Connection::WebSocket(browser), login)
            }
            Self::WebSocketFrom(address) => {
                let mut browser =
                    Browser::connect_opening_new(Some(*address), gateway, &login).await?;
                let login = login.opened(browser.next().await?)?;
                (Connection::WebSocket(browser), login)
            }
            Self::Http(http, mode) => {
                let (browser, login) = HttpBrowser::open_new(http, *mode, gateway, login).await?;
                (Connection::Http(browser), login)
            }
        })
    }

    /// Connects and resumes a login.
    ///
    /// # Errors
    /// Returns an error if the connection fails. A WebSocket's refusal arrives with the next frame instead.
    pub async fn resume(
        &self,
        gateway: &Url,
        origin: &str,
        request: ResumeRequest,
    ) -> Result<Connection, BrowserError> {
        Ok(match self {
            Self::WebSocket => {
                Connection::WebSocket(Browser::resume_with(gateway, origin, request).await?)
            }
            Self::WebSocketFrom(address) => {
                let mut browser = Browser::connect_from(*address, gateway, origin).await?;
                browser.send(&ClientMessage::Resume(request)).await?;
                Connection::WebSocket(browser)
            }
            Self::Http(http, mode) => {
                Connection::Http(HttpBrowser::resume(http, *mode, gateway, origin, &request).await?)
            }
        })
    }
}

impl Connection {
    /// Returns the transport of this connection.
    pub fn transport(&self) -> Transport {
        match self {
            Self::WebSocket(_) => Transport::WebSocket,
            Self::Http(browser) => {
                let (http, mode) = browser.transport();
                Transport::Http(http, mode)
            }
        }
    }

    /// Sends a message.
    ///
    /// # Errors
    /// Returns an error if the connection fails.
    pub async fn send(&mut self, message: &ClientMessage) -> Result<(), BrowserError> {
        match self {
            Self::WebSocket(browser) => browser.send(message).await,
            Self::Http(browser) => browser.send(message).await,
        }
    }

    /// Sends an unknown message, which the gateway answers with an `error` after everything sent before it.
    ///
    /// Does nothing over HTTP.
    ///
    /// # Errors
    /// Returns an error if the connection fails.
    pub async fn probe(&mut self) -> Result<(), BrowserError> {
        match self {
            Self::WebSocket(browser) => {
                let probe = Message::text(r#"{"type":"probe"}"#);
                browser.send_frame(probe).await
            }
            Self::Http(_) => Ok(()),
        }
    }

    /// Waits without a time limit for the next message, or `None` for a sign of life.
    ///
    /// # Errors
    /// Returns an error if the connection ends.
    pub async fn next_frame(&mut self) -> Result<Option<ServerMessage>, BrowserError> {
        match self {
            Self::WebSocket(browser) => browser.next_frame().await,
            Self::Http(browser) => browser.next_frame().await,
        }
    }
}
