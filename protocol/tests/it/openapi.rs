//! `docs/openapi.json`: the HTTP endpoints, made from the types.

mod answers;
mod browser;
mod pages;
mod phone;
mod relying_party;

use saoma_protocol::{Problem, ProtocolVersion};
use serde_json::{Map, Value, json};

use crate::generated::hold;
use crate::schemas::{Schemas, split, written};

#[test]
fn the_generated_openapi_document_is_current() {
    hold("docs/openapi.json", &written(document()));
}

fn document() -> Value {
    let mut schemas = Schemas::openapi();
    let paths = browser::operations(&mut schemas).into_iter();
    let paths = paths
        .chain(phone::operations(&mut schemas))
        .chain(relying_party::operations(&mut schemas))
        .chain(pages::operations(&mut schemas));
    let paths: Map<_, _> = paths.map(|(path, item)| (path.to_owned(), item)).collect();
    let examples = answers::shared_examples(&paths);
    let webhooks = json!({
        "introspection": phone::introspection(&mut schemas),
        "standing": phone::standing(&mut schemas),
    });
    let headers = answers::shared_headers(&mut schemas);
    json!({
        "openapi": "3.1.1",
        "info": info(),
        "servers": [{ "url": "https://login.example", "description": "The gateway's public origin." }],
        "tags": tags(),
        "paths": paths,
        "webhooks": webhooks,
        "components": {
            "schemas": components(schemas),
            "headers": headers,
            "examples": examples,
            "securitySchemes": answers::security_schemes(),
        },
    })
}

fn info() -> Value {
    json!({
        "title": "Saoma over HTTP",
        "summary": "A QR-login gateway: a page shows a code, a phone confirms, and the page is logged in.",
        "description": format!(
            "Made from the types of the crate `saoma-protocol`; `protocol.md` is the normative text, `asyncapi.json` \
             describes the socket. Refusals are problem documents (`{}`, RFC 9457), except at the token and userinfo \
             endpoints, which answer as OAuth 2.0 asks. Receivers ignore members that they do not know.",
            Problem::MEDIA_TYPE
        ),
        "version": version(),
        "license": { "name": "Apache License 2.0", "identifier": "Apache-2.0" },
    })
}

/// The number of the newest version, which is the first segment of the paths.
pub(crate) fn version() -> &'static str {
    let newest = ProtocolVersion::ALL.last().unwrap().subprotocol();
    newest.rsplit_once(".v").unwrap().1
}

fn tags() -> Value {
    json!([
        { "name": browser::TAG, "description": "Waits for the login, by its receive key." },
        { "name": phone::TAG, "description": "Scans, then confirms or rejects, and lists and ends sessions, by the app's own access token." },
        { "name": relying_party::TAG, "description": "Logs the browser in, by OpenID Connect." },
        { "name": phone::BACKEND_TAG, "description": "Is asked by the gateway who a phone's person is, and ends sessions." },
    ])
}

/// The schemas, with a component of its own for each message that the browser is told.
fn components(schemas: Schemas) -> Map<String, Value> {
    let mut components = schemas.into_components();
    let description = components["ServerMessage"]["description"].clone();
    let messages = split(&mut components, "ServerMessage");
    let mapping: Map<_, _> = messages
        .iter()
        .map(|m| (m.name.clone(), m.reference["$ref"].clone()))
        .collect();
    let union = json!({
        "description": description,
        "oneOf": messages.iter().map(|message| &message.reference).collect::<Vec<_>>(),
        "discriminator": { "propertyName": "type", "mapping": mapping },
    });
    components.insert("ServerMessage".into(), union);
    components
}
