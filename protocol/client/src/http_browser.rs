//! A browser without a WebSocket.

use std::collections::VecDeque;
use std::fmt;

use futures_util::future::BoxFuture;
use reqwest::{Client, Response};
use saoma_protocol::{
    ClientMessage, CloseCode, CloseNotice, ErrorCode, PollAnswer, RestartHint, ResumeRequest,
    ServerMessage,
};
use url::Url;

use crate::browser::ABNORMAL_CLOSURE;
use crate::event_stream::{EventStream, StreamEvent};
use crate::{BrowserError, HttpLogin, NewLogin, OpenedLogin, RelyingParty};

/// The way in which a browser without a WebSocket receives messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HttpMode {
    /// Server-sent events.
    EventStream,
    /// Long polling.
    LongPoll {
        /// Seconds for which the gateway is asked to hold a poll.
        wait: u32,
    },
}

/// A browser that opens its login by a POST and follows it as an event stream or by long polling.
///
/// Its messages and close codes are those of a WebSocket.
pub struct HttpBrowser {
    login: HttpLogin,
    last_seq: u32,
    mode: HttpMode,
    /// The request that waits for its answer. It outlives a dropped [`HttpBrowser::next_frame`]: a second one in its
    /// place could arrive before it and be pushed out by it.
    asking: Option<BoxFuture<'static, Result<Answer, BrowserError>>>,
    /// Open event stream.
    stream: Option<(Response, EventStream)>,
    /// Messages received and not yet returned.
    received: VecDeque<ServerMessage>,
    /// True once a settled message was returned, after which the gateway ends an event stream.
    settled: bool,
    /// Close code and reason to report after the last message.
    close: Option<(u16, String)>,
}

impl HttpBrowser {
    /// Opens a login of `party`. The first [`HttpBrowser::next_frame`] starts to follow it.
    ///
    /// # Errors
    /// As [`HttpLogin::open`].
    pub async fn open(
        http: &Client,
        mode: HttpMode,
        gateway: &Url,
        party: &RelyingParty,
    ) -> Result<(Self, OpenedLogin), BrowserError> {
        Self::open_new(http, mode, gateway, NewLogin::of(party)).await
    }

    /// Opens a login of the caller's making, such as one of a browser that knows persons.
    ///
    /// # Errors
    /// As [`HttpLogin::open`].
    pub async fn open_new(
        http: &Client,
        mode: HttpMode,
        gateway: &Url,
        login: NewLogin,
    ) -> Result<(Self, OpenedLogin), BrowserError> {
        let (login, opened) = HttpLogin::open_new(http, gateway, login).await?;
        Ok((Self::new(login, mode, 1), opened))
    }

    /// Resumes a login.
    ///
    /// # Errors
    /// Returns an error if the connection fails. A refusal is [`BrowserError::Closed`] with the close code that a
    /// WebSocket would have got.
    pub async fn resume(
        http: &Client,
        mode: HttpMode,
        gateway: &Url,
        origin: &str,
        request: &ResumeRequest,
    ) -> Result<Self, BrowserError> {
        let login = HttpLogin::new(http, gateway, origin, request);
        let mut browser = Self::new(login, mode, request.last_seq);
        match mode {
            HttpMode::EventStream => browser.open_stream().await?,
            // The gateway answers at once, which proves that polls reach it.
            HttpMode::LongPoll { .. } => browser.poll(0).await?,
        }
        Ok(browser)
    }

    const fn new(login: HttpLogin, mode: HttpMode, last_seq: u32) -> Self {
        Self {
            login,
            last_seq,
            mode,
            asking: None,
            stream: None,
            received: VecDeque::new(),
            settled: false,
            close: None,
        }
    }

    /// Returns the HTTP client and the mode.
    pub fn transport(&self) -> (Client, HttpMode) {
        (self.login.http().clone(), self.mode)
    }

    /// Sends a command. A refusal arrives as an `error` message.
    ///
    /// # Errors
    /// Returns an error if the connection fails; the next [`HttpBrowser::next_frame`] reports a close then, too.
    pub async fn send(&mut self, message: &ClientMessage) -> Result<(), BrowserError> {
        // `open` and `resume` are requests of their own over HTTP.
        if matches!(message, ClientMessage::Open(_) | ClientMessage::Resume(_)) {
            return Ok(());
        }
        // If this future is dropped during the request, it is unknown if the command arrived: the browser must
        // reconnect and send it again.
        let close = self.close.replace((ABNORMAL_CLOSURE, String::new()));
        let answer = match message {
            ClientMessage::Refresh => self.login.refresh().await,
            ClientMessage::Agree => self.login.agree().await,
            ClientMessage::Cancel { reason } => self.login.cancel(*reason).await,
            ClientMessage::Open(_) | ClientMessage::Resume(_) => Ok(()),
        };
        match answer {
            Ok(()) => {}
            Err(refused @ BrowserError::Refused { .. }) => {
                self.received.extend(error_message(&refused));
            }
            Err(error) => return Err(error),
        }
        self.close = close;
        Ok(())
    }

