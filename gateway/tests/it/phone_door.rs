//! The order in which a phone's request is looked at, and what a flood of them costs others.

use futures_util::future::join_all;
use http::{HeaderMap, HeaderValue};
use saoma_client::{HttpLogin, OpenedLogin, Phone, PhoneError};
use saoma_load::deployment::PERSONAL;
use saoma_protocol::{ErrorCode, LoginId, Network, Place, ScanCode};
use serde_json::json;

use crate::support::{IntrospectionStub, Node, RedisServer, World, hall};

fn status<T: std::fmt::Debug>(answer: Result<T, PhoneError>) -> u16 {
    match answer {
        Ok(_) => 200,
        Err(PhoneError::Refused { status, .. }) => status.as_u16(),
        Err(other) => panic!("{other:?}"),
    }
}

/// The text of a QR code that leads nowhere.
fn made_up_qr(login: &OpenedLogin, number: u8) -> String {
    let id = LoginId::from_random([number; 15]);
    let code = ScanCode::from_random(id, [number; 5]);
    let (origin, _) = login.qr.rsplit_once('/').unwrap();
    format!("{origin}/{code}")
}

/// A backend to which each token that begins with "person" is that person's.
async fn backend() -> IntrospectionStub {
    IntrospectionStub::answering(|token| {
        if !token.starts_with("person") {
            return r#"{"active":false}"#.into();
        }
        let person = json!({
            "active": true, "sub": token, "name": "示例甲",
            "identities": [{ "id": PERSONAL, "kind": "personal", "name": "示例甲" }],
        });
        person.to_string()
    })
    .await
}

fn phone(node: &Node, token: &str) -> Phone {
    Phone::new(node.url.clone(), token).unwrap()
}

/// Row A3, threats T13 and T41: one person's made-up codes leave the scans of the others behind the
/// same address alone.
async fn one_persons_made_up_codes_leave_others_alone(world: World) {
    let world = world.with("limits.unknown_code_per_person = { burst = 10, per = '1h' }");
    let node = world.start().await;
    let (_browser, login) = node.browser().await;
    let (junk, honest) = (world.phone(&node, 1), world.phone(&node, 2));
    let mut answers = Vec::new();
    for number in 0..140 {
        answers.push(status(junk.scan(&made_up_qr(&login, number)).await));
    }
    assert_eq!(answers[..10], [404; 10]);
    assert_eq!(answers[10..], [429; 130], "{answers:?}");
    honest.scan(&login.qr).await.unwrap();
    honest.confirm(login.login_id, PERSONAL).await.unwrap();
}

#[tokio::test]
async fn a3_one_persons_made_up_codes_leave_others_alone_in_memory() {
    one_persons_made_up_codes_leave_others_alone(World::in_memory()).await;
}

#[tokio::test]
async fn a3_one_persons_made_up_codes_leave_others_alone_on_redis() {
    let redis = RedisServer::start();
    one_persons_made_up_codes_leave_others_alone(World::on(&redis)).await;
    assert_eq!(redis.keys_without_end(), Vec::<String>::new());
}

/// Row A3: a person who types codes that lead nowhere is refused like one who scans them.
#[tokio::test]
async fn a3_ended_and_mistyped_codes_count_against_their_person() {
    let world =
        World::in_memory().with("limits.unknown_code_per_person = { burst = 3, per = '1h' }");
    let node = world.start().await;
    let (_browser, login) = node.browser().await;
    let (_other_browser, ended) = node.browser().await;
    let person = world.phone(&node, 1);
    person.scan(&ended.qr).await.unwrap();
    person.reject(ended.login_id).await.unwrap();
    assert_eq!(status(person.scan(&ended.qr).await), 409);
    assert_eq!(status(person.type_code("BBBB-BBBB").await), 404);
    assert_eq!(status(person.scan(&made_up_qr(&login, 1)).await), 404);
    assert_eq!(status(person.scan(&made_up_qr(&login, 2)).await), 429);
    assert_eq!(status(person.scan(&login.qr).await), 429);
    world.phone(&node, 2).scan(&login.qr).await.unwrap();
}

/// Row A7: made-up tokens at all three doors cost at most as many questions to the app's backend as
/// the limit allows, and a person whose token was good before is not kept out.
async fn made_up_tokens_cost_at_most_the_burst(world: World) {
    let backend = backend().await;
    let world = world
        .with("limits.refused_token_per_address = { burst = 30, per = '1h' }")
        .with_introspection(&backend);
    let node = world.start().await;
    let (_browser, login) = node.browser().await;
    let known = phone(&node, "person-1");
    known.scan(&login.qr).await.unwrap();
    let before = backend.asked();
    let http = reqwest::Client::new();
    let made_up = join_all((0..600).map(async |number| {
        let token = format!("made-up-{number}");
        let phone = Phone::with_client(http.clone(), node.url.clone(), token);
        match number % 3 {
            0 => status(phone.scan(&login.qr).await),
            1 => status(phone.confirm(login.login_id, PERSONAL).await),
            _ => status(phone.reject(login.login_id).await),
        }
    }));
    let answers = made_up.await;
    assert!(answers.iter().all(|status| [401, 429].contains(status)));
    assert_eq!(backend.asked() - before, 30);
    assert_eq!(status(phone(&node, "person-2").scan(&login.qr).await), 429);
    known.confirm(login.login_id, PERSONAL).await.unwrap();
}

#[tokio::test]
async fn a7_made_up_tokens_cost_at_most_the_burst_in_memory() {
    made_up_tokens_cost_at_most_the_burst(World::in_memory()).await;
}

#[tokio::test]
async fn a7_made_up_tokens_cost_at_most_the_burst_on_redis() {
    let redis = RedisServer::start();
    made_up_tokens_cost_at_most_the_burst(World::on(&redis)).await;
}

