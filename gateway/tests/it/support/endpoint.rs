//! A server of another party.

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::task::{JoinHandle, JoinSet};
use url::Url;

/// A running server on this machine. Dropping it ends it.
pub(crate) struct Endpoint {
    pub(crate) url: Url,
    task: JoinHandle<()>,
}

impl Endpoint {
    /// Starts a server with these routes on a free port.
    pub(crate) async fn start(app: Router) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let task = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let service = TowerToHyperService::new(app.clone());
                let serving = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
                connections.spawn(async { drop(serving.await) });
            }
        });
        Self {
            url: url.parse().unwrap(),
            task,
        }
    }

    /// The address of a path.
    pub(crate) fn at(&self, path: &str) -> Url {
        self.url.join(path).unwrap()
    }
}

impl Drop for Endpoint {
    fn drop(&mut self) {
        self.task.abort();
    }
}
