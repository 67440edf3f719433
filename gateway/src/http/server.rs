//! The server loop: accepts connections, takes them through TLS and PROXY headers, and serves each by hyper, within limits.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use futures_util::FutureExt;
use futures_util::future::{Either, ready};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

use crate::error_chain::chain;
use crate::http::listener::{Accepted, Listener};
use crate::http::observer::RequestObserver;
use crate::http::peer::Peer;
use crate::http::proxy_protocol::{HeaderError, HeaderSenders, read_header};
use crate::http::read_clock::{Permit, ReadClock, ReadLimits};
use crate::http::request_counts::{AnswerBody, RequestCounts};
use crate::http::tls::{Certificate, TlsSocket};
use crate::http::write_deadline::WriteDeadline;
use crate::log_throttle::LogThrottle;

/// The largest request head: a callback's URL fits, and little else has to.
const MAX_HEAD_BYTES: usize = 16 * 1024;

/// Pause in accepting when the system has no more files; connections wait in the backlog meanwhile.
const PAUSE_WITHOUT_FILES: Duration = Duration::from_millis(100);

/// Answer to a connection over the capacity, sent before a byte of it is read.
const ONE_TOO_MANY: &[u8] =
    b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

/// Returns a permit for one more connection of this peer, if there is room. The permit is dropped with the connection.
pub(crate) type Admit = Arc<dyn Fn(Peer) -> Option<Box<dyn Permit>> + Send + Sync>;

/// Time that a request's body may take, in each request's extensions. The default is no time at all.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct BodyTimeout(pub Duration);

/// Time limits of a listener's connections.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ListenerSettings {
    /// Time that a request's head may take, its body again, and what comes before the first head: the defence against slow
    /// attackers.
    pub header_timeout: Duration,
    /// Time that a connection may wait for its next request.
    pub idle_timeout: Duration,
    /// Time after which a client that takes nothing of its answers is cut off.
    pub write_timeout: Duration,
}

/// The layers that a connection passes before its first request.
#[derive(Debug, Clone, Default)]
pub(crate) struct Door {
    /// The certificate, if connections are over TLS.
    pub certificate: Option<Arc<Certificate>>,
    /// Balancers whose connections begin with the browser's address.
    pub header_senders: Arc<HeaderSenders>,
}

/// The parts that all connections of a listener share.
#[derive(Clone)]
pub(crate) struct Connections {
    /// The layers that they pass first.
    pub door: Door,
    /// Routes that answer their requests, made for their type of stream: [`TlsSocket`] if the door has a certificate.
    pub router: Router,
    /// Observer of the requests, if operators see them one by one.
    pub observer: Option<Arc<RequestObserver>>,
    /// Settings of the listener.
    pub settings: ListenerSettings,
    /// Permits for connections.
    pub admit: Admit,
    /// Owner of their tasks.
    pub tasks: TaskTracker,
    /// Ends the accepting; requests at hand finish.
    pub closing: CancellationToken,
}

/// A listener and what its connections get.
pub(crate) struct Server {
    /// Listener of the connections.
    pub listener: Listener,
    /// Parts that they share.
    pub connections: Connections,
}

/// A connection that has passed the door.
enum Passed {
    Plain(TcpStream, Peer, Box<dyn Permit>),
    Tls(TlsSocket, Peer, Box<dyn Permit>),
}

