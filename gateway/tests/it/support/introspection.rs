//! The app's backend as an introspection endpoint (RFC 7662).

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::extract::Form;
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
    conditions: String,
    asked: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

impl IntrospectionStub {
    /// Starts an endpoint that gives this answer about every token.
    pub(crate) async fn start(answer: impl Into<String>) -> Self {
        let answer: String = answer.into();
        Self::answering(move |_| answer.clone()).await
    }

    /// Starts an endpoint that answers by token, with the status 200.
    pub(crate) async fn answering(
        answer: impl Fn(&str) -> String + Clone + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/introspect", listener.local_addr().unwrap());
        let asked = Arc::<AtomicUsize>::default();
        let counted = Arc::clone(&asked);
        let answering = post(
            move |Form(question): Form<HashMap<String, String>>| async move {
                counted.fetch_add(1, Ordering::Relaxed);
                (
                    [(CONTENT_TYPE, "application/json")],
                    answer(&question["token"]),
                )
            },
        );
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
        Self {
            url,
            conditions: "trust_introspection = true".into(),
            asked,
            task,
        }
    }

    /// The same for a gateway that takes only answers under these conditions.
    pub(crate) fn under(mut self, conditions: &str) -> Self {
        self.conditions = conditions.to_owned();
        self
    }

    /// Returns the number of questions so far.
    pub(crate) fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }

    /// Returns the setting that makes a gateway ask this endpoint.
    pub(crate) fn settings(&self) -> String {
        format!(
            "identity.introspection = {{ url = '{}', client_id = 'gateway', client_secret = '{INTROSPECTION_SECRET}', {} }}",
            self.url, self.conditions
        )
    }
}

impl Drop for IntrospectionStub {
    fn drop(&mut self) {
        self.task.abort();
    }
}
