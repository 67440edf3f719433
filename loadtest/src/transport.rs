//! The ways between a browser and the gateway, as one to whoever follows a login by them.

use std::net::IpAddr;

use reqwest::Client;
use saoma_protocol::{ClientMessage, ResumeRequest, ServerMessage};
use tokio_tungstenite::tungstenite::Message;
use url::Url;

use crate::browser::{Browser, BrowserError, OpenedLogin, RelyingParty};
use crate::http_login::{Follow, HttpLogin};

/// By which way a browser connects.
#[derive(Debug, Clone)]
pub enum Transport {
    /// A WebSocket.
    Socket,
    /// A WebSocket from this address of the machine.
    SocketFrom(IpAddr),
    /// Requests, for networks that block WebSocket.
    Http(Client, Follow),
}

/// A browser's connection to its login.
#[derive(Debug)]
pub enum Connection {
    /// A WebSocket.
    Socket(Browser),
    /// Requests that follow one another.
    Http(HttpLogin),
}

impl Transport {
    /// Connects and opens a login for `party`.
    ///
    /// # Errors
    /// The gateway refuses, or answers something else than `opened`.
    pub async fn open(
        &self,
        target: &Url,
        party: &RelyingParty,
    ) -> Result<(Connection, OpenedLogin), BrowserError> {
        Ok(match self {
            Self::Socket => {
                let (socket, login) = Browser::open(target, party).await?;
                (Connection::Socket(socket), login)
            }
            Self::SocketFrom(source) => {
                let (mut socket, asked) = Browser::ask(Some(*source), target, party).await?;
                let login = socket.answer(asked).await?;
                (Connection::Socket(socket), login)
            }
            Self::Http(http, follow) => {
                let (requests, login) = HttpLogin::open(http, *follow, target, party).await?;
                (Connection::Http(requests), login)
            }
        })
    }

    /// Connects and comes back to a login.
    ///
    /// # Errors
    /// The connection fails. That a socket is not taken back shows in what comes next.
    pub async fn resume(
        &self,
        target: &Url,
        origin: &str,
        request: ResumeRequest,
    ) -> Result<Connection, BrowserError> {
        Ok(match self {
            Self::Socket => {
                Connection::Socket(Browser::resume_with(target, origin, request).await?)
            }
            Self::SocketFrom(source) => {
                let mut socket = Browser::connect_from(*source, target, origin).await?;
                socket.send(&ClientMessage::Resume(request)).await?;
                Connection::Socket(socket)
            }
            Self::Http(http, follow) => {
                Connection::Http(HttpLogin::resume(http, *follow, target, origin, request).await?)
            }
        })
    }
}

impl Connection {
    /// The way that it goes.
    pub fn transport(&self) -> Transport {
        match self {
            Self::Socket(_) => Transport::Socket,
            Self::Http(requests) => {
                let (http, follow) = requests.way();
                Transport::Http(http, follow)
            }
        }
    }

    /// Sends a message.
    ///
    /// # Errors
    /// The connection fails.
    pub async fn send(&mut self, message: &ClientMessage) -> Result<(), BrowserError> {
        match self {
            Self::Socket(socket) => socket.send(message).await,
            Self::Http(requests) => requests.send(message).await,
        }
    }

    /// Sends what is no message, which a socket answers by an `error` once all is served that was sent before.
    ///
    /// # Errors
    /// The connection fails.
    pub async fn probe(&mut self) -> Result<(), BrowserError> {
        match self {
            Self::Socket(socket) => socket.send_raw(Message::text(r#"{"type":"probe"}"#)).await,
            Self::Http(_) => Ok(()),
        }
    }

    /// What comes next, however long it takes: a message, or `None` for a sign of life without one.
    ///
    /// # Errors
    /// The connection ends.
    pub async fn frame(&mut self) -> Result<Option<ServerMessage>, BrowserError> {
        match self {
            Self::Socket(socket) => socket.frame().await,
            Self::Http(requests) => requests.frame().await,
        }
    }
}
