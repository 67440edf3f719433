//! The identity backend: tells the gateway the person of a phone's token, and their standing (RFC
//! 7662).

use std::sync::Arc;

use axum::extract::{Form, State};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use data_encoding::BASE64;
use http::header::{AUTHORIZATION, CACHE_CONTROL, WWW_AUTHENTICATE};
use http::{HeaderMap, StatusCode};
use saoma_protocol::{Audience, Digest, IntrospectionResponse, OfferedIdentity};
use serde::Deserialize;
use sqlx::SqlitePool;

use crate::citizens;
use crate::pages::Failure;
use crate::phone::sessions;
use crate::registers::Registers;
use crate::secret::Secret;

/// The path of the endpoint.
pub(crate) const INTROSPECTION_PATH: &str = "/oauth2/introspect";

#[derive(Debug, Clone)]
struct Backend {
    db: SqlitePool,
    registers: Registers,
    /// Of `client_id:client_secret`, so that comparing takes constant time.
    credentials: Arc<Digest>,
    /// Name of the gateway, for which every token of the app is meant.
    audience: String,
}

/// The endpoint. A caller proves itself by these credentials (RFC 7662 §2.1).
pub(crate) fn routes(
    db: SqlitePool,
    registers: Registers,
    client_id: &str,
    client_secret: &Secret,
) -> Router {
    let credentials = Digest::of(format!("{client_id}:{}", client_secret.expose()).as_bytes());
    Router::new()
        .route(INTROSPECTION_PATH, post(introspect))
        .with_state(Backend {
            db,
            registers,
            credentials: Arc::new(credentials),
            audience: client_id.to_owned(),
        })
}

#[derive(Deserialize)]
struct IntrospectionRequest {
    token: String,
}

async fn introspect(
    State(backend): State<Backend>,
    headers: HeaderMap,
    Form(request): Form<IntrospectionRequest>,
) -> Response {
    if !backend.admits(&headers) {
        return (
            StatusCode::UNAUTHORIZED,
            [(WWW_AUTHENTICATE, "Basic realm=\"introspection\"")],
        )
            .into_response();
    }
    match backend.answer(&Secret::received(request.token)).await {
        Ok(answer) => ([(CACHE_CONTROL, "no-store")], Json(answer)).into_response(),
        Err(error) => {
            tracing::error!(%error, "a token could not be looked up");
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
    }
}

impl Backend {
    fn admits(&self, headers: &HeaderMap) -> bool {
        basic_credentials(headers)
            .is_some_and(|credentials| Digest::of(&credentials) == *self.credentials)
    }

    async fn answer(&self, token: &Secret) -> Result<IntrospectionResponse, Failure> {
        let Some(account_id) = sessions::account_of_token(&self.db, token).await? else {
            return Ok(inactive());
        };
        let Some(standing) = citizens::standing(&self.db, &self.registers, &account_id).await?
        else {
            return Ok(inactive());
        };
        let identities = standing.identities.into_iter();
        Ok(IntrospectionResponse {
            active: true,
            sub: Some(account_id),
            name: Some(standing.name),
            identities: identities.map(OfferedIdentity::from).collect(),
            ineligible_reason: standing.refusal.map(|refusal| refusal.as_str().to_owned()),
            audience: Some(Audience::One(self.audience.clone())),
            ..inactive()
        })
    }
}

/// The answer to an unknown or ended token: it says nothing else (RFC 7662 §2.2).
fn inactive() -> IntrospectionResponse {
    IntrospectionResponse::default()
}

/// Returns the credentials in `Authorization: Basic` (RFC 7617 §2).
fn basic_credentials(headers: &HeaderMap) -> Option<Vec<u8>> {
    let (scheme, encoded) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("basic")
        .then(|| BASE64.decode(encoded.trim().as_bytes()).ok())
        .flatten()
}
