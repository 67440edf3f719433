//! Logins over plain HTTP, for networks that block WebSocket: opened, renewed and given up by a POST each, followed
//! as an event stream or poll by poll.

use std::sync::Arc;

use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode};
use saoma_protocol::OpenRequest;

use super::http_request::{Following, NO_STORE, read_login_id, receive_key};
use super::long_poll::{self, Poll};
use super::requester::opener;
use super::{Transports, sse};
use crate::error::ApiError;
use crate::http::body::{self, Json};
use crate::http::problem::ApiProblem;
use crate::metrics::Transport;

/// Answers `POST /v1/logins`.
pub(super) async fn open(
    State(transports): State<Arc<Transports>>,
    request: Request,
) -> Result<Response, ApiProblem> {
    let address = transports.trusted_proxies.address_of(&request)?;
    let opener = opener(request.headers(), address, Transport::Post);
    let message: OpenRequest = body::read_json(request).await?;
    if transports.admission.is_draining() {
        return Err(ApiError::unavailable("this node is restarting: come back shortly").into());
    }
    let opened = transports
        .logins
        .open(message, opener)
        .await
        .inspect_err(|denial| {
            transports.logins.refused("open", denial);
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
        transports.logins.refused("follow", &denial);
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
