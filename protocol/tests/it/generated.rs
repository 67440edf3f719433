//! Files that are made from the types. They are committed, and this test fails when one is stale.

use std::fmt::Write;
use std::path::Path;

use saoma_protocol::{
    Audience, BackendLogoutRequest, CancelReason, CancelRequest, ClientContext, ClientMessage,
    CloseCode, CloseNotice, CodeChallengeMethod, ComeBack, ConfirmRequest, Decision,
    DecisionStatus, DeviceContext, EndedSessions, ErrorCode, Identity, IdentityKind, IdentityRole,
    IntrospectionResponse, MAX_KNOWN_PERSONS, MAX_POLL_WAIT_SECONDS, Network, OfferedIdentity,
    OpenRequest, Place, PollAnswer, Problem, ProtocolVersion, RECEIVE_KEY_HEADER, RejectReason,
    RequesterContext, ResumeRequest, ScanContext, ScanRequest, SealedPerson, ServerMessage,
    SessionList, SessionSite, SessionSummary, paths,
};
use serde_json::json;
use ts_rs::{Config, TS};

/// Compares a generated file with the committed one, or writes it when `SAOMA_REGEN` is set.
pub(crate) fn hold(path: &str, text: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path);
    if std::env::var_os("SAOMA_REGEN").is_some() {
        std::fs::write(&file, text).unwrap();
    }
    let committed = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(
        committed == text,
        "{path} is stale: run `make regen` and commit what it writes"
    );
}

macro_rules! declarations {
    ($($name:ty),+ $(,)?) => {{
        let config = Config::new().with_large_int("number");
        let mut text = String::new();
        $({
            if let Some(docs) = <$name as TS>::docs() {
                text.push_str(&docs);
            }
            writeln!(text, "export {}\n", <$name as TS>::decl(&config)).unwrap();
        })+
        text
    }};
}

#[test]
fn typescript() {
    let mut text =
        "// Made from the Rust types in protocol/src by `make regen`. Do not edit.\n\n".to_owned();
    text += &declarations!(
        ClientMessage,
        OpenRequest,
        SealedPerson,
        ResumeRequest,
        CodeChallengeMethod,
        ServerMessage,
        RejectReason,
        CancelReason,
        CancelRequest,
        PollAnswer,
        CloseNotice,
        ErrorCode,
        Problem,
        ScanRequest,
        ScanContext,
        DeviceContext,
        ClientContext,
        RequesterContext,
        Place,
        Network,
        Identity,
        IdentityKind,
        IdentityRole,
        ConfirmRequest,
        Decision,
        DecisionStatus,
        SessionList,
        SessionSummary,
        SessionSite,
        BackendLogoutRequest,
        EndedSessions,
        IntrospectionResponse,
        Audience,
        OfferedIdentity,
    );
    let subprotocols: Vec<_> = ProtocolVersion::ALL
        .iter()
        .map(|version| version.subprotocol())
        .collect();
    writeln!(
        text,
        "/** The versions of the socket's messages, oldest first. */"
    )
    .unwrap();
    writeln!(
        text,
        "export const SUBPROTOCOLS = {} as const;\n",
        json!(subprotocols)
    )
    .unwrap();
    writeln!(
        text,
        "/** The header in which a browser without a socket proves its login. */"
    )
    .unwrap();
    writeln!(
        text,
        "export const RECEIVE_KEY_HEADER = {};\n",
        json!(RECEIVE_KEY_HEADER)
    )
    .unwrap();
    writeln!(text, "/** The longest that a poll is held, in seconds. */").unwrap();
    writeln!(
        text,
        "export const MAX_POLL_WAIT_SECONDS = {MAX_POLL_WAIT_SECONDS};\n"
    )
    .unwrap();
    writeln!(
        text,
        "/** The number of persons that an `open` may name as known. */"
    )
    .unwrap();
    writeln!(
        text,
        "export const MAX_KNOWN_PERSONS = {MAX_KNOWN_PERSONS};\n"
    )
    .unwrap();
    let paths = json!({ "socket": paths::SOCKET, "logins": paths::LOGINS, "events": paths::EVENTS, "refresh": paths::REFRESH, "agree": paths::AGREE, "cancel": paths::CANCEL });
    writeln!(
        text,
        "/** Where a browser asks; `{{login_id}}` stands for the login. */"
    )
    .unwrap();
    writeln!(text, "export const PATHS = {paths} as const;").unwrap();
    hold("protocol/typescript/src/generated.ts", &text);
}

#[test]
fn close_codes() {
    let known = CloseCode::ALL
        .iter()
        .map(|code| (code.code(), Some(code.name())));
    let unknown = [1001, 1005, 1006, 1015, 4099, 4199, 4299, 4300].map(|code| (code, None));
    let rows: Vec<_> = known
        .chain(unknown)
        .map(|(code, name)| json!({ "code": code, "name": name, "come_back": ComeBack::after(code) }))
        .collect();
    hold(
        "protocol/vectors/close-codes.json",
        &(serde_json::to_string_pretty(&rows).unwrap() + "\n"),
    );
}
