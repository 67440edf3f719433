//! Rate limits, counted across nodes. A refusal names the time until the next try.

use std::time::Duration;

use saoma_client::{Browser, NewLogin, OpenedLogin, PhoneError};
use saoma_protocol::{ClientMessage, ErrorCode, ReceiveKey, ServerMessage};

use crate::support::{LONG, Node, ORIGIN, PollingBrowser, RedisServer, World, hall, until};

fn limited<T: std::fmt::Debug>(answer: Result<T, PhoneError>) -> u64 {
    match answer {
        Err(PhoneError::Refused {
            status,
            retry_after,
            ..
        }) if status == 429 => retry_after.unwrap(),
        other => panic!("not limited: {other:?}"),
    }
}

/// Threat T9: the sixth try is locked out on every node, even with the right code.
#[tokio::test]
async fn the_sixth_typed_code_is_locked_out_on_every_node() {
    let redis = RedisServer::start();
    let world = World::on(&redis);
    let (a, b) = (world.start().await, world.start().await);
    let (_browser, login) = a.browser().await;
    for (node, code) in [
        (&a, "BBBB-BBBB"),
        (&b, "CCCC-CCCC"),
        (&a, "DDDD-DDDD"),
        (&b, "FFFF-FFFF"),
        (&a, "GGGG-GGGG"),
    ] {
        let error = world.phone(node, 1).type_code(code).await.unwrap_err();
        assert_eq!(error.code(), Some(ErrorCode::UnknownCode));
    }
    assert!(limited(world.phone(&b, 1).type_code(&login.user_code).await) > 60);
    world
        .phone(&b, 2)
        .type_code(&login.user_code)
        .await
        .expect("another person is not locked out");
    assert_eq!(redis.keys_without_end(), Vec::<String>::new());
}

#[tokio::test]
async fn scans_and_confirms_are_limited_by_person() {
    let world = World::in_memory().with(
        "limits.scan_per_person = { burst = 3, per = '1m' }\nlimits.confirm_per_person = { burst = 2, per = '1m' }",
    );
    let node = world.start().await;
    let (_browser, login) = node.browser().await;
    let phone = world.phone(&node, 1);
    for _ in 0..3 {
        phone.scan(&login.qr).await.unwrap();
    }
    assert!(limited(phone.scan(&login.qr).await) > 0);
    for _ in 0..2 {
        phone.confirm(login.login_id, "personal").await.unwrap();
    }
    limited(phone.confirm(login.login_id, "personal").await);
}

#[tokio::test]
async fn a_malformed_code_counts_as_a_scan_by_its_person() {
    let world = World::in_memory().with("limits.scan_per_person = { burst = 1, per = '1m' }");
    let node = world.start().await;
    let (_browser, login) = node.browser().await;
    let phone = world.phone(&node, 1);
    assert_eq!(
        phone.scan("no code").await.unwrap_err().code(),
        Some(ErrorCode::NotALoginCode)
    );
    limited(phone.scan(&login.qr).await);
}

#[tokio::test]
async fn a_typed_code_that_was_not_looked_at_is_no_try() {
    let world = World::in_memory().with(
        "limits.scan_per_person = { burst = 1, per = '1m' }\nlimits.typed_code_per_person = { burst = 1, per = '1h' }",
    );
    let node = world.start().await;
    let (_browser, login) = node.browser().await;
    let phone = world.phone(&node, 1);
    phone.scan(&login.qr).await.unwrap();
    for _ in 0..2 {
        assert!(limited(phone.type_code(&login.user_code).await) <= 60);
    }
}

