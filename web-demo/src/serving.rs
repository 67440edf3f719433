//! Listeners: plain HTTP on this machine, HTTPS on the local network.

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

/// Timeout of a request's head, and of a TLS handshake.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);

/// Pause of accepting when the system has no more files.
const PAUSE_WITHOUT_FILES: Duration = Duration::from_millis(100);

/// The connection of a request, in its extensions.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Connection {
    /// The other end.
    pub peer: IpAddr,
    pub secure: bool,
}

/// All listeners of the process, and what ends them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Servers {
    tasks: TaskTracker,
    closing: CancellationToken,
}

impl Servers {
    /// Serves `router` on `listener`, over TLS when there is an acceptor.
    pub(crate) fn start(&self, listener: TcpListener, tls: Option<TlsAcceptor>, router: Router) {
        self.tasks.spawn(self.clone().accept(listener, tls, router));
    }

    /// Accepts nothing new, lets the requests at hand finish.
    pub(crate) async fn shutdown(self) {
        self.closing.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }

    async fn accept(self, listener: TcpListener, tls: Option<TlsAcceptor>, router: Router) {
        loop {
            let accepted = tokio::select! {
                () = self.closing.cancelled() => return,
                accepted = listener.accept() => accepted,
            };
            match accepted {
                Ok((stream, peer)) => {
                    self.tasks.spawn(connection(
                        stream,
                        peer,
                        tls.clone(),
                        router.clone(),
                        self.closing.clone(),
                    ));
                }
                Err(error) => {
                    tracing::warn!(%error, "could not accept a connection");
                    tokio::time::sleep(PAUSE_WITHOUT_FILES).await;
                }
            }
        }
    }
}

async fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    tls: Option<TlsAcceptor>,
    router: Router,
    closing: CancellationToken,
) {
    let connection = Connection {
        peer: peer.ip(),
        secure: tls.is_some(),
    };
    let Some(tls) = tls else {
        return requests(stream, connection, router, closing).await;
    };
    match tokio::time::timeout(HEAD_TIMEOUT, tls.accept(stream)).await {
        Ok(Ok(stream)) => requests(stream, connection, router, closing).await,
        Ok(Err(error)) => tracing::debug!(%error, "a TLS handshake failed"),
        Err(_) => tracing::debug!("a TLS handshake took too long"),
    }
}

async fn requests(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    connection: Connection,
    router: Router,
    closing: CancellationToken,
) {
    let service = service_fn(move |mut request: hyper::Request<Incoming>| {
        request.extensions_mut().insert(connection);
        let router = router.clone();
        async move { Ok::<_, Infallible>(answer(router, request).await) }
    });
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT);
    let mut connection = std::pin::pin!(http.serve_connection(TokioIo::new(stream), service));
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
