//! A login's messages as an event stream (WHATWG HTML §9.2).

use std::convert::Infallible;
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;
use futures_util::stream::{self, Stream};
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use saoma_protocol::ErrorCode;

use super::Transports;
use super::http_request::{NO_STORE, resume_request};
use crate::error::ApiError;
use crate::logins::Logins;
use crate::metrics::Transport;
use crate::waiting::registry::Waiting;
use crate::waiting::waiter::{Delivery, Farewell};

/// What a stream begins with: a browser that does not hear this at once is behind a proxy that holds streams back.
const BEGINNING: &str = ": open\n\n";

/// Answers a request for a login's messages with a stream of them.
pub(super) async fn stream(
    transports: &Transports,
    login_id: &str,
    attempt: Option<u32>,
    request: &http::Request<()>,
) -> Result<Response, ApiError> {
    let address = transports.trusted_proxies.address_of(request)?;
    let place = transports.admit(&address)?;
    let resume = resume_request(
        login_id,
        request.headers(),
        last_event_id(request.headers())?,
        attempt,
    )?;
    let logins = &transports.logins;
    let waiting = logins.resume(resume, &address).await?;
    logins.metrics().attached(Transport::EventStream);
    logins.ping(waiting.waiter());
    let counted = logins.metrics().socket_opened();
    let events = event_stream(Arc::clone(logins), waiting, (place, counted));
    let beginning = stream::iter([Ok(Bytes::from_static(BEGINNING.as_bytes()))]);
    // Proxies such as nginx would keep events back until their buffer is full.
    let headers = [
        (CONTENT_TYPE.as_str(), "text/event-stream"),
        ("x-accel-buffering", "no"),
    ];
    Ok((
        headers,
        NO_STORE,
        Body::from_stream(beginning.chain(events)),
    )
        .into_response())
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
        Some((
            Ok(Bytes::from(event)),
            (!ends).then_some((logins, waiting, guards)),
        ))
    })
}

/// One event, and whether it is the last.
fn event(logins: &Logins, delivery: Delivery) -> (String, bool) {
    match delivery {
        Delivery::Change(change) => {
            let message = logins.render(change);
            let data = serde_json::to_string(&message).unwrap_or_default();
            let seq = message.seq().unwrap_or_default();
            (format!("id: {seq}\ndata: {data}\n\n"), message.is_settled())
        }
        Delivery::Ping => (": still waiting\n\n".to_owned(), false),
        Delivery::Close(farewell) => (close_event(farewell), true),
    }
}

fn close_event(farewell: Farewell) -> String {
    let data = serde_json::to_string(&farewell.notice()).unwrap_or_default();
    format!("event: close\ndata: {data}\n\n")
}

pub(super) fn last_event_id(headers: &HeaderMap) -> Result<u32, ApiError> {
    match headers.get("last-event-id") {
        None => Ok(0),
        Some(id) => id
            .to_str()
            .ok()
            .and_then(|id| id.parse().ok())
            .ok_or_else(|| {
                ApiError::new(
                    ErrorCode::InvalidRequest,
                    "Last-Event-ID must be the seq of a message",
                )
            }),
    }
}
