//! What the provider tells of itself and of persons: its metadata, its keys and the claims of the userinfo endpoint.
#![expect(
    dead_code,
    reason = "the members are there to be described, never to be read"
)]

use saoma_protocol::{CodeChallengeMethod, Identity};
use schemars::JsonSchema;

use crate::standards::{DeviceGrantType, GrantType, RefreshGrantType, ResponseMode, ResponseType};

/// Claims about the person (OIDC Core §5.3.2). Those that the app's backend does not know are left out.
#[derive(JsonSchema)]
pub(crate) struct UserInfo {
    /// The person, as this client knows them.
    sub: String,
    /// The identity with which the person has logged in.
    identity: Identity,
    #[serde(flatten)]
    profile: ProfileClaims,
    /// E-mail address; with the scope `email`.
    email: Option<String>,
    /// Statement that the e-mail address is the person's; with the scope `email`.
    email_verified: Option<bool>,
    /// Phone number; with the scope `phone`.
    phone_number: Option<String>,
    /// Statement that the phone number is the person's; with the scope `phone`.
    phone_number_verified: Option<bool>,
    /// Postal address; with the scope `address`.
    address: Option<AddressClaim>,
    /// Groups of the person; with the scope `groups`.
    groups: Option<Vec<String>>,
}

/// The claims of the scope `profile` (OIDC Core §5.1).
#[derive(JsonSchema)]
struct ProfileClaims {
    /// The person's name; this and the following with the scope `profile`.
    name: Option<String>,
    given_name: Option<String>,
    family_name: Option<String>,
    middle_name: Option<String>,
    nickname: Option<String>,
    preferred_username: Option<String>,
    profile: Option<String>,
    picture: Option<String>,
    website: Option<String>,
    gender: Option<String>,
    birthdate: Option<String>,
    zoneinfo: Option<String>,
    locale: Option<String>,
    /// Time of the last change, in Unix seconds.
    updated_at: Option<f64>,
}

/// A postal address (OIDC Core §5.1.1).
#[derive(JsonSchema)]
struct AddressClaim {
    formatted: Option<String>,
    street_address: Option<String>,
    locality: Option<String>,
    region: Option<String>,
    postal_code: Option<String>,
    country: Option<String>,
}

/// The configuration of a relying party (OpenID Connect Discovery 1.0 §3).
#[derive(JsonSchema)]
pub(crate) struct ProviderMetadata {
    /// The gateway's public origin.
    #[schemars(url)]
    issuer: String,
    #[schemars(url)]
    authorization_endpoint: String,
    #[schemars(url)]
    token_endpoint: String,
    #[schemars(url)]
    revocation_endpoint: String,
    #[schemars(url)]
    userinfo_endpoint: String,
    #[schemars(url)]
    jwks_uri: String,
    #[schemars(url)]
    device_authorization_endpoint: String,
    #[schemars(url)]
    pushed_authorization_request_endpoint: String,
    /// Whether all clients must push their requests. Single clients can be registered so.
    require_pushed_authorization_requests: bool,
    #[schemars(url)]
    end_session_endpoint: String,
    /// Sites are told of ended sessions (OpenID Connect Back-Channel Logout 1.0).
    backchannel_logout_supported: bool,
    /// Logout tokens hold `sid`.
    backchannel_logout_session_supported: bool,
    response_types_supported: Vec<ResponseType>,
    response_modes_supported: Vec<ResponseMode>,
    grant_types_supported: Vec<AnyGrantType>,
    /// `public`, and `pairwise` where the gateway has a secret for it.
    subject_types_supported: Vec<String>,
    /// The algorithms of the signing keys.
    id_token_signing_alg_values_supported: Vec<String>,
    token_endpoint_auth_methods_supported: Vec<String>,
    token_endpoint_auth_signing_alg_values_supported: Vec<String>,
    revocation_endpoint_auth_methods_supported: Vec<String>,
    revocation_endpoint_auth_signing_alg_values_supported: Vec<String>,
    code_challenge_methods_supported: Vec<CodeChallengeMethod>,
    scopes_supported: Vec<String>,
    claims_supported: Vec<String>,
    claims_parameter_supported: bool,
    request_parameter_supported: bool,
    /// False: references other than those of pushed requests are refused.
    request_uri_parameter_supported: bool,
    ui_locales_supported: Vec<String>,
    acr_values_supported: Vec<String>,
    display_values_supported: Vec<String>,
    prompt_values_supported: Vec<String>,
    /// Answers hold `iss` (RFC 9207).
    authorization_response_iss_parameter_supported: bool,
}

/// The ways in which clients get their tokens.
#[derive(JsonSchema)]
#[serde(untagged)]
enum AnyGrantType {
    Browser(GrantType),
    Device(DeviceGrantType),
    Refresh(RefreshGrantType),
}

/// The keys that verify ID tokens and logout tokens (RFC 7517 §5).
#[derive(JsonSchema)]
pub(crate) struct JwkSet {
    keys: Vec<Jwk>,
}

/// A public key.
#[derive(JsonSchema)]
#[serde(untagged)]
enum Jwk {
    Rsa(RsaKey),
    Ec(EcKey),
    Okp(OkpKey),
}

/// A public RSA key (RFC 7518 §6.3.1).
#[derive(JsonSchema)]
struct RsaKey {
    kty: RsaKeyType,
    r#use: KeyUse,
    alg: String,
    /// The key's thumbprint (RFC 7638), which a token's header names.
    kid: String,
    n: String,
    e: String,
}

/// A public key of an elliptic curve (RFC 7518 §6.2.1).
#[derive(JsonSchema)]
struct EcKey {
    kty: EcKeyType,
    r#use: KeyUse,
    alg: String,
    /// The key's thumbprint (RFC 7638), which a token's header names.
    kid: String,
    crv: String,
    x: String,
    y: String,
}

/// A public key of Ed25519 (RFC 8037 §2).
#[derive(JsonSchema)]
struct OkpKey {
    kty: OkpKeyType,
    r#use: KeyUse,
    alg: String,
    /// The key's thumbprint (RFC 7638), which a token's header names.
    kid: String,
    crv: String,
    x: String,
}

/// The type of an RSA key.
#[derive(JsonSchema)]
enum RsaKeyType {
    #[serde(rename = "RSA")]
    Rsa,
}

/// The type of a key of an elliptic curve.
#[derive(JsonSchema)]
enum EcKeyType {
    #[serde(rename = "EC")]
    Ec,
}

/// The type of a key of Ed25519.
#[derive(JsonSchema)]
enum OkpKeyType {
    #[serde(rename = "OKP")]
    Okp,
}

/// The use of a key.
#[derive(JsonSchema)]
enum KeyUse {
    /// Signatures.
    #[serde(rename = "sig")]
    Signature,
}
