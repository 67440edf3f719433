//! Delivery of a login's events to its browser: pushes, renewed codes and expiry.

use saoma_load::deployment::PERSONAL;
use saoma_protocol::{ClientMessage, ErrorCode, ServerMessage};

use crate::support::World;

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
        // Messages come in order: if a foreign push had come, it would stand before the answer to
        // this.
        other.send(&ClientMessage::CANCEL).await.unwrap();
        assert_eq!(
            other.next().await.unwrap(),
            ServerMessage::Cancelled {
                seq: 2,
                reason: None
            }
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
async fn a_scanned_login_expires_without_a_confirm() {
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
