//! Opening a login by socket: the request's origin and version, and the client that it names.

use http::header::{ORIGIN, SEC_WEBSOCKET_PROTOCOL};
use http::{HeaderMap, HeaderValue};
use reqwest::StatusCode;
use saoma_client::{Browser, BrowserError, NewLogin, RelyingParty};
use saoma_protocol::{ClientMessage, ErrorCode, ServerMessage};

use super::world;
use crate::support::{Node, ORIGIN as HALL, World, hall};

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
async fn an_open_in_the_query_opens_one_login_and_no_second() {
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
async fn an_open_in_the_query_is_refused_as_an_open_message_is() {
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
async fn a_socket_that_opens_nothing_is_closed() {
    let world = World::in_memory().with("sockets.open_timeout = '100ms'");
    let node = world.start().await;
    let mut browser = Browser::connect(&node.url, HALL).await.unwrap();
    assert_eq!(browser.closed().await.unwrap(), 4003);
}
