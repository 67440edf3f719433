//! The token endpoint: an authorization code becomes an ID token and an access token, once.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::HeaderMap;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use serde::Serialize;

use super::Provider;
use super::claims::IdTokenClaims;
use super::client_auth::{Credentials, Form};
use super::oauth_error::OauthError;
use crate::client_address::ClientAddress;
use crate::http::body::{self, BodyError};
use crate::http::json::Json;
use crate::logins::{Grant, PresentedCode, RedeemError};
use crate::relying_parties::Client;
use crate::wall_clock;

const MAX_FORM_BYTES: usize = 8 * 1024;

/// A successful answer (RFC 6749 §5.1, OIDC Core §3.1.3.3).
#[derive(Serialize)]
struct TokenResponse {
    access_token: String,
    token_type: &'static str,
    expires_in: u64,
    id_token: String,
    scope: String,
}

/// Answers `POST /oauth2/token`.
pub(super) async fn token(State(provider): State<Provider>, request: Request) -> Response {
    match provider.exchange(request).await {
        Ok(response) => ([(CACHE_CONTROL, "no-store")], Json(response)).into_response(),
        Err(error) => {
            error.log("token", provider.logins.log_throttle());
            error.into_response()
        }
    }
}

impl Provider {
    async fn exchange(&self, request: Request) -> Result<TokenResponse, OauthError> {
        let address = self.trusted_proxies.address_of(&request)?;
        let (parts, body) =
            body::read(request, MAX_FORM_BYTES)
                .await
                .map_err(|error| match error {
                    BodyError::TooLarge => OauthError::InvalidRequest("the body is too large"),
                    BodyError::TooSlow => {
                        OauthError::InvalidRequest("the body did not come in time")
                    }
                })?;
        let media_type = parts
            .headers
            .get(CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        if !media_type.starts_with("application/x-www-form-urlencoded") {
            return Err(OauthError::InvalidRequest(
                "send application/x-www-form-urlencoded",
            ));
        }
        let form = Form::parse(&body)?;
        let client = self.authenticate(&parts.headers, &form, &address)?;
        self.redeem(client, &form, &address).await
    }

    /// Returns the client that asks. After some wrong secrets for it from an address, none is compared for a while, so
    /// that secrets cannot be guessed. A client without a secret is never kept out: it has none to guess.
    fn authenticate(
        &self,
        headers: &HeaderMap,
        form: &Form,
        address: &ClientAddress,
    ) -> Result<&Client, OauthError> {
        let clients = self.logins.clients();
        let credentials = Credentials::read(headers, form)?;
        let named = clients.get(&credentials.client_id);
        if named.is_some_and(Client::is_public) {
            return credentials.prove(clients);
        }
        // Made-up clients count together, so that they take no room each.
        let named = named.map_or("", |client| client.id.as_str());
        self.logins
            .check_proof_here(address, named)
            .map_err(OauthError::TooManyRequests)?;
        let proved = credentials.prove(clients);
        match &proved {
            Ok(_) => self.logins.proved_here(address, named),
            Err(_) => self.logins.failed_proof_here(address, named),
        }
        proved
    }

    async fn redeem(
        &self,
        client: &Client,
        form: &Form,
        address: &ClientAddress,
    ) -> Result<TokenResponse, OauthError> {
        let fault = fault_of(form);
        let Some(code) = form.value("code") else {
            return Err(fault.unwrap_or(OauthError::InvalidGrant));
        };
        let Ok(code) = code.parse() else {
            self.logins.count_unknown(address)?;
            return Err(OauthError::InvalidGrant);
        };
        let presented = PresentedCode {
            code,
            redirect_uri: form.value("redirect_uri"),
            verifier: form.value("code_verifier"),
            is_complete: fault.is_none(),
        };
        let redeemed = match self.logins.redeem(client, &presented, address).await {
            // Told after the store has seen the code: a used one ends its access token also in an incomplete request or one of
            // another grant type (row A18).
            Err(RedeemError::InvalidCode) => {
                return Err(fault.unwrap_or(OauthError::InvalidGrant));
            }
            redeemed => redeemed?,
        };
        let id_token = match self.id_token(&redeemed.grant) {
            Ok(id_token) => id_token,
            Err(error) => {
                // The fault is the gateway's, so it must not cost the client its code.
                self.logins.undo_redemption(&redeemed).await;
                return Err(OauthError::ServerError(Arc::new(error)));
            }
        };
        Ok(TokenResponse {
            access_token: redeemed.access_token.to_string(),
            token_type: "Bearer",
            expires_in: redeemed.lifetime.as_secs(),
            id_token,
            scope: redeemed.grant.scope,
        })
    }

    fn id_token(&self, grant: &Grant) -> Result<String, jsonwebtoken::errors::Error> {
        let now = wall_clock::since_epoch().as_secs();
        self.signing_key
            .sign(&IdTokenClaims::new(grant, &self.issuer, now))
    }
}

/// Returns the first thing that a request to redeem a code lacks (RFC 6749 §4.1.3, RFC 7636 §4.5).
fn fault_of(form: &Form) -> Option<OauthError> {
    match form.value("grant_type") {
        None => return Some(OauthError::InvalidRequest("grant_type is missing")),
        Some("authorization_code") => {}
        Some(_) => return Some(OauthError::UnsupportedGrantType),
    }
    let parts = [
        ("code", "code is missing"),
        ("redirect_uri", "redirect_uri is missing"),
        ("code_verifier", "code_verifier is missing"),
    ];
    parts
        .into_iter()
        .find_map(|(part, missing)| form.required(part, missing).err())
}
