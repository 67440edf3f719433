//! Sessions without a transport.

use futures_util::FutureExt;
use saoma_protocol::{LoginId, ReceiveKey};

use super::*;
use crate::http::admission::{Admission, Capacity};
use crate::logins::tests::browser::{address, open_context, request};
use crate::logins::tests::nodes::{Happening, Nodes};
use crate::metrics::Exposition;

/// A node, and a session on it.
async fn session() -> (Nodes, Session) {
    let nodes = Nodes::start();
    nodes.listen().await;
    let capacity = Capacity {
        browsers: 1,
        per_address: 1,
        files: 1,
        per_second: std::num::NonZeroU32::MIN,
    };
    let permit = Arc::new(Admission::new(capacity, Arc::default()))
        .take(&address())
        .expect("there is room");
    let session = Session::new(Arc::clone(nodes.logins(0)), permit);
    (nodes, session)
}

async fn open(session: &Session) -> Result<Joined, JoinError> {
    session
        .join(Ok(ClientMessage::Open(request())), open_context())
        .await
}

/// Opens a login, and returns its keys beside what was joined.
async fn opened(session: &Session) -> (Waiting, LoginId, ReceiveKey) {
    let Joined { waiting, message } = open(session).await.expect("the login opens");
    let Some(ServerMessage::Opened {
        login_id,
        receive_key,
        seq: 1,
        ..
    }) = message
    else {
        panic!("{message:?}")
    };
    (waiting, login_id, receive_key)
}

/// Renders the delivery that has arrived.
fn rendered(session: &Session, waiting: &Waiting) -> Outgoing {
    let delivery = waiting.waiter().next().now_or_never();
    session.render(delivery.expect("a delivery has arrived"))
}

fn metrics(session: &Session) -> String {
    session
        .logins
        .metrics()
        .encode(Exposition::OpenMetrics)
        .expect("text")
}

