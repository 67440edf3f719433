//! A login over a Unix socket: the routes and the socket need no TCP.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use futures_util::{SinkExt, StreamExt};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use saoma_protocol::{ClientMessage, CloseCode, LoginId, ServerMessage};
use tokio::net::UnixStream;
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

use super::super::{BrowserFrontend, heartbeat_frames, routes};
use crate::http::admission::{Admission, Capacity};
use crate::http::peer::Peer;
use crate::http::read_clock::Unlimited;
use crate::http::request_counts::RequestCounts;
use crate::http::server::{ListenerSettings, timed};
use crate::http::trusted_proxies::TrustedProxies;
use crate::logins::tests::browser::request;
use crate::logins::tests::nodes::{Happening, Nodes, ORIGIN};
use crate::settings::Sockets;

const PATIENCE: Duration = Duration::from_secs(5);

type Browser = WebSocketStream<UnixStream>;

fn frontend(nodes: &Nodes, tasks: &TaskTracker) -> BrowserFrontend {
    let sockets = Sockets::default();
    let capacity = Capacity {
        browsers: 9,
        per_address: 9,
        files: 9,
        per_second: std::num::NonZeroU32::MAX,
    };
    BrowserFrontend {
        logins: Arc::clone(nodes.logins(0)),
        trusted_proxies: Arc::new(TrustedProxies::new(Vec::new())),
        admission: Arc::new(Admission::new(capacity, Arc::default())),
        heartbeat_frames: heartbeat_frames(sockets.ping_interval),
        sockets,
        tasks: tasks.clone(),
        closing: CancellationToken::new(),
    }
}

/// Serves one end of a socket pair, and returns a browser on the other.
async fn connect(frontend: BrowserFrontend) -> Browser {
    let (served, browser) = UnixStream::pair().expect("a socket pair");
    let tasks = frontend.tasks.clone();
    let router = routes::<UnixStream>(frontend);
    let service = service_fn(move |mut request: hyper::Request<Incoming>| {
        let peer = Peer::at(([127, 0, 0, 1], 9).into());
        request.extensions_mut().insert(peer);
        let router = router.clone();
        async move {
            let answer = router.oneshot(request.map(Body::new)).await;
            Ok::<_, Infallible>(answer.unwrap_or_else(|never| match never {}))
        }
    });
    let settings = ListenerSettings {
        header_timeout: PATIENCE,
        idle_timeout: PATIENCE,
        write_timeout: PATIENCE,
    };
    let permit = Box::new(Unlimited);
    let served = timed(served, settings, &RequestCounts::default(), permit, |_| {});
    tasks.spawn(async move {
        hyper::server::conn::http1::Builder::new()
            .serve_connection(TokioIo::new(served), service)
            .with_upgrades()
            .await
            .expect("the request is served");
    });
    let mut request = "ws://login.example/v1/socket"
        .into_client_request()
        .expect("a request");
    let headers = request.headers_mut();
    headers.insert("origin", ORIGIN.parse().expect("a value"));
    headers.insert(
        "sec-websocket-protocol",
        "saoma.v1".parse().expect("a value"),
    );
    let (browser, _) = tokio_tungstenite::client_async(request, browser)
        .await
        .expect("the handshake succeeds");
    browser
}

async fn send(browser: &mut Browser, message: &ClientMessage) {
    let text = serde_json::to_string(message).expect("a message");
    browser.send(Message::text(text)).await.expect("it is sent");
}

async fn next(browser: &mut Browser) -> Message {
    timeout(PATIENCE, browser.next())
        .await
        .expect("an answer in time")
        .expect("an answer")
        .expect("a frame")
}

async fn next_message(browser: &mut Browser) -> ServerMessage {
    let message = next(browser).await;
    serde_json::from_str(message.to_text().expect("a text")).expect("a message")
}

async fn open(browser: &mut Browser) -> LoginId {
    send(browser, &ClientMessage::Open(request())).await;
    let ServerMessage::Opened { login_id, .. } = next_message(browser).await else {
        panic!("not opened")
    };
    login_id
}

/// Waits until the socket has sent all that it had to, which puts it into hibernation.
async fn hibernate(browser: &mut Browser) {
    browser
        .send(Message::Ping(Bytes::from_static(b"x")))
        .await
        .expect("it is sent");
    assert_eq!(next(browser).await, Message::Pong(Bytes::from_static(b"x")));
}

/// Waits until the sockets' tasks have ended, and the node holds no browser.
async fn nothing_is_left(nodes: &Nodes, tasks: &TaskTracker) {
    tasks.close();
    timeout(PATIENCE, tasks.wait())
        .await
        .expect("the tasks end");
    assert!(nodes.are_empty(), "a browser that left is still held");
}

async fn is_closed(browser: &mut Browser, code: CloseCode) {
    let Message::Close(Some(CloseFrame { code: wire, .. })) = next(browser).await else {
        panic!("not closed")
    };
    assert_eq!(u16::from(wire), code.code());
    while let Some(Ok(_)) = browser.next().await {}
}

#[tokio::test]
async fn a_login_runs_over_a_unix_socket() {
    let (mut nodes, tasks) = (Nodes::start(), TaskTracker::new());
    nodes.listen().await;
    let mut browser = connect(frontend(&nodes, &tasks)).await;
    let login_id = open(&mut browser).await;
    hibernate(&mut browser).await;

    nodes.happen(login_id, Happening::Scan).await;
    nodes.push(0, 0, false);
    assert!(matches!(
        next_message(&mut browser).await,
        ServerMessage::Scanned { seq: 2, .. }
    ));
    hibernate(&mut browser).await;

    nodes.happen(login_id, Happening::Confirm).await;
    nodes.push(0, 0, false);
    assert!(matches!(
        next_message(&mut browser).await,
        ServerMessage::Confirmed { seq: 3, .. }
    ));
    is_closed(&mut browser, CloseCode::Done).await;

    nothing_is_left(&nodes, &tasks).await;
}

#[tokio::test]
async fn a_hibernated_unix_socket_sees_its_browser_leave() {
    let (nodes, tasks) = (Nodes::start(), TaskTracker::new());
    nodes.listen().await;
    let mut browser = connect(frontend(&nodes, &tasks)).await;
    open(&mut browser).await;
    hibernate(&mut browser).await;
    drop(browser);
    nothing_is_left(&nodes, &tasks).await;
}

#[tokio::test]
async fn a_ping_wakes_no_more_than_its_bytes() {
    let (nodes, tasks) = (Nodes::start(), TaskTracker::new());
    nodes.listen().await;
    let mut browser = connect(frontend(&nodes, &tasks)).await;
    let login_id = open(&mut browser).await;
    hibernate(&mut browser).await;
    for waiter in nodes.logins(0).waiters().of(login_id) {
        waiter.ping();
    }
    assert_eq!(next(&mut browser).await, Message::Ping(Bytes::new()));
    assert!(matches!(
        next_message(&mut browser).await,
        ServerMessage::Heartbeat { .. }
    ));
}
