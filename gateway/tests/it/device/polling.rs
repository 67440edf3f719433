//! Polls of the token endpoint and their answers (RFC 8628 §3.4, §3.5).

use std::time::Duration;

use saoma_protocol::{ErrorCode, paths};
use serde_json::Value;

use super::{CLI, Device, GRANT_TYPE, TV, confirm, post, userinfo, with_devices};
use crate::support::World;

/// §3.5.
#[tokio::test]
async fn until_a_person_has_decided_the_authorization_is_pending() {
    let world = with_devices(World::in_memory());
    let node = world.start().await;
    let device = Device::open(&node, TV).await;
    assert_eq!(device.error(&node).await, "authorization_pending");
    let other = Device::open(&node, TV).await;
    world.phone(&node, 1).scan(&other.qr).await.unwrap();
    assert_eq!(other.error(&node).await, "authorization_pending");
}

/// §3.5: after the confirm the answer is that of RFC 6749 §5.1.
#[tokio::test]
async fn a_confirmed_login_gives_tokens() {
    let world = with_devices(World::in_memory());
    let node = world.start().await;
    for credentials in [TV, CLI] {
        let device = Device::open(&node, credentials).await;
        confirm(&world, &node, &device).await;
        let tokens = device.poll(&node).await;
        assert_eq!(tokens.status, 200, "{tokens:?}");
        assert_eq!(tokens.cache_control.as_deref(), Some("no-store"));
        assert_eq!(tokens.body["token_type"], "Bearer");
        let keys = reqwest::get(node.at(paths::JWKS)).await.unwrap();
        let keys: jsonwebtoken::jwk::JwkSet = keys.json().await.unwrap();
        let mut validation = jsonwebtoken::Validation::new(jsonwebtoken::Algorithm::RS256);
        validation.set_audience(&[credentials[0].1]);
        validation.set_issuer(&["https://login.example"]);
        let key = jsonwebtoken::DecodingKey::from_jwk(&keys.keys[0]).unwrap();
        let id_token = tokens.body["id_token"].as_str().unwrap();
        let claims = jsonwebtoken::decode::<Value>(id_token, &key, &validation);
        let claims = claims.unwrap().claims;
        assert_eq!(claims["sub"], "load-1");
        assert_eq!(claims["nonce"], Value::Null);
        assert_eq!(userinfo(&node, &tokens).await, 200);
    }
}

/// §3.5: a poll that comes too soon after the decision is answered all the same.
#[tokio::test]
async fn a_decision_is_told_however_soon_the_poll_comes() {
    let world = with_devices(World::in_memory());
    let node = world.start().await;
    let device = Device::open(&node, TV).await;
    assert_eq!(device.error(&node).await, "authorization_pending");
    confirm(&world, &node, &device).await;
    assert_eq!(device.poll(&node).await.status, 200);
}

/// §3.5: `slow_down` while the login is pending.
#[tokio::test]
async fn a_device_that_polls_too_often_is_told_to_slow_down() {
    let world = with_devices(World::in_memory());
    let node = world.start().await;
    let device = Device::open(&node, TV).await;
    assert_eq!(device.error(&node).await, "authorization_pending");
    for _ in 0..3 {
        assert_eq!(device.error(&node).await, "slow_down");
    }
}

/// §3.2: a device that keeps its interval is not slowed down.
#[tokio::test]
async fn a_device_that_keeps_the_interval_is_not_slowed_down() {
    let world = with_devices(World::in_memory());
    let node = world.start().await;
    let device = Device::open(&node, TV).await;
    for _ in 0..2 {
        assert_eq!(device.error(&node).await, "authorization_pending");
        tokio::time::sleep(Duration::from_secs(5)).await;
    }
    assert_eq!(device.error(&node).await, "authorization_pending");
}

/// §3.5: `expired_token`.
#[tokio::test]
async fn a_device_code_expires_with_its_user_code() {
    let world = with_devices(World::in_memory().with("lifetimes.device = '1s'"));
    let node = world.start().await;
    let device = Device::open(&node, TV).await;
    assert_eq!(device.expires_in, 1);
    let expired = async {
        while device.error(&node).await != "expired_token" {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), expired)
        .await
        .expect("the code expires");
    let phone = world.phone(&node, 1);
    assert!(phone.scan(&device.qr).await.is_err());
    assert!(phone.type_code(&device.user_code).await.is_err());
    assert_eq!(device.error(&node).await, "expired_token");
}

/// A device gives up at the time that it was told, so its person is given no longer than that.
#[tokio::test]
async fn a_person_has_no_more_time_than_the_device() {
    let world = with_devices(World::in_memory().with("lifetimes.device = '20s'"));
    let node = world.start().await;
    let device = Device::open(&node, TV).await;
    let context = world.phone(&node, 1).scan(&device.qr).await.unwrap();
    assert!(context.expires_in <= 20, "{}", context.expires_in);
}

