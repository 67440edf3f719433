//! The app's backend as an introspection endpoint (RFC 7662) that gives one answer to every token.

use axum::Router;
use axum::routing::post;
use http::header::CONTENT_TYPE;
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::task::{JoinHandle, JoinSet};

/// The gateway's secret at the endpoint.
pub(crate) const INTROSPECTION_SECRET: &str = "introspection-secret-7f3a";

/// A running endpoint. Dropping it ends it.
pub(crate) struct IntrospectionStub {
    url: String,
    task: JoinHandle<()>,
}

impl IntrospectionStub {
    /// Starts an endpoint that answers this text, with the status 200.
    pub(crate) async fn start(answer: impl Into<String>) -> Self {
        let answer: String = answer.into();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/introspect", listener.local_addr().unwrap());
        let answering = post(move || async move { ([(CONTENT_TYPE, "application/json")], answer) });
        let app = Router::new().route("/introspect", answering);
        let task = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let service = TowerToHyperService::new(app.clone());
                let serving = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
                connections.spawn(async { drop(serving.await) });
            }
        });
        Self { url, task }
    }

    /// Returns the setting that makes a gateway ask this endpoint.
    pub(crate) fn settings(&self) -> String {
        format!(
            "identity.introspection = {{ url = '{}', client_id = 'gateway', client_secret = '{INTROSPECTION_SECRET}' }}",
            self.url
        )
    }
}

impl Drop for IntrospectionStub {
    fn drop(&mut self) {
        self.task.abort();
    }
}
