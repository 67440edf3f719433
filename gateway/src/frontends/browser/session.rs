//! A browser's dialogue with the login service, the same over every transport.
//!
//! A session joins a login, handles the browser's commands and renders its deliveries. It knows no
//! bytes: a transport hands in messages, and the deliveries of the [`Waiting`] that a join returned.
//! It gets back messages to send, or the reason to close the connection.

use std::sync::Arc;

use saoma_protocol::{
    CancelReason, ClientMessage, CloseCode, ErrorCode, LoginId, OpenRequest, ReceiveKey,
    ResumeRequest, ServerMessage,
};

use super::frame_budget::FrameBudget;
use crate::client_address::ClientAddress;
use crate::error::ApiError;
use crate::error_chain::chain;
use crate::http::admission::ConnectionPermit;
use crate::limits::Meter;
use crate::logins::{Logins, OpenContext};
use crate::metrics::{OpenSocket, Transport};
use crate::waiting::registry::Waiting;
use crate::waiting::waiter::{CloseReason, Delivery, Waiter};

/// Messages over the limit in a row with which a connection is closed.
const MAX_EXCESS_MESSAGES: u8 = 5;

/// Malformed messages after which a connection is closed.
const MAX_BAD_MESSAGES: u8 = 5;

/// State of a dialogue from its admission to its close. The login that it joined is not part of it:
/// the transport drops that [`Waiting`] first, so that a close that takes long holds no login.
#[derive(Debug)]
pub(super) struct Session {
    logins: Arc<Logins>,
    permit: ConnectionPermit,
    bad_messages: u8,
    /// Messages over the limit, since one was allowed.
    excess_messages: u8,
    meter: Meter,
    frames: Meter,
    _open: OpenSocket,
}

/// A joined login.
#[derive(Debug)]
pub(super) struct Joined {
    /// Source of the deliveries to come.
    pub waiting: Waiting,
    /// Message to send first: `opened`, unless the login was resumed.
    pub message: Option<ServerMessage>,
}

/// A refused first message.
#[derive(Debug, PartialEq)]
pub(super) struct JoinError {
    /// Message to send before the close.
    pub message: Option<ServerMessage>,
    /// Reason to close the connection.
    pub close: CloseReason,
}

/// A message that could not be decoded.
#[derive(Debug, PartialEq)]
pub(super) struct BadMessage {
    /// Error to send.
    pub message: ServerMessage,
    /// Reason to close the connection, once the budget of bad messages is used up.
    pub close: Option<CloseReason>,
}

/// A message over the limit of its connection.
#[derive(Debug, PartialEq)]
pub(super) struct ExcessMessage {
    /// Error to send.
    pub message: Option<ServerMessage>,
    /// Reason to close the connection.
    pub close: Option<CloseReason>,
}

/// A rendered delivery.
#[derive(Debug, PartialEq)]
pub(super) enum Outgoing {
    /// A message, with others to follow.
    Message(ServerMessage),
    /// The message that settles the login. A connection that can say why it closes closes with
    /// [`CloseCode::Done`].
    Last(ServerMessage),
    /// A sign that the connection is alive.
    Heartbeat,
    /// The end of the connection.
    Close(CloseReason),
}

/// Steps of a dialogue by which refusals are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// Upgrading an HTTP connection to a WebSocket.
    Upgrade,
    /// Opening or resuming a login.
    Open,
    /// Requesting a login's messages over plain HTTP.
    Follow,
}

impl Step {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Upgrade => "upgrade",
            Self::Open => "open",
            Self::Follow => "follow",
        }
    }
}

/// Counts a refusal in the metrics, and logs its cause if it has one.
pub(super) fn refused(logins: &Logins, step: Step, error: &ApiError) {
    logins.refused(step.as_str(), error);
}

/// Counts a refused upgrade in the metrics.
pub(super) fn upgrade_refused(logins: &Logins, error: ErrorCode) {
    logins.metrics().refused(Step::Upgrade.as_str(), error);
}

/// Opens a login for a browser without a session, which follows it by later requests. Returns the
/// message `opened`.
///
/// # Errors
/// As [`Logins::open`].
pub(super) async fn open(
    logins: &Logins,
    request: OpenRequest,
    context: OpenContext,
) -> Result<ServerMessage, ApiError> {
    match logins.open(request, context).await {
        Ok(opened) => Ok(opened.message),
        Err(error) => {
            refused(logins, Step::Open, &error);
            Err(error)
        }
    }
}

