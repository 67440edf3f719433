//! Request bodies, answers and errors of an operation.

use std::collections::BTreeMap;

use saoma_protocol::{ErrorCode, Problem, RECEIVE_KEY_HEADER};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::schemas::{Schemas, meaning};
use crate::standards::{TokenError, TokenErrorCode};

/// A body that must be there.
fn body(media_type: &str, schema: Value) -> Value {
    json!({ "required": true, "content": { media_type: { "schema": schema } } })
}

/// A JSON body.
pub(super) fn json_body<T: JsonSchema>(schemas: &mut Schemas) -> Value {
    body("application/json", schemas.of::<T>())
}

/// A form.
pub(super) fn form<T: JsonSchema>(schemas: &mut Schemas) -> Value {
    body("application/x-www-form-urlencoded", schemas.of::<T>())
}

/// A form of this schema.
pub(super) fn form_of(schema: Value) -> Value {
    body("application/x-www-form-urlencoded", schema)
}

/// An answer in JSON.
pub(super) fn json_answer<T: JsonSchema>(schemas: &mut Schemas, description: &str) -> Value {
    json!({ "description": description, "content": { "application/json": { "schema": schemas.of::<T>() } } })
}

/// A header that a request must have, or may.
pub(super) fn header(name: &str, description: &str, required: bool, schema: Value) -> Value {
    json!({ "name": name, "in": "header", "required": required, "description": description, "schema": schema })
}

/// A member of the query that a request may have.
pub(super) fn query(name: &str, description: &str, schema: Value) -> Value {
    json!({ "name": name, "in": "query", "description": description, "schema": schema })
}

/// `answers`, and the problem documents that tell of `errors`: each status once, with all its codes.
pub(super) fn or_problems(
    schemas: &mut Schemas,
    mut answers: Map<String, Value>,
    errors: &[ErrorCode],
) -> Value {
    let mut by_status = BTreeMap::<u16, Vec<ErrorCode>>::new();
    for error in errors.iter().chain(&[ErrorCode::ServerError]) {
        by_status.entry(error.status()).or_default().push(*error);
    }
    for (status, codes) in by_status {
        answers.insert(status.to_string(), problem(schemas, status, &codes));
    }
    answers.into()
}

fn problem(schemas: &mut Schemas, status: u16, codes: &[ErrorCode]) -> Value {
    let examples: Map<_, _> = codes
        .iter()
        .map(|code| (code.as_str().into(), example_of(*code)))
        .collect();
    let of_this_status = [
        ("status", json!({ "type": "integer", "const": status })),
        ("error", json!({ "type": "string", "enum": codes })),
    ];
    let mut answer = json!({
        "description": described(codes),
        "content": { Problem::MEDIA_TYPE: {
            "schema": narrowed(schemas.apart::<Problem>(), of_this_status),
            "examples": examples,
        } },
    });
    if let Some(headers) = headers(status) {
        answer["headers"] = headers;
    }
    answer
}

/// `schema` with narrower types for some members.
///
/// A schema of its own, because generators of clients cannot read a member twice, as in an `allOf`.
fn narrowed<const N: usize>(mut schema: Value, members: [(&str, Value); N]) -> Value {
    schema.as_object_mut().unwrap().remove("description");
    for (name, narrower) in members {
        let member = &mut schema["properties"][name];
        let description = member["description"].take();
        *member = narrower;
        if !description.is_null() {
            member["description"] = description;
        }
    }
    schema
}

/// A problem document for each code that `paths` refer to.
pub(super) fn shared_examples(paths: &Map<String, Value>) -> Value {
    let paths = json!(paths).to_string();
    let used = ErrorCode::ALL
        .iter()
        .filter(|code| paths.contains(&example_of(**code).to_string()));
    used.map(|code| (code.as_str().to_owned(), example(*code)))
        .collect::<Map<_, _>>()
        .into()
}

fn example_of(code: ErrorCode) -> Value {
    json!({ "$ref": format!("#/components/examples/{}", code.as_str()) })
}

fn example(code: ErrorCode) -> Value {
    let mut problem = Problem::new(code, meaning(code));
    problem.retry_after = (headers(code.status()) == headers(503)).then_some(5);
    problem.reason = (code == ErrorCode::IdentityRefused).then(|| "card_reported_lost".to_owned());
    json!({ "summary": code.title(), "value": problem })
}

fn described<T: JsonSchema + Serialize + Copy>(codes: &[T]) -> String {
    let line = |code: &T| format!("- `{}`: {}", json!(code).as_str().unwrap(), meaning(*code));
    codes.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// The headers by which an error status says what to do.
fn headers(status: u16) -> Option<Value> {
    let name = match status {
        401 => "WWW-Authenticate",
        429 | 503 => "Retry-After",
        _ => return None,
    };
    Some(json!({ name: { "$ref": format!("#/components/headers/{name}") } }))
}

/// The headers that answers share.
pub(super) fn shared_headers(schemas: &mut Schemas) -> Value {
    json!({
        "Retry-After": {
            "description": "Seconds until it is worth trying again (RFC 9110 §10.2.3).",
            "required": true,
            "schema": schemas.of::<u32>(),
        },
        "WWW-Authenticate": {
            "description": "How to prove oneself (RFC 9110 §11.6.1).",
            "schema": schemas.of::<String>(),
        },
    })
}

/// `answers`, and the errors of OAuth 2.0's own form (RFC 6749 §5.2).
pub(super) fn or_token_errors(
    schemas: &mut Schemas,
    mut answers: Map<String, Value>,
    errors: &[(u16, &[TokenErrorCode])],
) -> Value {
    for (status, codes) in errors {
        let of_this_status = [("error", json!({ "type": "string", "enum": codes }))];
        let schema = narrowed(schemas.apart::<TokenError>(), of_this_status);
        let mut answer = json!({
            "description": described(codes),
            "content": { "application/json": { "schema": schema } },
        });
        if let Some(headers) = headers(*status) {
            answer["headers"] = headers;
        }
        answers.insert(status.to_string(), answer);
    }
    answers.into()
}

/// The ways to prove oneself.
pub(super) fn security_schemes() -> Value {
    json!({
        "receiveKey": {
            "type": "apiKey", "in": "header", "name": RECEIVE_KEY_HEADER,
            "description": "The browser: the `receive_key` of `opened`.",
        },
        "appToken": { "type": "http", "scheme": "bearer", "description": "The phone: the app's own access token (RFC 6750)." },
        "clientSecret": {
            "type": "http", "scheme": "basic",
            "description": "The relying party: `client_secret_basic` (RFC 6749 §2.3.1).",
        },
        "accessToken": {
            "type": "http", "scheme": "bearer",
            "description": "The relying party: the `access_token` of the token endpoint (RFC 6750).",
        },
        "backendSecret": { "type": "http", "scheme": "basic", "description": "The app's backend, at the gateway." },
        "gatewaySecret": { "type": "http", "scheme": "basic", "description": "The gateway, at the app's backend." },
    })
}
