//! The person with the phone: codes, what the phone shows, decisions (RFC 8628 §3.3, §5.4, §6.1).

use saoma_load::deployment::PERSONAL;
use saoma_protocol::{ErrorCode, Network};

use super::{CLI, Device, TV, confirm, with_devices};
use crate::support::{IntrospectionStub, World};

/// §3.3.1: `verification_uri_complete` is scanned off the screen.
#[tokio::test]
async fn a_phone_scans_the_complete_verification_uri() {
    let world = with_devices(World::in_memory());
    let node = world.start().await;
    let device = Device::open(&node, TV).await;
    let context = world.phone(&node, 1).scan(&device.qr).await.unwrap();
    assert_eq!(context.login_id, device.login_id());
    assert_eq!(context.client.name, "Television");
}

/// §6.1: letters without vowels and digits, in any case, with or without the hyphen.
#[tokio::test]
async fn a_person_types_the_user_code_in_any_case_with_or_without_its_hyphen() {
    let world = with_devices(World::in_memory());
    let node = world.start().await;
    type Spelling = fn(&str) -> String;
    let spellings: [Spelling; 3] = [
        |code| code.to_lowercase(),
        |code| code.replace('-', ""),
        |code| format!(" {} ", code.replace('-', " ")),
    ];
    for (person, spelled) in (1..).zip(spellings) {
        let device = Device::open(&node, CLI).await;
        let letters = device.user_code.replace('-', "");
        assert!(
            letters
                .bytes()
                .all(|letter| b"BCDFGHJKLMNPQRSTVWXZ".contains(&letter))
        );
        let phone = world.phone(&node, person);
        let context = phone.type_code(&spelled(&device.user_code)).await.unwrap();
        assert_eq!(context.login_id, device.login_id());
    }
}

/// §3.3.1, §5.4: the person compares the codes on both screens.
#[tokio::test]
async fn the_phone_is_told_that_a_device_asks_and_its_user_code() {
    let world = with_devices(World::in_memory());
    let node = world.start().await;
    let device = Device::open(&node, TV).await;
    let phone = world.phone(&node, 1);
    for _ in 0..2 {
        let context = phone.scan(&device.qr).await.unwrap();
        let shown = context.device.expect("a device").user_code.to_string();
        assert_eq!(shown, device.user_code);
        assert_eq!(context.client.origin, "", "it lands nowhere");
        assert_eq!(context.network, Network::Unknown);
    }
    let (_browser, login) = node.browser().await;
    let context = phone.scan(&login.qr).await.unwrap();
    assert_eq!(context.device, None);
}

/// §5.4: an app that knows nothing of devices, and shows no code to compare, confirms none.
#[tokio::test]
async fn a_confirm_that_does_not_say_that_the_codes_are_the_same_is_refused() {
    let world = with_devices(World::in_memory());
    let node = world.start().await;
    let device = Device::open(&node, TV).await;
    let phone = world.phone(&node, 1);
    phone.scan(&device.qr).await.unwrap();
    let refused = phone.confirm(device.login_id(), PERSONAL).await;
    assert_eq!(refused.unwrap_err().code(), Some(ErrorCode::NotCompared));
    assert_eq!(device.error(&node).await, "authorization_pending");
    confirm(&world, &node, &device).await;
    assert_eq!(device.poll(&node).await.status, 200);
}

/// §5.4: the comparison of codes stands in the place of the browser's agreement, which a device cannot give.
#[tokio::test]
async fn a_device_is_not_asked_to_agree() {
    let world = with_devices(World::in_memory().asking());
    let node = world.start().await;
    let device = Device::open(&node, TV).await;
    let context = world.phone(&node, 1).scan(&device.qr).await.unwrap();
    assert!(!context.agree);
    confirm(&world, &node, &device).await;
    assert_eq!(device.poll(&node).await.status, 200);
}

#[tokio::test]
async fn one_person_owns_the_login() {
    let world = with_devices(World::in_memory());
    let node = world.start().await;
    let device = Device::open(&node, TV).await;
    world.phone(&node, 1).scan(&device.qr).await.unwrap();
    let second = world.phone(&node, 2).scan(&device.qr).await.unwrap_err();
    assert_eq!(second.code(), Some(ErrorCode::AlreadyScanned));
    let phone = world.phone(&node, 2);
    let confirmed = phone.confirm_device(device.login_id(), PERSONAL);
    assert_eq!(
        confirmed.await.unwrap_err().code(),
        Some(ErrorCode::UnknownLogin)
    );
}

/// §3.5: `access_denied`.
#[tokio::test]
async fn a_declined_login_is_access_denied() {
    let world = with_devices(World::in_memory());
    let node = world.start().await;
    let device = Device::open(&node, TV).await;
    let phone = world.phone(&node, 1);
    phone.scan(&device.qr).await.unwrap();
    phone.reject(device.login_id()).await.unwrap();
    for _ in 0..2 {
        assert_eq!(device.error(&node).await, "access_denied");
    }
}

/// §3.5: a person who may not log in is told why on the phone, and the device waits on, for another person.
#[tokio::test]
async fn u6_a_refused_person_leaves_the_device_waiting() {
    let person = serde_json::json!({
        "active": true, "sub": "c-1", "name": "示例甲", "refusal": "card_reported_lost",
        "identities": [{ "id": "personal", "kind": "personal", "name": "示例甲" }],
    });
    let backend = IntrospectionStub::start(person.to_string()).await;
    let world = with_devices(World::in_memory().with_introspection(&backend));
    let node = world.start().await;
    let device = Device::open(&node, TV).await;
    let phone = world.phone(&node, 1);
    let refused = phone.scan(&device.qr).await;
    assert_eq!(
        refused.unwrap_err().code(),
        Some(ErrorCode::IdentityRefused)
    );
    assert_eq!(device.error(&node).await, "authorization_pending");
}
