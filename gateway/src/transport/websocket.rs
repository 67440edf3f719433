//! One browser's socket, from its first message to its close.

use std::sync::Arc;

use futures_util::{SinkExt, StreamExt};
use saoma_protocol::{ClientMessage, CloseCode, ErrorCode, ServerMessage};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::error::CapacityError;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, frame::coding::CloseCode as WireCode};
use tokio_tungstenite::tungstenite::{Error, Message, Utf8Bytes};

use super::Transports;
use crate::admission::Place;
use crate::logins::{Denial, Opener};
use crate::metrics::OpenSocket;
use crate::waiter::{Delivery, Farewell};
use crate::waiters::Waiting;

/// Messages that are none after which a browser is sent away.
const MAX_BAD_MESSAGES: u8 = 5;

/// How long a browser has to take a close, or any single message.
const WRITE_TIMEOUT: std::time::Duration = std::time::Duration::from_secs(10);

/// A socket and its place on this node.
pub(super) struct Socket {
    transports: Transports,
    stream: WebSocketStream<TcpStream>,
    opener: Opener,
    bad_messages: u8,
    _place: Place,
    _counted: OpenSocket,
}

/// How a socket ends: what every step of it may come to.
enum Ending {
    /// With a close frame of ours.
    Farewell(Farewell),
    /// The browser has gone, or has said that it goes.
    Gone,
}

impl From<CloseCode> for Ending {
    fn from(code: CloseCode) -> Self {
        Self::Farewell(code.into())
    }
}

impl Socket {
    pub(super) fn new(
        transports: Transports,
        stream: WebSocketStream<TcpStream>,
        opener: Opener,
        place: Place,
    ) -> Self {
        let counted = transports.logins.metrics.socket_opened();
        Self { transports, stream, opener, bad_messages: 0, _place: place, _counted: counted }
    }

    /// Serves the browser until the socket ends.
    pub(super) async fn run(mut self) {
        let (Ok(ending) | Err(ending)) = self.serve().await;
        let metrics = Arc::clone(&self.transports.logins.metrics);
        match ending {
            Ending::Farewell(farewell) => {
                metrics.socket_closed(farewell.code);
                self.close(farewell).await;
            }
            Ending::Gone => metrics.socket_gone(),
        }
    }

    async fn serve(&mut self) -> Result<Ending, Ending> {
        let waiting = self.begin().await?;
        self.transports.logins.timers.ping(waiting.waiter());
        loop {
            self.step(&waiting).await?;
        }
    }

    /// Waits for the first message and does what it asks. Only the browser is hurried: how long the answer takes is not
    /// its doing, and bounded by the store's own timeouts.
    async fn begin(&mut self) -> Result<Waiting, Ending> {
        let (open_within, closing) = (self.transports.sockets.open_within, self.transports.closing.clone());
        let begun = async {
            let asked = timeout(open_within, self.first_message()).await;
            self.first(asked.unwrap_or(Err(CloseCode::NotOpened.into()))?).await
        };
        tokio::select! {
            () = closing.cancelled() => Err(CloseCode::Restarting.into()),
            begun = begun => begun,
        }
    }

    async fn first_message(&mut self) -> Result<ClientMessage, Ending> {
        loop {
            if let Some(message) = self.receive().await? {
                return Ok(message);
            }
        }
    }

    async fn first(&mut self, message: ClientMessage) -> Result<Waiting, Ending> {
        let logins = &self.transports.logins;
        let begun = match message {
            ClientMessage::Open(request) => match logins.open(request, self.opener.clone()).await {
                Ok(opened) => {
                    self.send(&opened.message).await?;
                    Ok(opened.waiting)
                }
                Err(denial) => Err(denial),
            },
            ClientMessage::Resume(request) => logins.resume(request, &self.opener.address).await,
            ClientMessage::Refresh | ClientMessage::Cancel => return Err(CloseCode::NotOpened.into()),
        };
        match begun {
            Ok(waiting) => Ok(waiting),
            Err(denial) => {
                self.transports.logins.metrics.refused("open", denial.error);
                self.send(&error_message(&denial)).await?;
                Err(close_code_of(denial.error).into())
            }
        }
    }

    /// Serves one delivery or one message, whichever comes first.
    async fn step(&mut self, waiting: &Waiting) -> Result<(), Ending> {
        let waiter = waiting.waiter();
        tokio::select! {
            biased;
            delivery = waiter.next() => self.deliver(delivery).await,
            message = self.receive() => {
                waiter.heard();
                match message? {
                    Some(message) => self.obey(message, waiting).await,
                    None => Ok(()),
                }
            }
        }
    }

