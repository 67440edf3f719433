//! The identity backend: tells the gateway the person of a phone's token, and their standing (RFC
//! 7662).

use std::sync::Arc;

use axum::extract::{DefaultBodyLimit, Form, State};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use data_encoding::BASE64;
use http::header::{AUTHORIZATION, CACHE_CONTROL, WWW_AUTHENTICATE};
use http::{HeaderMap, StatusCode};
use saoma_protocol::{Digest, OfferedIdentity};
use serde::{Deserialize, Serialize};
use sqlx::SqlitePool;

use crate::cards::CardRefusal;
use crate::citizens;
use crate::log_pace::LogPace;
use crate::pages::Failure;
use crate::phone::sessions;
use crate::registers::Registers;
use crate::secret::Secret;

static FAILURES: LogPace = LogPace::new();

/// The path of the endpoint.
pub(crate) const INTROSPECTION_PATH: &str = "/oauth2/introspect";

#[derive(Debug, Clone)]
struct Backend {
    db: SqlitePool,
    registers: Registers,
    /// Of `client_id:client_secret`, so that comparing takes constant time.
    credentials: Arc<Digest>,
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
        .layer(DefaultBodyLimit::max(MAX_REQUEST_BYTES))
        .with_state(Backend {
            db,
            registers,
            credentials: Arc::new(credentials),
        })
}

/// The app's id as the owner of its tokens: the gateway takes no others.
pub(crate) const APP_CLIENT_ID: &str = "shili-app";

/// The scope of the app's tokens: to confirm logins.
pub(crate) const APP_SCOPE: &str = "login:confirm";

/// The largest request: a token.
const MAX_REQUEST_BYTES: usize = 4 * 1024;

/// The answer (RFC 7662 §2.2). About an unknown or ended token it says nothing else.
#[derive(Debug, Serialize)]
struct Answer {
    active: bool,
    #[serde(flatten)]
    about: Option<About>,
}

/// A token and its person.
#[derive(Debug, Serialize)]
struct About {
    client_id: &'static str,
    scope: &'static str,
    token_type: &'static str,
    /// The end of the token, in Unix seconds.
    exp: i64,
    sub: String,
    name: String,
    identities: Vec<OfferedIdentity>,
    /// The reason that keeps the person from logging in now.
    #[serde(skip_serializing_if = "Option::is_none")]
    refusal: Option<&'static str>,
    /// The address of the phone: all phones reach the gateway by this backend.
    phone_address: String,
}

impl Answer {
    const INACTIVE: Self = Self {
        active: false,
        about: None,
    };
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
            if let Some(unlogged) = FAILURES.admit() {
                tracing::error!(%error, unlogged, "a token could not be looked up");
            }
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
    }
}

impl Backend {
    fn admits(&self, headers: &HeaderMap) -> bool {
        basic_credentials(headers)
            .is_some_and(|credentials| Digest::of(&credentials) == *self.credentials)
    }

    async fn answer(&self, token: &Secret) -> Result<Answer, Failure> {
        let Some(holder) = sessions::holder_of_token(&self.db, token).await? else {
            return Ok(Answer::INACTIVE);
        };
        let account_id = holder.account_id;
        let Some(standing) = citizens::standing(&self.db, &self.registers, &account_id).await?
        else {
            return Ok(Answer::INACTIVE);
        };
        let identities = standing.identities.into_iter();
        Ok(Answer {
            active: true,
            about: Some(About {
                client_id: APP_CLIENT_ID,
                scope: APP_SCOPE,
                token_type: "Bearer",
                exp: holder.expires_at,
                sub: account_id,
                name: standing.name,
                identities: identities.map(OfferedIdentity::from).collect(),
                refusal: standing.refusal.map(CardRefusal::as_str),
                phone_address: holder.address,
            }),
        })
    }
}

/// Returns the credentials in `Authorization: Basic` (RFC 7617 §2).
fn basic_credentials(headers: &HeaderMap) -> Option<Vec<u8>> {
    let (scheme, encoded) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("basic")
        .then(|| BASE64.decode(encoded.trim().as_bytes()).ok())
        .flatten()
}