/// Renews the code of a login for a browser without a session.
///
/// # Errors
/// As [`Logins::refresh_by_key`].
pub(super) async fn refresh(
    logins: &Logins,
    id: LoginId,
    key: &ReceiveKey,
    address: &ClientAddress,
) -> Result<(), ApiError> {
    let refreshed = logins.refresh_by_key(id, key, address).await;
    refreshed.inspect_err(|error| log_cause(logins, error))
}

/// Agrees to a login's person for a browser without a session.
///
/// # Errors
/// As [`Logins::agree_by_key`].
pub(super) async fn agree(
    logins: &Logins,
    id: LoginId,
    key: &ReceiveKey,
    address: &ClientAddress,
) -> Result<(), ApiError> {
    let agreed = logins.agree_by_key(id, key, address).await;
    agreed.inspect_err(|error| log_cause(logins, error))
}

/// Cancels a login for a browser without a session.
///
/// # Errors
/// As [`Logins::cancel_by_key`].
pub(super) async fn cancel(
    logins: &Logins,
    id: LoginId,
    key: &ReceiveKey,
    address: &ClientAddress,
    reason: Option<CancelReason>,
) -> Result<(), ApiError> {
    let cancelled = logins.cancel_by_key(id, key, address, reason).await;
    cancelled.inspect_err(|error| log_cause(logins, error))
}

/// Logs the failure behind a refused command, if there is one.
fn log_cause(logins: &Logins, error: &ApiError) {
    if error.cause.is_some()
        && let Some(left_out) = logins
            .log_throttle()
            .admit(("command", error.error.as_str()))
    {
        tracing::warn!(error = %chain(error), left_out, "could not handle a browser's command");
    }
}

impl Session {
    /// Creates the session of an admitted connection, and counts the connection as open.
    pub(super) fn new(logins: Arc<Logins>, permit: ConnectionPermit) -> Self {
        let open = logins.metrics().socket_opened();
        Self {
            logins,
            permit,
            bad_messages: 0,
            excess_messages: 0,
            meter: Meter::default(),
            frames: Meter::default(),
            _open: open,
        }
    }

    /// Returns the budget of a socket's frames.
    pub(super) fn frame_budget(&self) -> FrameBudget {
        FrameBudget::new(Arc::clone(&self.logins), self.frames)
    }

    /// Keeps the count of a budget.
    pub(super) const fn keep_frames(&mut self, budget: &FrameBudget) {
        self.frames = budget.meter();
    }

    /// Counts a message, before anything else is done with it (threat T36).
    ///
    /// # Errors
    /// Returns an error to send for the first message over the limit, nothing for the next ones, and at last the reason to
    /// close the connection.
    pub(super) fn count_message(&mut self) -> Result<(), ExcessMessage> {
        let Err(error) = self.logins.count_message(&mut self.meter) else {
            self.excess_messages = 0;
            return Ok(());
        };
        self.excess_messages = self.excess_messages.saturating_add(1);
        let closes = self.excess_messages >= MAX_EXCESS_MESSAGES;
        Err(ExcessMessage {
            message: (self.excess_messages == 1).then(|| error_message(error)),
            close: closes.then(|| CloseCode::TooManyRequests.into()),
        })
    }

    /// Charges a command to the budget of malformed messages if a connection that has joined a login cannot send it.
    ///
    /// # Errors
    /// Returns the error to send.
    pub(super) fn check_command(&mut self, command: &ClientMessage) -> Result<(), BadMessage> {
        match command {
            ClientMessage::Open(_) | ClientMessage::Resume(_) => {
                Err(self.bad_message(one_login_per_connection()))
            }
            _ => Ok(()),
        }
    }

    fn bad_message(&mut self, error: ApiError) -> BadMessage {
        self.bad_messages = self.bad_messages.saturating_add(1);
        BadMessage {
            message: error_message(error),
            close: (self.bad_messages >= MAX_BAD_MESSAGES).then(|| CloseCode::Misbehaving.into()),
        }
    }

    /// Decodes a message, and charges a malformed one to the budget.
    ///
    /// # Errors
    /// Returns the error to send if the text is no message of the protocol.
    pub(super) fn decode(&mut self, text: &str) -> Result<ClientMessage, BadMessage> {
        ClientMessage::decode(text)
            .map_err(|error| self.bad_message(ApiError::new(error.code(), error.to_string())))
    }

