//! What a browser can count on, by socket and by event stream.

use http::header::{ORIGIN, SEC_WEBSOCKET_PROTOCOL};
use http::{HeaderMap, HeaderValue};
use reqwest::StatusCode;
use saoma_client::{Browser, RelyingParty};
use saoma_client::{BrowserError, NewLogin, OpenedLogin};
use saoma_load::deployment::PERSONAL;
use saoma_protocol::{ClientMessage, ErrorCode, ReceiveKey, ServerMessage};
use tokio_tungstenite::tungstenite::Message;

use crate::support::{Node, ORIGIN as HALL, World, hall};

async fn world() -> (World, Node) {
    let world = World::in_memory();
    let node = world.start().await;
    (world, node)
}

fn headers(origin: Option<&'static str>, subprotocol: Option<&'static str>) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.extend(origin.map(|origin| (ORIGIN, HeaderValue::from_static(origin))));
    headers
        .extend(subprotocol.map(|name| (SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(name))));
    headers
}

async fn refused(node: &Node, headers: HeaderMap) -> (u16, ErrorCode) {
    match Browser::connect_with_headers(&node.url, headers).await {
        Err(BrowserError::Refused {
            status,
            problem: Some(problem),
            ..
        }) => (status.as_u16(), problem.error),
        other => panic!("not refused: {other:?}"),
    }
}

/// Threat T14.
#[tokio::test]
async fn a_page_of_a_foreign_origin_is_refused_before_the_upgrade() {
    let (_world, node) = world().await;
    for origin in [
        Some("https://evil.example"),
        Some("null"),
        Some("https://hall.example.evil.example"),
        None,
    ] {
        let answer = refused(&node, headers(origin, Some("saoma.v1"))).await;
        assert_eq!(answer, (403, ErrorCode::OriginNotAllowed), "{origin:?}");
    }
}

#[tokio::test]
async fn a_version_that_is_not_served_is_refused_with_those_that_are() {
    let (_world, node) = world().await;
    for subprotocol in [None, Some("saoma.v9"), Some("chat")] {
        assert_eq!(
            refused(&node, headers(Some(HALL), subprotocol)).await,
            (400, ErrorCode::UnsupportedVersion)
        );
    }
    Browser::connect_with_headers(&node.url, headers(Some(HALL), Some("saoma.v9, saoma.v1")))
        .await
        .expect("a common version");
}

#[tokio::test]
async fn an_open_that_is_not_registered_is_told_why_and_closed() {
    let (_world, node) = world().await;
    for (party, error) in [
        (
            RelyingParty {
                client_id: "nobody".into(),
                ..hall()
            },
            ErrorCode::UnknownClient,
        ),
        (
            RelyingParty {
                redirect_uri: "https://hall.example/elsewhere".into(),
                ..hall()
            },
            ErrorCode::RedirectUriNotAllowed,
        ),
        // The origin is another client's: enough for the socket, not for this client.
        (
            RelyingParty {
                origin: "https://other.example".into(),
                ..hall()
            },
            ErrorCode::OriginNotAllowed,
        ),
    ] {
        let mut browser = Browser::connect(&node.url, &party.origin).await.unwrap();
        browser
            .send(&ClientMessage::Open(NewLogin::of(&party).request))
            .await
            .unwrap();
        assert!(
            matches!(browser.next().await.unwrap(), ServerMessage::Error { error: told, .. } if told == error)
        );
        assert_eq!(browser.closed().await.unwrap(), 4004);
    }
}

#[tokio::test]
async fn a_socket_whose_address_asks_is_answered_with_one_login_and_carries_no_second() {
    let world = World::in_memory().with("limits.open_per_address = { burst = 1, per = '1m' }");
    let node = world.start().await;
    let mut browser = Browser::connect_with_query(&node.url, HALL, &asking())
        .await
        .unwrap();
    let ServerMessage::Opened { qr, .. } = browser.next().await.unwrap() else {
        panic!("not opened")
    };
    browser
        .send(&ClientMessage::Open(NewLogin::of(&hall()).request))
        .await
        .unwrap();
    let told = browser.next().await.unwrap();
    assert!(
        matches!(
            told,
            ServerMessage::Error {
                error: ErrorCode::InvalidRequest,
                ..
            }
        ),
        "{told:?}"
    );
    world.phone(&node, 1).scan(&qr).await.unwrap();
    assert!(matches!(
        browser.next().await.unwrap(),
        ServerMessage::Scanned { .. }
    ));
    let mut second = Browser::connect_with_query(&node.url, HALL, &asking())
        .await
        .unwrap();
    let told = second.next().await.unwrap();
    assert!(
        matches!(
            told,
            ServerMessage::Error {
                error: ErrorCode::TooManyRequests,
                ..
            }
        ),
        "{told:?}"
    );
    assert_eq!(second.closed().await.unwrap(), 4101);
}

