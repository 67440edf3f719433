//! Listeners: plain HTTP on this machine, where a proxy may stand before it, HTTPS on the local network.
//!
//! Each connection is bounded: heads and bodies of requests in size and time, answers in the time that the other end does
//! not read, all connections in number.

mod body_timeout;
mod open_connections;
#[cfg(test)]
mod tests;
mod trusted_proxies;
mod write_timeout;

use std::convert::Infallible;
use std::net::IpAddr;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::response::IntoResponse;
use http::header::HOST;
use http::{StatusCode, Version};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use ipnet::IpNet;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

use self::body_timeout::TimedBody;
use self::open_connections::OpenConnections;
use self::trusted_proxies::{TrustedProxies, forwards};
use self::write_timeout::TimedWrites;
use crate::log_pace::LogPace;

/// See [`Timeouts`].
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);

/// See [`Timeouts`].
///
/// The system takes a write again once a part of its buffer is free, for which a slow phone that loads the nets of the face
/// check needs some seconds.
const WRITE_TIMEOUT: Duration = Duration::from_secs(30);

/// The largest head of a request: a callback's address fits, and the cookies of everything else on the host.
const MAX_HEAD_BYTES: usize = 16 * 1024;

/// Pause of accepting when the system has no more files.
const PAUSE_WITHOUT_FILES: Duration = Duration::from_millis(100);

/// Answer to a connection over the maximum, sent before a byte of it is read.
const ONE_TOO_MANY: &[u8] =
    b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

/// Answer to a request whose address cannot be told.
const MALFORMED_ADDRESS: &str = "malformed X-Forwarded-For: expected addresses\n";

/// Answer to a request whose host cannot be told (RFC 9112 §3.2).
const MALFORMED_HOST: &str = "expected one Host\n";

static ACCEPT_ERRORS: LogPace = LogPace::new();
static UNDECLARED_PROXIES: LogPace = LogPace::new();

/// The connection of a request, in its extensions.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Connection {
    /// The address of the browser or phone: the other end, or the one that a trusted proxy forwards for.
    pub address: IpAddr,
    /// True if the browser speaks HTTPS: with this listener, or with the proxy before it.
    pub secure: bool,
}

/// The way by which browsers reach a listener.
#[derive(Clone, Default)]
pub(crate) struct Reached {
    tls: Option<TlsAcceptor>,
    secure: bool,
    proxies: TrustedProxies,
}

impl Reached {
    /// Directly, over HTTPS.
    pub(crate) fn by_tls(acceptor: TlsAcceptor) -> Self {
        Self {
            tls: Some(acceptor),
            secure: true,
            proxies: TrustedProxies::default(),
        }
    }

    /// Over plain HTTP: directly, or through these proxies. `secure` says that browsers speak HTTPS with them.
    pub(crate) fn by_http(secure: bool, proxies: Vec<IpNet>) -> Self {
        Self {
            tls: None,
            secure,
            proxies: TrustedProxies::new(proxies),
        }
    }
}

/// The time that the other end of a connection gets.
#[derive(Debug, Clone, Copy)]
struct Timeouts {
    /// For a TLS handshake, for the head of a request, and for its body again.
    request: Duration,
    /// For an answer that is not read.
    write: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            request: REQUEST_TIMEOUT,
            write: WRITE_TIMEOUT,
        }
    }
}

/// All listeners of the process, and what ends them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Servers {
    tasks: TaskTracker,
    closing: CancellationToken,
    open: OpenConnections,
    timeouts: Timeouts,
}

impl Servers {
    /// Serves `router` on `listener`.
    pub(crate) fn start(&self, listener: TcpListener, reached: Reached, router: Router) {
        let server = Server {
            router,
            reached,
            timeouts: self.timeouts,
            closing: self.closing.clone(),
        };
        self.tasks.spawn(self.clone().accept(listener, server));
    }

