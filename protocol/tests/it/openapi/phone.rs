//! Operations of the phone, and the gateway's request to the app's backend.

use saoma_protocol::ErrorCode as E;
use saoma_protocol::{
    BackendLogoutRequest, ConfirmRequest, Decision, EndedSessions, IntrospectionResponse, LoginId,
    MAX_INBOUND_MESSAGE_BYTES, ScanContext, ScanRequest, SessionList, paths,
};
use serde_json::{Map, Value, json};

use super::answers::{form, json_answer, json_body, or_problems};
use super::browser::of_login;
use crate::schemas::Schemas;
use crate::standards::{IntrospectionRequest, StandingRequest};

/// The tag of the phone's operations.
pub(super) const TAG: &str = "Phone";
/// The tag of the app's backend.
pub(super) const BACKEND_TAG: &str = "App backend";

/// By path.
pub(super) fn operations(schemas: &mut Schemas) -> [(&'static str, Value); 7] {
    [
        (paths::SCANS, json!({ "post": scan(schemas) })),
        (paths::CONFIRM, of_login(schemas, "post", confirm)),
        (paths::REJECT, of_login(schemas, "post", reject)),
        (paths::SESSIONS, json!({ "get": sessions(schemas) })),
        (paths::SESSION_END, end_session(schemas)),
        (
            paths::SESSIONS_END,
            json!({ "post": end_sessions(schemas) }),
        ),
        (
            paths::BACKEND_LOGOUT,
            json!({ "post": backend_logout(schemas) }),
        ),
    ]
}

fn scan(schemas: &mut Schemas) -> Value {
    let context =
        json_answer::<ScanContext>(schemas, "What the person must see before confirming.");
    let errors = [
        E::InvalidRequest,
        E::NotALoginCode,
        E::InvalidToken,
        E::IdentityRefused,
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
             by the same person gets the first answer. A person with no identity that may log in is refused before the \
             login is claimed, and its code stays good."
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
                        first answer. A refused identity of a person who has another leaves the login scanned \
                        (`may_choose_again`); without another it ends as `rejected`. Until a browser that is asked \
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

fn sessions(schemas: &mut Schemas) -> Value {
    let list = json_answer::<SessionList>(schemas, "At most 100, newest first.");
    let errors = [
        E::InvalidToken,
        E::TooManyRequests,
        E::TemporarilyUnavailable,
    ];
    json!({
        "operationId": "listSessions",
        "tags": [TAG],
        "summary": "List where the phone's person is logged in",
        "description": "The sessions at the provider, of sites with single sign-on, refresh tokens or back-channel logout.",
        "security": [{ "appToken": [] }],
        "responses": or_problems(schemas, Map::from_iter([("200".into(), list)]), &errors),
    })
}

fn end_session(schemas: &mut Schemas) -> Value {
    let sid = json!({
        "name": "sid", "in": "path", "required": true, "description": "The session.", "schema": schemas.of::<LoginId>(),
    });
    let ended = json_answer::<EndedSessions>(schemas, "`ended` = 1, and 0 for a repeat.");
    let errors = [
        E::InvalidToken,
        E::UnknownLogin,
        E::TooManyRequests,
        E::TemporarilyUnavailable,
    ];
    json!({ "parameters": [sid], "post": {
        "operationId": "endSession",
        "tags": [TAG],
        "summary": "Log one browser out",
        "description": "A session of the phone's person only. Its tokens end, and its sites are told.",
        "security": [{ "appToken": [] }],
        "responses": or_problems(schemas, Map::from_iter([("200".into(), ended)]), &errors),
    } })
}

fn end_sessions(schemas: &mut Schemas) -> Value {
    let ended =
        json_answer::<EndedSessions>(schemas, "The number of sessions that have ended now.");
    let errors = [
        E::InvalidToken,
        E::TooManyRequests,
        E::TemporarilyUnavailable,
    ];
    json!({
        "operationId": "endSessions",
        "tags": [TAG],
        "summary": "Log all browsers out",
        "description": "Ends all sessions of the phone's person.",
        "security": [{ "appToken": [] }],
        "responses": or_problems(schemas, Map::from_iter([("200".into(), ended)]), &errors),
    })
}

fn backend_logout(schemas: &mut Schemas) -> Value {
    let ended =
        json_answer::<EndedSessions>(schemas, "The number of sessions that have ended now.");
    let errors = [
        E::InvalidRequest,
        E::InvalidToken,
        E::NotFound,
        E::RequestTooLarge,
        E::TooManyRequests,
        E::TemporarilyUnavailable,
    ];
    json!({
        "operationId": "endSessionsOfPerson",
        "tags": [BACKEND_TAG],
        "summary": "End the sessions of a person, or of one identity",
        "description": "For the app's backend, when a card is lost or a delegation withdrawn: by the credentials of \
                        `[identity.events]`, or of `events` of its source, without which there is no such address. It ends \
                        sessions of its own persons alone, and may be repeated.",
        "security": [{ "backendSecret": [] }],
        "requestBody": json_body::<BackendLogoutRequest>(schemas),
        "responses": or_problems(schemas, Map::from_iter([("200".into(), ended)]), &errors),
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

/// The gateway's question to the app's backend while a login lasts at the gateway.
pub(super) fn standing(schemas: &mut Schemas) -> Value {
    json!({ "post": {
        "operationId": "askStanding",
        "tags": [BACKEND_TAG],
        "summary": "Say whether a person may still act as an identity",
        "description": "At the address in the gateway's settings, without a token of the person. Any status but 200 is \
                        neither good standing nor a refusal.",
        "security": [{ "gatewaySecret": [] }],
        "requestBody": form::<StandingRequest>(schemas),
        "responses": {
            "200": json_answer::<IntrospectionResponse>(schemas, "The person as of now, or `active` = `false`."),
            "401": { "description": "The gateway did not prove itself." },
        },
    } })
}
