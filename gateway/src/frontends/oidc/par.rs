//! Pushed authorization requests (RFC 9126): a client sends its authentication request itself, and its browser brings
//! nothing but a reference, so that no one on the way can change or read the request.

use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::CACHE_CONTROL;
use serde::Serialize;

use super::Provider;
use super::authorize::REFERENCE_URN;
use super::form_request::ClientRequest;
use super::oauth_error::OauthError;
use crate::http::json::Json;
use crate::logins::PUSHED_REQUEST_LIFETIME;

/// Maximum size of a pushed request, in bytes: as large as one that is posted to the authorization endpoint.
const MAX_FORM_BYTES: usize = 32 * 1024;

/// A successful answer (RFC 9126 §2.2).
#[derive(Serialize)]
struct PushedRequest {
    request_uri: String,
    expires_in: u64,
}

/// Answers `POST /oauth2/par`.
pub(super) async fn push(State(provider): State<Provider>, request: Request) -> Response {
    match provider.push(request).await {
        Ok(pushed) => (
            StatusCode::CREATED,
            [(CACHE_CONTROL, "no-store")],
            Json(pushed),
        )
            .into_response(),
        Err(error) => provider.refuse("par", error),
    }
}

impl Provider {
    async fn push(&self, request: Request) -> Result<PushedRequest, OauthError> {
        let ClientRequest {
            client,
            form,
            address,
            ..
        } = self.read_client_request(request, MAX_FORM_BYTES).await?;
        if form.value("request_uri").is_some() {
            return Err(OauthError::InvalidRequest(
                "a pushed request refers to no other: leave request_uri out",
            ));
        }
        if form.value("client_id").is_some_and(|id| id != client.id) {
            return Err(OauthError::InvalidRequest(
                "client_id is not the client that has authenticated",
            ));
        }
        // Basic and assertions may leave the id out of the form. The request has it.
        let request = form.with("client_id", &client.id);
        self.check(&request, &client)?;
        let proved = Some(&*client).filter(|client| !client.is_public());
        let reference = self.keep_request(&request, proved, &address).await?;
        Ok(PushedRequest {
            request_uri: format!("{REFERENCE_URN}{reference}"),
            expires_in: PUSHED_REQUEST_LIFETIME.as_secs(),
        })
    }
}
