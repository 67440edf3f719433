//! Logins over plain HTTP, for networks that block WebSocket: a POST each to open, renew, agree and cancel.
//!
//! Each request is authenticated by its receive key, so none needs a connection's session.

use std::sync::Arc;

use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use saoma_protocol::{CancelRequest, OpenRequest};

use super::http_request::{NO_STORE, read_login_id, receive_key};
use super::requester::open_context;
use super::session::Step;
use super::{BrowserFrontend, session};
use crate::http::body;
use crate::http::json::Json;
use crate::http::problem::ApiProblem;
use crate::metrics::Transport;

/// Answers `POST /v1/logins`.
pub(super) async fn open(
    State(frontend): State<Arc<BrowserFrontend>>,
    request: Request,
) -> Result<Response, ApiProblem> {
    let address = frontend.trusted_proxies.address_of(&request)?;
    let place = frontend.trusted_proxies.place_of(&request, address);
    let context = open_context(request.headers(), address, place, Transport::Post);
    let message: OpenRequest = body::read_json(request).await?;
    let _permit = frontend
        .admit_login(&address)
        .inspect_err(|error| session::refused(&frontend.logins, Step::Open, error))?;
    let opened = session::open(&frontend.logins, message, context).await?;
    Ok((StatusCode::CREATED, NO_STORE, Json(opened)).into_response())
}

/// Answers `POST /v1/logins/{login_id}/refresh`.
pub(super) async fn refresh(
    State(frontend): State<Arc<BrowserFrontend>>,
    Path(login_id): Path<String>,
    request: Request,
) -> Result<StatusCode, ApiProblem> {
    let address = frontend.trusted_proxies.address_of(&request)?;
    let key = receive_key(request.headers())?;
    let id = read_login_id(&login_id)?;
    session::refresh(&frontend.logins, id, &key, &address).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Answers `POST /v1/logins/{login_id}/agree`.
pub(super) async fn agree(
    State(frontend): State<Arc<BrowserFrontend>>,
    Path(login_id): Path<String>,
    request: Request,
) -> Result<StatusCode, ApiProblem> {
    let address = frontend.trusted_proxies.address_of(&request)?;
    let (id, key) = (read_login_id(&login_id)?, receive_key(request.headers())?);
    session::agree(&frontend.logins, id, &key, &address).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Answers `POST /v1/logins/{login_id}/cancel`, with or without a body.
pub(super) async fn cancel(
    State(frontend): State<Arc<BrowserFrontend>>,
    Path(login_id): Path<String>,
    request: Request,
) -> Result<StatusCode, ApiProblem> {
    let address = frontend.trusted_proxies.address_of(&request)?;
    let (id, key) = (read_login_id(&login_id)?, receive_key(request.headers())?);
    let CancelRequest { reason } = body::read_optional_json(request).await?;
    session::cancel(&frontend.logins, id, &key, &address, reason).await?;
    Ok(StatusCode::NO_CONTENT)
}
