//! The listener: accepts connections and serves each by hyper, within limits.

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
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

use crate::error_chain::chain;
use crate::http::observer::RequestObserver;
use crate::http::read_clock::{Permit, ReadClock, ReadLimits};
use crate::http::request_counts::{AnswerBody, RequestCounts};
use crate::http::write_deadline::WriteDeadline;
use crate::log_throttle::LogThrottle;

/// The largest request head: a callback's URL fits, and little else has to.
const MAX_HEAD_BYTES: usize = 16 * 1024;

/// Pause in accepting when the system has no more files; connections wait in the backlog meanwhile.
const PAUSE_WITHOUT_FILES: Duration = Duration::from_millis(100);

/// The address of the connection's other end, in each request's extensions.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Peer(pub SocketAddr);

/// Answer to a connection over the capacity, sent before a byte of it is read.
const ONE_TOO_MANY: &[u8] =
    b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

/// Returns a permit for one more connection of this peer, if there is room. The permit is dropped with the connection.
pub(crate) type Admit = Arc<dyn Fn(SocketAddr) -> Option<Box<dyn Permit>> + Send + Sync>;

/// Time that a request's body may take, in each request's extensions. The default is no time at all.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct BodyTimeout(pub Duration);

/// Settings of a listener.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ListenerSettings {
    /// Connections that the kernel keeps until they are accepted.
    pub backlog: u32,
    /// Time that a request's head may take, and its body again: the defence against slow attackers.
    pub header_timeout: Duration,
    /// Time that a connection may wait for its next request.
    pub idle_timeout: Duration,
    /// Time after which a client that takes nothing of its answers is cut off.
    pub write_timeout: Duration,
}

/// Binds a listener.
///
/// # Errors
/// The address is in use, or not this machine's.
pub(crate) fn bind(address: SocketAddr, settings: ListenerSettings) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() {
        TcpSocket::new_v4()?
    } else {
        TcpSocket::new_v6()?
    };
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(settings.backlog)
}

/// A listener and what its connections get.
pub(crate) struct Server {
    /// Listener of the connections.
    pub listener: TcpListener,
    /// Routes that answer their requests.
    pub router: Router,
    /// Observer of the requests, if operators see them one by one.
    pub observer: Option<Arc<RequestObserver>>,
    /// Settings of the listener.
    pub settings: ListenerSettings,
    /// Permits for connections.
    pub admit: Admit,
    /// Owner of the connections' tasks.
    pub tasks: TaskTracker,
    /// Ends the accepting; requests at hand finish.
    pub closing: CancellationToken,
}

impl Server {
    /// Accepts connections until it is closing. It does not own the sockets that come out of an upgrade: the front end
    /// that upgrades them tracks their tasks.
    pub(crate) async fn run(self) {
        let throttle = LogThrottle::default();
        loop {
            let accepted = tokio::select! {
                () = self.closing.cancelled() => return,
                accepted = self.listener.accept() => accepted,
            };
            match accepted {
                Ok((stream, peer)) => self.begin(stream, peer),
                Err(error) => {
                    if let Some(left_out) = throttle.admit(("accept", "")) {
                        tracing::warn!(error = %chain(&error), left_out, "could not accept a connection");
                    }
                    tokio::time::sleep(PAUSE_WITHOUT_FILES).await;
                }
            }
        }
    }

    fn begin(&self, stream: TcpStream, peer: SocketAddr) {
        let Some(admitted) = (self.admit)(peer) else {
            // It fits the empty send buffer of a new connection; where it does not, the end says enough.
            let _ = stream.try_write(ONE_TOO_MANY);
            return;
        };
        self.tasks.spawn(connection(
            stream,
            Peer(peer),
            admitted,
            (self.router.clone(), self.observer.clone()),
            self.settings,
            self.closing.clone(),
        ));
    }
}

async fn connection(
    stream: TcpStream,
    peer: Peer,
    permit: Box<dyn Permit>,
    (router, observer): (Router, Option<Arc<RequestObserver>>),
    settings: ListenerSettings,
    closing: CancellationToken,
) {
    // A push is one small segment, which must not wait for another.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(error = %chain(&error), "could not turn Nagle's algorithm off");
    }
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
        Either::Right(
            answered
                .map(|answer| Ok::<_, io::Error>(answer.map(|body| AnswerBody::new(body, begun)))),
        )
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
