//! Store outage: no login is decided, no browser is dropped, and every refusal has a `Retry-After`.

use std::time::Duration;

use saoma_client::{Browser, PhoneError};
use saoma_client::{BrowserError, NewLogin};
use saoma_load::deployment::PERSONAL;
use saoma_protocol::{ClientMessage, ErrorCode, ServerMessage};

use crate::support::{FaultProxy, ORIGIN, RedisServer, World, hall};

#[tokio::test]
async fn opens_and_scans_are_refused_until_the_store_is_back_and_open_sockets_stay_open() {
    let mut redis = RedisServer::start();
    let world = World::on(&redis);
    let node = world.start().await;
    let (mut waiting, login) = node.browser().await;
    redis.kill();

    let mut browser = Browser::connect(&node.url, ORIGIN)
        .await
        .expect("the node itself is up");
    browser
        .send(&ClientMessage::Open(NewLogin::of(&hall()).request))
        .await
        .unwrap();
    let ServerMessage::Error {
        error, retry_after, ..
    } = browser.next().await.unwrap()
    else {
        panic!("opened")
    };
    assert_eq!(
        (error, retry_after.is_some()),
        (ErrorCode::TemporarilyUnavailable, true)
    );
    assert_eq!(browser.closed().await.unwrap(), 4100);

    let open = reqwest::Client::new()
        .post(node.at("/v1/logins"))
        .header("origin", ORIGIN);
    let answer = open
        .json(&NewLogin::of(&hall()).request)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 503);
    assert!(answer.headers().contains_key("retry-after"));

    let Err(PhoneError::Refused {
        status,
        retry_after,
        ..
    }) = world.phone(&node, 1).scan(&login.qr).await
    else {
        panic!("scanned")
    };
    assert_eq!((status.as_u16(), retry_after.is_some()), (503, true));
    assert_eq!(
        reqwest::get(node.operations("/ready"))
            .await
            .unwrap()
            .status(),
        503
    );
    assert_eq!(
        reqwest::get(node.operations("/live"))
            .await
            .unwrap()
            .status(),
        200
    );

    waiting.send(&ClientMessage::Refresh).await.unwrap();
    let told = waiting
        .next()
        .await
        .expect("the waiting browser was not dropped");
    assert!(matches!(
        told,
        ServerMessage::Error {
            error: ErrorCode::TemporarilyUnavailable,
            ..
        }
    ));

    redis.restart();
    let back = async {
        loop {
            match Browser::open(&node.url, &hall()).await {
                Ok(opened) => return opened,
                Err(BrowserError::Unexpected(_)) => {
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
                Err(error) => panic!("{error}"),
            }
        }
    };
    let (mut browser, login) = tokio::time::timeout(Duration::from_secs(15), back)
        .await
        .expect("the store is back");
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
}

/// The open timeout covers the browser's request, not the store's answer.
#[tokio::test]
async fn a_browser_is_not_sent_away_because_the_store_is_slow() {
    let redis = RedisServer::start();
    let link = FaultProxy::to(redis.address());
    let node = World::on_url(format!("redis://{}", link.address()))
        .with(r#"sockets = { open_timeout = "200ms" }"#)
        .start()
        .await;
    let (browser, login) = node.browser().await;
    drop(browser);
    link.delay(Duration::from_millis(100));
    let mut browser = Browser::resume(&node.url, ORIGIN, &login, 1).await.unwrap();
    browser.send(&ClientMessage::CANCEL).await.unwrap();
    let told = browser.next().await.expect("it was taken back");
    assert!(matches!(told, ServerMessage::Cancelled { .. }), "{told:?}");
}

#[tokio::test]
async fn a_node_does_not_start_without_its_store() {
    let mut redis = RedisServer::start();
    let world = World::on(&redis);
    redis.kill();
    let error = saoma_gateway::Gateway::start(world.settings())
        .await
        .unwrap_err()
        .to_string();
    assert_eq!(
        error,
        "store.url: cannot use the store, and logins are kept nowhere else"
    );
}

/// A failover can lose a write that the old master had answered.
#[tokio::test]
async fn a_browser_that_has_seen_more_than_the_store_knows_is_told_to_begin_anew() {
    let redis = RedisServer::start();
    let world = World::on(&redis).with(r#"lifetimes = { code = "1s" }"#);
    let node = world.start().await;
    let (mut stays, login) = node.browser().await;
    assert!(matches!(
        stays.next().await.unwrap(),
        ServerMessage::Renewed { seq: 2, .. }
    ));
    redis.command(&[
        "HSET",
        &format!("saoma:login:{{{}}}", login.login_id),
        "seq",
        "1",
    ]);
    assert_eq!(
        stays.closed().await.unwrap(),
        4001,
        "when the time limit of what it shows comes"
    );

    let (_, login) = node.browser().await;
    let mut returns = Browser::resume(&node.url, ORIGIN, &login, 9).await.unwrap();
    let told = returns.next().await.unwrap();
    assert!(matches!(
        told,
        ServerMessage::Error {
            error: ErrorCode::UnknownLogin,
            ..
        }
    ));
    assert_eq!(returns.closed().await.unwrap(), 4001);
}
