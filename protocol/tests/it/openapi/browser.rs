//! The browser's operations: a login over plain HTTP, for networks that block WebSocket.

use saoma_protocol::ErrorCode as E;
use saoma_protocol::{
    CancelRequest, CloseCode, LoginId, MAX_INBOUND_MESSAGE_BYTES, MAX_POLL_WAIT_SECONDS,
    OpenRequest, PollAnswer, ServerMessage, paths,
};
use serde_json::{Map, Value, json};

use super::answers::{header, json_body, or_problems, query};
use crate::schemas::{Schemas, refer};
use crate::wire::{PollVector, Sender, Vector, poll_vectors, vectors};

/// The tag of these operations.
pub(super) const TAG: &str = "Browser";

/// By path.
pub(super) fn operations(schemas: &mut Schemas) -> [(&'static str, Value); 5] {
    [
        (paths::LOGINS, json!({ "post": open(schemas) })),
        (paths::EVENTS, of_login(schemas, "get", events)),
        (paths::REFRESH, of_login(schemas, "post", refresh)),
        (paths::AGREE, of_login(schemas, "post", agree)),
        (paths::CANCEL, of_login(schemas, "post", cancel)),
    ]
}

/// A path of one login, with its one operation.
pub(super) fn of_login(
    schemas: &mut Schemas,
    method: &str,
    operation: fn(&mut Schemas) -> Value,
) -> Value {
    let login_id = json!({
        "name": "login_id", "in": "path", "required": true, "description": "The login.", "schema": schemas.of::<LoginId>(),
    });
    json!({ "parameters": [login_id], method: operation(schemas) })
}

fn open(schemas: &mut Schemas) -> Value {
    let opened = json!({
        "description": "The login is open: draw `qr`, keep `receive_key`.",
        "content": { "application/json": {
            "schema": refer("OpenedMessage"),
            "examples": { "opened": { "value": message("opened") } },
        } },
    });
    let errors = [
        E::InvalidRequest,
        E::UnknownClient,
        E::RedirectUriNotAllowed,
        E::InvalidScope,
        E::OriginNotAllowed,
        E::RequestTooLarge,
        E::TooManyRequests,
        E::TemporarilyUnavailable,
    ];
    json!({
        "operationId": "openLogin",
        "tags": [TAG],
        "summary": "Open a login",
        "description": format!(
            "The body holds the members of the socket's `open`, in at most {MAX_INBOUND_MESSAGE_BYTES} bytes."
        ),
        "security": [],
        "parameters": [header(
            "Origin",
            "The page's origin, which browsers send by themselves; one that the client has registered.",
            true,
            schemas.of::<String>(),
        )],
        "requestBody": json_body::<OpenRequest>(schemas),
        "responses": or_problems(schemas, Map::from_iter([("201".into(), opened)]), &errors),
    })
}

fn events(schemas: &mut Schemas) -> Value {
    let told = event("scanned") + &event("confirmed");
    let followed = json!({
        "description": format!(
            "With `after` a `PollAnswer`; without, an event stream (WHATWG HTML §9.2). Each event has `id:` = `seq` and \
             `data:` = a `ServerMessage`; the stream begins with a comment and ends after a settled state. When a newer \
             stream, poll or socket takes the login over, it ends with `event: close` and `data: {{\"code\":{}}}`; the \
             other close codes of the socket are told in the same way.",
            CloseCode::Superseded.code()
        ),
        "content": {
            "text/event-stream": {
                "schema": {
                    "type": "string",
                    "contentMediaType": "text/event-stream",
                    "contentSchema": { "type": "array", "items": event_schema(schemas) },
                },
                "examples": { "confirmed": { "value": told } },
            },
            "application/json": { "schema": schemas.of::<PollAnswer>(), "examples": poll_examples() },
        },
    });
    let errors = [
        E::InvalidRequest,
        E::UnknownLogin,
        E::Superseded,
        E::TooManyRequests,
        E::TemporarilyUnavailable,
    ];
    json!({
        "operationId": "followLogin",
        "tags": [TAG],
        "summary": "Follow a login's messages",
        "description": "What came after `Last-Event-ID` or `after` follows, in order, once; on a stream, then what happens. \
                        `opened` is the answer to the open and never told again.",
        "security": [{ "receiveKey": [] }],
        "parameters": [
            header(
                "Last-Event-ID",
                "Of a stream: the newest `seq` that the browser has seen; without it, 0.",
                false,
                schemas.of::<u32>(),
            ),
            query(
                "attempt",
                "The number of this connection among the browser's to the login, of which the open was the first.",
                schemas.of::<u32>(),
            ),
            query("after", "Makes it a poll: the newest `seq` that the browser has seen.", schemas.of::<u32>()),
            query(
                "wait",
                &format!(
                    "Of a poll: the seconds that it waits for a message when there is none, up to \
                     {MAX_POLL_WAIT_SECONDS}; without it, 0."
                ),
                schemas.of::<u32>(),
            ),
        ],
        "responses": or_problems(schemas, Map::from_iter([("200".into(), followed)]), &errors),
    })
}

/// An event as a browser reads it.
fn event_schema(schemas: &mut Schemas) -> Value {
    json!({
        "type": "object",
        "required": ["data"],
        "properties": {
            "id": { "type": "string" },
            "event": { "type": "string" },
            "data": {
                "type": "string",
                "description": "A message; with `event: close`, a close code in its place.",
                "contentMediaType": "application/json",
                "contentSchema": schemas.of::<ServerMessage>(),
            },
        },
    })
}

/// The golden answers to polls, by name.
fn poll_examples() -> Map<String, Value> {
    let valid = poll_vectors()
        .into_iter()
        .filter(|vector| vector.valid && vector.name != "an unknown member");
    valid
        .map(|PollVector { name, text, .. }| {
            let value: Value = serde_json::from_str(&text).unwrap();
            (name.replace(' ', "_"), json!({ "value": value }))
        })
        .collect()
}

fn refresh(schemas: &mut Schemas) -> Value {
    let done =
        json!({ "description": "The code is renewed: the message `renewed` tells the new one." });
    let errors = [
        E::UnknownLogin,
        E::AlreadyScanned,
        E::AlreadyDecided,
        E::TooManyRequests,
        E::TemporarilyUnavailable,
    ];
    json!({
        "operationId": "refreshCode",
        "tags": [TAG],
        "summary": "Renew the code now",
        "description": "While the login is waiting only: once it is scanned, the answer is `already_scanned`. The old code is \
                        dead at once.",
        "security": [{ "receiveKey": [] }],
        "responses": or_problems(schemas, Map::from_iter([("204".into(), done)]), &errors),
    })
}

fn agree(schemas: &mut Schemas) -> Value {
    let done = json!({
        "description": "The person who scanned may confirm: the message `agreed` follows. A repeat gets the same answer.",
    });
    let errors = [
        E::UnknownLogin,
        E::NotScanned,
        E::AlreadyDecided,
        E::TooManyRequests,
        E::TemporarilyUnavailable,
    ];
    json!({
        "operationId": "agreeToLogin",
        "tags": [TAG],
        "summary": "Agree to be logged in as the person who scanned",
        "description": "After a `scanned` with `agree`: the page has named the person, and its user went on. The time to \
                        confirm is not prolonged.",
        "security": [{ "receiveKey": [] }],
        "responses": or_problems(schemas, Map::from_iter([("204".into(), done)]), &errors),
    })
}

fn cancel(schemas: &mut Schemas) -> Value {
    let done = json!({ "description": "The login is given up: the message `cancelled` follows." });
    let mut body = json_body::<CancelRequest>(schemas);
    body["required"] = false.into();
    let errors = [
        E::InvalidRequest,
        E::UnknownLogin,
        E::AlreadyDecided,
        E::RequestTooLarge,
        E::TooManyRequests,
        E::TemporarilyUnavailable,
    ];
    json!({
        "operationId": "cancelLogin",
        "tags": [TAG],
        "summary": "Give the login up",
        "description": "While the login is waiting or scanned. The body may be left out.",
        "security": [{ "receiveKey": [] }],
        "requestBody": body,
        "responses": or_problems(schemas, Map::from_iter([("204".into(), done)]), &errors),
    })
}

/// The text of a golden message of the gateway.
fn golden(name: &str) -> String {
    let from_gateway = |vector: &Vector| vector.from == Sender::Gateway && vector.name == name;
    vectors().into_iter().find(from_gateway).unwrap().text
}

fn message(name: &str) -> Value {
    serde_json::from_str(&golden(name)).unwrap()
}

fn event(name: &str) -> String {
    format!("id: {}\ndata: {}\n\n", message(name)["seq"], golden(name))
}
