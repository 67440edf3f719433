//! The relying party's operations: OpenID Connect's authorization code flow with PKCE.

use saoma_protocol::paths;
use schemars::JsonSchema;
use serde_json::{Map, Value, json};

use super::answers::{form, form_of, json_answer, or_token_errors};
use crate::provider::{JwkSet, ProviderMetadata, UserInfo};
use crate::schemas::Schemas;
use crate::standards::TokenErrorCode as E;
use crate::standards::{
    AuthorizationRequest, ClientProof, DeviceAuthorization, DeviceAuthorizationRequest,
    DeviceTokenRequest, PushedRequestReference, RefreshRequest, RevocationRequest, TokenForm,
    TokenRequest, TokenResponse,
};

/// The tag of these operations.
pub(super) const TAG: &str = "Relying party";

/// By path.
pub(super) fn operations(schemas: &mut Schemas) -> [(&'static str, Value); 8] {
    let metadata = public::<ProviderMetadata>(
        schemas,
        "getProviderMetadata",
        "Discover the provider",
        "OpenID Connect Discovery 1.0 §4: names the other endpoints.",
    );
    let keys = public::<JwkSet>(
        schemas,
        "getKeys",
        "Fetch the keys that verify ID tokens",
        "RFC 7517. Fetch them anew when an ID token names a key that is not among them.",
    );
    [
        (paths::DISCOVERY, json!({ "get": metadata })),
        (
            paths::AUTHORIZE,
            json!({ "get": authorize_by_get(schemas), "post": authorize_by_post(schemas) }),
        ),
        (paths::TOKEN, json!({ "post": token(schemas) })),
        (paths::PUSHED_REQUESTS, json!({ "post": push(schemas) })),
        (
            paths::DEVICE_AUTHORIZATION,
            json!({ "post": device_authorization(schemas) }),
        ),
        (paths::REVOKE, json!({ "post": revoke(schemas) })),
        (
            paths::USERINFO,
            json!({ "get": userinfo_by_get(schemas), "post": userinfo_by_post(schemas) }),
        ),
        (paths::JWKS, json!({ "get": keys })),
    ]
}

/// A document that anyone may fetch.
fn public<T: JsonSchema>(
    schemas: &mut Schemas,
    id: &str,
    summary: &str,
    description: &str,
) -> Value {
    json!({
        "operationId": id,
        "tags": [TAG],
        "summary": summary,
        "description": description,
        "security": [],
        "responses": { "200": json_answer::<T>(schemas, "To be kept for ten minutes at most.") },
    })
}

fn authorize_by_get(schemas: &mut Schemas) -> Value {
    let mut operation = authorize("authorize", "");
    operation["parameters"] = authorization_parameters(schemas).into();
    operation
}

fn authorize_by_post(schemas: &mut Schemas) -> Value {
    let mut operation = authorize(
        "authorizeByPost",
        " By a form, for a request too long for an address.",
    );
    operation["requestBody"] = form_of(authorization_form(schemas));
    operation
}

/// The parameters of an authentication request, as the members of a form.
fn authorization_form(schemas: &mut Schemas) -> Value {
    let parameters = authorization_parameters(schemas);
    let member = |parameter: &Value| {
        let mut schema = parameter["schema"].clone();
        schema["description"] = parameter["description"].clone();
        (parameter["name"].as_str().unwrap().to_owned(), schema)
    };
    let required: Vec<_> = parameters
        .iter()
        .filter(|parameter| parameter["required"] == true)
        .map(|parameter| &parameter["name"])
        .collect();
    json!({
        "type": "object",
        "required": required,
        "properties": parameters.iter().map(member).collect::<Map<_, _>>(),
    })
}

/// The same beside the proof of the client, which may name it. A pushed request refers to no other.
fn pushed_form(schemas: &mut Schemas) -> Value {
    let mut form = authorization_form(schemas);
    let proof = schemas.apart::<ClientProof>();
    let members = form["properties"].as_object_mut().unwrap();
    members.remove("request_uri");
    members.extend(proof["properties"].as_object().unwrap().clone());
    let required = form["required"].as_array_mut().unwrap();
    required.retain(|name| name != "client_id");
    form
}

fn authorize(id: &str, how: &str) -> Value {
    let page = json!({ "text/html": { "schema": { "type": "string" } } });
    json!({
        "operationId": id,
        "tags": [TAG],
        "summary": "Show the hosted login page",
        "description": format!(
            "For portals that do not show the code themselves: the browser is sent here (OIDC Core §3.1.2). After the login \
             the page goes to the redirect URI with `code`, `state` and `iss` (RFC 9207); after a decline or another end \
             without a login with `error` = `access_denied` in place of `code`.{how}"
        ),
        "security": [],
        "responses": {
            "200": {
                "description": "The page with the code; with `response_mode` = `form_post` also a page that posts an error.",
                "content": page,
            },
            "303": {
                "description": "Client and redirect URI are right, something else is not: back to the redirect URI with \
                                `error`, `error_description`, `state` and `iss` (RFC 6749 §4.1.2.1).",
                "headers": { "Location": {
                    "description": "The redirect URI with the error.", "required": true,
                    "schema": { "type": "string", "format": "uri" },
                } },
            },
            "400": { "description": "Client or redirect URI is not registered: a page that leads nowhere.", "content": page },
        },
    })
}

/// The members of an authentication request, each a parameter of the query.
fn authorization_parameters(schemas: &mut Schemas) -> Vec<Value> {
    let request = schemas.apart::<AuthorizationRequest>();
    let required = request["required"].as_array().unwrap();
    let parameter = |(name, schema): (&String, &Value)| {
        let mut schema = schema.clone();
        let description = schema.as_object_mut().unwrap().remove("description");
        json!({
            "name": name, "in": "query",
            // Clients that may leave the challenge out leave its method out, too.
            "required": required.contains(&json!(name)) && name != "code_challenge_method",
            "description": description, "schema": schema,
        })
    };
    // The page's language has a name of its own in OpenID Connect: `ui_locales`. The hosted page keeps the persons that the
    // browser knows in a cookie.
    request["properties"]
        .as_object()
        .unwrap()
        .iter()
        .filter(|(name, _)| *name != "locale" && *name != "known")
        .map(parameter)
        .collect()
}

fn token(schemas: &mut Schemas) -> Value {
    let tokens = json_answer::<TokenResponse>(schemas, "The code is redeemed.");
    let errors: &[(u16, &[E])] = &[
        (
            400,
            &[
                E::InvalidRequest,
                E::InvalidGrant,
                E::UnsupportedGrantType,
                E::UnauthorizedClient,
                E::InvalidScope,
                E::AuthorizationPending,
                E::SlowDown,
                E::AccessDenied,
                E::ExpiredToken,
            ],
        ),
        (401, &[E::InvalidClient]),
        (429, &[E::TooManyRequests]),
        (500, &[E::ServerError]),
        (503, &[E::TemporarilyUnavailable]),
    ];
    json!({
        "operationId": "redeemCode",
        "tags": [TAG],
        "summary": "Redeem an authorization code, or poll as a device",
        "description": "RFC 6749 §4.1.3, by `client_secret_basic`, `client_secret_post`, `private_key_jwt`, or the verifier \
                        alone for public clients. A second redemption ends the access token of the first; three failed tries end a code. \
                        A device polls by RFC 8628 §3.4. A refresh token (RFC 6749 §6) is used once.",
        "security": [{ "clientSecret": [] }, {}],
        "requestBody": form_of(json!({
            "oneOf": [
                schemas.of::<TokenRequest>(),
                schemas.of::<RefreshRequest>(),
                schemas.of::<DeviceTokenRequest>(),
            ],
        })),
        "responses": or_token_errors(schemas, Map::from_iter([("200".into(), tokens)]), errors),
    })
}

fn push(schemas: &mut Schemas) -> Value {
    let pushed = json_answer::<PushedRequestReference>(schemas, "The request is kept.");
    let errors: &[(u16, &[E])] = &[
        (400, &[E::InvalidRequest, E::InvalidScope]),
        (401, &[E::InvalidClient]),
        (429, &[E::TooManyRequests]),
        (500, &[E::ServerError]),
        (503, &[E::TemporarilyUnavailable]),
    ];
    json!({
        "operationId": "pushAuthorizationRequest",
        "tags": [TAG],
        "summary": "Push an authentication request",
        "description": "RFC 9126 §2: the request is checked at once, and the browser brings its reference. Further errors of \
                        authentication requests (OIDC Core §3.1.2.6) come with status 400 too.",
        "security": [{ "clientSecret": [] }, {}],
        "requestBody": form_of(pushed_form(schemas)),
        "responses": or_token_errors(schemas, Map::from_iter([("201".into(), pushed)]), errors),
    })
}

fn device_authorization(schemas: &mut Schemas) -> Value {
    let opened = json_answer::<DeviceAuthorization>(schemas, "The login waits for its person.");
    let errors: &[(u16, &[E])] = &[
        (
            400,
            &[E::InvalidRequest, E::InvalidScope, E::UnauthorizedClient],
        ),
        (401, &[E::InvalidClient]),
        (429, &[E::TooManyRequests]),
        (500, &[E::ServerError]),
        (503, &[E::TemporarilyUnavailable]),
    ];
    json!({
        "operationId": "authorizeDevice",
        "tags": [TAG],
        "summary": "Open a login for a device",
        "description": "RFC 8628 §3.1, for clients that are registered with devices. The device shows \
                        `verification_uri_complete` as a QR code and `user_code` as text, then polls the token endpoint.",
        "security": [{ "clientSecret": [] }, {}],
        "requestBody": form::<DeviceAuthorizationRequest>(schemas),
        "responses": or_token_errors(schemas, Map::from_iter([("200".into(), opened)]), errors),
    })
}

fn revoke(schemas: &mut Schemas) -> Value {
    let errors: &[(u16, &[E])] = &[
        (400, &[E::InvalidRequest]),
        (401, &[E::InvalidClient]),
        (429, &[E::TooManyRequests]),
        (503, &[E::TemporarilyUnavailable]),
    ];
    let ended =
        json!({ "description": "The token is ended, or was none of the client's; no body." });
    json!({
        "operationId": "revokeToken",
        "tags": [TAG],
        "summary": "Give a token up",
        "description": "RFC 7009. A refresh token ends with its family and their access tokens, an access token by itself.",
        "security": [{ "clientSecret": [] }, {}],
        "requestBody": form::<RevocationRequest>(schemas),
        "responses": or_token_errors(schemas, Map::from_iter([("200".into(), ended)]), errors),
    })
}

fn userinfo_by_get(schemas: &mut Schemas) -> Value {
    userinfo(schemas, "getUserInfo")
}

fn userinfo_by_post(schemas: &mut Schemas) -> Value {
    let mut body = form::<TokenForm>(schemas);
    body["required"] = false.into();
    let mut operation = userinfo(schemas, "postUserInfo");
    operation["requestBody"] = body;
    operation["security"] = json!([{ "accessToken": [] }, {}]);
    operation
}

fn userinfo(schemas: &mut Schemas, id: &str) -> Value {
    let answers = Map::from_iter([
        (
            "200".into(),
            json_answer::<UserInfo>(schemas, "Who has logged in, and as what."),
        ),
        (
            "400".into(),
            json!({
                "description": "A token in two places; no body (RFC 6750 §3).",
                "headers": { "WWW-Authenticate": { "$ref": "#/components/headers/WWW-Authenticate" } },
            }),
        ),
        (
            "401".into(),
            json!({
                "description": "The access token is missing, unknown or ended; no body (RFC 6750 §3).",
                "headers": { "WWW-Authenticate": { "$ref": "#/components/headers/WWW-Authenticate" } },
            }),
        ),
    ]);
    json!({
        "operationId": id,
        "tags": [TAG],
        "summary": "Fetch the claims about the person",
        "description": "OIDC Core §5.3.",
        "security": [{ "accessToken": [] }],
        "responses": or_token_errors(
            schemas,
            answers,
            &[(429, &[E::TooManyRequests]), (503, &[E::TemporarilyUnavailable])],
        ),
    })
}
