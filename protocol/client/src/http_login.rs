//! HTTP requests about one login, for browsers without a WebSocket.

use reqwest::{Client, RequestBuilder, Response};
use saoma_protocol::{
    CancelReason, CancelRequest, LoginId, PollAnswer, Problem, RECEIVE_KEY_HEADER, ReceiveKey,
    ResumeRequest, ServerMessage, paths,
};
use serde::de::DeserializeOwned;
use url::Url;

use crate::error::retry_after;
use crate::{BrowserError, NewLogin, OpenedLogin, RelyingParty};

/// A login as it is addressed over HTTP. It remembers no message and can be cloned freely.
///
/// [`HttpBrowser`] follows a login by these requests; use them directly to decide about each one yourself.
///
/// [`HttpBrowser`]: crate::HttpBrowser
#[derive(Debug, Clone)]
pub struct HttpLogin {
    http: Client,
    gateway: Url,
    /// The `Origin` header, which browsers leave out of `GET` requests to the page's own origin.
    origin: Option<String>,
    login_id: LoginId,
    receive_key: ReceiveKey,
    /// Number of the browser's connection to this login.
    attempt: Option<u32>,
}

impl HttpLogin {
    /// Opens a login of `party`.
    ///
    /// # Errors
    /// Returns an error if the gateway refuses, cannot be reached, or answers with anything but `opened`.
    pub async fn open(
        http: &Client,
        gateway: &Url,
        party: &RelyingParty,
    ) -> Result<(Self, OpenedLogin), BrowserError> {
        Self::open_new(http, gateway, NewLogin::of(party)).await
    }

    /// Opens a login of the caller's making, such as one of a browser that knows persons.
    ///
    /// # Errors
    /// As [`HttpLogin::open`].
    pub async fn open_new(
        http: &Client,
        gateway: &Url,
        login: NewLogin,
    ) -> Result<(Self, OpenedLogin), BrowserError> {
        let origin = login.origin.clone();
        let request = http
            .post(join(gateway, paths::LOGINS)?)
            .header("origin", &origin)
            .json(&login.request);
        let opened = login.opened(read::<ServerMessage>(request.send().await?).await?)?;
        // Without a number, a request of this connection that the network holds up would push a later one out.
        let first = ResumeRequest {
            attempt: Some(1),
            ..opened.resume_request(1)
        };
        Ok((Self::new(http, gateway, &origin, &first), opened))
    }

    /// Addresses the login of a resume request. The request's `last_seq` is not used.
    pub fn new(http: &Client, gateway: &Url, origin: &str, request: &ResumeRequest) -> Self {
        Self {
            http: http.clone(),
            gateway: gateway.clone(),
            origin: Some(origin.to_owned()),
            login_id: request.login_id,
            receive_key: request.receive_key.clone(),
            attempt: request.attempt,
        }
    }

    /// The same login at another node.
    #[must_use]
    pub fn at(&self, gateway: &Url) -> Self {
        Self {
            gateway: gateway.clone(),
            ..self.clone()
        }
    }

    /// The same login with another secret.
    #[must_use]
    pub fn with_receive_key(&self, receive_key: ReceiveKey) -> Self {
        Self {
            receive_key,
            ..self.clone()
        }
    }

    /// The same login as requested by a page of the gateway's own origin.
    #[must_use]
    pub fn same_origin(&self) -> Self {
        Self {
            origin: None,
            ..self.clone()
        }
    }

    /// Builds a poll for messages after number `last_seq`, held by the gateway for up to `wait` seconds.
    ///
    /// # Errors
    /// Returns [`BrowserError::InvalidAddress`] if the gateway's address cannot have a path.
    pub fn poll_request(&self, last_seq: u32, wait: u32) -> Result<RequestBuilder, BrowserError> {
        let url = self.events(&[("after", last_seq), ("wait", wait)])?;
        Ok(self.authorized(self.http.get(url)))
    }

