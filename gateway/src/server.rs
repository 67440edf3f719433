//! The listener: accepts connections and serves each by hyper, within limits.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

/// The largest request head: a callback's URL fits, and little else has to.
const MAX_HEAD_BYTES: usize = 16 * 1024;

/// How long accepting pauses when the system has no more files: connections wait in the backlog meanwhile.
const PAUSE_WITHOUT_FILES: Duration = Duration::from_millis(100);

/// The address of the connection's other end, in each request's extensions.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub SocketAddr);

/// How connections are accepted and read.
#[derive(Debug, Clone, Copy)]
pub struct ListenerSettings {
    /// Connections that the kernel keeps until they are accepted.
    pub backlog: u32,
    /// How long a request's head may take: what slow-header attackers are up against.
    pub header_timeout: Duration,
}

/// Binds a listener.
///
/// # Errors
/// The address is in use, or not this machine's.
pub fn bind(address: SocketAddr, settings: ListenerSettings) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(settings.backlog)
}

/// Accepts until `closing`, then lets the requests at hand finish. Sockets that came out of an upgrade are not this
/// function's: their tasks are tracked by whoever upgraded them.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    settings: ListenerSettings,
    tasks: TaskTracker,
    closing: CancellationToken,
) {
    loop {
        let accepted = tokio::select! {
            () = closing.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => {
                let connection = connection(stream, Peer(peer), router.clone(), settings, closing.clone());
                tasks.spawn(connection);
            }
            Err(error) => {
                tracing::warn!(%error, "could not accept a connection");
                tokio::time::sleep(PAUSE_WITHOUT_FILES).await;
            }
        }
    }
}

async fn connection(
    stream: TcpStream,
    peer: Peer,
    router: Router,
    settings: ListenerSettings,
    closing: CancellationToken,
) {
    // A push is one small segment, which must not wait for another.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "could not turn Nagle's algorithm off");
    }
    let service = service_fn(move |mut request: hyper::Request<Incoming>| {
        request.extensions_mut().insert(peer);
        let router = router.clone();
        async move { Ok::<_, Infallible>(answer(router, request).await) }
    });
    let mut http = hyper::server::conn::http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(settings.header_timeout).max_buf_size(MAX_HEAD_BYTES);
    let mut connection = std::pin::pin!(http.serve_connection(TokioIo::new(stream), service).with_upgrades());
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

async fn answer(router: Router, request: hyper::Request<Incoming>) -> hyper::Response<Body> {
    match router.oneshot(request.map(Body::new)).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}
