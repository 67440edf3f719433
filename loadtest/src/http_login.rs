//! A browser without a socket: it opens its login by a POST, and follows it as an event stream or poll by poll.

use std::collections::VecDeque;

use reqwest::{Client, RequestBuilder, Response};
use saoma_protocol::{
    ClientMessage, CloseCode, CloseNotice, ErrorCode, PollAnswer, Problem, RECEIVE_KEY_HEADER,
    RestartHint, ResumeRequest, ServerMessage, paths,
};
use serde::de::DeserializeOwned;
use url::Url;

use crate::browser::{BROKEN, BrowserError, OpenedLogin, RelyingParty, open_request};
use crate::event_stream::{Event, Events};

/// How a login is followed over plain HTTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Follow {
    /// As an event stream.
    Stream,
    /// Poll by poll.
    Polls {
        /// Seconds that a poll waits for news, as it asks to.
        wait: u32,
    },
}

/// What is like a socket to whoever follows a login by it.
#[derive(Debug)]
pub struct HttpLogin {
    http: Client,
    gateway: Url,
    origin: String,
    login: ResumeRequest,
    follow: Follow,
    /// An event stream under way.
    stream: Option<(Response, Events)>,
    /// Told, and not taken yet.
    told: VecDeque<ServerMessage>,
    /// How it ends once all is taken that was told: the close code and reason of a socket.
    farewell: Option<(u16, String)>,
}

impl HttpLogin {
    /// Opens a login for `party`. It is followed from the first [`HttpLogin::frame`] on.
    ///
    /// # Errors
    /// The gateway refuses, or answers something else than `opened`.
    pub async fn open(
        http: &Client,
        follow: Follow,
        target: &Url,
        party: &RelyingParty,
    ) -> Result<(Self, OpenedLogin), BrowserError> {
        let (request, code_verifier, state) = open_request(party);
        let asked = http
            .post(at(target, paths::LOGINS)?)
            .header("origin", &party.origin)
            .json(&request);
        let answer = asked.send().await.map_err(broken)?;
        if !answer.status().is_success() {
            return Err(refused(answer).await);
        }
        let login = OpenedLogin::of(read(answer).await?, code_verifier, state)?;
        Ok((
            Self::new(http, follow, target, &party.origin, login.resume_request(1)),
            login,
        ))
    }

    /// Comes back to a login.
    ///
    /// # Errors
    /// The connection fails, or the gateway refuses: that is an end with the close code that a socket would have had.
    pub async fn resume(
        http: &Client,
        follow: Follow,
        target: &Url,
        origin: &str,
        request: ResumeRequest,
    ) -> Result<Self, BrowserError> {
        let mut following = Self::new(http, follow, target, origin, request);
        match follow {
            Follow::Stream => following.begin_stream().await?,
            // The first answer comes at once, and shows that this way leads to the gateway.
            Follow::Polls { .. } => following.poll(0).await?,
        }
        Ok(following)
    }

    fn new(
        http: &Client,
        follow: Follow,
        target: &Url,
        origin: &str,
        login: ResumeRequest,
    ) -> Self {
        Self {
            http: http.clone(),
            gateway: target.clone(),
            origin: origin.to_owned(),
            login,
            follow,
            stream: None,
            told: VecDeque::new(),
            farewell: None,
        }
    }

    /// The client that it asks by, and how it follows.
    pub fn way(&self) -> (Client, Follow) {
        (self.http.clone(), self.follow)
    }

    /// Sends a command. What the gateway says against it is told as a message.
    ///
    /// # Errors
    /// The connection fails, which is found by the next [`HttpLogin::frame`] as well.
    pub async fn send(&mut self, message: &ClientMessage) -> Result<(), BrowserError> {
        let path = match message {
            ClientMessage::Refresh => paths::REFRESH,
            ClientMessage::Cancel => paths::CANCEL,
            // Each has a request of its own.
            ClientMessage::Open(_) | ClientMessage::Resume(_) => return Ok(()),
        };
        let request = self.proved(self.http.post(self.of_login(path)?));
        // Should nobody wait for the answer to the end, it is not known whether the command arrived.
        let farewell = self.farewell.replace((BROKEN, String::new()));
        let answer = request.send().await.map_err(broken)?;
        if !answer.status().is_success() {
            let problem = refused(answer).await;
            self.told.extend(told_instead(&problem));
        }
        self.farewell = farewell;
        Ok(())
    }