    /// Handles a connection's first message, which opens or resumes a login.
    ///
    /// # Errors
    /// Returns the close reason, and the error to send before it, if the request is invalid or
    /// refused by [`Logins::open`] or [`Logins::resume`].
    pub(super) async fn join(
        &self,
        first: Result<ClientMessage, ApiError>,
        context: OpenContext,
    ) -> Result<Joined, JoinError> {
        let transport = context.transport;
        let joined = match first {
            Ok(ClientMessage::Open(request)) => {
                let opened = match self.admit_login() {
                    Ok(()) => self.logins.open(request, context).await,
                    Err(error) => Err(error),
                };
                opened.map(|opened| Joined {
                    waiting: opened.waiting,
                    message: Some(opened.message),
                })
            }
            Ok(ClientMessage::Resume(request)) => {
                let resumed = self.logins.resume(request, &context.address).await;
                resumed.map(|waiting| Joined {
                    waiting,
                    message: None,
                })
            }
            Ok(ClientMessage::Refresh | ClientMessage::Agree | ClientMessage::Cancel { .. }) => {
                return Err(JoinError {
                    message: None,
                    close: CloseCode::NotOpened.into(),
                });
            }
            Err(error) => Err(error),
        };
        match joined {
            Ok(joined) => {
                self.attached(&joined.waiting, transport);
                Ok(joined)
            }
            Err(error) => {
                refused(&self.logins, Step::Open, &error);
                Err(JoinError {
                    close: close_code_of(error.error).into(),
                    message: Some(error_message(error)),
                })
            }
        }
    }

    /// Resumes a login for as long as the connection lasts. The request's refusal is counted by the
    /// caller, together with those of its address and headers.
    ///
    /// # Errors
    /// As [`Logins::resume`].
    pub(super) async fn resume(
        &self,
        request: ResumeRequest,
        address: &ClientAddress,
        transport: Transport,
    ) -> Result<Waiting, ApiError> {
        let waiting = self.logins.resume(request, address).await?;
        self.attached(&waiting, transport);
        Ok(waiting)
    }

    /// Resumes a login for as long as one poll lasts.
    ///
    /// # Errors
    /// As [`Logins::poll`].
    pub(super) async fn poll(
        &self,
        request: ResumeRequest,
        address: &ClientAddress,
    ) -> Result<Waiting, ApiError> {
        let waiting = self.logins.poll(request, address).await?;
        self.attached(&waiting, Transport::LongPoll);
        Ok(waiting)
    }

    fn admit_login(&self) -> Result<(), ApiError> {
        let reached = |maximum| self.logins.unattended_reach(maximum);
        self.permit.admit_login(reached)
    }

    fn attached(&self, waiting: &Waiting, transport: Transport) {
        self.logins.metrics().attached(transport);
        // A poll ends before its first ping would be due.
        if transport != Transport::LongPoll {
            self.logins.ping(waiting.waiter());
        }
    }

    /// Handles a message after the first. Returns the error to send if it was refused; the result of
    /// an accepted command comes as a delivery.
    pub(super) async fn handle_command(
        &self,
        command: ClientMessage,
        waiter: &Waiter,
    ) -> Option<ServerMessage> {
        let handled = match command {
            ClientMessage::Refresh => self.logins.refresh(waiter, &self.permit.network()).await,
            ClientMessage::Agree => self.logins.agree(waiter).await,
            ClientMessage::Cancel { reason } => self.logins.cancel(waiter, reason).await,
            ClientMessage::Open(_) | ClientMessage::Resume(_) => Err(one_login_per_connection()),
        };
        let handled = handled.inspect_err(|error| log_cause(&self.logins, error));
        handled.err().map(error_message)
    }

    /// Renders a delivery, as of now by the store's clock.
    pub(super) fn render(&self, delivery: Delivery) -> Outgoing {
        match delivery {
            Delivery::Change(change) => {
                let message = self.logins.render(change);
                if message.is_settled() {
                    Outgoing::Last(message)
                } else {
                    Outgoing::Message(message)
                }
            }
            Delivery::Ping => Outgoing::Heartbeat,
            Delivery::Close(reason) => Outgoing::Close(reason),
        }
    }

    /// Counts the end of the connection: closed by the gateway with a code, or left by the browser.
    pub(super) fn count_close(&self, code: Option<CloseCode>) {
        match code {
            Some(code) => self.logins.metrics().socket_closed(code),
            None => self.logins.metrics().socket_gone(),
        }
    }
}

fn one_login_per_connection() -> ApiError {
    ApiError::new(
        ErrorCode::InvalidRequest,
        "one socket carries one login: open another socket",
    )
}

fn error_message(error: ApiError) -> ServerMessage {
    ServerMessage::Error {
        error: error.error,
        retry_after: error.retry_after_seconds(),
        error_description: error.detail.into_owned(),
    }
}

/// Returns the close code for a refused first message.
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

#[cfg(test)]
mod tests;