/// Reasons for a connection to be closed at the door.
#[derive(Debug, thiserror::Error)]
enum DoorError {
    #[error(transparent)]
    Header(#[from] HeaderError),
    #[error("the TLS handshake failed")]
    Handshake(#[source] io::Error),
    #[error("there is no room for it")]
    NoRoom,
}

impl Server {
    /// Accepts connections until it is closing. It does not own the sockets that come out of an upgrade: the front end
    /// that upgrades them tracks their tasks.
    pub(crate) async fn run(self) {
        let throttle = Arc::new(LogThrottle::default());
        loop {
            let accepted = tokio::select! {
                () = self.connections.closing.cancelled() => return,
                accepted = self.listener.accept() => accepted,
            };
            match accepted {
                Ok(Accepted::Tcp(stream, address)) => {
                    self.connections.begin(stream, address, &throttle);
                }
                Ok(Accepted::Unix(stream)) => self.connections.begin_unix(stream),
                Err(error) => {
                    if let Some(left_out) = throttle.admit(("accept", "")) {
                        tracing::warn!(error = %chain(&error), left_out, "could not accept a connection");
                    }
                    tokio::time::sleep(PAUSE_WITHOUT_FILES).await;
                }
            }
        }
    }
}

impl Connections {
    fn begin(&self, stream: TcpStream, address: SocketAddr, throttle: &Arc<LogThrottle>) {
        let sends_header = self.door.header_senders.contain(address);
        let is_plain = self.door.certificate.is_none();
        let peer = Peer {
            address,
            // Until its header is read it is no browser's connection.
            is_proxy: sends_header,
        };
        let Some(permit) = (self.admit)(peer) else {
            if is_plain {
                // It fits the empty send buffer of a new connection; where it does not, the end says enough.
                let _ = stream.try_write(ONE_TOO_MANY);
            }
            return;
        };
        // A push is one small segment, which must not wait for another.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(error = %chain(&error), "could not turn Nagle's algorithm off");
        }
        if is_plain && !sends_header {
            self.tasks
                .spawn(self.serve(stream, peer, permit, discard_unsent));
            return;
        }
        let (connections, throttle) = (self.clone(), Arc::clone(throttle));
        self.tasks.spawn(async move {
            let closing = connections.closing.clone();
            let passing = connections.pass(stream, peer, permit);
            let passing = timeout(connections.settings.header_timeout, passing);
            let passed = tokio::select! {
                () = closing.cancelled() => return,
                passed = passing => passed,
            };
            match passed {
                Ok(Ok(Passed::Plain(stream, peer, permit))) => {
                    connections.serve(stream, peer, permit, discard_unsent).await;
                }
                Ok(Ok(Passed::Tls(stream, peer, permit))) => {
                    let discard = |stream: &TlsSocket| discard_unsent(stream.tcp());
                    connections.serve(stream, peer, permit, discard).await;
                }
                Ok(Err(DoorError::Header(error))) => {
                    if let Some(left_out) = throttle.admit(("PROXY header", "")) {
                        tracing::warn!(peer = %address, error = %chain(&error), left_out, "closed a balancer's connection");
                    }
                }
                Ok(Err(error)) => {
                    tracing::debug!(peer = %address, error = %chain(&error), "closed a connection at its begin");
                }
                Err(_) => tracing::debug!(peer = %address, "closed a connection that was slow to begin"),
            }
        });
    }

    fn begin_unix(&self, stream: UnixStream) {
        let peer = Peer::on_unix_socket();
        let Some(permit) = (self.admit)(peer) else {
            let _ = stream.try_write(ONE_TOO_MANY);
            return;
        };
        let discard = |_: &UnixStream| {};
        self.tasks.spawn(self.serve(stream, peer, permit, discard));
    }

    /// Takes a connection through the door. In the caller's time.
    async fn pass(
        &self,
        mut stream: TcpStream,
        mut peer: Peer,
        mut permit: Box<dyn Permit>,
    ) -> Result<Passed, DoorError> {
        if peer.is_proxy {
            peer.is_proxy = false;
            if let Some(address) = read_header(&mut stream).await? {
                peer = Peer::at(address);
                // Counted with the browser's address from here on.
                permit = (self.admit)(peer).ok_or(DoorError::NoRoom)?;
            }
        }
        Ok(match &self.door.certificate {
            None => Passed::Plain(stream, peer, permit),
            Some(certificate) => {
                let stream = certificate.accept(stream).await;
                Passed::Tls(stream.map_err(DoorError::Handshake)?, peer, permit)
            }
        })
    }

    /// Serves a connection. An `async` block keeps only what it needs of the listener.
    fn serve<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
        &self,
        stream: S,
        peer: Peer,
        permit: Box<dyn Permit>,
        discard_unsent: fn(&S),
    ) -> impl Future<Output = ()> + Send + use<S> {
        let (router, observer) = (self.router.clone(), self.observer.clone());
        let (settings, closing) = (self.settings, self.closing.clone());
        async move {
            let requests = RequestCounts::default();
            let stream = timed(stream, settings, &requests, permit, discard_unsent);
            let service = service_fn(move |mut request: hyper::Request<Incoming>| {
                request.extensions_mut().insert(peer);
                request
                    .extensions_mut()
                    .insert(BodyTimeout(settings.header_timeout));
                let begun = match requests.begin() {
                    Ok(begun) => begun,
                    Err(error) => return Either::Left(ready(Err(error))),
                };
                // Combinators, because `async` blocks would keep the request several times.
                let (router, request) = (router.clone(), request.map(Body::new));
                let answered = match &observer {
                    Some(observer) => {
                        Either::Left(observer.observe(request, |request| answer(router, request)))
                    }
                    None => Either::Right(answer(router, request)),
                };
                Either::Right(answered.map(|answer| {
                    Ok::<_, io::Error>(answer.map(|body| AnswerBody::new(body, begun)))
                }))
            });
            let mut http = hyper::server::conn::http1::Builder::new();
            // The stream's own clocks know an idle connection from a slow head, for which hyper has one limit.
            http.header_read_timeout(None).max_buf_size(MAX_HEAD_BYTES);
            let mut connection = std::pin::pin!(
                http.serve_connection(TokioIo::new(stream), service)
                    .with_upgrades()
            );
            let served = tokio::select! {
                served = &mut connection => served,
                () = closing.cancelled() => {
                    connection.as_mut().graceful_shutdown();
                    connection.await
                }
            };
            if let Err(error) = served {
                tracing::debug!(error = %chain(&error), "a connection ended early");
            }
        }
    }
}

/// A stream as hyper gets it, with its time limits.
pub(crate) type Timed<S> = ReadClock<WriteDeadline<S>>;

/// Wraps a stream in the time limits of these settings.
pub(crate) fn timed<S>(
    stream: S,
    settings: ListenerSettings,
    requests: &RequestCounts,
    permit: Box<dyn Permit>,
    discard_unsent: fn(&S),
) -> Timed<S> {
    let limits = ReadLimits {
        head: settings.header_timeout,
        idle: settings.idle_timeout,
    };
    let stream = WriteDeadline::new(
        stream,
        settings.write_timeout,
        requests.clone(),
        discard_unsent,
    );
    ReadClock::new(stream, limits, requests.clone(), permit)
}

fn discard_unsent(stream: &TcpStream) {
    if let Err(error) = stream.set_zero_linger() {
        tracing::debug!(error = %chain(&error), "could not have unsent bytes discarded");
    }
}

fn answer(
    router: Router,
    request: hyper::Request<Body>,
) -> impl Future<Output = hyper::Response<Body>> {
    router.oneshot(request).map(|answered| match answered {
        Ok(response) => response,
        Err(never) => match never {},
    })
}
