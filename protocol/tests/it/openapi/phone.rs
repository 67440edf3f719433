//! Operations of the phone, and the gateway's request to the app's backend.

use saoma_protocol::ErrorCode as E;
use saoma_protocol::{
    ConfirmRequest, Decision, IntrospectionResponse, MAX_INBOUND_MESSAGE_BYTES, ScanContext,
    ScanRequest, paths,
};
use serde_json::{Map, Value, json};

use super::answers::{form, json_answer, json_body, or_problems};
use super::browser::of_login;
use crate::schemas::Schemas;
use crate::standards::IntrospectionRequest;

/// The tag of the phone's operations.
pub(super) const TAG: &str = "Phone";
/// The tag of the app's backend.
pub(super) const BACKEND_TAG: &str = "App backend";

/// By path.
pub(super) fn operations(schemas: &mut Schemas) -> [(&'static str, Value); 3] {
    [
        (paths::SCANS, json!({ "post": scan(schemas) })),
        (paths::CONFIRM, of_login(schemas, "post", confirm)),
        (paths::REJECT, of_login(schemas, "post", reject)),
    ]
}

fn scan(schemas: &mut Schemas) -> Value {
    let context =
        json_answer::<ScanContext>(schemas, "What the person must see before confirming.");
    let errors = [
        E::InvalidRequest,
        E::NotALoginCode,
        E::InvalidToken,
        E::UnknownCode,
        E::AlreadyScanned,
        E::AlreadyDecided,
        E::RequestTooLarge,
        E::TooManyRequests,
        E::TemporarilyUnavailable,
    ];
    json!({
        "operationId": "scanCode",
        "tags": [TAG],
        "summary": "Claim a login for the phone's person",
        "description": format!(
            "By the QR code's text or the typed user code, in at most {MAX_INBOUND_MESSAGE_BYTES} bytes. A second scan \
             by the same person gets the first answer."
        ),
        "security": [{ "appToken": [] }],
        "requestBody": json_body::<ScanRequest>(schemas),
        "responses": or_problems(schemas, Map::from_iter([("200".into(), context)]), &errors),
    })
}

fn confirm(schemas: &mut Schemas) -> Value {
    let decision = json_answer::<Decision>(schemas, "`confirmed`: the browser is being logged in.");
    let errors = [
        E::InvalidRequest,
        E::InvalidToken,
        E::IdentityNotAllowed,
        E::IdentityRefused,
        E::UnknownLogin,
        E::NotAgreed,
        E::NotCompared,
        E::AlreadyDecided,
        E::LoginExpired,
        E::RequestTooLarge,
        E::TooManyRequests,
        E::TemporarilyUnavailable,
    ];
    json!({
        "operationId": "confirmLogin",
        "tags": [TAG],
        "summary": "Log the browser in as one of the person's identities",
        "description": "By the person who scanned only, whose standing is asked for again. The same confirm gets the \
                        first answer. A refused identity ends the login as `rejected`. Until a browser that is asked \
                        agrees, the answer is `not_agreed`, and the confirm may be repeated every two seconds. A device's \
                        login is confirmed with `same_user_code` only.",
        "security": [{ "appToken": [] }],
        "requestBody": json_body::<ConfirmRequest>(schemas),
        "responses": or_problems(schemas, Map::from_iter([("200".into(), decision)]), &errors),
    })
}

fn reject(schemas: &mut Schemas) -> Value {
    let decision = json_answer::<Decision>(schemas, "`rejected`: the browser was told no.");
    let errors = [
        E::InvalidToken,
        E::UnknownLogin,
        E::AlreadyDecided,
        E::LoginExpired,
        E::TooManyRequests,
        E::TemporarilyUnavailable,
    ];
    json!({
        "operationId": "rejectLogin",
        "tags": [TAG],
        "summary": "Decline a login",
        "description": "By the person who scanned only. A second reject gets the first answer.",
        "security": [{ "appToken": [] }],
        "responses": or_problems(schemas, Map::from_iter([("200".into(), decision)]), &errors),
    })
}

/// The gateway's request to the app's backend at scan, at confirm and at reject.
pub(super) fn introspection(schemas: &mut Schemas) -> Value {
    json!({ "post": {
        "operationId": "introspectToken",
        "tags": [BACKEND_TAG],
        "summary": "Say who holds an access token of the app",
        "description": "Token introspection (RFC 7662), at the address in the gateway's settings, each time that a phone \
                        asks for something: a card reported lost a second ago refuses. Any status but 200 is told to \
                        the phone as `temporarily_unavailable`.",
        "security": [{ "gatewaySecret": [] }],
        "requestBody": form::<IntrospectionRequest>(schemas),
        "responses": {
            "200": json_answer::<IntrospectionResponse>(schemas, "Who it is, or `active` = `false`."),
            "401": { "description": "The gateway did not prove itself." },
        },
    } })
}
