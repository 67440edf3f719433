//! An active socket: a session's messages in frames, while any are in transit.

use std::future::{Future, poll_fn};
use std::sync::Arc;
use std::task::{Context, Poll};

use saoma_protocol::{ClientMessage, CloseCode, ServerMessage};
use tokio::time::timeout;

use super::super::session::{JoinError, Joined};
use super::close::close;
use super::frames::{FrameStream, Inbound};
use super::output::Output;
use super::{SocketClose, SocketContext, SocketStream};
use crate::error::ApiError;
use crate::logins::OpenContext;
use crate::waiting::registry::Waiting;
use crate::waiting::waiter::{CloseReason, Waiter};

/// An active socket.
///
/// Its methods that take it by value return an `async` block: an `async fn` would keep it twice, as
/// an argument and as a variable, and a woken socket is allocated with all that its future keeps.
pub(super) struct Connection<S> {
    context: SocketContext,
    frames: FrameStream<S>,
}

/// All that a socket keeps while nothing is in transit.
pub(super) struct Hibernated<S> {
    pub(super) context: SocketContext,
    pub(super) stream: S,
    pub(super) waiting: Waiting,
}

/// An event that an active socket waits for.
enum Event {
    Output(Output),
    Inbound(Result<Inbound, SocketClose>),
    /// Nothing is in transit.
    Idle,
}

impl<S: SocketStream> Connection<S> {
    /// Activates a socket on a stream. `read` holds the bytes that were read from it before.
    pub(super) async fn new(context: SocketContext, stream: S, read: Vec<u8>) -> Self {
        let budget = context.session.frame_budget();
        Self {
            context,
            frames: FrameStream::new(stream, read, budget).await,
        }
    }

    /// Starts the socket's session. Its first message is `requested`, from the address of the
    /// handshake, or else the first that the browser sends.
    #[allow(clippy::manual_async_fn, reason = "see the type's documentation")]
    pub(super) fn start(
        mut self,
        open_context: OpenContext,
        requested: Option<Result<ClientMessage, ApiError>>,
    ) -> impl Future<Output = Option<Hibernated<S>>> {
        async move {
            match self.join(open_context, requested).await {
                Ok(waiting) => self.run(waiting, None).await,
                Err(reason) => {
                    self.close(reason).await;
                    None
                }
            }
        }
    }

    /// Sends `output`, then serves the browser until nothing is in transit. Returns the hibernated
    /// socket, or `None` after the socket's end.
    #[allow(clippy::manual_async_fn, reason = "see the type's documentation")]
    pub(super) fn run(
        mut self,
        waiting: Waiting,
        output: Option<Output>,
    ) -> impl Future<Output = Option<Hibernated<S>>> {
        async move {
            match self.serve(&waiting, output).await {
                Ok(()) => {
                    let (stream, budget) = self.frames.into_inner();
                    self.context.session.keep_frames(&budget);
                    Some(Hibernated {
                        context: self.context,
                        stream,
                        waiting,
                    })
                }
                Err(reason) => {
                    drop(waiting);
                    self.close(reason).await;
                    None
                }
            }
        }
    }

    /// Ends the socket.
    pub(super) fn close(self, reason: SocketClose) -> impl Future<Output = ()> {
        close(self.context, self.frames, reason)
    }

    /// Handles the first message. Only the browser has to hurry: the answer's time is bounded by the
    /// store's own timeouts.
    async fn join(
        &mut self,
        open_context: OpenContext,
        requested: Option<Result<ClientMessage, ApiError>>,
    ) -> Result<Waiting, SocketClose> {
        let frontend = Arc::clone(&self.context.frontend);
        let joined = async {
            let first = match requested {
                Some(requested) => requested,
                None => Ok(timeout(frontend.sockets.open_timeout, self.first_message())
                    .await
                    .unwrap_or(Err(CloseCode::NotOpened.into()))?),
            };
            let joined = self.context.session.join(first, open_context).await;
            let (answer, joined) = answer_to_first(joined);
            if let Some(answer) = answer {
                self.send(answer).await?;
            }
            Ok(joined?)
        };
        tokio::select! {
            () = frontend.closing.cancelled() => Err(CloseCode::Restarting.into()),
            joined = joined => joined,
        }
    }

