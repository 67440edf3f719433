//! The portal's part in OpenID Connect, by the `openidconnect` library: nothing in it knows that the provider is Saoma
//! but the one claim that says as what a person has logged in.

use std::time::Duration;

use anyhow::{Context, anyhow};
use jsonwebtoken::jwk::JwkSet;
use openidconnect::core::{
    CoreAuthDisplay, CoreAuthPrompt, CoreAuthenticationFlow, CoreErrorResponseType,
    CoreGenderClaim, CoreJsonWebKey, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm,
    CoreProviderMetadata, CoreRevocableToken, CoreRevocationErrorResponse,
    CoreTokenIntrospectionResponse, CoreTokenType,
};
use openidconnect::{
    AdditionalClaims, AuthorizationCode, Client, ClientId, ClientSecret, EmptyExtraTokenFields,
    EndpointMaybeSet, EndpointNotSet, EndpointSet, HttpRequest, HttpResponse, IdTokenFields,
    IssuerUrl, PkceCodeChallenge, RedirectUrl, Scope, StandardErrorResponse, StandardTokenResponse,
    TokenResponse,
};
use saoma_protocol::{Identity, paths};
use serde::{Deserialize, Serialize};
use url::Url;

use super::authentication_request::AuthenticationRequest;
use crate::browsers::{LoggedIn, ProviderSession};
use crate::secret::Secret;

/// The scope besides `openid`: the person's name.
const PROFILE: &str = "profile";

/// Timeout of the provider's answer.
const TIMEOUT: Duration = Duration::from_secs(8);

/// The portal as a client of its OpenID provider.
#[derive(Debug, Clone)]
pub(crate) struct RelyingParty {
    http: reqwest::Client,
    issuer: IssuerUrl,
    client_id: ClientId,
    client_secret: ClientSecret,
    redirect_uri: RedirectUrl,
}

/// The claims beside the standard ones (docs/protocol.md §6).
#[derive(Debug, Clone, Serialize, Deserialize)]
struct IdentityClaim {
    identity: Identity,
    /// The session at the provider, if it keeps one for the portal.
    sid: Option<String>,
}

impl AdditionalClaims for IdentityClaim {}

type HallTokenFields = IdTokenFields<
    IdentityClaim,
    EmptyExtraTokenFields,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJwsSigningAlgorithm,
>;

type HallClient = Client<
    IdentityClaim,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    StandardErrorResponse<CoreErrorResponseType>,
    StandardTokenResponse<HallTokenFields, CoreTokenType>,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

impl RelyingParty {
    /// The client registered under `client_id` at the provider `issuer`.
    ///
    /// # Errors
    /// Returns an error if an address is malformed or no HTTP client can be made.
    pub(crate) fn new(
        issuer: &str,
        client_id: &str,
        client_secret: &Secret,
        redirect_uri: String,
    ) -> anyhow::Result<Self> {
        Ok(Self {
            // A redirect would carry the client's secret to wherever it leads.
            http: reqwest::Client::builder()
                .timeout(TIMEOUT)
                .redirect(reqwest::redirect::Policy::none())
                .build()
                .context("no HTTP client")?,
            issuer: IssuerUrl::new(issuer.to_owned())?,
            client_id: ClientId::new(client_id.to_owned()),
            client_secret: ClientSecret::new(client_secret.expose().to_owned()),
            redirect_uri: RedirectUrl::new(redirect_uri)?,
        })
    }

    /// The provider's issuer, which is its origin.
    pub(crate) fn issuer(&self) -> &str {
        self.issuer.as_str()
    }

    pub(crate) fn client_id(&self) -> &str {
        self.client_id.as_str()
    }

    /// Returns the page that browsers come back to.
    pub(crate) fn redirect_uri(&self) -> &str {
        self.redirect_uri.as_str()
    }

    pub(crate) fn scope(&self) -> String {
        format!("openid {PROFILE}")
    }

