//! A login's messages as an event stream (WHATWG HTML §9.2).

use std::convert::Infallible;
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;
use futures_util::stream::{self, Stream};
use http::header::CONTENT_TYPE;
use saoma_protocol::ServerMessage;

use super::BrowserFrontend;
use super::http_request::{NO_STORE, last_event_id, resume_request};
use super::session::{Outgoing, Session};
use crate::error::ApiError;
use crate::metrics::Transport;
use crate::waiting::registry::Waiting;
use crate::waiting::waiter::CloseReason;

/// First bytes of a stream. A browser that does not get them at once is behind a proxy that holds
/// streams back, and changes to polls.
const FIRST_COMMENT: &str = ": open\n\n";

/// Answers a request for a login's messages with a stream of them.
pub(super) async fn stream(
    frontend: &BrowserFrontend,
    login_id: &str,
    attempt: Option<u32>,
    request: &http::Request<()>,
) -> Result<Response, ApiError> {
    let address = frontend.trusted_proxies.address_of(request)?;
    let headers = request.headers();
    let resume = resume_request(login_id, headers, last_event_id(headers)?, attempt)?;
    let permit = frontend.admit_stream(&address, &resume)?;
    let session = Session::new(Arc::clone(&frontend.logins), permit);
    let waiting = session
        .resume(resume, &address, Transport::EventStream)
        .await?;
    let first = stream::iter([Ok(Bytes::from_static(FIRST_COMMENT.as_bytes()))]);
    let headers = [
        (CONTENT_TYPE.as_str(), "text/event-stream"),
        // Proxies such as nginx would keep events back until their buffer is full.
        ("x-accel-buffering", "no"),
    ];
    let body = Body::from_stream(first.chain(event_stream(session, waiting)));
    Ok((headers, NO_STORE, body).into_response())
}

/// Streams the deliveries until the login is settled or the connection closes. hyper drops the
/// stream, and with it the session, when the browser leaves.
fn event_stream(
    session: Session,
    waiting: Waiting,
) -> impl Stream<Item = Result<Bytes, Infallible>> + Send {
    stream::unfold(Some((session, waiting)), async |following| {
        let (session, waiting) = following?;
        // hyper asks for the next event once it could write the last.
        waiting.waiter().heard();
        let outgoing = session.render(waiting.waiter().next().await);
        let ends = matches!(outgoing, Outgoing::Last(_) | Outgoing::Close(_));
        let following = (!ends).then_some((session, waiting));
        Some((Ok(Bytes::from(event(&outgoing))), following))
    })
}

fn event(outgoing: &Outgoing) -> String {
    match outgoing {
        // A browser ends the stream itself after the last message, so no close follows.
        Outgoing::Message(message) | Outgoing::Last(message) => message_event(message),
        Outgoing::Heartbeat => ": still waiting\n\n".to_owned(),
        Outgoing::Close(reason) => close_event(*reason),
    }
}

fn message_event(message: &ServerMessage) -> String {
    let data = serde_json::to_string(message).unwrap_or_default();
    let seq = message.seq().unwrap_or_default();
    format!("id: {seq}\ndata: {data}\n\n")
}

fn close_event(reason: CloseReason) -> String {
    let data = serde_json::to_string(&reason.notice()).unwrap_or_default();
    format!("event: close\ndata: {data}\n\n")
}
