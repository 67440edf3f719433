//! Several nodes on one Redis are one gateway.

use saoma_client::{Browser, Phone};
use saoma_load::deployment::PERSONAL;
use saoma_protocol::{ErrorCode, ResumeRequest, ServerMessage};
use tokio::task::JoinSet;

use crate::support::{Node, ORIGIN, RedisServer, TokenRequest, World, until};

async fn two_nodes() -> (RedisServer, World, Node, Node) {
    let redis = RedisServer::start();
    let world = World::on(&redis);
    let (a, b) = (world.start().await, world.start().await);
    (redis, world, a, b)
}

#[tokio::test]
async fn the_browser_is_on_one_node_the_phone_on_another_and_the_portal_asks_either() {
    let (redis, world, a, b) = two_nodes().await;
    let (mut browser, login) = a.browser().await;
    let phone = world.phone(&b, 1);
    phone.scan(&login.qr).await.unwrap();
    assert!(matches!(
        browser.next().await.unwrap(),
        ServerMessage::Scanned { seq: 2, .. }
    ));
    phone.confirm(login.login_id, PERSONAL).await.unwrap();
    let ServerMessage::Confirmed { redirect_to, .. } = browser.next().await.unwrap() else {
        panic!("not confirmed")
    };
    let request = TokenRequest::of(&login, &redirect_to);
    let token = request.send(&b).await.access_token.unwrap();
    assert_eq!(
        request.send(&a).await.error.as_deref(),
        Some("invalid_grant"),
        "a code redeems once, on any node"
    );
    let userinfo = reqwest::Client::new()
        .get(a.at("/oauth2/userinfo"))
        .bearer_auth(token)
        .send()
        .await
        .unwrap();
    assert_eq!(userinfo.status(), 401, "the replay ended the token");
    assert_eq!(redis.keys_without_end(), Vec::<String>::new());
}

/// Threat T5.
#[tokio::test]
async fn of_a_hundred_persons_who_scan_at_once_one_owns_the_login() {
    let (_redis, world, a, b) = two_nodes().await;
    let (mut browser, login) = a.browser().await;
    let mut scans = JoinSet::new();
    for person in 0..100 {
        let node = if person % 2 == 0 { &a } else { &b };
        let (phone, qr): (Phone, String) = (world.phone(node, person), login.qr.clone());
        scans.spawn(async move { phone.scan(&qr).await });
    }
    let answers = scans.join_all().await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
    let mut refused = answers.iter().filter_map(|answer| answer.as_ref().err());
    assert!(
        refused.all(|error| error.code() == Some(ErrorCode::AlreadyScanned)),
        "{answers:?}"
    );
    assert!(matches!(
        browser.next().await.unwrap(),
        ServerMessage::Scanned { seq: 2, .. }
    ));
}

#[tokio::test]
async fn a_browser_that_moves_to_another_node_takes_its_login_along() {
    let (_redis, world, a, b) = two_nodes().await;
    let (mut older, login) = a.browser().await;
    let mut newer = Browser::resume(&b.url, ORIGIN, &login, 1).await.unwrap();
    assert_eq!(older.closed().await.unwrap(), 4002);
    world.phone(&a, 1).scan(&login.qr).await.unwrap();
    assert!(matches!(
        newer.next().await.unwrap(),
        ServerMessage::Scanned { seq: 2, .. }
    ));
}

/// Threat T21. A resume that the network delayed belongs to a connection that the browser has given
/// up.
#[tokio::test]
async fn a_return_that_was_held_up_does_not_take_the_login_from_the_later_one() {
    let (_redis, world, a, b) = two_nodes().await;
    let (_older, login) = a.browser().await;
    let attempt = |number| ResumeRequest {
        attempt: Some(number),
        ..login.resume_request(1)
    };
    let mut newer = Browser::resume_with(&b.url, ORIGIN, attempt(3))
        .await
        .unwrap();
    until(|| b.gateway.waiting() == 1).await;
    let mut held_up = Browser::resume_with(&a.url, ORIGIN, attempt(2))
        .await
        .unwrap();
    let told = held_up.next().await.unwrap();
    assert!(
        matches!(
            told,
            ServerMessage::Error {
                error: ErrorCode::Superseded,
                ..
            }
        ),
        "{told:?}"
    );
    assert_eq!(held_up.closed().await.unwrap(), 4002);
    world.phone(&a, 1).scan(&login.qr).await.unwrap();
    assert!(matches!(
        newer.next().await.unwrap(),
        ServerMessage::Scanned { seq: 2, .. }
    ));
}

#[tokio::test]
async fn a_browser_whose_node_has_gone_comes_back_to_another() {
    let (_redis, world, a, b) = two_nodes().await;
    let (mut browser, login) = a.browser().await;
    let phone = world.phone(&b, 1);
    phone.scan(&login.qr).await.unwrap();
    browser.next().await.unwrap();
    a.gateway.shutdown().await;
    phone.confirm(login.login_id, PERSONAL).await.unwrap();
    let mut browser = Browser::resume(&b.url, ORIGIN, &login, 2).await.unwrap();
    assert!(matches!(
        browser.next().await.unwrap(),
        ServerMessage::Confirmed { seq: 3, .. }
    ));
}