    /// Polls for messages after number `last_seq`, for up to `wait` seconds.
    ///
    /// # Errors
    /// Returns an error if the gateway refuses or cannot be reached.
    pub async fn poll(&self, last_seq: u32, wait: u32) -> Result<PollAnswer, BrowserError> {
        read(self.poll_request(last_seq, wait)?.send().await?).await
    }

    /// Builds a request for the event stream after number `last_seq`.
    ///
    /// # Errors
    /// As [`HttpLogin::poll_request`].
    pub fn stream_request(&self, last_seq: u32) -> Result<RequestBuilder, BrowserError> {
        let request = self.http.get(self.events(&[])?);
        Ok(self.authorized(request.header("last-event-id", last_seq)))
    }

    pub(crate) async fn stream(&self, last_seq: u32) -> Result<Response, BrowserError> {
        accepted(self.stream_request(last_seq)?.send().await?).await
    }

    /// Builds a command: `path` is [`paths::REFRESH`], [`paths::AGREE`] or [`paths::CANCEL`].
    ///
    /// # Errors
    /// As [`HttpLogin::poll_request`].
    pub fn command_request(&self, path: &str) -> Result<RequestBuilder, BrowserError> {
        Ok(self.authorized(self.http.post(self.login_url(path)?)))
    }

    /// Renews the code.
    ///
    /// # Errors
    /// Returns an error if the gateway refuses or cannot be reached.
    pub async fn refresh(&self) -> Result<(), BrowserError> {
        self.command(self.command_request(paths::REFRESH)?).await
    }

    /// Agrees to be logged in as the person who has scanned the code.
    ///
    /// # Errors
    /// As [`HttpLogin::refresh`].
    pub async fn agree(&self) -> Result<(), BrowserError> {
        self.command(self.command_request(paths::AGREE)?).await
    }

    /// Gives the login up, with the reason if there is one.
    ///
    /// # Errors
    /// As [`HttpLogin::refresh`].
    pub async fn cancel(&self, reason: Option<CancelReason>) -> Result<(), BrowserError> {
        let mut request = self.command_request(paths::CANCEL)?;
        if reason.is_some() {
            request = request.json(&CancelRequest { reason });
        }
        self.command(request).await
    }

    async fn command(&self, request: RequestBuilder) -> Result<(), BrowserError> {
        accepted(request.send().await?).await.map(drop)
    }

    pub(crate) fn http(&self) -> &Client {
        &self.http
    }

    /// Address of the login's messages with these parameters and the attempt's number.
    fn events(&self, parameters: &[(&str, u32)]) -> Result<Url, BrowserError> {
        let mut url = self.login_url(paths::EVENTS)?;
        let attempt = self.attempt.map(|attempt| ("attempt", attempt));
        let parameters = parameters.iter().copied().chain(attempt);
        url.query_pairs_mut()
            .extend_pairs(parameters.map(|(name, value)| (name, value.to_string())));
        Ok(url)
    }

    fn login_url(&self, path: &str) -> Result<Url, BrowserError> {
        join(&self.gateway, &paths::of_login(path, self.login_id))
    }

    fn authorized(&self, request: RequestBuilder) -> RequestBuilder {
        let request = request.header(RECEIVE_KEY_HEADER, self.receive_key.to_string());
        match &self.origin {
            Some(origin) => request.header("origin", origin),
            None => request,
        }
    }
}

fn join(gateway: &Url, path: &str) -> Result<Url, BrowserError> {
    gateway
        .join(path)
        .map_err(|_| BrowserError::InvalidAddress(gateway.to_string()))
}

async fn read<T: DeserializeOwned>(response: Response) -> Result<T, BrowserError> {
    Ok(accepted(response).await?.json().await?)
}

/// Turns a response that is not a success into an error.
async fn accepted(response: Response) -> Result<Response, BrowserError> {
    let status = response.status();
    if status.is_success() {
        return Ok(response);
    }
    Err(BrowserError::Refused {
        status,
        retry_after: retry_after(response.headers()),
        problem: response.json::<Problem>().await.ok().map(Box::new),
    })
}
