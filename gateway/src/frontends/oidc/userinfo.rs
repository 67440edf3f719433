//! The userinfo endpoint (OIDC Core §5.3).

use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::header::{AUTHORIZATION, CACHE_CONTROL, WWW_AUTHENTICATE};
use http::{Method, StatusCode};
use saoma_protocol::AccessToken;

use super::Provider;
use super::claims::PersonClaims;
use super::client_auth::Form;
use crate::http::bearer_token::bearer_token;
use crate::http::body;
use crate::http::json::Json;
use crate::http::problem::ApiProblem;

/// The largest form: it holds a token, and nothing else is read from it.
const MAX_FORM_BYTES: usize = 4 * 1024;

/// Answers `GET` and `POST /oauth2/userinfo`.
pub(super) async fn userinfo(State(provider): State<Provider>, request: Request) -> Response {
    let address = match provider.trusted_proxies.address_of(&request) {
        Ok(address) => address,
        Err(error) => return ApiProblem::from(error).into_response(),
    };
    let token = match presented_token(request).await {
        Ok(Some(token)) => token,
        // RFC 6750 §3.1: without a token no error code is told.
        Ok(None) => return challenge(StatusCode::UNAUTHORIZED, "Bearer"),
        Err(InvalidRequest) => {
            let challenged = "Bearer error=\"invalid_request\", error_description=\"send one access token, in one way\"";
            return challenge(StatusCode::BAD_REQUEST, challenged);
        }
    };
    let access = match token.parse::<AccessToken>() {
        Ok(token) => provider.logins.access(&token, &address).await,
        Err(_) => provider.logins.count_unknown(&address).map(|()| None),
    };
    // A client that is not registered any more has no subjects.
    let clients = provider.logins.clients();
    let access = access.map(|grant| {
        let grant = grant?;
        let client = clients.get(&grant.client_id)?;
        let sub = provider.subject(client, &grant);
        Some((grant, sub))
    });
    match access {
        Ok(Some((grant, sub))) => (
            [(CACHE_CONTROL, "no-store")],
            Json(PersonClaims::for_userinfo(&grant, sub)),
        )
            .into_response(),
        Ok(None) => {
            let challenged = "Bearer error=\"invalid_token\", error_description=\"the access token is unknown or ended\"";
            challenge(StatusCode::UNAUTHORIZED, challenged)
        }
        Err(error) => provider.refuse("userinfo", error.into()),
    }
}

/// A request that shows a token in two ways, or in a form that cannot be read.
struct InvalidRequest;

/// Returns the access token of a request: in the header, or in the member `access_token` of a posted form (RFC 6750 §2.1
/// and §2.2).
async fn presented_token(request: Request) -> Result<Option<String>, InvalidRequest> {
    let is_form = request.method() == Method::POST && Form::is_in(request.headers());
    let has_header = request.headers().contains_key(AUTHORIZATION);
    let in_header = bearer_token(request.headers()).map(str::to_owned);
    if !is_form {
        return Ok(in_header);
    }
    let (_, body) = body::read(request, MAX_FORM_BYTES)
        .await
        .map_err(|_| InvalidRequest)?;
    let form = Form::parse(&body).map_err(|_| InvalidRequest)?;
    match form.value("access_token") {
        // RFC 6750 §2: each request shows its token in one way.
        Some(_) if has_header => Err(InvalidRequest),
        Some(token) => Ok(Some(token.to_owned())),
        None => Ok(in_header),
    }
}

fn challenge(status: StatusCode, challenge: &'static str) -> Response {
    (status, [(WWW_AUTHENTICATE, challenge)]).into_response()
}
