//! The identity backend: tells the gateway the person of a phone's token (RFC 7662), and later, without
//! a token, whether the person may still act as an identity.

mod guesses;

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::rejection::FormRejection;
use axum::extract::{DefaultBodyLimit, Extension, Form, FromRequestParts, State};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use data_encoding::BASE64;
use http::header::{AUTHORIZATION, CACHE_CONTROL, RETRY_AFTER, WWW_AUTHENTICATE};
use http::request::Parts;
use http::{HeaderMap, StatusCode};
use saoma_protocol::{Audience, Digest, IntrospectionResponse, OfferedIdentity};
use serde::Deserialize;
use serde_json::json;
use sqlx::SqlitePool;

use self::guesses::Guesses;
use crate::accounts::attempts::Wait;
use crate::citizens;
use crate::log_pace::LogPace;
use crate::logouts::EVENTS_CLIENT_ID;
use crate::pages::Failure;
use crate::phone::sessions;
use crate::registers::Registers;
use crate::secret::Secret;
use crate::serving::Connection;

/// The app's id as the owner of its tokens.
const APP_CLIENT_ID: &str = EVENTS_CLIENT_ID;

/// The scope of the app's tokens: to scan and confirm logins.
const APP_SCOPE: &str = "login:confirm";

/// The largest request: a token.
const MAX_REQUEST_BYTES: usize = 4 * 1024;

static FAILURES: LogPace = LogPace::new();

/// The path at which the gateway asks about a token.
pub(crate) const INTROSPECTION_PATH: &str = "/oauth2/introspect";

/// The path at which the gateway asks about a person, without a token.
pub(crate) const STANDING_PATH: &str = "/oauth2/standing";

#[derive(Debug, Clone)]
struct Backend {
    db: SqlitePool,
    registers: Registers,
    /// Of `client_id:client_secret`, so that comparing takes constant time.
    credentials: Arc<Digest>,
    /// Name of the gateway, for which every token of the app is meant.
    audience: String,
    guesses: Arc<Guesses>,
}

/// A caller that has proved to be the gateway. As an extractor it stands before the body, so that a stranger's is not
/// read, and refuses all others alike.
struct ProvedCaller(IpAddr);

/// The two endpoints. A caller proves itself by these credentials (RFC 7662 §2.1).
pub(crate) fn routes(
    db: SqlitePool,
    registers: Registers,
    client_id: &str,
    client_secret: &Secret,
) -> Router {
    let credentials = Digest::of(format!("{client_id}:{}", client_secret.expose()).as_bytes());
    Router::new()
        .route(INTROSPECTION_PATH, post(introspect))
        .route(STANDING_PATH, post(standing))
        .layer(DefaultBodyLimit::max(MAX_REQUEST_BYTES))
        .with_state(Backend {
            db,
            registers,
            credentials: Arc::new(credentials),
            audience: client_id.to_owned(),
            guesses: Arc::new(Guesses::start()),
        })
}

#[derive(Deserialize)]
struct IntrospectionRequest {
    token: String,
}

async fn introspect(
    State(backend): State<Backend>,
    ProvedCaller(address): ProvedCaller,
    request: Result<Form<IntrospectionRequest>, FormRejection>,
) -> Response {
    let Ok(Form(request)) = request else {
        return invalid_request();
    };
    let answer = backend.answer(&Secret::received(request.token)).await;
    if answer.as_ref().is_ok_and(|answer| !answer.active)
        && let Err(wait) = backend.guesses.count_unknown_token(address)
    {
        return too_many(wait);
    }
    answered(answer)
}

/// A person and one of their identities. The answer holds all identities, as at introspection.
#[derive(Deserialize)]
struct StandingRequest {
    sub: String,
    #[serde(rename = "identity")]
    _identity: String,
}

async fn standing(
    State(backend): State<Backend>,
    _caller: ProvedCaller,
    request: Result<Form<StandingRequest>, FormRejection>,
) -> Response {
    let Ok(Form(request)) = request else {
        return invalid_request();
    };
    answered(backend.person(request.sub).await)
}

fn invalid_request() -> Response {
    let error = json!({ "error": "invalid_request" });
    (StatusCode::BAD_REQUEST, Json(error)).into_response()
}

fn answered(answer: Result<IntrospectionResponse, Failure>) -> Response {
    match answer {
        Ok(answer) => ([(CACHE_CONTROL, "no-store")], Json(answer)).into_response(),
        Err(error) => {
            if let Some(unlogged) = FAILURES.admit() {
                tracing::error!(%error, unlogged, "a person could not be looked up");
            }
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
    }
}

fn too_many(Wait(seconds): Wait) -> Response {
    (StatusCode::TOO_MANY_REQUESTS, [(RETRY_AFTER, seconds)]).into_response()
}

impl FromRequestParts<Backend> for ProvedCaller {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, backend: &Backend) -> Result<Self, Response> {
        let connection = Extension::<Connection>::from_request_parts(parts, backend).await;
        let address = connection.map_err(IntoResponse::into_response)?.address;
        // Before the comparison: a right guess among too many is refused like a wrong one.
        backend.guesses.check_secrets(address).map_err(too_many)?;
        if backend.admits(&parts.headers) {
            backend.guesses.remember_proof(address);
            return Ok(Self(address));
        }
        backend.guesses.count_wrong_secret(address);
        let realm = [(WWW_AUTHENTICATE, "Basic realm=\"introspection\"")];
        Err((StatusCode::UNAUTHORIZED, realm).into_response())
    }
}

impl Backend {
    fn admits(&self, headers: &HeaderMap) -> bool {
        basic_credentials(headers)
            .is_some_and(|credentials| Digest::of(&credentials) == *self.credentials)
    }

    async fn answer(&self, token: &Secret) -> Result<IntrospectionResponse, Failure> {
        let Some(holder) = sessions::holder_of_token(&self.db, token).await? else {
            return Ok(inactive());
        };
        let person = self.person(holder.account_id).await?;
        if !person.active {
            return Ok(inactive());
        }
        Ok(IntrospectionResponse {
            // All phones reach the gateway by this backend.
            phone_address: Some(holder.address),
            audience: Some(Audience::One(self.audience.clone())),
            client_id: Some(APP_CLIENT_ID.to_owned()),
            scope: Some(APP_SCOPE.to_owned()),
            expires_at: u64::try_from(holder.expires_at).ok(),
            token_type: Some("Bearer".to_owned()),
            ..person
        })
    }

    /// Returns the person behind an account, read anew from the registers.
    async fn person(&self, account_id: String) -> Result<IntrospectionResponse, Failure> {
        let found = citizens::standing(&self.db, &self.registers, &account_id).await?;
        let Some(standing) = found else {
            return Ok(inactive());
        };
        let identities = standing.identities.into_iter();
        Ok(IntrospectionResponse {
            active: true,
            sub: Some(account_id),
            name: Some(standing.name),
            identities: Some(identities.map(OfferedIdentity::from).collect()),
            ineligible_reason: standing.refusal.map(|refusal| refusal.as_str().to_owned()),
            ..inactive()
        })
    }
}

/// The answer to an unknown or ended token, and to an unknown person: it says nothing else (RFC 7662 §2.2).
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