    /// Waits without a time limit for the next message, or `None` for a sign of life.
    ///
    /// Dropping the future loses no message: the next call goes on with the same stream or poll.
    ///
    /// # Errors
    /// Returns an error if the login cannot be followed any more.
    pub async fn next_frame(&mut self) -> Result<Option<ServerMessage>, BrowserError> {
        if let Some(message) = self.received.pop_front() {
            self.settled |= message.is_settled();
            if self.settled && matches!(self.mode, HttpMode::LongPoll { .. }) {
                self.close = Some((CloseCode::Done.code(), String::new()));
            }
            return Ok(Some(message));
        }
        if let Some((code, reason)) = self.close.clone() {
            return Err(BrowserError::Closed { code, reason });
        }
        match self.mode {
            HttpMode::EventStream => self.read_stream().await?,
            HttpMode::LongPoll { wait } => self.poll(wait).await?,
        }
        Ok(None)
    }

    async fn open_stream(&mut self) -> Result<(), BrowserError> {
        let (login, last_seq) = (self.login.clone(), self.last_seq);
        self.ask(async move { login.stream(last_seq).await.map(Answer::Stream) })
            .await
    }

    async fn read_stream(&mut self) -> Result<(), BrowserError> {
        let Some((response, stream)) = &mut self.stream else {
            return self.open_stream().await;
        };
        let Some(bytes) = response.chunk().await? else {
            let code = if self.settled {
                CloseCode::Done.code()
            } else {
                ABNORMAL_CLOSURE
            };
            return Err(BrowserError::Closed {
                code,
                reason: "the stream ended".into(),
            });
        };
        for StreamEvent { name, data } in stream.push(&bytes) {
            if name == "close" {
                self.close = Some(code_and_reason(serde_json::from_str(&data)?));
            } else {
                self.received.push_back(serde_json::from_str(&data)?);
            }
        }
        Ok(())
    }

    async fn poll(&mut self, wait: u32) -> Result<(), BrowserError> {
        let (login, last_seq) = (self.login.clone(), self.last_seq);
        self.ask(async move { login.poll(last_seq, wait).await.map(Answer::Poll) })
            .await
    }

    /// Waits for the answer to the request under way. If no request is, sends this one and waits for its answer.
    async fn ask(
        &mut self,
        request: impl Future<Output = Result<Answer, BrowserError>> + Send + 'static,
    ) -> Result<(), BrowserError> {
        let answer = self.asking.get_or_insert_with(|| Box::pin(request)).await;
        self.asking = None;
        match answer.map_err(closed)? {
            Answer::Stream(response) => self.stream = Some((response, EventStream::default())),
            Answer::Poll(PollAnswer { messages, close }) => {
                self.last_seq = messages
                    .iter()
                    .filter_map(ServerMessage::seq)
                    .fold(self.last_seq, u32::max);
                self.received.extend(messages);
                self.close = close.map(code_and_reason);
            }
        }
        Ok(())
    }
}

/// The answer to a request for the login's messages.
enum Answer {
    Stream(Response),
    Poll(PollAnswer),
}

impl fmt::Debug for HttpBrowser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpBrowser")
            .field("login", &self.login)
            .field("last_seq", &self.last_seq)
            .field("mode", &self.mode)
            .finish_non_exhaustive()
    }
}

/// The `error` message that a WebSocket would have got in place of a refusal.
fn error_message(refused: &BrowserError) -> Option<ServerMessage> {
    let BrowserError::Refused {
        retry_after,
        problem: Some(problem),
        ..
    } = refused
    else {
        return None;
    };
    let retry_after = retry_after.map(|seconds| u32::try_from(seconds).unwrap_or(u32::MAX));
    Some(ServerMessage::Error {
        error: problem.error,
        error_description: problem.detail.clone(),
        retry_after,
    })
}

/// Turns a refusal into the close that a WebSocket would have got.
fn closed(error: BrowserError) -> BrowserError {
    let BrowserError::Refused {
        retry_after,
        problem,
        ..
    } = &error
    else {
        return error;
    };
    let Some(problem) = problem else {
        return BrowserError::Closed {
            code: ABNORMAL_CLOSURE,
            reason: error.to_string(),
        };
    };
    let code = match problem.error {
        ErrorCode::UnknownLogin => CloseCode::UnknownLogin,
        ErrorCode::Superseded => CloseCode::Superseded,
        ErrorCode::TooManyRequests => CloseCode::TooManyRequests,
        ErrorCode::TemporarilyUnavailable => CloseCode::Unavailable,
        ErrorCode::ServerError => CloseCode::InternalError,
        _ => CloseCode::Refused,
    }
    .code();
    let retry_after_ms = retry_after
        .and_then(|seconds| seconds.checked_mul(1000))
        .and_then(|millis| u32::try_from(millis).ok());
    let (code, reason) = code_and_reason(CloseNotice {
        code,
        retry_after_ms,
    });
    BrowserError::Closed { code, reason }
}

fn code_and_reason(notice: CloseNotice) -> (u16, String) {
    let hint = notice
        .retry_after_ms
        .map(|retry_after_ms| RestartHint { retry_after_ms }.to_reason());
    (notice.code, hint.unwrap_or_default())
}
