//! A conversation with a browser by WebSocket messages: from its first to its last, or while something is under way.

pub(super) mod handshake;
mod hibernation;
mod message_boundary;

use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use futures_util::{SinkExt, StreamExt};
use saoma_protocol::{
    ClientMessage, CloseCode, ErrorCode, MAX_INBOUND_MESSAGE_BYTES, ServerMessage,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::error::ProtocolError;
use tokio_tungstenite::tungstenite::protocol::{
    CloseFrame, Role, WebSocketConfig, frame::coding::CloseCode as WireCode,
};
use tokio_tungstenite::tungstenite::{Error, Message, Utf8Bytes};

use self::hibernation::{Asleep, Visit};
use self::message_boundary::Followed;
use crate::error::ApiError;
use crate::logins::Opener;
use crate::metrics::Transport;
use crate::waiting::registry::Waiting;
use crate::waiting::waiter::{Delivery, Farewell, Waiter};

/// Messages that are none after which a browser is sent away.
const MAX_BAD_MESSAGES: u8 = 5;

/// Bytes of the read buffer: the browser's few messages are small, and a larger one is read in pieces. tungstenite's
/// default is 128 KiB.
const READ_BUFFER_BYTES: usize = 256;

/// Bytes that may wait to be written to a browser that does not read: several times the largest message.
const MAX_WRITE_BUFFER_BYTES: usize = 16 * 1024;

/// What is collected before it is written, unless it is flushed.
const WRITE_BUFFER_BYTES: usize = 1024;

/// A socket that is awake.
pub(crate) struct Conversation {
    visit: Visit,
    stream: WebSocketStream<Followed<TcpStream>>,
}

/// What a conversation waits for.
enum Event {
    /// Something for the browser.
    Delivery(Delivery),
    /// Something from it.
    Frame(Option<Result<Message, Error>>),
    /// Nothing is under way: no message has come in part, and none is left to be sent.
    Silence,
}

/// Whether the browser has answered a close frame by its own.
enum Answered {
    Yes,
    No,
}

/// How a socket ends: what every step of it may come to.
pub(crate) enum Ending {
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

impl Conversation {
    /// A conversation on a stream of which these bytes have been read already.
    pub(crate) async fn new(visit: Visit, stream: TcpStream, read: Vec<u8>) -> Self {
        let config = WebSocketConfig::default()
            .read_buffer_size(READ_BUFFER_BYTES)
            .write_buffer_size(WRITE_BUFFER_BYTES)
            .max_write_buffer_size(MAX_WRITE_BUFFER_BYTES)
            .max_message_size(Some(MAX_INBOUND_MESSAGE_BYTES))
            .max_frame_size(Some(MAX_INBOUND_MESSAGE_BYTES));
        let stream = Followed::after(&read, stream);
        Self {
            visit,
            stream: WebSocketStream::from_partially_read(stream, read, Role::Server, Some(config))
                .await,
        }
    }

    /// Begins a socket: its browser opens a login, or comes back to one. What its address asked, if anything, is its first
    /// message.
    pub(crate) async fn begin(
        mut self,
        opener: Opener,
        asked: Option<Result<ClientMessage, ApiError>>,
    ) -> Option<Asleep> {
        match self.first(opener, asked).await {
            Ok(waiting) => {
                self.visit.transports.logins.ping(waiting.waiter());
                self.run(waiting, None).await
            }
            Err(ending) => {
                self.end(ending).await;
                None
            }
        }
    }

    /// Serves the browser, of whose deliveries this is the next, until nothing is under way or the socket ends.
    pub(crate) async fn run(
        mut self,
        waiting: Waiting,
        delivery: Option<Delivery>,
    ) -> Option<Asleep> {
        match self.serve(&waiting, delivery).await {
            Ok(()) => Some(Asleep {
                visit: self.visit,
                stream: self.stream.into_inner().into_inner(),
                waiting,
            }),
            Err(ending) => {
                drop(waiting);
                self.end(ending).await;
                None
            }
        }
    }

    async fn serve(&mut self, waiting: &Waiting, delivery: Option<Delivery>) -> Result<(), Ending> {
        if let Some(delivery) = delivery {
            self.deliver(delivery).await?;
        }
        loop {
            match self.next(waiting.waiter()).await {
                Event::Delivery(delivery) => self.deliver(delivery).await?,
                Event::Frame(frame) => {
                    waiting.waiter().heard();
                    if let Some(message) = self.receive(frame).await? {
                        self.obey(message, waiting).await?;
                    }
                }
                Event::Silence => return Ok(()),
            }
        }
    }

    async fn next(&mut self, waiter: &Waiter) -> Event {
        poll_fn(|cx| {
            if let Poll::Ready(delivery) = waiter.poll_next(cx) {
                return Poll::Ready(Event::Delivery(delivery));
            }
            if let Poll::Ready(frame) = self.stream.poll_next_unpin(cx) {
                return Poll::Ready(Event::Frame(frame));
            }
            self.poll_silence(cx)
        })
        .await
    }

    /// To be asked when there is nothing to read: then tungstenite has given out all messages that it has read whole.
    fn poll_silence(&mut self, cx: &mut Context<'_>) -> Poll<Event> {
        if !self.stream.get_ref().is_between_messages() {
            return Poll::Pending;
        }
        // Where the first makes room only, the second sends what tungstenite had to answer.
        for _ in 0..2 {
            if let Err(error) = ready!(self.stream.poll_flush_unpin(cx)) {
                return Poll::Ready(Event::Frame(Some(Err(error))));
            }
        }
        Poll::Ready(Event::Silence)
    }

    /// Waits for the first message and does what it asks. Only the browser is hurried: how long the answer takes is not
    /// its doing, and bounded by the store's own timeouts.
    async fn first(
        &mut self,
        opener: Opener,
        asked: Option<Result<ClientMessage, ApiError>>,
    ) -> Result<Waiting, Ending> {
        let transports = Arc::clone(&self.visit.transports);
        let begun = async {
            let asked = match asked {
                Some(asked) => asked,
                None => Ok(
                    timeout(transports.sockets.open_timeout, self.first_message())
                        .await
                        .unwrap_or(Err(CloseCode::NotOpened.into()))?,
                ),
            };
            self.join(asked, opener).await
        };
        tokio::select! {
            () = transports.closing.cancelled() => Err(CloseCode::Restarting.into()),
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

    async fn join(
        &mut self,
        asked: Result<ClientMessage, ApiError>,
        opener: Opener,
    ) -> Result<Waiting, Ending> {
        let logins = Arc::clone(&self.visit.transports.logins);
        let begun = match asked {
            Ok(ClientMessage::Open(request)) => match logins.open(request, opener).await {
                Ok(opened) => {
                    self.send(&opened.message).await?;
                    Ok(opened.waiting)
                }
                Err(denial) => Err(denial),
            },
            Ok(ClientMessage::Resume(request)) => logins.resume(request, &opener.address).await,
            Ok(ClientMessage::Refresh | ClientMessage::Cancel) => {
                return Err(CloseCode::NotOpened.into());
            }
            Err(denial) => Err(denial),
        };
        match begun {
            Ok(waiting) => {
                logins.metrics().attached(Transport::WebSocket);
                Ok(waiting)
            }
            Err(denial) => {
                logins.refused("open", &denial);
                self.send(&error_message(&denial)).await?;
                Err(close_code_of(denial.error).into())
            }
        }
    }

    async fn deliver(&mut self, delivery: Delivery) -> Result<(), Ending> {
        match delivery {
            Delivery::Change(change) => {
                let logins = &self.visit.transports.logins;
                let message = logins.render(change);
                if message.is_settled() {
                    self.feed(&message).await?;
                    return Err(CloseCode::Done.into());
                }
                self.send(&message).await
            }
            Delivery::Ping => self.ping().await,
            Delivery::Close(farewell) => Err(Ending::Farewell(farewell)),
        }
    }

    async fn obey(&mut self, message: ClientMessage, waiting: &Waiting) -> Result<(), Ending> {
        let logins = &self.visit.transports.logins;
        let done = match message {
            ClientMessage::Refresh => {
                logins
                    .refresh(waiting.waiter(), &self.visit.place.network())
                    .await
            }
            ClientMessage::Cancel => logins.cancel(waiting.waiter()).await,
            ClientMessage::Open(_) | ClientMessage::Resume(_) => Err(ApiError::new(
                ErrorCode::InvalidRequest,
                "one socket carries one login: open another socket",
            )),
        };
        match done {
            Ok(()) => Ok(()),
            Err(denial) => self.send(&error_message(&denial)).await,
        }
    }

    /// The message in a frame; `None` if it holds none.
    async fn receive(
        &mut self,
        frame: Option<Result<Message, Error>>,
    ) -> Result<Option<ClientMessage>, Ending> {
        match frame {
            Some(Ok(Message::Text(text))) => match ClientMessage::decode(&text) {
                Ok(message) => Ok(Some(message)),
                Err(error) => {
                    self.complain(&ApiError::new(error.code(), error.to_string()))
                        .await
                }
            },
            Some(Ok(Message::Binary(_))) => Err(CloseCode::UnsupportedData.into()),
            Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => Ok(None),
            Some(Ok(Message::Close(_))) => Err(Ending::Left),
            Some(Err(error)) => Err(ending_of(&error)),
            None => Err(Ending::Gone),
        }
    }

    async fn complain(&mut self, denial: &ApiError) -> Result<Option<ClientMessage>, Ending> {
        self.visit.bad_messages += 1;
        self.send(&error_message(denial)).await?;
        if self.visit.bad_messages >= MAX_BAD_MESSAGES {
            Err(CloseCode::Misbehaving.into())
        } else {
            Ok(None)
        }
    }

    /// Sends within a bound: a browser that does not read is not waited for.
    async fn send(&mut self, message: &ServerMessage) -> Result<(), Ending> {
        self.feed(message).await?;
        self.visit.in_time(self.stream.flush()).await
    }

    /// Hands a message over to be sent with what follows it: the last one and the close travel together, by one write and
    /// with one wake-up of the browser's machine.
    async fn feed(&mut self, message: &ServerMessage) -> Result<(), Ending> {
        let text = serde_json::to_string(message).map_err(|error| {
            tracing::error!(%error, "a message of the gateway's own cannot be written");
            CloseCode::InternalError
        })?;
        let written = async {
            // What waits from before would otherwise leave no room, and the browser no time.
            self.stream.flush().await?;
            self.stream.feed(Message::Text(text.into())).await
        };
        self.visit.in_time(written).await
    }

    /// Pings behind what tungstenite still has to write.
    async fn ping(&mut self) -> Result<(), Ending> {
        let sign_of_life = self.visit.transports.sign_of_life.clone();
        let written = async {
            self.stream.flush().await?;
            self.stream.get_mut().write_all(&sign_of_life).await?;
            Ok::<_, Error>(())
        };
        self.visit.in_time(written).await
    }

    /// Ends the connection as the socket ends: in order if the browser has a part in it, within a bound.
    pub(crate) async fn end(mut self, ending: Ending) {
        let metrics = self.visit.transports.logins.metrics();
        match &ending {
            Ending::Farewell(farewell) => metrics.socket_closed(farewell.code),
            Ending::Left | Ending::Gone | Ending::Unread => metrics.socket_gone(),
        }
        let write_timeout = self.visit.transports.sockets.write_timeout;
        let closed = async {
            match ending {
                Ending::Farewell(farewell) => match self.say(farewell).await {
                    // The browser has nothing more to say.
                    Ok(Answered::Yes) => true,
                    Ok(Answered::No) => self.hang_up().await.is_ok(),
                    Err(_) => false,
                },
                Ending::Left => self.answer_close().await.is_ok() && self.hang_up().await.is_ok(),
                Ending::Gone => true,
                Ending::Unread => false,
            }
        };
        if !timeout(write_timeout, closed).await.unwrap_or(false) {
            tracing::debug!("a browser was cut off");
            // Otherwise the kernel would go on trying to send what it has, for minutes.
            let _ = self.stream.get_ref().get_ref().set_zero_linger();
        }
    }

    /// Sends a close frame and waits for the browser's own, which ends the handshake (RFC 6455 §7.1.1); not after a
    /// frame that was wrong, behind which nothing can be read.
    async fn say(&mut self, farewell: Farewell) -> Result<Answered, Ending> {
        let reason = farewell.hint.map_or_else(
            || farewell.code.name().to_owned(),
            saoma_protocol::RestartHint::to_reason,
        );
        let frame = CloseFrame {
            code: WireCode::from(farewell.code.code()),
            reason: Utf8Bytes::from(reason),
        };
        // With what was fed before.
        self.visit
            .in_time(self.stream.send(Message::Close(Some(frame))))
            .await?;
        let mut answered = Answered::No;
        while let Some(Ok(message)) = self.stream.next().await {
            if message.is_close() {
                answered = Answered::Yes;
            }
        }
        Ok(answered)
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

fn error_message(denial: &ApiError) -> ServerMessage {
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
