//! HTTP requests of phones and relying parties: few connections that are kept, since what is measured is the server.

use std::collections::VecDeque;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use http::{Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use saoma_protocol::{ErrorCode, Problem};
use serde::de::DeserializeOwned;
use tokio::net::TcpSocket;
use tokio::time::timeout;
use url::Url;

use crate::source::{loopback, socket_address};

/// Why a request did not get what it asked for.
#[derive(Debug, thiserror::Error)]
pub(super) enum RequestError {
    #[error("refused with {status}: {detail}")]
    Refused {
        status: StatusCode,
        code: Option<ErrorCode>,
        detail: String,
    },
    #[error("no connection: {0}")]
    NoConnection(std::io::Error),
    #[error("no answer: {0}")]
    NoAnswer(String),
}

/// A body with its type, and who asks.
#[derive(Debug, Clone)]
pub(super) struct Asked<'a> {
    pub(super) path: &'a str,
    pub(super) token: Option<&'a str>,
    pub(super) media_type: &'static str,
    pub(super) body: String,
}

type Sender = SendRequest<Full<Bytes>>;

/// Connections to one server.
#[derive(Debug)]
pub(super) struct Requests {
    address: SocketAddr,
    host: String,
    /// From which loopback addresses connections come, in turn; none where the server is not on loopback.
    sources: Option<(u64, u64)>,
    connected: AtomicU64,
    idle: Mutex<VecDeque<Sender>>,
    patience: Duration,
}

impl Requests {
    /// For a server; connections come from `sources`, a first number and how many follow it.
    pub(super) fn new(
        target: &Url,
        sources: Option<(u64, u64)>,
        patience: Duration,
    ) -> anyhow::Result<Self> {
        anyhow::ensure!(
            matches!(target.scheme(), "http" | "ws"),
            "{target}: only http:// can be put under load"
        );
        let address = socket_address(target)?;
        let host = format!(
            "{}:{}",
            target.host_str().unwrap_or_default(),
            address.port()
        );
        let (connected, idle) = (AtomicU64::new(0), Mutex::default());
        Ok(Self {
            address,
            host,
            sources,
            connected,
            idle,
            patience,
        })
    }

    /// Posts, and reads the answer.
    pub(super) async fn ask<T: DeserializeOwned>(
        &self,
        asked: &Asked<'_>,
    ) -> Result<T, RequestError> {
        let body = self.post(asked).await?;
        serde_json::from_slice(&body).map_err(|error| RequestError::NoAnswer(error.to_string()))
    }

    /// Posts, and gives the body of a good answer.
    pub(super) async fn post(&self, asked: &Asked<'_>) -> Result<Bytes, RequestError> {
        let (status, body) = timeout(self.patience, self.exchange(asked))
            .await
            .unwrap_or_else(|_| {
                Err(RequestError::NoAnswer(format!(
                    "nothing came within {:?}",
                    self.patience
                )))
            })?;
        if status.is_success() {
            return Ok(body);
        }
        let problem = serde_json::from_slice::<Problem>(&body).ok();
        let code = problem.as_ref().map(|problem| problem.error);
        Err(RequestError::Refused {
            status,
            code,
            detail: problem.map(|problem| problem.detail).unwrap_or_default(),
        })
    }

    async fn exchange(&self, asked: &Asked<'_>) -> Result<(StatusCode, Bytes), RequestError> {
        loop {
            let kept = self.kept();
            let was_kept = kept.is_some();
            let mut sender = match kept {
                Some(sender) => sender,
                None => self.connect().await?,
            };
            match self.send(&mut sender, asked).await {
                Ok(answer) => {
                    self.idle
                        .lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .push_back(sender);
                    return Ok(answer);
                }
                // The server ended the connection before the request was on its way.
                Err(error) if was_kept && (error.is_canceled() || error.is_closed()) => {}
                Err(error) => return Err(no_answer(error)),
            }
        }
    }

    /// The connection that has been free for longest, once there is one from each address: they take turns, so that none
    /// meets a limit that all together do not.
    fn kept(&self) -> Option<Sender> {
        if self
            .sources
            .is_some_and(|(_, count)| self.connected.load(Ordering::Relaxed) < count)
        {
            return None;
        }
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some(sender) = idle.pop_front() {
            if !sender.is_closed() {
                return Some(sender);
            }
        }
        None
    }

    async fn connect(&self) -> Result<Sender, RequestError> {
        let socket = if self.address.is_ipv4() {
            TcpSocket::new_v4()
        } else {
            TcpSocket::new_v6()
        };
        let socket = socket.map_err(no_answer)?;
        if let Some(source) = self.source() {
            socket.bind(SocketAddr::new(source, 0)).map_err(no_answer)?;
        }
        let stream = socket
            .connect(self.address)
            .await
            .map_err(RequestError::NoConnection)?;
        stream.set_nodelay(true).map_err(no_answer)?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await.map_err(no_answer)?;
        // It ends with the sender, and what it fails of is told by the sender too.
        tokio::spawn(connection);
        Ok(sender)
    }

    fn source(&self) -> Option<IpAddr> {
        let (first, count) = self.sources?;
        Some(loopback(
            first + self.connected.fetch_add(1, Ordering::Relaxed) % count.max(1),
        ))
    }

    async fn send(
        &self,
        sender: &mut Sender,
        asked: &Asked<'_>,
    ) -> hyper::Result<(StatusCode, Bytes)> {
        let mut request = Request::post(asked.path)
            .header(HOST, &self.host)
            .header(CONTENT_TYPE, asked.media_type);
        if let Some(token) = asked.token {
            request = request.header(AUTHORIZATION, token);
        }
        let body = Full::new(Bytes::from(asked.body.clone()));
        // Paths and tokens come from our own settings; what is no request is one to nowhere, which is refused.
        let request = request.body(body).unwrap_or_default();
        sender.ready().await?;
        let answer = sender.send_request(request).await?;
        let status = answer.status();
        Ok((status, answer.into_body().collect().await?.to_bytes()))
    }
}

fn no_answer(error: impl std::fmt::Display) -> RequestError {
    RequestError::NoAnswer(error.to_string())
}