/// No browser waits for it, so no node notices the end of the person's time.
#[tokio::test]
async fn a_scan_that_is_repeated_after_the_persons_time_tells_that_the_login_is_over() {
    let world = with_devices(World::in_memory().with("lifetimes.scanned = '1s'"));
    let node = world.start().await;
    let device = Device::open(&node, TV).await;
    let phone = world.phone(&node, 1);
    phone.scan(&device.qr).await.unwrap();
    let over = async {
        loop {
            match phone.scan(&device.qr).await {
                Ok(context) => assert_eq!(context.expires_in, 1),
                Err(error) => break error,
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    let over = tokio::time::timeout(Duration::from_secs(10), over).await;
    let error = over.expect("the person's time ends");
    assert_eq!(error.code(), Some(ErrorCode::UnknownCode));
}

/// A device that was slowed down may poll less often than an authorization code lives.
#[tokio::test]
async fn a_decision_waits_for_the_device_until_its_code_expires() {
    let world = with_devices(World::in_memory().with("lifetimes.authorization_code = '1s'"));
    let node = world.start().await;
    let device = Device::open(&node, TV).await;
    confirm(&world, &node, &device).await;
    tokio::time::sleep(Duration::from_millis(1500)).await;
    assert_eq!(device.poll(&node).await.status, 200);
}

/// A device code works once, and a second use shows that it has leaked.
#[tokio::test]
async fn a_device_code_works_once_and_a_second_use_ends_the_tokens() {
    let world = with_devices(World::in_memory());
    let node = world.start().await;
    for credentials in [TV, CLI] {
        let device = Device::open(&node, credentials).await;
        confirm(&world, &node, &device).await;
        let tokens = device.poll(&node).await;
        assert_eq!(userinfo(&node, &tokens).await, 200);
        assert_eq!(device.error(&node).await, "invalid_grant");
        assert_eq!(userinfo(&node, &tokens).await, 401);
        assert_eq!(device.error(&node).await, "invalid_grant");
    }
}

/// §3.4: the code was issued to one client.
#[tokio::test]
async fn another_clients_poll_is_an_invalid_grant_without_effect() {
    let world = with_devices(World::in_memory());
    let node = world.start().await;
    let device = Device::open(&node, TV).await;
    let foreign = async || {
        let answer = device.poll_as(&node, CLI).await;
        assert_eq!((answer.status, answer.error()), (400, "invalid_grant"));
    };
    for _ in 0..3 {
        foreign().await;
    }
    assert_eq!(device.error(&node).await, "authorization_pending");
    confirm(&world, &node, &device).await;
    foreign().await;
    let tokens = device.poll(&node).await;
    assert_eq!(tokens.status, 200);
    foreign().await;
    assert_eq!(userinfo(&node, &tokens).await, 200);
}

/// §3.4: the client proves itself at each poll.
#[tokio::test]
async fn a_poll_without_the_clients_secret_is_an_invalid_client() {
    let world = with_devices(World::in_memory());
    let node = world.start().await;
    let device = Device::open(&node, TV).await;
    confirm(&world, &node, &device).await;
    let answer = device.poll_as(&node, &[("client_id", "tv")]).await;
    assert_eq!((answer.status, answer.error()), (401, "invalid_client"));
    assert_eq!(device.poll(&node).await.status, 200);
}

/// §3.4: all three parameters are required.
#[tokio::test]
async fn a_poll_that_lacks_a_parameter_is_an_invalid_request() {
    let world = with_devices(World::in_memory());
    let node = world.start().await;
    let device = Device::open(&node, CLI).await;
    let code = device.device_code.as_str();
    for (form, status, error) in [
        (
            &[("grant_type", GRANT_TYPE), ("client_id", "cli")][..],
            400,
            "invalid_request",
        ),
        (
            &[("device_code", code), ("client_id", "cli")],
            400,
            "invalid_request",
        ),
        (
            &[("grant_type", GRANT_TYPE), ("device_code", code)],
            401,
            "invalid_client",
        ),
        (
            &[
                ("grant_type", "urn:ietf:params:oauth:grant-type:made-up"),
                ("device_code", code),
                ("client_id", "cli"),
            ],
            400,
            "unsupported_grant_type",
        ),
    ] {
        let answer = post(&node, paths::TOKEN, form).await;
        assert_eq!((answer.status, answer.error()), (status, error), "{form:?}");
    }
}

/// A secret of one kind is not taken for one of another.
#[tokio::test]
async fn a_device_code_is_no_authorization_code() {
    let world = with_devices(World::in_memory());
    let node = world.start().await;
    let device = Device::open(&node, TV).await;
    confirm(&world, &node, &device).await;
    let form = [
        ("client_id", "tv"),
        ("client_secret", "tv-secret"),
        ("grant_type", "authorization_code"),
        ("code", &device.device_code),
        ("redirect_uri", "https://hall.example/callback"),
        ("code_verifier", &device.device_code),
    ];
    let answer = post(&node, paths::TOKEN, &form).await;
    assert_eq!((answer.status, answer.error()), (400, "invalid_grant"));
    let (_, secret) = device.device_code.split_once('.').unwrap();
    let events = format!("/v1/logins/{}/events?after=0", device.login_id());
    let request = reqwest::Client::new().get(node.at(&events));
    let answer = request.header("saoma-receive-key", secret).send().await;
    assert_eq!(answer.unwrap().status(), 404);
    assert_eq!(device.poll(&node).await.status, 200);
}

/// Of two polls at once one gets tokens that work, or none does: the other is a second use.
#[tokio::test]
async fn of_many_polls_at_once_one_gets_tokens() {
    let world = with_devices(World::in_memory());
    let node = world.start().await;
    let device = Device::open(&node, TV).await;
    confirm(&world, &node, &device).await;
    let polls = (0..5).map(|_| device.poll(&node));
    let answers = futures_util::future::join_all(polls).await;
    let given = answers.iter().filter(|answer| answer.status == 200);
    assert_eq!(given.count(), 1, "{answers:?}");
}
