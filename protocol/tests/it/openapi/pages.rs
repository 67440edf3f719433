//! Pages of the gateway beside the hosted login page.

use saoma_protocol::paths;
use serde_json::{Value, json};

use super::answers::form_of;
use super::relying_party::TAG;

/// By path.
pub(super) fn operations() -> [(&'static str, Value); 4] {
    let code = json!([{
        "name": "code", "in": "path", "required": true, "description": "The scan code.", "schema": { "type": "string" },
    }]);
    let of_code = |id| json!({ "parameters": code, "get": code_page(id) });
    let logout = json!({ "get": logout_by_get(), "post": logout_by_post() });
    [
        (paths::DEVICE, json!({ "get": code_page("showDevicePage") })),
        ("/Q/{code}", of_code("showCodePage")),
        ("/q/{code}", of_code("showTypedCodePage")),
        (paths::END_SESSION, logout),
    ]
}

fn html() -> Value {
    json!({ "text/html": { "schema": { "type": "string" } } })
}

/// The page behind a code, which is the same for all codes.
fn code_page(id: &str) -> Value {
    json!({
        "operationId": id,
        "tags": [TAG],
        "summary": "Show how to scan a code",
        "description": "For people who open the address of a QR code, or `verification_uri`, in a browser. It reads no code.",
        "security": [],
        "responses": { "200": { "description": "The page.", "content": html() } },
    })
}

/// The parameters of a logout, with their descriptions; none is required.
const LOGOUT_PARAMETERS: [(&str, &str); 6] = [
    (
        "id_token_hint",
        "An ID token of the session; a client that has one needs no question.",
    ),
    ("client_id", "The client, without an ID token."),
    (
        "post_logout_redirect_uri",
        "Exactly one that the client has registered.",
    ),
    ("state", "Comes back as it was sent."),
    ("logout_hint", "Is read and changes nothing."),
    (
        "ui_locales",
        "The page's languages (BCP 47), space-separated, the preferred first.",
    ),
];

fn logout_by_get() -> Value {
    let parameter = |(name, description): &(&str, &str)| {
        json!({
            "name": name, "in": "query", "description": description, "schema": { "type": "string" },
        })
    };
    let mut operation = logout(
        "logOut",
        "Logged out, and on to `post_logout_redirect_uri` with `state`.",
        "uri",
    );
    operation["parameters"] = LOGOUT_PARAMETERS.iter().map(parameter).collect();
    operation
}

fn logout_by_post() -> Value {
    let mut members = json!({});
    for (name, description) in LOGOUT_PARAMETERS {
        members[name] = json!({ "type": "string", "description": description });
    }
    let mut operation = logout(
        "logOutByPost",
        "Logged out, and on to `post_logout_redirect_uri` with `state`; without the session's cookie to the same request by \
         GET, relative to the gateway's origin.",
        "uri-reference",
    );
    operation["requestBody"] = form_of(json!({ "type": "object", "properties": members }));
    operation["requestBody"]["required"] = false.into();
    operation
}

/// `redirect` and `format` say where an answer of 303 sends the browser.
fn logout(id: &str, redirect: &str, format: &str) -> Value {
    json!({
        "operationId": id,
        "tags": [TAG],
        "summary": "Log the browser out",
        "description": "OpenID Connect RP-Initiated Logout 1.0. The browser is sent here, and its cookie names the session.",
        "security": [],
        "responses": {
            "200": { "description": "A page that asks the person, or says that they are logged out.", "content": html() },
            "303": {
                "description": redirect,
                "headers": { "Location": {
                    "description": "The address.", "required": true, "schema": { "type": "string", "format": format },
                } },
            },
            "400": { "description": "The request is wrong: a page that leads nowhere.", "content": html() },
            "503": {
                "description": "The store does not answer, and nothing was done: a page that says so.",
                "headers": { "Retry-After": { "$ref": "#/components/headers/Retry-After" } },
                "content": html(),
            },
        },
    })
}
