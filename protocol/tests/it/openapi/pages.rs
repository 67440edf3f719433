//! Pages of the gateway beside the hosted login page.

use saoma_protocol::{ErrorCode, paths};
use serde_json::{Map, Value, json};

use super::answers::{form_of, or_problems};
use super::relying_party::TAG;
use crate::schemas::Schemas;

/// By path.
pub(super) fn operations(schemas: &mut Schemas) -> [(&'static str, Value); 7] {
    let code = json!([{
        "name": "code", "in": "path", "required": true, "description": "The scan code.", "schema": { "type": "string" },
    }]);
    let of_code = |id| json!({ "parameters": code, "get": code_page(id) });
    let mut for_phones = |id, system| json!({ "get": association(schemas, id, system) });
    let logout = json!({ "get": logout_by_get(), "post": logout_by_post() });
    [
        (paths::DEVICE, json!({ "get": device_page() })),
        ("/q/{code}", of_code("showCodePage")),
        ("/Q/{code}", of_code("showUpperCaseCodePage")),
        (paths::ASSET_LINKS, for_phones("showAssetLinks", "Android")),
        (
            paths::APPLE_APP_SITE_ASSOCIATION,
            for_phones("showAppleAppSiteAssociation", "iOS"),
        ),
        (
            paths::APP_LINKING,
            for_phones("showAppLinking", "HarmonyOS"),
        ),
        (paths::END_SESSION, logout),
    ]
}

fn html() -> Value {
    json!({ "text/html": { "schema": { "type": "string" } } })
}

fn ui_locales() -> Value {
    json!({
        "name": "ui_locales", "in": "query", "schema": { "type": "string" },
        "description": "The page's languages (BCP 47), space-separated, the preferred first; else those of `Accept-Language`.",
    })
}

/// The page behind a code, which is the same for all codes.
fn code_page(id: &str) -> Value {
    json!({
        "operationId": id,
        "tags": [TAG],
        "summary": "Show people how to go on with a code",
        "description": "For people whose scanner is not of the app. The page is the same for every code, and looks none up.",
        "security": [],
        "parameters": [ui_locales(), {
            "name": "app", "in": "query", "schema": { "type": "integer", "minimum": 0 },
            "description": "The number of an app of the settings, to which the browser is sent with the code.",
        }],
        "responses": {
            "200": { "description": "The page.", "content": html() },
            "303": {
                "description": "To the app, with a code of the right form.",
                "headers": { "Location": {
                    "description": "The app's link.", "required": true, "schema": { "type": "string", "format": "uri" },
                } },
            },
            "404": { "description": "A page that says that the text cannot be a code.", "content": html() },
        },
    })
}

fn device_page() -> Value {
    json!({
        "operationId": "showDevicePage",
        "tags": [TAG],
        "summary": "Show how to log a device in",
        "description": "`verification_uri` of a device (RFC 8628 §3.3). It takes no code.",
        "security": [],
        "parameters": [ui_locales()],
        "responses": { "200": { "description": "The page.", "content": html() } },
    })
}

/// The file by which phones of a system know that the address of a code belongs to an app.
fn association(schemas: &mut Schemas, id: &str, system: &str) -> Value {
    let apps =
        json!({ "description": "The apps.", "content": { "application/json": { "schema": {} } } });
    let answers = Map::from_iter([("200".into(), apps)]);
    json!({
        "operationId": id,
        "tags": [TAG],
        "summary": format!("Tell {system} which apps open a code's address"),
        "security": [],
        "responses": or_problems(schemas, answers, &[ErrorCode::NotFound]),
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
