//! Discovery: the provider's metadata and keys for relying parties.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::CACHE_CONTROL;
use saoma_protocol::paths;
use serde_json::json;

use super::Provider;
use super::token::DEVICE_GRANT_TYPE;
use crate::claims::ACR;
use crate::claims::KNOWN_CLAIMS;
use crate::http::json::Json;
use crate::jose::ALGORITHM_NAMES;
use crate::scopes;

/// Long enough to spare requests. The runbook's change of keys waits for longer between its rounds.
const CACHE: [(http::HeaderName, &str); 1] = [(CACHE_CONTROL, "public, max-age=600")];

/// Answers `GET /.well-known/openid-configuration` (OpenID Connect Discovery 1.0 §4).
pub(super) async fn configuration(State(provider): State<Provider>) -> Response {
    let issuer = &provider.issuer;
    let endpoint = |path: &str| format!("{issuer}{path}");
    let body = json!({
        "issuer": issuer,
        "authorization_endpoint": endpoint(paths::AUTHORIZE),
        "token_endpoint": endpoint(paths::TOKEN),
        "revocation_endpoint": endpoint(paths::REVOKE),
        "userinfo_endpoint": endpoint(paths::USERINFO),
        "device_authorization_endpoint": endpoint(paths::DEVICE_AUTHORIZATION),
        "pushed_authorization_request_endpoint": endpoint(paths::PUSHED_REQUESTS),
        "require_pushed_authorization_requests": false,
        "end_session_endpoint": endpoint(paths::END_SESSION),
        "backchannel_logout_supported": true,
        "backchannel_logout_session_supported": true,
        "jwks_uri": endpoint(paths::JWKS),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query", "form_post"],
        "grant_types_supported": ["authorization_code", "refresh_token", DEVICE_GRANT_TYPE],
        "subject_types_supported": provider.subjects.supported_types(),
        "id_token_signing_alg_values_supported": provider.keys.current().algorithms(),
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "private_key_jwt", "none"],
        "token_endpoint_auth_signing_alg_values_supported": ALGORITHM_NAMES,
        "revocation_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "private_key_jwt", "none"],
        "revocation_endpoint_auth_signing_alg_values_supported": ALGORITHM_NAMES,
        "code_challenge_methods_supported": ["S256"],
        "scopes_supported": scopes::KNOWN,
        "claims_supported": supported_claims(),
        "ui_locales_supported": ["zh-CN", "en"],
        "acr_values_supported": [ACR],
        "display_values_supported": ["page", "popup"],
        "prompt_values_supported": ["none", "login", "consent", "select_account"],
        "authorization_response_iss_parameter_supported": true,
        "claims_parameter_supported": true,
        "request_parameter_supported": false,
        "request_uri_parameter_supported": false,
    });
    (CACHE, Json(body)).into_response()
}

/// Claims of every login, then those that the app's backend may know.
fn supported_claims() -> Vec<&'static str> {
    let own = [
        "iss",
        "sub",
        "aud",
        "exp",
        "iat",
        "auth_time",
        "nonce",
        "acr",
        "amr",
        "at_hash",
        "name",
        "identity",
    ];
    let known = KNOWN_CLAIMS.iter().map(|claim| claim.name);
    own.into_iter().chain(known).collect()
}

/// Answers `GET /oauth2/jwks` (RFC 7517 §5).
pub(super) async fn jwks(State(provider): State<Provider>) -> Response {
    (CACHE, Json(provider.keys.current().published().clone())).into_response()
}
