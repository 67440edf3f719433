//! The API of the app's backend: it ends sessions when a card is lost or a delegation is withdrawn.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use http::header::WWW_AUTHENTICATE;
use saoma_protocol::{BackendLogoutRequest, EndedSessions, ErrorCode, paths};

use crate::error::ApiError;
use crate::http::basic_credentials::basic_credentials;
use crate::http::body;
use crate::http::json::Json;
use crate::http::problem::ApiProblem;
use crate::http::trusted_proxies::TrustedProxies;
use crate::logins::Logins;
use crate::settings::BackendCredentials;

/// Parts that the endpoint needs.
#[derive(Debug, Clone)]
pub(crate) struct AppBackend {
    /// The service behind it.
    pub logins: Arc<Logins>,
    /// Proxies whose `X-Forwarded-For` is trusted.
    pub trusted_proxies: Arc<TrustedProxies>,
    /// The credentials of the backends of all sources.
    pub credentials: Arc<BackendCredentials>,
}

/// The routes of the backend's API.
pub(crate) fn routes(backend: AppBackend) -> Router {
    Router::new()
        .route(paths::BACKEND_LOGOUT, post(logout))
        .with_state(backend)
}

/// Answers `POST /v1/backend/logout`.
async fn logout(
    State(backend): State<AppBackend>,
    request: Request,
) -> Result<Json<EndedSessions>, Response> {
    let ended = async {
        let address = backend.trusted_proxies.address_of(&request)?;
        let (client_id, secret) = basic_credentials(request.headers()).unwrap_or_default();
        let logins = &backend.logins;
        let compare = || backend.credentials.source_of(&client_id, &secret);
        let source = logins.prove_backend(&address, compare)?;
        let request: BackendLogoutRequest = body::read_json(request).await?;
        let person = source.person(&request.sub).ok_or_else(|| {
            let problem =
                "sub is a person of another source, whose own backend ends their sessions";
            ApiError::new(ErrorCode::InvalidRequest, problem)
        })?;
        logins.end_sessions_for_backend(&person, &request).await
    };
    ended.await.map(Json).map_err(|denial: ApiError| {
        backend.logins.refused("backend_logout", &denial);
        let is_unproved = denial.error == ErrorCode::InvalidToken;
        let problem = ApiProblem::from(denial);
        if is_unproved {
            let problem = problem.with_header(WWW_AUTHENTICATE, "Basic realm=\"app backend\"");
            return problem.into_response();
        }
        problem.into_response()
    })
}