#[tokio::test]
async fn opens_are_limited_by_address_and_those_already_open_are_left_alone() {
    let world = World::in_memory().with("limits.open_per_address = { burst = 2, per = '1m' }");
    let node = world.start().await;
    let (mut first, login) = node.browser().await;
    node.browser().await;
    let mut third = Browser::connect(&node.url, ORIGIN).await.unwrap();
    third
        .send(&ClientMessage::Open(NewLogin::of(&hall()).request))
        .await
        .unwrap();
    let ServerMessage::Error {
        error, retry_after, ..
    } = third.next().await.unwrap()
    else {
        panic!("opened")
    };
    assert_eq!(
        (error, retry_after.is_some()),
        (ErrorCode::TooManyRequests, true)
    );
    assert_eq!(third.closed().await.unwrap(), 4101);
    world.phone(&node, 1).scan(&login.qr).await.unwrap();
    assert!(matches!(
        first.next().await.unwrap(),
        ServerMessage::Scanned { .. }
    ));
}

/// Threat T10.
#[tokio::test]
async fn guessed_receive_keys_are_limited_by_address_and_the_right_one_still_opens() {
    let world =
        World::in_memory().with("limits.unknown_key_per_address = { burst = 3, per = '1h' }");
    let node = world.start().await;
    let (browser, login) = node.browser().await;
    for (byte, expected) in [(1, 4001), (2, 4001), (3, 4001), (4, 4101), (5, 4101)] {
        let guess = OpenedLogin {
            receive_key: ReceiveKey::from_random([byte; 32]),
            ..login.clone()
        };
        let mut guesser = Browser::resume(&node.url, ORIGIN, &guess, 1).await.unwrap();
        assert!(matches!(
            guesser.next().await.unwrap(),
            ServerMessage::Error { .. }
        ));
        assert_eq!(guesser.closed().await.unwrap(), expected);
    }
    drop(browser);
    let mut back = Browser::resume(&node.url, ORIGIN, &login, 1).await.unwrap();
    world.phone(&node, 1).scan(&login.qr).await.unwrap();
    assert!(matches!(
        back.next().await.unwrap(),
        ServerMessage::Scanned { .. }
    ));
}

/// Threat T11.
#[tokio::test]
async fn a_browser_that_polls_too_fast_is_slowed_down_and_recovers() {
    let world = World::in_memory().with(THREE_POLLS);
    let node = world.start().await;
    slows_down(&world, &node, &node).await;
}

/// Threat T11.
#[tokio::test]
async fn a_browser_that_polls_too_fast_gains_nothing_by_asking_another_node() {
    let redis = RedisServer::start();
    let world = World::on(&redis).with(THREE_POLLS);
    let (a, b) = (world.start().await, world.start().await);
    slows_down(&world, &a, &b).await;
    assert_eq!(redis.keys_without_end(), Vec::<String>::new());
}

const THREE_POLLS: &str = "limits.poll_per_login = { burst = 3, per = '12s' }";

async fn slows_down(world: &World, a: &Node, b: &Node) {
    let mut browser = PollingBrowser::open(a).await;
    let (too_fast, qr) = (browser.clone(), browser.login.qr.clone());
    let knows_the_id_only = browser.with_key(ReceiveKey::from_random([7; 32]));
    for status in [404, 404, 404, 429] {
        assert_eq!(knows_the_id_only.refused(b).await.0, status);
    }
    for node in [a, b] {
        assert_eq!(
            browser.messages(node, 0).await,
            [],
            "a stranger has used up none of the owner's polls"
        );
    }
    let meanwhile = async {
        until(|| a.gateway.waiting() > 0).await;
        let (status, retry_after, problem) = too_fast.refused(b).await;
        assert_eq!((status, problem.error), (429, ErrorCode::TooManyRequests));
        world.phone(b, 1).scan(&qr).await.unwrap();
        retry_after.unwrap()
    };
    let (told, retry_after) = tokio::join!(browser.messages(a, LONG), meanwhile);
    assert!(
        matches!(told[..], [ServerMessage::Scanned { seq: 2, .. }]),
        "the poll that waits is left alone: {told:?}"
    );
    assert!(retry_after >= 5);
    tokio::time::sleep(Duration::from_secs(retry_after)).await;
    assert_eq!(browser.messages(b, 0).await, []);
}
