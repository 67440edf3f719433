//! Limits on devices, and guesses of their codes (RFC 8628 §5.1, §5.2).

use saoma_protocol::{DeviceCode, ErrorCode, LoginId, paths};

use super::{CLI, Device, GRANT_TYPE, TV, confirm, post, request, with_devices};
use crate::cost::Monitor;
use crate::support::{RedisServer, World};

/// §5.2: made-up device codes are told from real ones by themselves, and are counted by address.
#[tokio::test]
async fn guessed_device_codes_never_reach_the_store_and_keep_no_real_one_out() {
    let redis = RedisServer::start();
    let world = with_devices(
        World::on(&redis).with("limits.unknown_token_per_address = { burst = 5, per = '1h' }"),
    );
    let node = world.start().await;
    let device = Device::open(&node, CLI).await;
    confirm(&world, &node, &device).await;
    let before = redis.script_calls();
    let mut statuses = Vec::new();
    for number in 0..20_u8 {
        let id = LoginId::from_random([number; LoginId::BYTES]);
        let guess = match number % 2 {
            0 => DeviceCode::from_random(id, [number; 32]),
            // The login exists.
            _ => DeviceCode::from_random(device.login_id(), [number; 32]),
        };
        let guess = guess.to_string();
        let form = [
            ("client_id", "cli"),
            ("grant_type", GRANT_TYPE),
            ("device_code", &guess),
        ];
        let answer = post(&node, paths::TOKEN, &form).await;
        assert_eq!(answer.retry_after.is_some(), answer.status == 429);
        statuses.push(answer.status);
    }
    assert_eq!(statuses[..5], [400; 5]);
    assert_eq!(statuses[5..], [429; 15]);
    assert_eq!(redis.script_calls(), before);
    assert_eq!(device.poll(&node).await.status, 200);
}

/// §5.1: user codes of devices are guessed no more easily than those of browsers.
#[tokio::test]
async fn the_sixth_typed_user_code_of_a_person_is_refused() {
    let world = with_devices(World::in_memory());
    let node = world.start().await;
    let device = Device::open(&node, CLI).await;
    let phone = world.phone(&node, 1);
    for guess in [
        "BBBB-BBBB",
        "CCCC-CCCC",
        "DDDD-DDDD",
        "FFFF-FFFF",
        "GGGG-GGGG",
    ] {
        let refused = phone.type_code(guess).await.unwrap_err();
        assert_eq!(refused.code(), Some(ErrorCode::UnknownCode));
    }
    let refused = phone.type_code(&device.user_code).await.unwrap_err();
    assert_eq!(refused.code(), Some(ErrorCode::TooManyRequests));
}

/// A device that polls without pause costs the store thirty commands a minute at most.
#[tokio::test]
async fn a_flood_of_polls_is_answered_by_the_node() {
    let redis = RedisServer::start();
    // The default, in a period that no slow machine outlasts.
    let limit = "limits.device_poll_per_login = { burst = 30, per = '1h' }";
    let world = with_devices(World::on(&redis).with(limit));
    let node = world.start().await;
    let device = Device::open(&node, CLI).await;
    let mut monitor = Monitor::start(&redis).await;
    assert_eq!(device.error(&node).await, "authorization_pending");
    for _ in 0..100 {
        assert_eq!(device.error(&node).await, "slow_down");
    }
    let sent = monitor.cost().await.sent;
    assert!(sent <= 32, "{sent} commands");
}

/// Another client's flood does not slow the right one down.
#[tokio::test]
async fn a_flood_of_another_clients_polls_leaves_the_device_alone() {
    let world = with_devices(World::in_memory());
    let node = world.start().await;
    let device = Device::open(&node, TV).await;
    for _ in 0..60 {
        assert_eq!(device.poll_as(&node, CLI).await.status, 400);
    }
    assert_eq!(device.error(&node).await, "authorization_pending");
}

/// Rows A6 and T37: a device's login counts as one whose browser has left it.
#[tokio::test]
async fn waiting_devices_take_room_of_the_node_and_give_it_back() {
    let world = with_devices(World::in_memory().with("server.max_sockets = 2"));
    let node = world.start().await;
    let first = Device::open(&node, CLI).await;
    Device::open(&node, CLI).await;
    let refused = request(&node, CLI, "openid").await;
    assert_eq!(
        (refused.status, refused.error()),
        (503, "temporarily_unavailable")
    );
    // Spread out, so that those who are refused do not come back at once.
    let mut waits = std::collections::BTreeSet::new();
    for _ in 0..30 {
        let refused = request(&node, CLI, "openid").await;
        waits.insert(refused.retry_after.expect("a time to wait"));
    }
    assert!(
        waits.len() > 1 && waits.iter().all(|wait| (5..=14).contains(wait)),
        "{waits:?}"
    );
    world.phone(&node, 1).scan(&first.qr).await.unwrap();
    assert_eq!(request(&node, CLI, "openid").await.status, 200);
}

/// Row A6: no browser is expected to follow a device's login.
#[tokio::test]
async fn a_devices_login_waits_without_being_followed() {
    let world = with_devices(World::in_memory().with("lifetimes.unfollowed = '1s'"));
    let node = world.start().await;
    let device = Device::open(&node, CLI).await;
    tokio::time::sleep(std::time::Duration::from_millis(1500)).await;
    confirm(&world, &node, &device).await;
    assert_eq!(device.poll(&node).await.status, 200);
}

#[tokio::test]
async fn an_address_opens_no_more_devices_than_logins() {
    let world = with_devices(
        World::in_memory().with("limits.open_per_address = { burst = 2, per = '1h' }"),
    );
    let node = world.start().await;
    for _ in 0..2 {
        Device::open(&node, CLI).await;
    }
    let refused = request(&node, TV, "openid").await;
    assert_eq!(
        (refused.status, refused.error()),
        (429, "too_many_requests")
    );
    assert!(refused.retry_after.is_some());
}

/// A client that proves itself has a limit of its own. Strangers may name one that cannot, so it has none.
#[tokio::test]
async fn a_client_that_proves_itself_has_a_limit_of_its_own() {
    let world = with_devices(
        World::in_memory().with("limits.device_per_client = { burst = 1, per = '1h' }"),
    );
    let node = world.start().await;
    Device::open(&node, TV).await;
    assert_eq!(request(&node, TV, "openid").await.status, 429);
    for _ in 0..3 {
        Device::open(&node, CLI).await;
    }
}
