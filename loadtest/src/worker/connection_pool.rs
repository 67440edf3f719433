//! HTTP connections of phones and relying parties: few and kept open, so that the server's work is measured and not the
//! handshakes.

use std::collections::VecDeque;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HOST, HeaderValue};
use http::{Request, Response, StatusCode, Uri};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use saoma_client::stream::Stream;
use saoma_client::{HttpClient, PhoneError, tcp};
use saoma_protocol::{ErrorCode, Problem};
use tokio::net::TcpSocket;
use tokio::time::timeout;
use url::Url;

use crate::loopback;

/// Failure to get an answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum ExchangeError {
    #[error("no connection")]
    Connect(#[source] io::Error),
    #[error("no local address")]
    Bind(#[source] io::Error),
    #[error("HTTP")]
    Http(#[source] hyper::Error),
    #[error("nothing came within {0:?}")]
    Timeout(Duration),
}

/// Failure of a request.
#[derive(Debug, thiserror::Error)]
pub(super) enum RequestError {
    #[error("refused with {status}: {detail}")]
    Refused {
        status: StatusCode,
        code: Option<ErrorCode>,
        detail: String,
    },
    #[error("no answer")]
    NoAnswer(#[source] ExchangeError),
    #[error("invalid answer")]
    InvalidAnswer(#[source] serde_json::Error),
    #[error("invalid request")]
    InvalidRequest(#[source] http::Error),
}

impl From<PhoneError<ExchangeError>> for RequestError {
    fn from(error: PhoneError<ExchangeError>) -> Self {
        match error {
            PhoneError::Refused {
                status, problem, ..
            } => Self::Refused {
                status,
                code: Some(problem.error),
                detail: problem.detail,
            },
            PhoneError::NoAnswer(error) => Self::NoAnswer(error),
            // A load balancer's own error page, for example.
            PhoneError::InvalidAnswer { status, .. } if !status.is_success() => Self::Refused {
                status,
                code: None,
                detail: String::new(),
            },
            PhoneError::InvalidAnswer { source, .. } => Self::InvalidAnswer(source),
            PhoneError::InvalidRequest(error) => Self::InvalidRequest(error),
        }
    }
}

type Sender = SendRequest<Full<Bytes>>;

/// Connections to one server.
#[derive(Debug)]
pub(super) struct ConnectionPool {
    target: Url,
    address: SocketAddr,
    host: HeaderValue,
    /// First number and count of the loopback addresses that connections come from in turn; absent for a server elsewhere.
    sources: Option<(u64, u64)>,
    connected: AtomicU64,
    idle: Mutex<VecDeque<Sender>>,
    timeout: Duration,
}

impl ConnectionPool {
    /// Creates a pool for the server of a URL. `sources` are the first number and the count of loopback addresses.
    pub(super) fn new(
        target: &Url,
        sources: Option<(u64, u64)>,
        timeout: Duration,
    ) -> anyhow::Result<Self> {
        anyhow::ensure!(
            matches!(target.scheme(), "http" | "https" | "ws"),
            "{target}: expected an http:// or https:// address"
        );
        let address = tcp::socket_address(target)?;
        let host = format!(
            "{}:{}",
            target.host_str().unwrap_or_default(),
            address.port()
        );
        Ok(Self {
            target: target.clone(),
            address,
            host: host.parse()?,
            sources,
            connected: AtomicU64::new(0),
            idle: Mutex::default(),
            timeout,
        })
    }

    /// Posts a body that is not a phone's.
    pub(super) async fn post(
        &self,
        path: &str,
        media_type: &'static str,
        body: String,
    ) -> Result<(), RequestError> {
        let request = Request::post(path)
            .header(CONTENT_TYPE, media_type)
            .body(Bytes::from(body))
            .map_err(RequestError::InvalidRequest)?;
        let response = self.send(request).await.map_err(RequestError::NoAnswer)?;
        let status = response.status();
        if status.is_success() {
            return Ok(());
        }
        let problem = serde_json::from_slice::<Problem>(response.body()).ok();
        let code = problem.as_ref().map(|problem| problem.error);
        Err(RequestError::Refused {
            status,
            code,
            detail: problem.map(|problem| problem.detail).unwrap_or_default(),
        })
    }

    async fn exchange(
        &self,
        request: Request<Full<Bytes>>,
    ) -> Result<Response<Bytes>, ExchangeError> {
        loop {
            let reused = self.reuse();
            let is_reused = reused.is_some();
            let mut sender = match reused {
                Some(sender) => sender,
                None => self.connect().await?,
            };
            match send_on(&mut sender, request.clone()).await {
                Ok(response) => {
                    self.idle
                        .lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .push_back(sender);
                    return Ok(response);
                }
                // The server closed the idle connection before the request was sent: try another.
                Err(error) if is_reused && (error.is_canceled() || error.is_closed()) => {}
                Err(error) => return Err(ExchangeError::Http(error)),
            }
        }
    }

    /// Takes the connection that has been idle for longest, once there is one from each address.
    ///
    /// The addresses take turns, so that one of them does not meet a limit that all together would not.
    fn reuse(&self) -> Option<Sender> {
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

    async fn connect(&self) -> Result<Sender, ExchangeError> {
        let socket = if self.address.is_ipv4() {
            TcpSocket::new_v4()
        } else {
            TcpSocket::new_v6()
        };
        let socket = socket.map_err(ExchangeError::Bind)?;
        if let Some(source) = self.next_source() {
            socket
                .bind(SocketAddr::new(source, 0))
                .map_err(ExchangeError::Bind)?;
        }
        let stream = socket
            .connect(self.address)
            .await
            .map_err(ExchangeError::Connect)?;
        stream.set_nodelay(true).map_err(ExchangeError::Connect)?;
        let stream = Stream::over(stream, &self.target)
            .await
            .map_err(ExchangeError::Connect)?;
        let (sender, connection) = handshake(TokioIo::new(stream))
            .await
            .map_err(ExchangeError::Http)?;
        // The task ends with the sender, which reports the connection's errors too.
        tokio::spawn(connection);
        Ok(sender)
    }

    fn next_source(&self) -> Option<IpAddr> {
        let (first, count) = self.sources?;
        Some(loopback::address(
            first + self.connected.fetch_add(1, Ordering::Relaxed) % count.max(1),
        ))
    }
}

impl HttpClient for ConnectionPool {
    type Error = ExchangeError;

    async fn send(&self, mut request: Request<Bytes>) -> Result<Response<Bytes>, ExchangeError> {
        // HTTP/1.1 wants the path alone, and the host in its header.
        let path = request.uri().path_and_query().cloned();
        *request.uri_mut() = path.map_or_else(Uri::default, Uri::from);
        request.headers_mut().insert(HOST, self.host.clone());
        timeout(self.timeout, self.exchange(request.map(Full::new)))
            .await
            .unwrap_or(Err(ExchangeError::Timeout(self.timeout)))
    }
}

async fn send_on(
    sender: &mut Sender,
    request: Request<Full<Bytes>>,
) -> hyper::Result<Response<Bytes>> {
    sender.ready().await?;
    let (parts, body) = sender.send_request(request).await?.into_parts();
    Ok(Response::from_parts(
        parts,
        body.collect().await?.to_bytes(),
    ))
}