    async fn first_message(&mut self) -> Result<ClientMessage, SocketClose> {
        loop {
            let inbound = self.frames.next().await;
            if let Some(message) = self.receive(inbound).await? {
                return Ok(message);
            }
        }
    }

    async fn serve(
        &mut self,
        waiting: &Waiting,
        output: Option<Output>,
    ) -> Result<(), SocketClose> {
        if let Some(output) = output {
            self.send(output).await?;
        }
        loop {
            match self.next(waiting.waiter()).await {
                Event::Output(output) => self.send(output).await?,
                Event::Inbound(inbound) => {
                    waiting.waiter().heard();
                    if let Some(command) = self.receive(inbound).await? {
                        if let Err(bad) = self.context.session.check_command(&command) {
                            self.reject(Some(bad.message), bad.close).await?;
                            continue;
                        }
                        let session = &self.context.session;
                        let refused = session.handle_command(command, waiting.waiter()).await;
                        if let Some(error) = refused.map(Output::message) {
                            self.send(error).await?;
                        }
                    }
                }
                Event::Idle => return Ok(()),
            }
        }
    }

    async fn next(&mut self, waiter: &Waiter) -> Event {
        poll_fn(|cx| self.poll_event(waiter, cx)).await
    }

    fn poll_event(&mut self, waiter: &Waiter, cx: &mut Context<'_>) -> Poll<Event> {
        if let Poll::Ready(delivery) = waiter.poll_next(cx) {
            return Poll::Ready(Event::Output(self.context.encode(delivery)));
        }
        if let Poll::Ready(inbound) = self.frames.poll_next(cx) {
            return Poll::Ready(Event::Inbound(inbound));
        }
        self.frames.poll_idle(cx).map(|idle| match idle {
            Ok(()) => Event::Idle,
            Err(reason) => Event::Inbound(Err(reason)),
        })
    }

    /// Returns the message in a frame; `None` if it holds none, or a malformed one.
    async fn receive(
        &mut self,
        inbound: Result<Inbound, SocketClose>,
    ) -> Result<Option<ClientMessage>, SocketClose> {
        let Inbound::Text(text) = inbound? else {
            return Ok(None);
        };
        let session = &mut self.context.session;
        if let Err(excess) = session.count_message() {
            self.reject(excess.message, excess.close).await?;
            return Ok(None);
        }
        match session.decode(&text) {
            Ok(message) => Ok(Some(message)),
            Err(bad) => {
                self.reject(Some(bad.message), bad.close).await?;
                Ok(None)
            }
        }
    }

    /// Sends the error for a rejected message, then ends the socket if its budget is used up.
    fn reject(
        &mut self,
        message: Option<ServerMessage>,
        close: Option<CloseReason>,
    ) -> impl Future<Output = Result<(), SocketClose>> {
        let error = message.map(Output::message);
        async move {
            if let Some(error) = error {
                self.send(error).await?;
            }
            close.map_or(Ok(()), |reason| Err(reason.into()))
        }
    }

    async fn send(&mut self, output: Output) -> Result<(), SocketClose> {
        match output {
            Output::Text(text) => {
                self.context.in_time(self.frames.feed(text)).await?;
                self.context.in_time(self.frames.flush()).await
            }
            Output::Last(text) => {
                // Not flushed: the message and the close frame travel in one write, and wake the
                // browser's machine once.
                self.context.in_time(self.frames.feed(text)).await?;
                Err(CloseCode::Done.into())
            }
            Output::Heartbeat => {
                let frames = self.context.frontend.heartbeat_frames.clone();
                let sent = self.frames.send_encoded(&frames);
                self.context.in_time(sent).await
            }
            Output::Close(reason) => Err(reason.into()),
        }
    }
}

/// Splits the result of a join into the message to send, encoded, and what follows it. Not written
/// out in the `async` function, which would keep the message while its text is sent.
fn answer_to_first(
    joined: Result<Joined, JoinError>,
) -> (Option<Output>, Result<Waiting, CloseReason>) {
    match joined {
        Ok(Joined { waiting, message }) => (message.map(Output::message), Ok(waiting)),
        Err(JoinError { message, close }) => (message.map(Output::message), Err(close)),
    }
}