/// Threat T14.
#[tokio::test]
async fn what_an_address_asks_is_refused_as_a_message_is() {
    let (_world, node) = world().await;
    let foreign = Browser::connect_with_query(&node.url, "https://evil.example", &asking()).await;
    assert!(
        matches!(
            foreign,
            Err(BrowserError::Refused {
                status: StatusCode::FORBIDDEN,
                ..
            })
        ),
        "{foreign:?}"
    );
    let long = "x".repeat(4096);
    for (member, value, error) in [
        ("client_id", "nobody", ErrorCode::UnknownClient),
        (
            "redirect_uri",
            "https://hall.example/elsewhere",
            ErrorCode::RedirectUriNotAllowed,
        ),
        ("code_challenge", "short", ErrorCode::InvalidRequest),
        ("state", long.as_str(), ErrorCode::RequestTooLarge),
    ] {
        let asked =
            asking().map(|(name, right)| (name, if name == member { value } else { right }));
        let mut browser = Browser::connect_with_query(&node.url, HALL, &asked)
            .await
            .unwrap();
        let told = browser.next().await.unwrap();
        assert!(
            matches!(told, ServerMessage::Error { error: told, .. } if told == error),
            "{member}: {told:?}"
        );
        assert_eq!(browser.closed().await.unwrap(), 4004, "{member}");
    }
}

/// The members of an `open` of the hall, as they stand in an address.
const fn asking() -> [(&'static str, &'static str); 6] {
    [
        ("client_id", "hall"),
        ("redirect_uri", "https://hall.example/callback"),
        ("state", "a state & more"),
        ("scope", "openid"),
        (
            "code_challenge",
            "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
        ),
        ("code_challenge_method", "S256"),
    ]
}

