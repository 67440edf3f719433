//! Persons who have not scanned a login learn nothing of it by its id (row A11).

use saoma_client::{OpenedLogin, Phone};
use saoma_load::deployment::{PERSONAL, made_up};
use saoma_protocol::{
    ClientMessage, ErrorCode, IntrospectionResponse, LoginId, ServerMessage, paths,
};
use serde_json::json;

use crate::support::{Node, RedisServer, TokenRequest, World, without_request_id};

/// All that a person is told who confirms and rejects a login: with an identity of their own, with
/// one that they do not have, and as one who may not log in now.
async fn told(world: &World, node: &Node, id: LoginId) -> Vec<String> {
    let refused = IntrospectionResponse {
        ineligible_reason: Some("card_reported_lost".into()),
        ..made_up(3)
    };
    let tokens = [world.persons.token(2), world.persons.token_of(&refused)];
    let requests = [
        (paths::CONFIRM, Some(json!({ "identity": PERSONAL }))),
        (paths::CONFIRM, Some(json!({ "identity": "unit:1" }))),
        (paths::REJECT, None),
    ];
    let http = reqwest::Client::new();
    let mut told = Vec::new();
    for token in &tokens {
        for (path, body) in &requests {
            let request = http
                .post(node.at(&paths::of_login(path, id)))
                .bearer_auth(token);
            let request = match body {
                Some(body) => request.json(body),
                None => request,
            };
            let answer = request.send().await.unwrap();
            let (status, mut headers) = (answer.status(), answer.headers().clone());
            headers.remove("date");
            headers.remove("x-request-id");
            told.push(format!(
                "{status} {headers:?} {}",
                without_request_id(&answer.text().await.unwrap())
            ));
        }
    }
    told
}

async fn cancel(node: &Node, scanned: Option<&Phone>) -> OpenedLogin {
    let (mut browser, login) = node.browser().await;
    if let Some(phone) = scanned {
        phone.scan(&login.qr).await.unwrap();
        browser.next().await.unwrap();
    }
    browser.send(&ClientMessage::CANCEL).await.unwrap();
    assert!(matches!(
        browser.next().await.unwrap(),
        ServerMessage::Cancelled { .. }
    ));
    login
}

async fn no_state_is_told_to_a_stranger(world: World) {
    let world = world
        .with("limits.confirm_per_person = { burst = 1000, per = '1m' }")
        .with("lifetimes.scanned = '2s'");
    let node = world.start().await;
    let owner = world.phone(&node, 1);
    let unknown = LoginId::from_random([9; 15]);
    let expected = told(&world, &node, unknown).await;
    assert!(
        expected.iter().all(|answer| answer.starts_with("404 ")),
        "{expected:?}"
    );
    let check = async |id: LoginId, state: &str| {
        assert_eq!(told(&world, &node, id).await, expected, "{state}");
    };
    let decided = async |id: LoginId| owner.confirm(id, PERSONAL).await.unwrap_err().code();

    let (mut browser, login) = node.browser().await;
    check(login.login_id, "waiting").await;
    owner.scan(&login.qr).await.unwrap();
    check(login.login_id, "scanned").await;
    owner.confirm(login.login_id, PERSONAL).await.unwrap();
    check(login.login_id, "confirmed").await;
    browser.next().await.unwrap();
    let ServerMessage::Confirmed { redirect_to, .. } = browser.next().await.unwrap() else {
        panic!("not confirmed")
    };
    let redeemed = TokenRequest::of(&login, &redirect_to).send(&node).await;
    assert_eq!(redeemed.status, 200);
    check(login.login_id, "redeemed").await;

    let (_browser, rejected) = node.browser().await;
    owner.scan(&rejected.qr).await.unwrap();
    owner.reject(rejected.login_id).await.unwrap();
    check(rejected.login_id, "rejected").await;
    assert_eq!(
        decided(rejected.login_id).await,
        Some(ErrorCode::AlreadyDecided)
    );

    let unscanned = cancel(&node, None).await;
    check(unscanned.login_id, "cancelled").await;
    assert_eq!(
        decided(unscanned.login_id).await,
        Some(ErrorCode::UnknownLogin)
    );
    let scanned = cancel(&node, Some(&owner)).await;
    check(scanned.login_id, "cancelled after a scan").await;
    assert_eq!(
        decided(scanned.login_id).await,
        Some(ErrorCode::AlreadyDecided)
    );
    let other = owner.confirm(scanned.login_id, "unit:1").await;
    assert_eq!(other.unwrap_err().code(), Some(ErrorCode::AlreadyDecided));

    let (mut browser, expired) = node.browser().await;
    owner.scan(&expired.qr).await.unwrap();
    browser.next().await.unwrap();
    assert!(matches!(
        browser.next().await.unwrap(),
        ServerMessage::Expired { .. }
    ));
    check(expired.login_id, "expired").await;
    assert_eq!(
        decided(expired.login_id).await,
        Some(ErrorCode::LoginExpired)
    );

    let asking = world.asking();
    let node = asking.start().await;
    let (_browser, asked) = node.browser().await;
    let scanned = asking.phone(&node, 1).scan(&asked.qr).await.unwrap();
    assert!(scanned.agree);
    assert_eq!(
        told(&asking, &node, asked.login_id).await,
        expected,
        "asked"
    );
}

#[tokio::test]
async fn a11_a_person_who_has_not_scanned_a_login_learns_nothing_of_it() {
    no_state_is_told_to_a_stranger(World::in_memory()).await;
}

#[tokio::test]
async fn a11_a_person_who_has_not_scanned_a_login_in_redis_learns_nothing_of_it() {
    let redis = RedisServer::start();
    no_state_is_told_to_a_stranger(World::on(&redis)).await;
}
