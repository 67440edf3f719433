//! Messages that a standard defines and the protocol only uses: their schemas, for the documents.
#![expect(
    dead_code,
    reason = "the members are there to be described, never to be read"
)]

use saoma_protocol::{
    AccessToken, AuthorizationCode, DeviceCode, OpenRequest, RefreshToken, UserCode,
};
use schemars::JsonSchema;
use serde::Serialize;

/// An OpenID Connect authentication request (OIDC Core §3.1.2.1).
#[derive(JsonSchema)]
pub(crate) struct AuthorizationRequest {
    /// The flow.
    response_type: ResponseType,
    #[serde(flatten)]
    request: OpenRequest,
    /// The way of the answer: in the query by default.
    response_mode: Option<ResponseMode>,
    /// Space-separated: `login`, `consent` and `select_account` take the phone. `none` is answered without a page: with a
    /// code by single sign-on, else with `login_required`.
    prompt: Option<String>,
    /// Maximum age in seconds of the phone's confirm. A login by phone is always newer.
    max_age: Option<u32>,
    /// Space-separated wishes; the ID token names the `acr` that there was.
    acr_values: Option<String>,
    /// An ID token of the person who is to be logged in.
    id_token_hint: Option<String>,
    /// The reference of a pushed request (RFC 9126), which stands for all parameters but `client_id`.
    request_uri: Option<String>,
    /// The page's languages (BCP 47), space-separated, the preferred first.
    ui_locales: Option<String>,
}

/// The kind of answer to the redirect URI.
#[derive(JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ResponseType {
    /// An authorization code.
    Code,
}

/// The way in which an answer comes to the redirect URI.
#[derive(JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ResponseMode {
    /// In the query.
    Query,
    /// In a form that the browser posts.
    FormPost,
}

/// The proof of a client in a form; the members are left out with `client_secret_basic`.
#[derive(JsonSchema)]
pub(crate) struct ClientProof {
    /// With `client_secret_post`, and for public clients.
    client_id: Option<String>,
    /// With `client_secret_post` only.
    client_secret: Option<String>,
    /// With `private_key_jwt` only.
    client_assertion_type: Option<ClientAssertionType>,
    /// A JWT that the client has signed (RFC 7523 §2.2), with `private_key_jwt` only.
    #[schemars(extend("contentMediaType" = "application/jwt"))]
    client_assertion: Option<String>,
}

/// The kind of an assertion.
#[derive(JsonSchema)]
enum ClientAssertionType {
    #[serde(rename = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")]
    JwtBearer,
}

/// An access token in a form (RFC 6750 §2.2).
#[derive(JsonSchema)]
pub(crate) struct TokenForm {
    /// Unless it is in the header `Authorization`.
    access_token: Option<AccessToken>,
}

/// Redeems an authorization code (RFC 6749 §4.1.3, RFC 7636 §4.5).
#[derive(JsonSchema)]
pub(crate) struct TokenRequest {
    grant_type: GrantType,
    /// The code that came to the redirect URI.
    code: AuthorizationCode,
    /// The same as in the authentication request.
    redirect_uri: String,
    /// The verifier of the request's challenge; left out where the request had none.
    #[schemars(regex(pattern = r"^[A-Za-z0-9._~-]{43,128}$"))]
    code_verifier: Option<String>,
    #[serde(flatten)]
    client: ClientProof,
}

/// A device's poll for its tokens (RFC 8628 §3.4).
#[derive(JsonSchema)]
pub(crate) struct DeviceTokenRequest {
    grant_type: DeviceGrantType,
    /// The code of the device authorization.
    device_code: DeviceCode,
    #[serde(flatten)]
    client: ClientProof,
}

/// The grant type of a poll.
#[derive(JsonSchema)]
pub(crate) enum DeviceGrantType {
    #[serde(rename = "urn:ietf:params:oauth:grant-type:device_code")]
    DeviceCode,
}

/// Exchanges a refresh token for new tokens (RFC 6749 §6).
#[derive(JsonSchema)]
pub(crate) struct RefreshRequest {
    grant_type: RefreshGrantType,
    /// The newest refresh token.
    refresh_token: RefreshToken,
    /// A part of the granted scope, for the access token.
    scope: Option<String>,
    #[serde(flatten)]
    client: ClientProof,
}

/// The grant type of a refresh.
#[derive(JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RefreshGrantType {
    /// By a refresh token.
    RefreshToken,
}

