//! The token endpoint: an authorization code becomes an ID token and an access token, once.

use std::time::{SystemTime, UNIX_EPOCH};

use axum::Json;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use saoma_protocol::{AccessToken, AuthorizationCode, EventKind};
use serde::Serialize;

use super::Provider;
use super::claims::IdTokenClaims;
use super::client_auth::{Form, authenticate};
use super::oauth_error::OauthError;
use crate::http::body::{self, BodyError};
use crate::limits::LimitName;
use crate::random;
use crate::relying_parties::Client;
use crate::store::{Attempt, Counted, Grant, Redemption};

const MAX_FORM_BYTES: usize = 8 * 1024;

/// A successful answer (RFC 6749 §5.1, OIDC Core §3.1.3.3).
#[derive(Debug, Serialize)]
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
            tracing::info!(error = error.code(), "a token request was refused");
            error.into_response()
        }
    }
}

impl Provider {
    async fn exchange(&self, request: Request) -> Result<TokenResponse, OauthError> {
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
        let client = authenticate(&self.clients, &parts.headers, &form)?;
        if form.required("grant_type", "grant_type is missing")? != "authorization_code" {
            return Err(OauthError::UnsupportedGrantType);
        }
        self.redeem(client, &form).await
    }

    /// What a code stands for; asking counts as an attempt of the client's.
    async fn grant(&self, client: &Client, code: &AuthorizationCode) -> Result<Grant, OauthError> {
        let (limit, rate) = (LimitName::TokenPerClient, self.token_rate);
        let attempt = Attempt {
            limiter: &*self.limiter,
            limit,
            rate,
            key: &client.id,
            after: None,
        };
        match self
            .store
            .grant_counted(&attempt, code.login_id(), code.digest())
            .await?
        {
            Counted::Done(grant) => grant.ok_or(OauthError::InvalidGrant),
            Counted::Limited { limit, retry_after } => {
                self.metrics.limited(limit);
                Err(OauthError::TooManyRequests(retry_after))
            }
        }
    }

    async fn redeem(&self, client: &Client, form: &Form) -> Result<TokenResponse, OauthError> {
        let code: AuthorizationCode = form
            .required("code", "code is missing")?
            .parse()
            .map_err(|_| OauthError::InvalidGrant)?;
        let redirect_uri = form.required("redirect_uri", "redirect_uri is missing")?;
        let verifier = form.required("code_verifier", "code_verifier is missing")?;
        let login_id = code.login_id();
        let grant = self.grant(client, &code).await?;
        let proved = grant.client_id == client.id
            && grant.redirect_uri == redirect_uri
            && grant.code_challenge.admits(verifier);
        if !proved {
            self.store.count_failed_redemption(login_id).await?;
            return Err(OauthError::InvalidGrant);
        }
        // Signed before it is redeemed: a fault here must not eat the code.
        let id_token = self.id_token(&grant)?;
        let access_token = AccessToken::from_random(login_id, random::bytes());
        let redeemed = self
            .store
            .redeem(
                login_id,
                code.digest(),
                access_token.digest(),
                self.access_token_lifetime,
            )
            .await?;
        match redeemed {
            Redemption::Redeemed => {
                self.metrics.login_changed(EventKind::Redeem);
                Ok(TokenResponse {
                    access_token: access_token.to_string(),
                    token_type: "Bearer",
                    expires_in: self.access_token_lifetime.as_secs(),
                    id_token,
                    scope: grant.scope,
                })
            }
            Redemption::Replayed => {
                tracing::warn!(%login_id, client_id = %client.id, "a code was redeemed twice: its access token is ended");
                Err(OauthError::InvalidGrant)
            }
            Redemption::Invalid => Err(OauthError::InvalidGrant),
        }
    }

    fn id_token(&self, grant: &Grant) -> Result<String, OauthError> {
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default()
            .as_secs();
        self.signing_key
            .sign(&IdTokenClaims::new(grant, &self.issuer, now))
            .map_err(|error| {
                tracing::error!(%error, "an ID token could not be signed");
                OauthError::ServerError
            })
    }
}