    async fn deliver(&mut self, delivery: Delivery) -> Result<(), Ending> {
        match delivery {
            Delivery::Change(change) => {
                let logins = &self.transports.logins;
                let message = logins.wording.message(change, logins.clock.now());
                self.send(&message).await?;
                if message.is_settled() { Err(CloseCode::Done.into()) } else { Ok(()) }
            }
            Delivery::Ping => self.write(Message::Ping(bytes::Bytes::new())).await,
            Delivery::Close(farewell) => Err(Ending::Farewell(farewell)),
        }
    }

    async fn obey(&mut self, message: ClientMessage, waiting: &Waiting) -> Result<(), Ending> {
        let logins = &self.transports.logins;
        let done = match message {
            ClientMessage::Refresh => logins.refresh(waiting.waiter(), &self.opener.address).await,
            ClientMessage::Cancel => logins.cancel(waiting.waiter()).await,
            ClientMessage::Open(_) | ClientMessage::Resume(_) => {
                Err(Denial::new(ErrorCode::InvalidRequest, "one socket carries one login: open another socket"))
            }
        };
        match done {
            Ok(()) => Ok(()),
            Err(denial) => self.send(&error_message(&denial)).await,
        }
    }

    /// The next message; `None` for a frame that holds none.
    async fn receive(&mut self) -> Result<Option<ClientMessage>, Ending> {
        match self.stream.next().await {
            Some(Ok(Message::Text(text))) => match ClientMessage::decode(&text) {
                Ok(message) => Ok(Some(message)),
                Err(error) => self.complain(&Denial::new(error.code(), error.to_string())).await,
            },
            Some(Ok(Message::Binary(_))) => Err(CloseCode::UnsupportedData.into()),
            Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => Ok(None),
            Some(Err(Error::Capacity(CapacityError::MessageTooLong { .. }))) => Err(CloseCode::TooBig.into()),
            Some(Ok(Message::Close(_)) | Err(_)) | None => Err(Ending::Gone),
        }
    }

    async fn complain(&mut self, denial: &Denial) -> Result<Option<ClientMessage>, Ending> {
        self.bad_messages += 1;
        self.send(&error_message(denial)).await?;
        if self.bad_messages >= MAX_BAD_MESSAGES { Err(CloseCode::Misbehaving.into()) } else { Ok(None) }
    }

    async fn send(&mut self, message: &ServerMessage) -> Result<(), Ending> {
        match serde_json::to_string(message) {
            Ok(text) => self.write(Message::Text(text.into())).await,
            Err(error) => {
                tracing::error!(%error, "a message of the gateway's own cannot be written");
                Err(CloseCode::InternalError.into())
            }
        }
    }

    /// Writes within a bound: a browser that does not read is not waited for.
    async fn write(&mut self, message: Message) -> Result<(), Ending> {
        match timeout(WRITE_TIMEOUT, self.stream.send(message)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(Ending::Gone),
        }
    }

    async fn close(&mut self, farewell: Farewell) {
        let reason =
            farewell.hint.map_or_else(|| farewell.code.name().to_owned(), saoma_protocol::RestartHint::to_reason);
        let frame = CloseFrame { code: WireCode::from(farewell.code.code()), reason: Utf8Bytes::from(reason) };
        let closing = async {
            self.stream.close(Some(frame)).await?;
            // The handshake is over when the browser's own close frame has come (RFC 6455 §7.1.1).
            while let Some(Ok(_)) = self.stream.next().await {}
            Ok::<_, Error>(())
        };
        if !matches!(timeout(WRITE_TIMEOUT, closing).await, Ok(Ok(()))) {
            tracing::debug!(code = farewell.code.code(), "a browser did not answer the close");
        }
    }
}

fn error_message(denial: &Denial) -> ServerMessage {
    ServerMessage::Error {
        error: denial.error,
        error_description: denial.detail.clone().into_owned(),
        retry_after: denial.retry_after_seconds(),
    }
}

/// How a socket ends that could not begin.
const fn close_code_of(error: ErrorCode) -> CloseCode {
    match error {
        ErrorCode::UnknownLogin => CloseCode::UnknownLogin,
        ErrorCode::TooManyRequests => CloseCode::TooManyRequests,
        ErrorCode::TemporarilyUnavailable => CloseCode::Unavailable,
        ErrorCode::ServerError => CloseCode::InternalError,
        _ => CloseCode::Refused,
    }
}
