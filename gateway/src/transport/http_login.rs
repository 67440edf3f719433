//! Logins over plain HTTP, for networks that block WebSocket: opened, renewed and given up by a POST each, followed
//! as an event stream or poll by poll.

use std::sync::Arc;

use axum::extract::{Path, Query, Request, State};
use axum::response::{IntoResponse, Response};
use http::header::CACHE_CONTROL;
use http::{HeaderMap, StatusCode, Uri};
use saoma_protocol::{
    ErrorCode, LoginId, OpenRequest, RECEIVE_KEY_HEADER, ReceiveKey, ResumeRequest,
};
use serde::Deserialize;

use super::long_poll::{self, Poll};
use super::requester::opener;
use super::{Transports, sse};
use crate::body::{self, Json};
use crate::logins::{Denial, Logins};
use crate::metrics::Transport;
use crate::problem::ApiProblem;

/// Answers `POST /v1/logins`.
pub(super) async fn open(
    State(transports): State<Arc<Transports>>,
    request: Request,
) -> Result<Response, ApiProblem> {
    let address = transports.trusted_proxies.address_of(&request)?;
    let opener = opener(request.headers(), address, Transport::Post);
    let message: OpenRequest = body::read_json(request).await?;
    if transports.admission.is_draining() {
        return Err(Denial::unavailable("this node is restarting: come back shortly").into());
    }
    let opened = transports
        .logins
        .open(message, opener)
        .await
        .inspect_err(|denial| {
            transports.logins.metrics.refused("open", denial.error);
        })?;
    Ok((StatusCode::CREATED, NO_STORE, Json(opened.message)).into_response())
}

/// Answers `GET /v1/logins/{login_id}/events`: a poll if it says after which message, else as a stream.
pub(super) async fn events(
    State(transports): State<Arc<Transports>>,
    Path(login_id): Path<String>,
    request: Request,
) -> Result<Response, ApiProblem> {
    // Without its body, which is empty, a request can be shared with what waits.
    let request = request.map(drop);
    let followed = match Following::of(request.uri()) {
        Ok(following) => match Poll::of(following) {
            Some(poll) => long_poll::answer(&transports, &login_id, poll, &request).await,
            None => sse::stream(&transports, &login_id, following.attempt, &request).await,
        },
        Err(denial) => Err(denial),
    };
    followed.map_err(|denial| {
        transports.logins.metrics.refused("follow", denial.error);
        denial.into()
    })
}

/// Answers `POST /v1/logins/{login_id}/refresh`.
pub(super) async fn refresh(
    State(transports): State<Arc<Transports>>,
    Path(login_id): Path<String>,
    request: Request,
) -> Result<StatusCode, ApiProblem> {
    let address = transports.trusted_proxies.address_of(&request)?;
    let key = receive_key(request.headers())?;
    transports
        .logins
        .refresh_by_key(read_login_id(&login_id)?, &key, &address)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Answers `POST /v1/logins/{login_id}/cancel`.
pub(super) async fn cancel(
    State(transports): State<Arc<Transports>>,
    Path(login_id): Path<String>,
    headers: HeaderMap,
) -> Result<StatusCode, ApiProblem> {
    transports
        .logins
        .cancel_by_key(read_login_id(&login_id)?, &receive_key(&headers)?)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What a browser without a socket comes back by.
pub(super) fn resume_request(
    login_id: &str,
    headers: &HeaderMap,
    last_seq: u32,
    attempt: Option<u32>,
) -> Result<ResumeRequest, Denial> {
    Ok(ResumeRequest {
        login_id: read_login_id(login_id)?,
        receive_key: receive_key(headers)?,
        last_seq,
        attempt,
    })
}

/// What the query says of how to follow.
#[derive(Debug, Clone, Copy, Deserialize)]
pub(super) struct Following {
    /// The newest message that the browser has, which makes the request a poll.
    pub(super) after: Option<u32>,
    /// How long a poll waits, in seconds.
    pub(super) wait: Option<u32>,
    /// The number of this connection among the browser's.
    pub(super) attempt: Option<u32>,
}

impl Following {
    pub(super) fn of(uri: &Uri) -> Result<Self, Denial> {
        let Query(following) = Query::try_from_uri(uri).map_err(|_| {
            let detail =
                "after must be the seq of a message, wait a number of seconds, attempt a count";
            Denial::new(ErrorCode::InvalidRequest, detail)
        })?;
        Ok(following)
    }
}

fn read_login_id(text: &str) -> Result<LoginId, Denial> {
    text.parse().map_err(|_| Logins::unknown_login())
}

/// A key that is none gets the answer of a wrong one.
fn receive_key(headers: &HeaderMap) -> Result<ReceiveKey, Denial> {
    let key = headers
        .get(RECEIVE_KEY_HEADER)
        .and_then(|key| key.to_str().ok());
    key.and_then(|key| key.parse().ok())
        .ok_or_else(Logins::unknown_login)
}

/// Answers hold secrets, and what comes after a `seq` changes.
pub(super) const NO_STORE: [(http::HeaderName, &str); 1] = [(CACHE_CONTROL, "no-store")];
