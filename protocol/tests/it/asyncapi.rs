//! `docs/asyncapi.json`: the socket, made from the types.

use saoma_protocol::{
    ClientMessage, CloseCode, ComeBack, ErrorCode, MAX_INBOUND_MESSAGE_BYTES, ProtocolVersion,
    RestartHint, ServerMessage, paths,
};
use serde_json::{Map, Value, json};

use crate::generated::hold;
use crate::openapi::version;
use crate::schemas::{Message, Schemas, meaning, split, written};
use crate::wire::{Sender, vectors};

#[test]
fn the_generated_asyncapi_document_is_current() {
    hold("docs/asyncapi.json", &written(document()));
}

fn document() -> Value {
    let mut schemas = Schemas::asyncapi();
    schemas.of::<ClientMessage>();
    schemas.of::<ServerMessage>();
    let mut components = schemas.into_components();
    let from_browser = split(&mut components, "ClientMessage");
    let from_gateway = split(&mut components, "ServerMessage");
    let messages = [
        (Sender::Browser, &from_browser),
        (Sender::Gateway, &from_gateway),
    ];
    let messages: Map<_, _> = messages
        .iter()
        .flat_map(|(from, messages)| messages.iter().map(|message| described(*from, message)))
        .collect();
    json!({
        "asyncapi": "3.0.0",
        "info": info(),
        "defaultContentType": "application/json",
        "servers": { "gateway": {
            "host": "login.example", "protocol": "wss", "description": "The gateway's public origin.",
        } },
        "channels": { "socket": channel(messages.keys()) },
        "operations": {
            "receiveFromBrowser": operation("receive", "What a browser sends to the gateway", &from_browser),
            "sendToBrowser": operation("send", "What the gateway sends to a browser", &from_gateway),
        },
        "components": { "messages": messages, "schemas": components },
    })
}

fn info() -> Value {
    json!({
        "title": "Saoma's socket",
        "description": "A waiting browser follows its login at a QR-login gateway. Made from the types of the crate \
                        `saoma-protocol`; `protocol.md` is the normative text, `openapi.json` describes the same over \
                        HTTP. Receivers ignore members that they do not know.",
        "version": version(),
        "license": { "name": "Apache License 2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0" },
        "tags": [{ "name": "Browser", "description": "Waits for the login, by its receive key." }],
    })
}

fn channel<'a>(messages: impl Iterator<Item = &'a String>) -> Value {
    let messages: Map<_, _> = messages
        .map(|name| (name.clone(), reference("components/messages", name)))
        .collect();
    let handshake = json!({
        "type": "object",
        "required": ["Origin", "Sec-WebSocket-Protocol"],
        "properties": {
            "Origin": {
                "type": "string",
                "description": "The page's origin, which browsers send by themselves; one that a client has registered.",
            },
            "Sec-WebSocket-Protocol": {
                "type": "string",
                "description": "The offered versions, separated by commas: the newest that is served is answered.",
                "examples": [ProtocolVersion::ALL.last().unwrap().subprotocol()],
            },
        },
    });
    json!({
        "address": paths::SOCKET,
        "title": "The socket of one login",
        "description": format!(
            "RFC 6455. Frames are JSON text, one message each, at most {MAX_INBOUND_MESSAGE_BYTES} bytes from the \
             browser. The first message is `open` or `resume`, or the query holds an `open`. An unknown `type`, or text that is no message, is \
             answered by `error` and changes nothing. Close codes that are not listed mean by their range: 4000-4099 do \
             not come back, 4100-4199 come back after back-off, 4200-4299 come back at once."
        ),
        "messages": messages,
        "bindings": { "ws": { "method": "GET", "headers": handshake, "query": query(), "bindingVersion": "0.1.0" } },
        "x-subprotocols": ProtocolVersion::ALL.iter().map(|version| version.subprotocol()).collect::<Vec<_>>(),
        "x-max-inbound-message-bytes": MAX_INBOUND_MESSAGE_BYTES,
        "x-close-codes": CloseCode::ALL.iter().map(|code| close_code(*code)).collect::<Vec<_>>(),
        "x-refusals": refusals(),
    })
}

/// The `open` in the address: its members, all of them texts.
fn query() -> Value {
    let open = reference("components/schemas", "OpenRequest");
    json!({
        "type": "object",
        "description": "The members of `open`, which is then the first message. Ignored where there is no `client_id`.",
        "anyOf": [open, { "not": { "required": ["client_id"] } }],
    })
}

fn close_code(code: CloseCode) -> Value {
    let mut row = json!({ "code": code.code(), "name": code.name(), "come_back": ComeBack::after(code.code()) });
    if code == CloseCode::Restarting {
        row["reason"] = RestartHint {
            retry_after_ms: 1234,
        }
        .to_reason()
        .into();
    }
    row
}

/// The problem documents that come instead of an upgrade.
fn refusals() -> Vec<Value> {
    let codes = [
        ErrorCode::UnsupportedVersion,
        ErrorCode::InvalidRequest,
        ErrorCode::OriginNotAllowed,
        ErrorCode::TooManyRequests,
        ErrorCode::TemporarilyUnavailable,
    ];
    let refusal = |status: u16, code| json!({ "status": status, "error": code, "description": meaning(code) });
    let mut refusals: Vec<_> = codes
        .iter()
        .map(|code| refusal(code.status(), *code))
        .collect();
    // A request that is no handshake gets its own status (RFC 9110 §15.5.22).
    refusals.push(refusal(426, ErrorCode::InvalidRequest));
    refusals
}

fn described(from: Sender, message: &Message) -> (String, Value) {
    let value = json!({
        "name": message.name,
        "title": message.name,
        "summary": message.summary,
        "payload": message.reference,
        "examples": examples(from, &message.name),
    });
    (message.name.clone(), value)
}

/// The golden messages of this type.
fn examples(from: Sender, name: &str) -> Vec<Value> {
    let valid = vectors()
        .into_iter()
        .filter(|vector| vector.valid && vector.from == from);
    let read = valid.map(|vector| {
        (
            vector.name,
            serde_json::from_str::<Value>(&vector.text).unwrap(),
        )
    });
    let examples: Vec<_> = read
        .filter(|(_, payload)| payload["type"] == name)
        .map(|(title, payload)| json!({ "name": title, "payload": payload }))
        .collect();
    assert!(
        !examples.is_empty(),
        "no golden message has the type {name}"
    );
    examples
}

fn operation(action: &str, summary: &str, messages: &[Message]) -> Value {
    let messages: Vec<_> = messages
        .iter()
        .map(|message| reference("channels/socket/messages", &message.name))
        .collect();
    json!({ "action": action, "summary": summary, "channel": reference("channels", "socket"), "messages": messages })
}

fn reference(place: &str, name: &str) -> Value {
    json!({ "$ref": format!("#/{place}/{name}") })
}