    /// The address of the provider's own login page for this request.
    pub(crate) async fn authorization_url(
        &self,
        request: &AuthenticationRequest,
        code_challenge: PkceCodeChallenge,
    ) -> anyhow::Result<Url> {
        let client = self.discover().await?;
        let (state, nonce) = (request.state.clone(), request.nonce.clone());
        let (url, ..) = client
            .authorize_url(
                CoreAuthenticationFlow::AuthorizationCode,
                move || state,
                move || nonce,
            )
            .add_scope(Scope::new(PROFILE.to_owned()))
            .set_pkce_challenge(code_challenge)
            .url();
        Ok(url)
    }

    /// Redeems an authorization code and verifies the ID token: signature, issuer, audience, times and nonce.
    pub(crate) async fn redeem(
        &self,
        request: AuthenticationRequest,
        code: String,
    ) -> anyhow::Result<LoggedIn> {
        let client = self.discover().await?;
        let tokens = client
            .exchange_code(AuthorizationCode::new(code))
            .map_err(|error| anyhow!("discovery: {error}"))?
            .set_pkce_verifier(request.code_verifier)
            .request_async(&|request| send(self.http.clone(), request))
            .await
            .map_err(|error| anyhow!("token endpoint: {error}"))?;
        let id_token = tokens.id_token().context("ID token: there is none")?;
        let claims = id_token
            .claims(&client.id_token_verifier(), &request.nonce)
            .map_err(|error| anyhow!("ID token: {error}"))?;
        let account_id = claims.subject().to_string();
        let identity = claims.additional_claims().identity.clone();
        let name = claims
            .name()
            .and_then(|name| name.get(None))
            .map(|name| name.as_str().to_owned());
        let sid = claims.additional_claims().sid.clone();
        let at_provider = sid.map(|sid| ProviderSession {
            sid,
            id_token: id_token.to_string(),
        });
        Ok(LoggedIn {
            account_id,
            name: name.unwrap_or_else(|| identity.name.clone()),
            identity,
            at_provider,
        })
    }

    /// The address at which the provider ends the session of an ID token and sends the browser on (OpenID Connect
    /// RP-Initiated Logout 1.0). The path is Saoma's: a logout must not wait for discovery.
    pub(crate) fn logout_url(&self, id_token: &str, next: &str) -> String {
        let query = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("id_token_hint", id_token)
            .append_pair("post_logout_redirect_uri", next)
            .finish();
        format!("{}{}?{query}", self.issuer(), paths::END_SESSION)
    }

    /// Returns the provider's keys as they are published now.
    pub(super) async fn keys(&self) -> anyhow::Result<JwkSet> {
        let keys = self.http.get(format!("{}{}", self.issuer(), paths::JWKS));
        Ok(keys.send().await?.error_for_status()?.json().await?)
    }

    /// The provider's endpoints and keys, asked for at each login: after a restart it may have other keys.
    async fn discover(&self) -> anyhow::Result<HallClient> {
        let metadata = CoreProviderMetadata::discover_async(self.issuer.clone(), &|request| {
            send(self.http.clone(), request)
        })
        .await
        .map_err(|error| anyhow!("discovery: {error}"))?;
        let client = Client::from_provider_metadata(
            metadata,
            self.client_id.clone(),
            Some(self.client_secret.clone()),
        );
        Ok(client.set_redirect_uri(self.redirect_uri.clone()))
    }
}

/// Why a request of the library got no answer.
#[derive(Debug, thiserror::Error)]
enum SendError {
    #[error(transparent)]
    Request(#[from] reqwest::Error),
    #[error(transparent)]
    Response(#[from] http::Error),
}

/// The library's requests over this workspace's HTTP client.
async fn send(http: reqwest::Client, request: HttpRequest) -> Result<HttpResponse, SendError> {
    let response = http.execute(request.try_into()?).await?;
    let mut answer = http::Response::builder().status(response.status());
    if let Some(headers) = answer.headers_mut() {
        headers.clone_from(response.headers());
    }
    Ok(answer.body(response.bytes().await?.to_vec())?)
}
