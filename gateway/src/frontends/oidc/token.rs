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
use crate::limits::LimitName;
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
        if form.required("grant_type", "grant_type is missing")? != "authorization_code" {
            return Err(OauthError::UnsupportedGrantType);
        }
        self.redeem(client, &form, &address).await
    }

    /// Returns the client that asks. After some wrong secrets for it from an address, none is compared for a while, so
    /// that secrets cannot be guessed.
    fn authenticate(
        &self,
        headers: &HeaderMap,
        form: &Form,
        address: &ClientAddress,
    ) -> Result<&Client, OauthError> {
        let clients = self.logins.clients();
        let credentials = Credentials::read(headers, form)?;
        // Made-up clients count together, so that they take no room each.
        let named = clients.get(&credentials.client_id);
        let named = named.map_or("", |client| client.id.as_str());
        let limit = LimitName::FailedClientProof;
        self.logins
            .check_failures_here(limit, address, named)
            .map_err(OauthError::TooManyRequests)?;
        let proved = credentials.prove(clients);
        proved.inspect_err(|_| self.logins.failed_here(limit, address, named))
    }

    async fn redeem(
        &self,
        client: &Client,
        form: &Form,
        address: &ClientAddress,
    ) -> Result<TokenResponse, OauthError> {
        let Ok(code) = form.required("code", "code is missing")?.parse() else {
            self.logins.count_unknown(address)?;
            return Err(OauthError::InvalidGrant);
        };
        let presented = PresentedCode {
            code,
            redirect_uri: form.value("redirect_uri"),
            verifier: form.value("code_verifier"),
        };
        let redeemed = self.logins.redeem(client, &presented, address).await;
        // Told after the store has seen the code: a used one ends its access token also in an incomplete request (row A18).
        if let Err(RedeemError::InvalidCode) = redeemed {
            form.required("redirect_uri", "redirect_uri is missing")?;
            form.required("code_verifier", "code_verifier is missing")?;
        }
        let redeemed = redeemed?;
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