/// Row A7: a repeat of a refused token costs neither the backend nor the store anything.
#[tokio::test]
async fn a7_a_repeated_refused_token_is_asked_about_once() {
    let backend = backend().await;
    let world = World::in_memory().with_introspection(&backend);
    let node = world.start().await;
    let (_browser, login) = node.browser().await;
    let repeating = phone(&node, "made-up");
    for _ in 0..100 {
        assert_eq!(status(repeating.scan(&login.qr).await), 401);
        assert_eq!(status(repeating.reject(login.login_id).await), 401);
    }
    assert_eq!(backend.asked(), 1);
    phone(&node, "person-1").scan(&login.qr).await.unwrap();
}

/// Row A7: a person over a limit is refused before the backend is asked.
#[tokio::test]
async fn a7_a_person_over_a_limit_costs_the_backend_nothing() {
    let backend = backend().await;
    let world = World::in_memory()
        .with("limits.scan_per_person = { burst = 3, per = '1h' }")
        .with("limits.confirm_per_person = { burst = 3, per = '1h' }")
        .with_introspection(&backend);
    let node = world.start().await;
    let (_browser, login) = node.browser().await;
    let phone = phone(&node, "person-1");
    for _ in 0..50 {
        let _ = phone.scan(&login.qr).await;
        let _ = phone.reject(login.login_id).await;
    }
    assert_eq!(status(phone.scan(&login.qr).await), 429);
    assert_eq!(status(phone.reject(login.login_id).await), 429);
    assert_eq!(backend.asked(), 8, "three allowed and one refused of each");
}

/// An HTTP client behind a proxy that forwards for this address.
fn from(address: &str) -> reqwest::Client {
    let mut headers = HeaderMap::new();
    headers.insert("x-forwarded-for", HeaderValue::from_str(address).unwrap());
    reqwest::Client::builder()
        .default_headers(headers)
        .build()
        .unwrap()
}

/// Row A3: the phone's own address comes from its backend or from a trusted proxy, and is compared
/// with the browser's.
async fn the_phone_is_told_how_its_network_compares(world: World) {
    let backend = IntrospectionStub::answering(|token| {
        let address = token.strip_prefix("at-");
        json!({ "active": true, "sub": token, "phone_address": address }).to_string()
    })
    .await;
    let world = world
        .with("server.trusted_proxies = ['127.0.0.1']")
        .with_introspection(&backend);
    let node = world.start().await;
    for (browser, forwarded, token, network) in [
        ("203.0.113.9", "203.0.113.9", "direct", Network::Same),
        ("203.0.113.9", "198.51.100.7", "direct", Network::Different),
        (
            "203.0.113.9",
            "198.51.100.7",
            "at-203.0.113.9",
            Network::Same,
        ),
        (
            "203.0.113.9",
            "203.0.113.9",
            "at-198.51.100.7",
            Network::Different,
        ),
        (
            "2001:db8:1:2::3",
            "2001:db8:1:2::4",
            "direct",
            Network::Same,
        ),
        (
            "2001:db8:1:2::3",
            "2001:db8:1:3::3",
            "direct",
            Network::Different,
        ),
        ("2001:db8:1:2::3", "203.0.113.9", "direct", Network::Unknown),
        ("192.168.1.7", "192.168.1.8", "direct", Network::Unknown),
    ] {
        let opened = HttpLogin::open(&from(browser), &node.url, &hall()).await;
        let (_, login) = opened.unwrap();
        let phone = Phone::with_client(from(forwarded), node.url.clone(), token);
        let context = phone.scan(&login.qr).await.unwrap();
        assert_eq!(context.network, network, "{browser} {forwarded} {token}");
        assert_eq!(context.requester.address, browser);
    }
    let (_, login) = HttpLogin::open(&from("203.0.113.9"), &node.url, &hall())
        .await
        .unwrap();
    let context = phone(&node, "direct").scan(&login.qr).await.unwrap();
    assert_eq!(context.network, Network::Unknown, "no proxy has forwarded");
    assert_eq!(context.requester.place, Place::Internet);
}

#[tokio::test]
async fn a3_the_phone_is_told_how_its_network_compares_in_memory() {
    the_phone_is_told_how_its_network_compares(World::in_memory()).await;
}

#[tokio::test]
async fn a3_the_phone_is_told_how_its_network_compares_on_redis() {
    let redis = RedisServer::start();
    the_phone_is_told_how_its_network_compares(World::on(&redis)).await;
}

/// Row A7: an address whose tokens were refused is known to each node by the store.
#[tokio::test]
async fn a7_refused_tokens_are_counted_across_nodes() {
    let redis = RedisServer::start();
    let backend = backend().await;
    let world = World::on(&redis)
        .with("limits.refused_token_per_address = { burst = 3, per = '1h' }")
        .with_introspection(&backend);
    let (a, b) = (world.start().await, world.start().await);
    let (_browser, login) = a.browser().await;
    for number in 0..3 {
        let answer = phone(&a, &format!("made-up-{number}"))
            .scan(&login.qr)
            .await;
        assert_eq!(answer.unwrap_err().code(), Some(ErrorCode::InvalidToken));
    }
    let answer = phone(&b, "made-up-4").scan(&login.qr).await;
    assert_eq!(answer.unwrap_err().code(), Some(ErrorCode::TooManyRequests));
    let asked = backend.asked();
    for number in 5..50 {
        let answer = phone(&b, &format!("made-up-{number}"))
            .scan(&login.qr)
            .await;
        assert_eq!(answer.unwrap_err().code(), Some(ErrorCode::TooManyRequests));
    }
    assert_eq!(backend.asked(), asked);
}