    /// Accepts nothing new, lets the requests at hand finish.
    pub(crate) async fn shutdown(self) {
        self.closing.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }

    async fn accept(self, listener: TcpListener, server: Server) {
        loop {
            let accepted = tokio::select! {
                () = self.closing.cancelled() => return,
                accepted = listener.accept() => accepted,
            };
            match accepted {
                Ok((stream, peer)) => self.begin(stream, peer.ip(), server.clone()),
                Err(error) => {
                    if let Some(unlogged) = ACCEPT_ERRORS.admit() {
                        tracing::warn!(%error, unlogged, "could not accept a connection");
                    }
                    tokio::time::sleep(PAUSE_WITHOUT_FILES).await;
                }
            }
        }
    }

    fn begin(&self, stream: TcpStream, peer: IpAddr, server: Server) {
        let address = (!server.reached.proxies.trusts(peer)).then_some(peer);
        let Some(permit) = self.open.admit(address) else {
            // It fits the empty send buffer of a new connection; where it does not, the end says enough.
            let _ = stream.try_write(ONE_TOO_MANY);
            return;
        };
        self.tasks.spawn(async move {
            server.connection(stream, peer).await;
            drop(permit);
        });
    }
}

/// A listener's part in each of its connections.
#[derive(Clone)]
struct Server {
    router: Router,
    reached: Reached,
    timeouts: Timeouts,
    closing: CancellationToken,
}

impl Server {
    async fn connection(self, stream: TcpStream, peer: IpAddr) {
        let Some(tls) = self.reached.tls.clone() else {
            return self.requests(stream, peer).await;
        };
        match tokio::time::timeout(self.timeouts.request, tls.accept(stream)).await {
            Ok(Ok(stream)) => self.requests(stream, peer).await,
            Ok(Err(error)) => tracing::debug!(%error, "a TLS handshake failed"),
            Err(_) => tracing::debug!("a TLS handshake took too long"),
        }
    }

    async fn requests(self, stream: impl AsyncRead + AsyncWrite + Unpin, peer: IpAddr) {
        let (closing, timeouts) = (self.closing.clone(), self.timeouts);
        let service = service_fn(move |request| {
            let server = self.clone();
            async move { Ok::<_, Infallible>(server.answer(request, peer).await) }
        });
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new())
            .header_read_timeout(timeouts.request)
            .max_buf_size(MAX_HEAD_BYTES);
        let stream = TokioIo::new(TimedWrites::new(stream, timeouts.write));
        let mut connection = std::pin::pin!(http.serve_connection(stream, service));
        let served = tokio::select! {
            served = &mut connection => served,
            () = closing.cancelled() => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        if let Err(error) = served {
            tracing::debug!(%error, "a connection ended early");
        }
    }

    async fn answer(
        self,
        mut request: hyper::Request<Incoming>,
        peer: IpAddr,
    ) -> hyper::Response<Body> {
        // Two readers of a request with two hosts could follow different ones.
        match request.headers().get_all(HOST).iter().count() {
            1 => {}
            0 if request.version() < Version::HTTP_11 => {}
            _ => return (StatusCode::BAD_REQUEST, MALFORMED_HOST).into_response(),
        }
        let Ok(address) = self.reached.proxies.resolve(peer, request.headers()) else {
            return (StatusCode::BAD_REQUEST, MALFORMED_ADDRESS).into_response();
        };
        if !self.reached.proxies.trusts(peer)
            && forwards(request.headers())
            && let Some(unlogged) = UNDECLARED_PROXIES.admit()
        {
            tracing::warn!(
                %peer,
                unlogged,
                "ignoring X-Forwarded-For of a peer that --trusted-proxy does not name"
            );
        }
        request.extensions_mut().insert(Connection {
            address,
            secure: self.reached.secure,
        });
        let request = request.map(|body| Body::new(TimedBody::new(body, self.timeouts.request)));
        match self.router.oneshot(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        }
    }
}
