//! The phone's API, each request with the app's own access token: a login's three, and the person's sessions.

mod sessions;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use http::HeaderMap;
use saoma_protocol::{
    ConfirmRequest, Decision, ErrorCode, LoginId, ScanContext, ScanRequest, paths,
};

use crate::client_address::ClientAddress;
use crate::error::ApiError;
use crate::http::bearer_token::bearer_token;
use crate::http::body;
use crate::http::json::Json;
use crate::http::peer::Peer;
use crate::http::problem::ApiProblem;
use crate::http::trusted_proxies::TrustedProxies;
use crate::logins::{Logins, PhoneAddress};
use crate::request_id;

/// Parts that the endpoints share.
#[derive(Debug, Clone)]
pub(crate) struct Phones {
    /// The service behind them.
    pub logins: Arc<Logins>,
    /// Proxies whose `X-Forwarded-For` is trusted.
    pub trusted_proxies: Arc<TrustedProxies>,
}

/// The routes of the phone's API.
pub(crate) fn routes(phones: Phones) -> Router {
    Router::new()
        .route(paths::SCANS, post(scan))
        .route(paths::CONFIRM, post(confirm))
        .route(paths::REJECT, post(reject))
        .route(paths::SESSIONS, get(sessions::list))
        .route(paths::SESSION_END, post(sessions::end))
        .route(paths::SESSIONS_END, post(sessions::end_all))
        .with_state(phones)
}

async fn scan(
    State(phones): State<Phones>,
    request: Request,
) -> Result<Json<ScanContext>, Response> {
    let scanned = async {
        let token = access_token(request.headers())?.to_owned();
        let address = phones.address_of(&request)?;
        let request: ScanRequest = body::read_json(request).await?;
        phones.logins.scan(&token, &request, &address).await
    };
    scanned
        .await
        .map(Json)
        .map_err(|denial| phones.refuse("scan", denial))
}

async fn confirm(
    State(phones): State<Phones>,
    Path(login_id): Path<String>,
    request: Request,
) -> Result<Json<Decision>, Response> {
    let confirmed = async {
        let token = access_token(request.headers())?.to_owned();
        let login_id = read_login_id(&login_id)?;
        let PhoneAddress { address, .. } = phones.address_of(&request)?;
        let request: ConfirmRequest = body::read_json(request).await?;
        phones
            .logins
            .confirm(&token, login_id, &request, &address)
            .await
    };
    confirmed
        .await
        .map(Json)
        .map_err(|denial| phones.refuse("confirm", denial))
}

async fn reject(
    State(phones): State<Phones>,
    Path(login_id): Path<String>,
    request: Request,
) -> Result<Json<Decision>, Response> {
    // There is no body to wait for.
    let request = request.map(drop);
    let rejected = async {
        let token = access_token(request.headers())?.to_owned();
        let login_id = read_login_id(&login_id)?;
        let PhoneAddress { address, .. } = phones.address_of(&request)?;
        phones.logins.reject(&token, login_id, &address).await
    };
    rejected
        .await
        .map(Json)
        .map_err(|denial| phones.refuse("reject", denial))
}

impl Phones {
    fn address_of<B>(&self, request: &http::Request<B>) -> Result<PhoneAddress, ApiError> {
        let address = self.trusted_proxies.address_of(request)?;
        let peer = request.extensions().get::<Peer>();
        let is_peer = peer.is_some_and(|peer| ClientAddress::from_ip(peer.address.ip()) == address);
        Ok(PhoneAddress {
            address,
            is_forwarded: !is_peer,
        })
    }

    fn refuse(&self, step: &'static str, denial: ApiError) -> Response {
        self.logins.refused(step, &denial);
        ApiProblem::from(denial).into_response()
    }
}

fn read_login_id(text: &str) -> Result<LoginId, ApiError> {
    let id = text.parse().map_err(|_| Logins::unknown_login())?;
    request_id::concerns(id);
    Ok(id)
}

/// Returns the app's access token.
fn access_token(headers: &HeaderMap) -> Result<&str, ApiError> {
    bearer_token(headers).ok_or_else(|| {
        ApiError::new(
            ErrorCode::InvalidToken,
            "send the app's access token as Authorization: Bearer",
        )
    })
}