/// Gives a token up (RFC 7009 §2.1).
#[derive(JsonSchema)]
pub(crate) struct RevocationRequest {
    /// A refresh token or an access token.
    token: String,
    /// Ignored: a token shows by itself which kind it is.
    token_type_hint: Option<String>,
    #[serde(flatten)]
    client: ClientProof,
}

/// A device that asks for a login (RFC 8628 §3.1).
#[derive(JsonSchema)]
pub(crate) struct DeviceAuthorizationRequest {
    /// Space-separated, with `openid`.
    scope: String,
    #[serde(flatten)]
    client: ClientProof,
}

/// The reference of a pushed request (RFC 9126 §2.2).
#[derive(JsonSchema)]
pub(crate) struct PushedRequestReference {
    /// The browser brings it to the authorization endpoint, with `client_id`.
    request_uri: String,
    /// Seconds for which it is good.
    expires_in: u64,
}

/// A device's login (RFC 8628 §3.2).
#[derive(JsonSchema)]
pub(crate) struct DeviceAuthorization {
    /// The secret by which the device polls.
    device_code: DeviceCode,
    /// The code that the device shows.
    user_code: UserCode,
    /// A page that explains what to do with the code. It takes none.
    #[schemars(url)]
    verification_uri: String,
    /// The text of the QR code that the device shows.
    verification_uri_complete: String,
    /// Seconds for which the codes are good.
    expires_in: u64,
    /// Seconds between two polls, at first.
    interval: u64,
}

/// The grant type of a redemption.
#[derive(JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum GrantType {
    /// By an authorization code.
    AuthorizationCode,
}

/// Tokens (RFC 6749 §5.1, OIDC Core §3.1.3.3).
#[derive(JsonSchema)]
pub(crate) struct TokenResponse {
    /// Opens the userinfo endpoint.
    access_token: AccessToken,
    token_type: TokenType,
    /// Seconds that the access token lives.
    expires_in: u64,
    /// The signed statement of the login (OIDC Core §2): beside the standard claims `name`, `identity`, `amr` = `["qr"]`,
    /// and `sid` where there is a session.
    #[schemars(extend("contentMediaType" = "application/jwt"))]
    id_token: String,
    /// For a client with refresh tokens. It is used once, and its use gives the next one.
    refresh_token: Option<RefreshToken>,
    /// The granted scope.
    scope: String,
}

/// The way in which an access token is used.
#[derive(JsonSchema)]
enum TokenType {
    /// By RFC 6750.
    Bearer,
}

/// An error of the token endpoint (RFC 6749 §5.2).
#[derive(JsonSchema)]
pub(crate) struct TokenError {
    /// The error code. Each status narrows it to the codes that it may have.
    #[schemars(with = "String")]
    error: TokenErrorCode,
    /// The same for people who read logs.
    error_description: String,
}

/// The error code.
#[derive(JsonSchema, Serialize, Clone, Copy, PartialEq, Eq, Debug)]
#[serde(rename_all = "snake_case")]
pub(crate) enum TokenErrorCode {
    /// A parameter is missing, repeated or malformed.
    InvalidRequest,
    /// The client is unknown, or did not prove itself.
    InvalidClient,
    /// The code is unknown, out of time, used, another client's, or not proved by its verifier.
    InvalidGrant,
    /// Not one of the provider's grant types.
    UnsupportedGrantType,
    /// The client is not registered for this grant type.
    UnauthorizedClient,
    /// The scope is without `openid`, or goes beyond what was granted.
    InvalidScope,
    /// The device's person has not decided yet: poll again after the interval.
    AuthorizationPending,
    /// The same, and the device polls too often: the interval is five seconds longer from now on.
    SlowDown,
    /// The device's person has declined, or may not log in.
    AccessDenied,
    /// The device code is out of time.
    ExpiredToken,
    /// A limit was reached.
    TooManyRequests,
    /// The store is down.
    TemporarilyUnavailable,
    /// A fault of the gateway.
    ServerError,
}

/// A question about an access token (RFC 7662 §2.1).
#[derive(JsonSchema)]
pub(crate) struct IntrospectionRequest {
    /// The token that the phone sent.
    token: String,
    /// `access_token`.
    token_type_hint: Option<String>,
}

/// A question about a person and one of their identities.
#[derive(JsonSchema)]
pub(crate) struct StandingRequest {
    /// The person, by the `sub` that the backend gave at introspection.
    sub: String,
    /// The `id` of the identity.
    identity: String,
}
