//! Logout tokens of the gateway (OpenID Connect Back-Channel Logout 1.0): a session that ends there ends here too.
//!
//! The endpoint is on the phone app's listener, beside introspection, where each caller of the app reaches it. The token's
//! signature is the proof.

use axum::Router;
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, State};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use http::StatusCode;
use http::header::CACHE_CONTROL;
use jsonwebtoken::{DecodingKey, Validation};
use serde::Deserialize;
use serde_json::Value;

use super::Portal;
use crate::browsers;
use crate::log_pace::LogPace;
use crate::pages::Failure;
use crate::session_times::EndReason;

/// The endpoint's path.
pub(crate) const BACKCHANNEL_PATH: &str = "/oauth2/logout-tokens";

/// Type of a logout token.
const TYPE: &str = "logout+jwt";

/// The event that it tells of.
const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

static REFUSED: LogPace = LogPace::new();

/// A request of the gateway.
#[derive(Debug, Deserialize)]
struct LogoutRequest {
    #[serde(default)]
    logout_token: String,
}

/// The claims that count.
#[derive(Debug, Deserialize)]
struct LogoutToken {
    sid: String,
    events: Value,
    nonce: Option<Value>,
}

/// The endpoint.
pub(crate) fn routes(portal: Portal) -> Router {
    Router::new()
        .route(BACKCHANNEL_PATH, post(log_out))
        .with_state(portal)
}

/// Ends the browsers' logins of the token's session. A repeat changes nothing.
async fn log_out(
    State(portal): State<Portal>,
    request: Result<Form<LogoutRequest>, FormRejection>,
) -> Result<Response, Failure> {
    let token = request.ok().map(|Form(request)| request.logout_token);
    let token = token.filter(|token| !token.is_empty());
    let verified = match token {
        Some(token) => verify(&portal, &token).await,
        None => Err(anyhow::anyhow!("there is no logout token")),
    };
    let status = match verified {
        Ok(token) => {
            browsers::end_at_provider(&portal.db, &token.sid, EndReason::AtProvider).await?;
            StatusCode::OK
        }
        Err(error) => {
            if let Some(unlogged) = REFUSED.admit() {
                tracing::warn!(%error, unlogged, "a logout token was refused");
            }
            StatusCode::BAD_REQUEST
        }
    };
    Ok((status, [(CACHE_CONTROL, "no-store")]).into_response())
}

/// Verifies a logout token (§2.6).
async fn verify(portal: &Portal, token: &str) -> anyhow::Result<LogoutToken> {
    let header = jsonwebtoken::decode_header(token)?;
    // A token of another kind costs the gateway no question.
    anyhow::ensure!(header.typ.as_deref() == Some(TYPE), "typ is not {TYPE}");
    let keys = portal.relying_party.keys().await?;
    let kid = header.kid.unwrap_or_default();
    let key = keys.find(&kid);
    let key = key.ok_or_else(|| anyhow::anyhow!("the gateway has no such key"))?;
    let mut validation = Validation::new(header.alg);
    validation.set_issuer(&[portal.relying_party.issuer()]);
    validation.set_audience(&[portal.relying_party.client_id()]);
    validation.set_required_spec_claims(&["iss", "aud", "exp"]);
    let key = DecodingKey::from_jwk(key)?;
    let token = jsonwebtoken::decode::<LogoutToken>(token, &key, &validation)?.claims;
    anyhow::ensure!(token.events.get(EVENT).is_some(), "it tells of no logout");
    anyhow::ensure!(token.nonce.is_none(), "it has a nonce");
    Ok(token)
}
