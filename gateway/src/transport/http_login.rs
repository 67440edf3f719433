//! Logins over plain HTTP: opened by a POST, followed as an event stream. For networks that block WebSocket.

use std::convert::Infallible;
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse, Response};
use futures_util::stream::{self, Stream};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderMap, StatusCode};
use saoma_protocol::{ErrorCode, LoginId, OpenRequest, RECEIVE_KEY_HEADER, ReceiveKey, ResumeRequest};

use super::Transports;
use super::requester::opener;
use crate::body::{self, Json};
use crate::logins::{Denial, Logins};
use crate::metrics::Transport;
use crate::problem::ApiProblem;
use crate::waiter::{Delivery, Farewell};
use crate::waiters::Waiting;

/// Answers `POST /v1/logins`.
pub(super) async fn open(State(transports): State<Transports>, request: Request) -> Result<Response, ApiProblem> {
    let address = transports.trusted_proxies.address_of(&request)?;
    let opener = opener(request.headers(), address, Transport::EventStream);
    let message: OpenRequest = body::read_json(request).await?;
    if transports.admission.is_draining() {
        return Err(Denial::unavailable("this node is restarting: come back shortly").into());
    }
    let opened = transports.logins.open(message, opener).await.inspect_err(|denial| {
        transports.logins.metrics.refused("open", denial.error);
    })?;
    Ok((StatusCode::CREATED, no_store(), Json(opened.message)).into_response())
}

/// Answers `GET /v1/logins/{login_id}/events`.
pub(super) async fn events(
    State(transports): State<Transports>,
    Path(login_id): Path<String>,
    request: Request,
) -> Result<Response, ApiProblem> {
    let place = transports.admission.take()?;
    let address = transports.trusted_proxies.address_of(&request)?;
    let request = ResumeRequest {
        login_id: read_login_id(&login_id)?,
        receive_key: receive_key(request.headers())?,
        last_seq: last_event_id(request.headers())?,
    };
    let waiting = transports.logins.resume(request, &address).await?;
    transports.logins.timers.ping(waiting.waiter());
    let counted = transports.logins.metrics.socket_opened();
    let events = event_stream(Arc::clone(&transports.logins), waiting, (place, counted));
    let headers = [(CONTENT_TYPE, "text/event-stream"), (CACHE_CONTROL, "no-store")];
    // Proxies such as nginx would keep events back until their buffer is full.
    let unbuffered = [("x-accel-buffering", "no")];
    Ok((headers, unbuffered, Body::from_stream(events)).into_response())
}

/// Answers `POST /v1/logins/{login_id}/refresh`.
pub(super) async fn refresh(
    State(transports): State<Transports>,
    Path(login_id): Path<String>,
    request: Request,
) -> Result<StatusCode, ApiProblem> {
    let address = transports.trusted_proxies.address_of(&request)?;
    let key = receive_key(request.headers())?;
    transports.logins.refresh_by_key(read_login_id(&login_id)?, &key, &address).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Answers `POST /v1/logins/{login_id}/cancel`.
pub(super) async fn cancel(
    State(transports): State<Transports>,
    Path(login_id): Path<String>,
    headers: HeaderMap,
) -> Result<StatusCode, ApiProblem> {
    transports.logins.cancel_by_key(read_login_id(&login_id)?, &receive_key(&headers)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The deliveries as events, until the login is settled or the browser has to go. Dropping the stream, which hyper
/// does when the browser leaves, gives up its place.
fn event_stream<G: Send + 'static>(
    logins: Arc<Logins>,
    waiting: Waiting,
    guards: G,
) -> impl Stream<Item = Result<Bytes, Infallible>> + Send {
    stream::unfold(Some((logins, waiting, guards)), async |following| {
        let (logins, waiting, guards) = following?;
        waiting.waiter().heard();
        let (event, ends) = event(&logins, waiting.waiter().next().await);
        Some((Ok(Bytes::from(event)), (!ends).then_some((logins, waiting, guards))))
    })
}

/// One event, and whether it is the last (WHATWG HTML §9.2).
fn event(logins: &Logins, delivery: Delivery) -> (String, bool) {
    match delivery {
        Delivery::Change(change) => {
            let message = logins.wording.message(change, logins.clock.now());
            let data = serde_json::to_string(&message).unwrap_or_default();
            let seq = message.seq().unwrap_or_default();
            (format!("id: {seq}\ndata: {data}\n\n"), message.is_settled())
        }
        Delivery::Ping => (": still waiting\n\n".to_owned(), false),
        Delivery::Close(farewell) => (close_event(farewell), true),
    }
}

fn close_event(Farewell { code, hint }: Farewell) -> String {
    let hint = hint.map(|hint| format!(",\"retry_after_ms\":{}", hint.retry_after_ms)).unwrap_or_default();
    format!("event: close\ndata: {{\"code\":{}{hint}}}\n\n", code.code())
}

fn read_login_id(text: &str) -> Result<LoginId, Denial> {
    text.parse().map_err(|_| Logins::unknown_login())
}

/// A key that is none gets the answer of a wrong one.
fn receive_key(headers: &HeaderMap) -> Result<ReceiveKey, Denial> {
    let key = headers.get(RECEIVE_KEY_HEADER).and_then(|key| key.to_str().ok());
    key.and_then(|key| key.parse().ok()).ok_or_else(Logins::unknown_login)
}

pub(super) fn last_event_id(headers: &HeaderMap) -> Result<u32, Denial> {
    match headers.get("last-event-id") {
        None => Ok(0),
        Some(id) => id
            .to_str()
            .ok()
            .and_then(|id| id.parse().ok())
            .ok_or_else(|| Denial::new(ErrorCode::InvalidRequest, "Last-Event-ID must be the seq of a message")),
    }
}

fn no_store() -> [(http::HeaderName, &'static str); 1] {
    [(CACHE_CONTROL, "no-store")]
}