    /// What comes next, however long it takes: a message, or `None` for a sign of life without one. Dropping the future
    /// loses nothing: a poll is asked again.
    ///
    /// # Errors
    /// The login is not followed any more by this way.
    pub async fn frame(&mut self) -> Result<Option<ServerMessage>, BrowserError> {
        if let Some(message) = self.told.pop_front() {
            if message.is_settled() && matches!(self.follow, Follow::Polls { .. }) {
                self.farewell = Some((CloseCode::Done.code(), String::new()));
            }
            return Ok(Some(message));
        }
        if let Some((code, reason)) = self.farewell.clone() {
            return Err(BrowserError::Closed { code, reason });
        }
        match self.follow {
            Follow::Stream => self.read_stream().await?,
            Follow::Polls { wait } => self.poll(wait).await?,
        }
        Ok(None)
    }

    async fn begin_stream(&mut self) -> Result<(), BrowserError> {
        let request = self
            .http
            .get(self.events(&[])?)
            .header("last-event-id", self.login.last_seq);
        let answer = self.proved(request).send().await.map_err(broken)?;
        if !answer.status().is_success() {
            return Err(closed(&refused(answer).await));
        }
        self.stream = Some((answer, Events::default()));
        Ok(())
    }

    async fn read_stream(&mut self) -> Result<(), BrowserError> {
        let Some((stream, events)) = &mut self.stream else {
            return self.begin_stream().await;
        };
        let Some(bytes) = stream.chunk().await.map_err(broken)? else {
            return Err(BrowserError::Closed {
                code: BROKEN,
                reason: "the stream ended".into(),
            });
        };
        for Event { name, data } in events.push(&bytes) {
            let unreadable = |error: serde_json::Error| BrowserError::Connection(error.to_string());
            if name == "close" {
                self.farewell = Some(farewell(serde_json::from_str(&data).map_err(unreadable)?));
            } else {
                self.told
                    .push_back(serde_json::from_str(&data).map_err(unreadable)?);
            }
        }
        Ok(())
    }

    async fn poll(&mut self, wait: u32) -> Result<(), BrowserError> {
        let url = self.events(&[("after", self.login.last_seq), ("wait", wait)])?;
        let answer = self
            .proved(self.http.get(url))
            .send()
            .await
            .map_err(broken)?;
        if !answer.status().is_success() {
            return Err(closed(&refused(answer).await));
        }
        let PollAnswer { messages, close } = read(answer).await?;
        self.login.last_seq = messages
            .iter()
            .filter_map(ServerMessage::seq)
            .fold(self.login.last_seq, u32::max);
        self.told.extend(messages);
        self.farewell = close.map(farewell);
        Ok(())
    }

    /// Where the login is followed, with these members of the query and the number of the connection.
    fn events(&self, members: &[(&str, u32)]) -> Result<Url, BrowserError> {
        let mut url = self.of_login(paths::EVENTS)?;
        let attempt = self.login.attempt.map(|attempt| ("attempt", attempt));
        let members = members.iter().copied().chain(attempt);
        url.query_pairs_mut()
            .extend_pairs(members.map(|(name, value)| (name, value.to_string())));
        Ok(url)
    }

    fn of_login(&self, path: &str) -> Result<Url, BrowserError> {
        at(&self.gateway, &paths::of_login(path, self.login.login_id))
    }

    fn proved(&self, request: RequestBuilder) -> RequestBuilder {
        request
            .header("origin", &self.origin)
            .header(RECEIVE_KEY_HEADER, self.login.receive_key.to_string())
    }
}

fn at(target: &Url, path: &str) -> Result<Url, BrowserError> {
    target
        .join(path)
        .map_err(|_| BrowserError::Target(target.to_string()))
}

async fn read<T: DeserializeOwned>(answer: Response) -> Result<T, BrowserError> {
    answer.json().await.map_err(broken)
}

fn broken(error: reqwest::Error) -> BrowserError {
    BrowserError::Connection(error.to_string())
}

async fn refused(answer: Response) -> BrowserError {
    let status = answer.status();
    let retry_after = answer
        .headers()
        .get("retry-after")
        .and_then(|value| value.to_str().ok()?.parse().ok());
    let problem = answer.json::<Problem>().await.ok().map(Box::new);
    BrowserError::Refused {
        status,
        retry_after,
        problem,
    }
}

fn told_instead(refused: &BrowserError) -> Option<ServerMessage> {
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

/// The end that a socket would have had: over HTTP there is only the error.
fn closed(refused: &BrowserError) -> BrowserError {
    let BrowserError::Refused {
        retry_after,
        problem: Some(problem),
        ..
    } = refused
    else {
        return BrowserError::Closed {
            code: BROKEN,
            reason: refused.to_string(),
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
    let retry_after_ms = retry_after.and_then(|seconds| u32::try_from(seconds * 1000).ok());
    let (code, reason) = farewell(CloseNotice {
        code,
        retry_after_ms,
    });
    BrowserError::Closed { code, reason }
}

fn farewell(notice: CloseNotice) -> (u16, String) {
    let hint = notice
        .retry_after_ms
        .map(|retry_after_ms| RestartHint { retry_after_ms }.to_reason());
    (notice.code, hint.unwrap_or_default())
}
