//! One browser's socket, from its first message to its close.

use futures_util::{SinkExt, StreamExt};
use saoma_protocol::{ClientMessage, CloseCode, ErrorCode, ServerMessage};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::error::ProtocolError;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, frame::coding::CloseCode as WireCode};
use tokio_tungstenite::tungstenite::{Error, Message, Utf8Bytes};

use super::Transports;
use crate::admission::Place;
use crate::logins::{Denial, Opener};
use crate::metrics::{OpenSocket, Transport};
use crate::waiter::{Delivery, Farewell};
use crate::waiters::Waiting;

/// Messages that are none after which a browser is sent away.
const MAX_BAD_MESSAGES: u8 = 5;

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
    /// With a close frame of the browser's, which is answered in kind (RFC 6455 §5.5.1).
    Left,
    /// Without one: the browser has gone.
    Gone,
    /// Without one: the browser does not take what it is sent.
    Unread,
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
        let metrics = &self.transports.logins.metrics;
        match &ending {
            Ending::Farewell(farewell) => metrics.socket_closed(farewell.code),
            Ending::Left | Ending::Gone | Ending::Unread => metrics.socket_gone(),
        }
        self.end(ending).await;
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
            let frame = self.stream.next().await;
            if let Some(message) = self.receive(frame).await? {
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
            Ok(waiting) => {
                self.transports.logins.metrics.attached(Transport::WebSocket);
                Ok(waiting)
            }
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
            frame = self.stream.next() => {
                waiter.heard();
                match self.receive(frame).await? {
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
            Delivery::Ping => self.ping().await,
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

    /// The message in a frame; `None` if it holds none.
    async fn receive(&mut self, frame: Option<Result<Message, Error>>) -> Result<Option<ClientMessage>, Ending> {
        match frame {
            Some(Ok(Message::Text(text))) => match ClientMessage::decode(&text) {
                Ok(message) => Ok(Some(message)),
                Err(error) => self.complain(&Denial::new(error.code(), error.to_string())).await,
            },
            Some(Ok(Message::Binary(_))) => Err(CloseCode::UnsupportedData.into()),
            Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => Ok(None),
            Some(Ok(Message::Close(_))) => Err(Ending::Left),
            Some(Err(error)) => Err(ending_of(&error)),
            None => Err(Ending::Gone),
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

    /// Asks for a sign of life, and gives one: a page does not see pings.
    async fn ping(&mut self) -> Result<(), Ending> {
        let heartbeat = Message::Text(self.transports.heartbeat.clone());
        self.write_all([Message::Ping(bytes::Bytes::new()), heartbeat]).await
    }

    async fn write(&mut self, message: Message) -> Result<(), Ending> {
        self.write_all([message]).await
    }

    /// Writes within a bound: a browser that does not read is not waited for.
    async fn write_all<const N: usize>(&mut self, messages: [Message; N]) -> Result<(), Ending> {
        let written = async {
            // What waits from before would otherwise leave no room, and the browser no time.
            self.stream.flush().await?;
            for message in messages {
                self.stream.feed(message).await?;
            }
            self.stream.flush().await
        };
        match timeout(self.transports.sockets.write_timeout, written).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(Ending::Gone),
            Err(_) => Err(Ending::Unread),
        }
    }

    /// Ends the connection as the socket ends: in order if the browser has a part in it, within a bound.
    async fn end(mut self, ending: Ending) {
        let write_timeout = self.transports.sockets.write_timeout;
        let closed = async {
            match ending {
                Ending::Farewell(farewell) => self.say(farewell).await.is_ok() && self.hang_up().await.is_ok(),
                Ending::Left => self.answer_close().await.is_ok() && self.hang_up().await.is_ok(),
                Ending::Gone => true,
                Ending::Unread => false,
            }
        };
        if !timeout(write_timeout, closed).await.unwrap_or(false) {
            tracing::debug!("a browser was cut off");
            // Otherwise the kernel would go on trying to send what it has, for minutes.
            let _ = self.stream.get_ref().set_zero_linger();
        }
    }

    /// Sends a close frame and waits for the browser's own, which ends the handshake (RFC 6455 §7.1.1); not after a
    /// frame that was wrong, behind which nothing can be read.
    async fn say(&mut self, farewell: Farewell) -> Result<(), Ending> {
        let reason =
            farewell.hint.map_or_else(|| farewell.code.name().to_owned(), saoma_protocol::RestartHint::to_reason);
        let frame = CloseFrame { code: WireCode::from(farewell.code.code()), reason: Utf8Bytes::from(reason) };
        self.write(Message::Close(Some(frame))).await?;
        while let Some(Ok(_)) = self.stream.next().await {}
        Ok(())
    }

    /// Sends the answer to the browser's close frame, which tungstenite has ready.
    async fn answer_close(&mut self) -> Result<(), Error> {
        self.stream.flush().await?;
        // Where the first made room only, this one sends it.
        self.stream.flush().await
    }

    /// Ends the connection so that the close frame arrives: bytes that nobody had read would make it a reset, which
    /// overtakes what was sent (RFC 6455 §7.1.1).
    async fn hang_up(&mut self) -> std::io::Result<()> {
        let connection = self.stream.get_mut();
        connection.shutdown().await?;
        while connection.read(&mut [0; 512]).await? > 0 {}
        Ok(())
    }
}

fn error_message(denial: &Denial) -> ServerMessage {
    ServerMessage::Error {
        error: denial.error,
        error_description: denial.detail.clone().into_owned(),
        retry_after: denial.retry_after_seconds(),
    }
}

/// How a socket ends that could not be read on.
fn ending_of(error: &Error) -> Ending {
    match error {
        Error::Capacity(_) => CloseCode::TooBig.into(),
        Error::Utf8(_) => CloseCode::InvalidData.into(),
        Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => Ending::Gone,
        Error::Protocol(_) => CloseCode::ProtocolError.into(),
        _ => Ending::Gone,
    }
}

/// How a socket ends that could not begin.
const fn close_code_of(error: ErrorCode) -> CloseCode {
    match error {
        ErrorCode::UnknownLogin => CloseCode::UnknownLogin,
        ErrorCode::Superseded => CloseCode::Superseded,
        ErrorCode::TooManyRequests => CloseCode::TooManyRequests,
        ErrorCode::TemporarilyUnavailable => CloseCode::Unavailable,
        ErrorCode::ServerError => CloseCode::InternalError,
        _ => CloseCode::Refused,
    }
}
