//! Logins that wait without a browser: bounded by the node's room and by networks, and kept short after their end. The rows are
//! those of `docs/security.md`.

use std::time::Duration;

use saoma_client::{Browser, BrowserError, NewLogin};
use saoma_protocol::{ClientMessage, ErrorCode, LoginId, ServerMessage};

use crate::cost::Monitor;
use crate::floods::Flooder;
use crate::support::{ORIGIN, PollingBrowser, RedisServer, World, hall, until};

/// Row A6, threat T37: twenty thousand opens from one /48, each from a /64 of its own.
#[tokio::test(flavor = "multi_thread")]
async fn twenty_thousand_posts_from_one_prefix_leave_no_more_logins_than_the_node_has_room_for() {
    const ROOM: usize = 50;
    let redis = RedisServer::start();
    let world =
        World::on(&redis).with("server.trusted_proxies = ['127.0.0.1']\nserver.max_sockets = 50");
    let node = world.start().await;
    let body = serde_json::to_string(&NewLogin::of(&hall()).request).unwrap();
    let flood = async |first: u32| {
        let mut flooder = Flooder::connect(&node).await;
        for number in first..first + 5000 {
            let address = format!("2001:db8:1:{:x}::1", number % 65_536);
            let status = flooder.open(&address, &body).await;
            assert!([201, 429, 503].contains(&status), "{status}");
            if number % 500 == 0 {
                let logins = redis.keys("saoma:login:*").len();
                assert!(logins <= ROOM + 4, "{logins} logins are kept");
            }
        }
    };
    tokio::join!(flood(0), flood(5000), flood(10_000), flood(15_000));
    let logins = redis.keys("saoma:login:*").len();
    assert!(logins <= ROOM + 4, "{logins} logins are kept");
    let keys = redis.keys("*").len();
    assert!(keys <= 1500, "{keys} keys are kept");
    assert_eq!(redis.keys_without_end(), Vec::<String>::new());
}

/// Row A6, threat T37: a prefix has an allowance, and others have theirs beside it.
#[tokio::test]
async fn a_prefix_uses_up_its_own_allowance_and_costs_the_store_nothing_more() {
    let redis = RedisServer::start();
    let world = World::on(&redis).with(
        "server.trusted_proxies = ['127.0.0.1']\nlimits.open_per_network_48 = { burst = 60, per = '1h' }\n\
         limits.open_per_network_56 = { burst = 40, per = '1h' }",
    );
    let node = world.start().await;
    let body = serde_json::to_string(&NewLogin::of(&hall()).request).unwrap();
    let mut flooder = Flooder::connect(&node).await;
    let mut opened = 0;
    for number in 0..40 {
        let address = format!("2001:db8:1:{number:x}::1");
        opened += usize::from(flooder.open(&address, &body).await == 201);
    }
    assert_eq!(opened, 40);
    assert_eq!(flooder.open("2001:db8:1:42::1", &body).await, 429);
    for number in 0x100..0x110 {
        let address = format!("2001:db8:1:{number:x}::1");
        opened += usize::from(flooder.open(&address, &body).await == 201);
    }
    let mut monitor = Monitor::start(&redis).await;
    for number in 0x200..0x400 {
        let address = format!("2001:db8:1:{number:x}::1");
        opened += usize::from(flooder.open(&address, &body).await == 201);
    }
    // The open that the /56 refused counted against the /48 before.
    assert!((59..=60).contains(&opened), "{opened} logins");
    let sent = monitor.cost().await.sent;
    assert!(sent <= 60 - 56 + 2, "{sent} commands");
    assert_eq!(flooder.open("2001:db8:2::1", &body).await, 201);
    assert_eq!(flooder.open("192.0.2.1", &body).await, 201);
    let small = redis.keys("saoma:limit:open_per_address:*").len();
    assert!(small <= opened + 2, "{small} keys of small networks");
}

/// Row A6.
#[tokio::test]
async fn a_posted_login_that_no_browser_follows_ends_and_gives_its_room_back() {
    let world = World::in_memory().with("lifetimes.unfollowed = '1s'\nserver.max_sockets = 2");
    let node = world.start().await;
    let [first, second] = [
        PollingBrowser::open(&node).await,
        PollingBrowser::open(&node).await,
    ];
    let body = serde_json::to_string(&NewLogin::of(&hall()).request).unwrap();
    let mut flooder = Flooder::connect(&node).await;
    assert_eq!(flooder.open("192.0.2.1", &body).await, 503);
    let mut followed = first;
    assert_eq!(followed.messages(&node, 0).await, []);
    let again = async {
        while flooder.open("192.0.2.1", &body).await != 201 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), again)
        .await
        .expect("the room is given back");
    assert_eq!(followed.messages(&node, 0).await, []);
    let refused = world.phone(&node, 1).scan(&second.login.qr).await;
    assert_eq!(
        refused.unwrap_err().code(),
        Some(ErrorCode::UnknownCode),
        "the login is over"
    );
    world
        .phone(&node, 1)
        .scan(&followed.login.qr)
        .await
        .unwrap();
}

/// Row A6: sockets that open and leave are counted as posted logins are.
#[tokio::test]
async fn a_login_that_its_browser_has_left_counts_while_its_code_works() {
    let world = World::in_memory().with("server.max_sockets = 2");
    let node = world.start().await;
    let mut left = Vec::new();
    for _ in 0..2 {
        let (browser, login) = node.browser().await;
        drop(browser);
        until(|| node.gateway.waiting() == 0).await;
        left.push(login);
    }
    let refused = Browser::open(&node.url, &hall()).await;
    let Err(BrowserError::Unexpected(message)) = refused else {
        panic!("{refused:?}")
    };
    let ServerMessage::Error {
        error, retry_after, ..
    } = *message
    else {
        panic!("{message:?}")
    };
    assert_eq!(error, ErrorCode::TemporarilyUnavailable);
    assert!(retry_after >= Some(5));
    let mut back = Browser::resume(&node.url, ORIGIN, &left[0], 1)
        .await
        .unwrap();
    world.phone(&node, 1).scan(&left[0].qr).await.unwrap();
    assert!(matches!(
        back.next().await.unwrap(),
        ServerMessage::Scanned { .. }
    ));
    node.browser().await;
}

/// Row A6: a login that was never scanned is kept for a minute after its end.
#[tokio::test]
async fn ended_logins_are_kept_short_unless_they_were_scanned() {
    let redis = RedisServer::start();
    let world = World::on(&redis);
    let node = world.start().await;
    let lasts = |id: LoginId| redis.milliseconds_left(&format!("saoma:login:{{{id}}}"));
    let (mut browser, login) = node.browser().await;
    assert!((170_000..=180_000).contains(&lasts(login.login_id)));
    browser.send(&ClientMessage::CANCEL).await.unwrap();
    browser.next().await.unwrap();
    assert!((50_000..=60_000).contains(&lasts(login.login_id)));
    let (_browser, login) = node.browser().await;
    world.phone(&node, 1).scan(&login.qr).await.unwrap();
    assert!(lasts(login.login_id) > 600_000);
}
