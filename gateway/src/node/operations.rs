//! Health and metrics for operators and orchestrators, on a listener of its own.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use http::header::{ACCEPT, CONTENT_TYPE, VARY};
use http::{HeaderMap, StatusCode};
use serde::Serialize;

use crate::http::admission::Admission;
use crate::http::problem;
use crate::logins::Logins;
use crate::metrics::Exposition;

/// Sources of the answers.
#[derive(Debug, Clone)]
pub(super) struct Answers {
    logins: Arc<Logins>,
    admission: Arc<Admission>,
}

/// Each condition of being ready, by name.
#[derive(Debug, Serialize)]
struct Readiness {
    /// Keys are written, as a login does.
    store: bool,
    /// Changes made on other nodes are heard of.
    inbox: bool,
    /// The node has not been asked to stop.
    not_draining: bool,
    /// There is room for another browser.
    capacity: bool,
}

impl Answers {
    /// Creates answers about this node.
    pub(super) const fn new(logins: Arc<Logins>, admission: Arc<Admission>) -> Self {
        Self { logins, admission }
    }
}

/// `/live`, `/ready` and `/metrics`.
pub(super) fn routes(answers: Answers) -> Router {
    Router::new()
        .route("/live", get("live\n"))
        .route("/ready", get(ready))
        .route("/metrics", get(metrics))
        .fallback(problem::not_found)
        .with_state(answers)
}

async fn ready(State(answers): State<Answers>) -> Response {
    let readiness = Readiness {
        store: answers.logins.store_serves().await,
        inbox: answers.logins.inbox_is_live(),
        not_draining: !answers.admission.is_leaving(),
        capacity: answers.admission.has_room(),
    };
    let all = readiness.store && readiness.inbox && readiness.not_draining && readiness.capacity;
    let status = if all {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    (status, Json(readiness)).into_response()
}

async fn metrics(State(answers): State<Answers>, headers: HeaderMap) -> Response {
    let accept = headers.get(ACCEPT).and_then(|value| value.to_str().ok());
    let exposition = Exposition::preferred(accept.unwrap_or_default());
    match answers.logins.metrics().encode(exposition) {
        Ok(text) => (
            [(CONTENT_TYPE, exposition.media_type()), (VARY, "accept")],
            text,
        )
            .into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