#[tokio::test]
async fn what_is_no_message_is_answered_and_the_fifth_ends_the_socket() {
    let (_world, node) = world().await;
    let (mut browser, _) = node.browser().await;
    let much_to_quote = format!(
        r#"{{"type":"resume","last_seq":"{}"}}"#,
        "\u{7f}".repeat(4000)
    );
    for (text, error) in [
        ("hello", ErrorCode::InvalidRequest),
        (much_to_quote.as_str(), ErrorCode::InvalidRequest),
        (r#"{"type":"dance"}"#, ErrorCode::UnknownType),
        (r#"["refresh"]"#, ErrorCode::InvalidRequest),
        ("", ErrorCode::InvalidRequest),
    ] {
        browser.send_frame(Message::text(text)).await.unwrap();
        assert!(
            matches!(browser.next().await.unwrap(), ServerMessage::Error { error: told, .. } if told == error),
            "{text}"
        );
    }
    assert_eq!(browser.closed().await.unwrap(), 4000);
}

#[tokio::test]
async fn binary_and_oversized_messages_end_the_socket() {
    let (_world, node) = world().await;
    let (mut browser, _) = node.browser().await;
    browser
        .send_frame(Message::binary(vec![1, 2, 3]))
        .await
        .unwrap();
    assert_eq!(browser.closed().await.unwrap(), 1003);
    let (mut browser, _) = node.browser().await;
    browser
        .send_frame(Message::text("x".repeat(4097)))
        .await
        .unwrap();
    assert_eq!(browser.closed().await.unwrap(), 1009);
}

#[tokio::test]
async fn a_socket_that_opens_nothing_is_closed() {
    let world = World::in_memory().with("sockets.open_timeout = '100ms'");
    let node = world.start().await;
    let mut browser = Browser::connect(&node.url, HALL).await.unwrap();
    assert_eq!(browser.closed().await.unwrap(), 4003);
}

/// Threat T21: what happened while the browser was away is told when it comes back, in order, once.
#[tokio::test]
async fn a_browser_that_comes_back_gets_the_rest() {
    let (world, node) = world().await;
    let (browser, login) = node.browser().await;
    drop(browser);
    let phone = world.phone(&node, 1);
    phone.scan(&login.qr).await.unwrap();
    let mut browser = Browser::resume(&node.url, HALL, &login, 1).await.unwrap();
    assert!(matches!(
        browser.next().await.unwrap(),
        ServerMessage::Scanned { seq: 2, .. }
    ));
    drop(browser);
    phone.confirm(login.login_id, PERSONAL).await.unwrap();
    let mut browser = Browser::resume(&node.url, HALL, &login, 2).await.unwrap();
    assert!(matches!(
        browser.next().await.unwrap(),
        ServerMessage::Confirmed { seq: 3, .. }
    ));
    assert_eq!(browser.closed().await.unwrap(), 1000);
}

#[tokio::test]
async fn the_newest_socket_wins_and_the_older_one_is_told() {
    let (_world, node) = world().await;
    let (mut older, login) = node.browser().await;
    let mut newer = Browser::resume(&node.url, HALL, &login, 1).await.unwrap();
    assert_eq!(older.closed().await.unwrap(), 4002);
    newer.send(&ClientMessage::Cancel).await.unwrap();
    assert_eq!(
        newer.next().await.unwrap(),
        ServerMessage::Cancelled { seq: 2 }
    );
}

/// Threat T4: whoever saw the QR code knows the login's id, and can do nothing with it that the browser can.
#[tokio::test]
async fn the_codes_content_alone_fetches_nothing_and_disturbs_nobody() {
    let (world, node) = world().await;
    let (mut browser, login) = node.browser().await;
    let thief = |id| OpenedLogin {
        receive_key: ReceiveKey::from_random([7; 32]),
        login_id: id,
        ..login.clone()
    };
    let unknown = saoma_protocol::LoginId::from_random([9; 15]);
    let http = reqwest::Client::new();
    let mut answers = Vec::new();
    for id in [login.login_id, unknown] {
        let mut stolen = Browser::resume(&node.url, HALL, &thief(id), 0)
            .await
            .unwrap();
        let ServerMessage::Error {
            error,
            error_description,
            ..
        } = stolen.next().await.unwrap()
        else {
            panic!("let in")
        };
        assert_eq!(
            (error, stolen.closed().await.unwrap()),
            (ErrorCode::UnknownLogin, 4001)
        );
        answers.push(error_description);
        for (method, path) in [
            ("GET", "events"),
            ("GET", "events?after=0"),
            ("POST", "refresh"),
            ("POST", "cancel"),
        ] {
            let url = node.at(&format!("/v1/logins/{id}/{path}"));
            let request = http
                .request(method.parse().unwrap(), url)
                .header("saoma-receive-key", thief(id).receive_key.to_string());
            let answer = request.send().await.unwrap();
            assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{method} {path}");
            answers.push(answer.text().await.unwrap());
        }
    }
    let (known, unknown) = answers.split_at(5);
    assert_eq!(
        known, unknown,
        "the answers do not tell whether the login exists"
    );
    world.phone(&node, 1).scan(&login.qr).await.unwrap();
    assert!(
        matches!(
            browser.next().await.unwrap(),
            ServerMessage::Scanned { seq: 2, .. }
        ),
        "its own browser is still there"
    );
}

/// Threat T20: a push reaches its own browser and no other.
#[tokio::test]
async fn a_push_reaches_only_its_browser() {
    let world = World::in_memory().with(
        "limits.open_per_address = { burst = 2000, per = '1m' }
        limits.socket_per_address = { burst = 2000, per = '1m' }
        server.max_sockets_per_address = 2000
        # The browsers do not read while others open, and so answer no pings.
        sockets.ping_timeout = '1h'",
    );
    let node = world.start().await;
    let mut others = Vec::new();
    for _ in 0..1000 {
        others.push(node.browser().await);
    }
    let (mut browser, login) = node.browser().await;
    let phone = world.phone(&node, 1);
    phone.scan(&login.qr).await.unwrap();
    phone.confirm(login.login_id, PERSONAL).await.unwrap();
    assert!(matches!(
        browser.next().await.unwrap(),
        ServerMessage::Scanned { .. }
    ));
    assert!(matches!(
        browser.next().await.unwrap(),
        ServerMessage::Confirmed { .. }
    ));
    for (mut other, _) in others {
        // Messages come in order: if a foreign push had come, it would stand before the answer to this.
        other.send(&ClientMessage::Cancel).await.unwrap();
        assert_eq!(
            other.next().await.unwrap(),
            ServerMessage::Cancelled { seq: 2 }
        );
    }
}

#[tokio::test]
async fn a_code_is_renewed_by_itself_until_the_login_expires() {
    let world = World::in_memory().with("lifetimes = { code = '1s', waiting = '2s' }");
    let node = world.start().await;
    let (mut browser, login) = node.browser().await;
    let ServerMessage::Renewed { seq: 2, qr, .. } = browser.next().await.unwrap() else {
        panic!("not renewed")
    };
    assert_ne!(qr, login.qr);
    assert_eq!(
        browser.next().await.unwrap(),
        ServerMessage::Expired { seq: 3 }
    );
    assert_eq!(browser.closed().await.unwrap(), 1000);
}

#[tokio::test]
async fn a_scanned_login_that_nobody_confirms_expires() {
    let world = World::in_memory().with("lifetimes.scanned = '1s'");
    let node = world.start().await;
    let (mut browser, login) = node.browser().await;
    let phone = world.phone(&node, 1);
    phone.scan(&login.qr).await.unwrap();
    browser.next().await.unwrap();
    assert_eq!(
        browser.next().await.unwrap(),
        ServerMessage::Expired { seq: 3 }
    );
    let error = phone.confirm(login.login_id, PERSONAL).await.unwrap_err();
    assert_eq!(error.code(), Some(ErrorCode::LoginExpired));
}

#[tokio::test]
async fn an_event_stream_tells_what_a_socket_tells() {
    let (world, node) = world().await;
    let http = reqwest::Client::new();
    let request = NewLogin::of(&hall()).request;
    let opened = http
        .post(node.at("/v1/logins"))
        .header("origin", HALL)
        .json(&request)
        .send()
        .await
        .unwrap();
    assert_eq!(opened.status(), StatusCode::CREATED);
    assert_eq!(opened.headers()["access-control-allow-origin"], HALL);
    let ServerMessage::Opened {
        login_id,
        receive_key,
        qr,
        ..
    } = opened.json().await.unwrap()
    else {
        panic!("not opened")
    };
    let events = node.at(&format!("/v1/logins/{login_id}/events"));
    let stream = http
        .get(events)
        .header("saoma-receive-key", receive_key.to_string())
        .send()
        .await
        .unwrap();
    assert_eq!(stream.headers()["content-type"], "text/event-stream");
    let phone = world.phone(&node, 1);
    phone.scan(&qr).await.unwrap();
    phone.confirm(login_id, PERSONAL).await.unwrap();
    let text = stream
        .text()
        .await
        .expect("the stream ends after the result");
    assert!(
        text.starts_with(": "),
        "a sign of life comes first, that a proxy may be known by: {text}"
    );
    let told: Vec<ServerMessage> = text
        .lines()
        .filter_map(|line| line.strip_prefix("data: "))
        .map(|data| serde_json::from_str(data).unwrap())
        .collect();
    assert!(
        matches!(
            told[..],
            [
                ServerMessage::Scanned { seq: 2, .. },
                ServerMessage::Confirmed { seq: 3, .. }
            ]
        ),
        "{text}"
    );
    assert!(
        text.contains("id: 2\n") && text.contains("id: 3\n"),
        "{text}"
    );
}

#[tokio::test]
async fn a_foreign_page_cannot_open_over_http() {
    let (_world, node) = world().await;
    let request = NewLogin::of(&hall()).request;
    for origin in ["https://evil.example", "https://other.example"] {
        let open = reqwest::Client::new()
            .post(node.at("/v1/logins"))
            .header("origin", origin)
            .json(&request);
        assert_eq!(open.send().await.unwrap().status(), StatusCode::FORBIDDEN);
    }
}

#[tokio::test]
async fn a_stopping_node_tells_each_browser_when_to_come_back() {
    let (_world, node) = world().await;
    let (mut browser, _) = node.browser().await;
    let stopping = tokio::spawn(node.gateway.shutdown());
    let Err(BrowserError::Closed { code: 1012, reason }) = browser.next().await else {
        panic!("not sent away")
    };
    serde_json::from_str::<saoma_protocol::RestartHint>(&reason).expect("a hint");
    stopping.await.unwrap();
}