#[tokio::test]
async fn an_open_joins_and_is_answered() {
    let (nodes, session) = session().await;
    let (waiting, login_id, _) = opened(&session).await;
    assert_eq!(waiting.waiter().login_id(), login_id);
    assert_eq!(nodes.logins(0).waiters().len(), 1);
    let text = metrics(&session);
    assert!(
        text.contains(r#"saoma_attachments_total{transport="websocket"} 1"#),
        "{text}"
    );
}

#[tokio::test]
async fn a_resume_joins_without_a_message_and_supersedes_the_first_connection() {
    let (_nodes, session) = session().await;
    let (first, login_id, receive_key) = opened(&session).await;
    let resume = ResumeRequest {
        login_id,
        receive_key,
        last_seq: 1,
        attempt: None,
    };
    let joined = session
        .join(Ok(ClientMessage::Resume(resume)), open_context())
        .await
        .expect("the login resumes");
    assert_eq!(joined.message, None);
    assert_eq!(
        rendered(&session, &first),
        Outgoing::Close(CloseCode::Superseded.into())
    );
}

#[tokio::test]
async fn a_refused_open_has_its_error_its_close_code_and_its_metric() {
    let (nodes, session) = session().await;
    let request = OpenRequest {
        redirect_uri: "https://evil.example/".into(),
        ..request()
    };
    let refused = session
        .join(Ok(ClientMessage::Open(request)), open_context())
        .await
        .expect_err("the redirect URI is not registered");
    assert_eq!(refused.close, CloseCode::Refused.into());
    assert!(matches!(
        refused.message,
        Some(ServerMessage::Error {
            error: ErrorCode::RedirectUriNotAllowed,
            retry_after: None,
            ..
        })
    ));
    assert_eq!(nodes.logins(0).waiters().len(), 0);
    let text = metrics(&session);
    assert!(
        text.contains(r#"saoma_refusals_total{step="open",error="redirect_uri_not_allowed"} 1"#),
        "{text}"
    );
}

#[tokio::test]
async fn a_command_before_a_login_closes_without_a_message() {
    let (_nodes, session) = session().await;
    for command in [ClientMessage::Refresh, ClientMessage::CANCEL] {
        let refused = session
            .join(Ok(command), open_context())
            .await
            .expect_err("there is no login");
        assert_eq!(
            refused,
            JoinError {
                message: None,
                close: CloseCode::NotOpened.into()
            }
        );
    }
}

#[tokio::test]
async fn errors_that_pass_close_with_codes_to_come_back_after() {
    let (_nodes, session) = session().await;
    for (error, code) in [
        (
            ApiError::unavailable("the store is down"),
            CloseCode::Unavailable,
        ),
        (
            ApiError::too_many_requests(std::time::Duration::from_secs(3)),
            CloseCode::TooManyRequests,
        ),
    ] {
        let seconds = error.retry_after_seconds();
        let refused = session
            .join(Err(error), open_context())
            .await
            .expect_err("it is an error");
        assert_eq!(refused.close, code.into());
        assert!(
            matches!(refused.message, Some(ServerMessage::Error { retry_after, .. }) if retry_after == seconds)
        );
    }
}

#[tokio::test]
async fn the_fifth_bad_message_closes() {
    let (_nodes, mut session) = session().await;
    assert_eq!(
        session.decode(r#"{"type":"refresh"}"#),
        Ok(ClientMessage::Refresh)
    );
    for (number, text) in ["x", "{}", "[]", r#"{"type":"open"}"#, r#"{"type":"dance"}"#]
        .into_iter()
        .enumerate()
    {
        let bad = session.decode(text).expect_err("it is malformed");
        assert!(
            matches!(bad.message, ServerMessage::Error { .. }),
            "{text}: {:?}",
            bad.message
        );
        let expected = (number == 4).then(|| CloseCode::Misbehaving.into());
        assert_eq!(bad.close, expected, "{text}");
    }
}

#[tokio::test]
async fn a_change_is_a_message_and_the_one_that_settles_is_the_last() {
    let (mut nodes, session) = session().await;
    let (waiting, login_id, _) = opened(&session).await;
    for (happening, seq) in [(Happening::Scan, 2), (Happening::Confirm, 3)] {
        nodes.happen(login_id, happening).await;
        nodes.push(0, 0, false);
        match (happening, rendered(&session, &waiting)) {
            (Happening::Scan, Outgoing::Message(message))
            | (Happening::Confirm, Outgoing::Last(message)) => {
                assert_eq!(message.seq(), Some(seq));
            }
            (_, outgoing) => panic!("{happening:?}: {outgoing:?}"),
        }
    }
}

#[tokio::test]
async fn a_ping_is_a_heartbeat_and_a_close_keeps_its_reason() {
    let (_nodes, session) = session().await;
    let (waiting, ..) = opened(&session).await;
    waiting.waiter().ping();
    assert_eq!(rendered(&session, &waiting), Outgoing::Heartbeat);
    let reason = CloseReason {
        code: CloseCode::Restarting,
        hint: Some(saoma_protocol::RestartHint {
            retry_after_ms: 700,
        }),
    };
    waiting.waiter().close(reason);
    assert_eq!(rendered(&session, &waiting), Outgoing::Close(reason));
}

#[tokio::test]
async fn a_command_is_answered_by_a_delivery_or_refused() {
    let (nodes, session) = session().await;
    let (waiting, ..) = opened(&session).await;
    let again = session
        .handle_command(ClientMessage::Open(request()), waiting.waiter())
        .await;
    assert!(matches!(
        again,
        Some(ServerMessage::Error {
            error: ErrorCode::InvalidRequest,
            ..
        })
    ));
    let accepted = session
        .handle_command(ClientMessage::CANCEL, waiting.waiter())
        .await;
    assert_eq!(accepted, None);
    nodes.push(0, 0, false);
    assert_eq!(
        rendered(&session, &waiting),
        Outgoing::Last(ServerMessage::Cancelled {
            seq: 2,
            reason: None
        })
    );
    let late = session
        .handle_command(ClientMessage::Refresh, waiting.waiter())
        .await;
    assert!(matches!(
        late,
        Some(ServerMessage::Error {
            error: ErrorCode::AlreadyDecided,
            ..
        })
    ));
}

#[tokio::test]
async fn an_open_connection_is_counted_until_its_session_is_dropped() {
    let (nodes, session) = session().await;
    let count = |text: &str| text.contains("saoma_sockets_open 1");
    assert!(count(&metrics(&session)));
    session.count_close(Some(CloseCode::Done));
    session.count_close(None);
    drop(session);
    let text = nodes
        .logins(0)
        .metrics()
        .encode(Exposition::OpenMetrics)
        .expect("text");
    assert!(!count(&text), "{text}");
    for code in ["done", "gone"] {
        let line = format!(r#"saoma_socket_closes_total{{code="{code}"}} 1"#);
        assert!(text.contains(&line), "{text}");
    }
}
