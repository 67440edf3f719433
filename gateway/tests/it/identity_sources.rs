//! Several sources of persons on one gateway.

use saoma_client::{Phone, PhoneError};
use saoma_protocol::{EndedSessions, ErrorCode, ServerMessage, SessionList, paths};
use serde_json::{Value, json};

use crate::provider_sessions::start_with;
use crate::support::{IntrospectionStub, Node, Persons, TokenRequest, World};

/// A world with the source `staff`, which signs its tokens, and the source `city`, which is asked; both know a `c-1`.
async fn world() -> (World, IntrospectionStub) {
    let answer = json!({ "active": true, "sub": "c-1", "name": "示例乙" });
    let city = IntrospectionStub::start(answer.to_string()).await;
    (World::in_memory().with_sources(&city), city)
}

fn phones(world: &World, node: &Node) -> [Phone; 2] {
    let staff = world.persons.sign(&Persons::header(), &Persons::claims());
    [staff, "opaque".to_owned()].map(|token| Phone::new(node.url.clone(), token).unwrap())
}

/// Logs in, and returns what the relying party learns of the person.
async fn told(node: &Node, phone: &Phone) -> Value {
    let (mut browser, login) = node.browser().await;
    phone.scan(&login.qr).await.unwrap();
    phone.confirm(login.login_id, "personal").await.unwrap();
    browser.next().await.unwrap();
    let ServerMessage::Confirmed { redirect_to, .. } = browser.next().await.unwrap() else {
        panic!("not confirmed")
    };
    let exchanged = TokenRequest::of(&login, &redirect_to).send(node).await;
    let id_token = exchanged.id_token.unwrap();
    let claims = jsonwebtoken::dangerous::insecure_decode::<Value>(&id_token).unwrap();
    claims.claims
}

/// Two sources may give one id to two persons.
#[tokio::test]
async fn persons_of_two_sources_with_one_id_are_two_persons() {
    let (world, city) = world().await;
    let node = world.start().await;
    let [staff, citizen] = phones(&world, &node);
    let subjects = [told(&node, &staff).await, told(&node, &citizen).await];
    assert_eq!(subjects[0]["sub"], "staff:c-1");
    assert_eq!(subjects[1]["sub"], "city:c-1");

    // Neither sees the other's login.
    let (_browser, login) = node.browser().await;
    staff.scan(&login.qr).await.unwrap();
    let code = |refused: Result<(), PhoneError>| refused.err().and_then(|error| error.code());
    assert_eq!(
        code(citizen.scan(&login.qr).await.map(drop)),
        Some(ErrorCode::AlreadyScanned)
    );
    let confirmed = citizen.confirm(login.login_id, "personal").await;
    assert_eq!(code(confirmed.map(drop)), Some(ErrorCode::UnknownLogin));
    staff.confirm(login.login_id, "personal").await.unwrap();

    // Only the city's tokens are asked about at its endpoint.
    let asked = city.asked();
    staff.scan(&node.browser().await.1.qr).await.unwrap();
    assert_eq!(city.asked(), asked);
}

/// A person who has used up their attempts keeps nobody of another source out.
#[tokio::test]
async fn limits_are_those_of_a_person_of_one_source() {
    let (world, _city) = world().await;
    let world = world.with("limits.typed_code_per_person = { burst = 2, per = '1m' }");
    let node = world.start().await;
    let [staff, citizen] = phones(&world, &node);
    let type_in = async |phone: &Phone| {
        let typed = phone.type_code("BBBB-BBBB").await;
        typed.unwrap_err().code()
    };
    for expected in [
        ErrorCode::UnknownCode,
        ErrorCode::UnknownCode,
        ErrorCode::TooManyRequests,
    ] {
        assert_eq!(type_in(&staff).await, Some(expected));
    }
    assert_eq!(type_in(&citizen).await, Some(ErrorCode::UnknownCode));
}

/// A backend names persons by its own ids, and reaches no person of another source by any id.
#[tokio::test]
async fn a_sources_backend_ends_the_sessions_of_its_own_persons_alone() {
    let (world, _city) = world().await;
    let with_events = |settings: &mut saoma_gateway::Settings| {
        settings.identity.events = None;
        for source in &mut settings.identity.sources {
            let credentials = json!({ "client_id": source.name, "client_secret": format!("{}-secret", source.name) });
            source.events = Some(serde_json::from_value(credentials).unwrap());
        }
    };
    let node = start_with(&world, with_events).await;
    let [staff, citizen] = phones(&world, &node);
    told(&node, &staff).await;
    told(&node, &citizen).await;
    let http = reqwest::Client::new();
    let end = async |source: &str, sub: &str| {
        let request = http.post(node.at(paths::BACKEND_LOGOUT));
        let request = request.basic_auth(source, Some(format!("{source}-secret")));
        let answer = request.json(&json!({ "sub": sub })).send().await.unwrap();
        answer.json::<EndedSessions>().await.unwrap().ended
    };
    let staff_sessions = async || {
        let token = world.persons.sign(&Persons::header(), &Persons::claims());
        let answer = http.get(node.at(paths::SESSIONS)).bearer_auth(token).send();
        let answer = answer.await.unwrap().json::<SessionList>();
        answer.await.unwrap().sessions.len()
    };
    assert_eq!(end("city", "staff:c-1").await, 0);
    assert_eq!(end("city", "c-1").await, 1, "its own person");
    assert_eq!(end("city", "c-1").await, 0);
    assert_eq!(staff_sessions().await, 1);
    assert_eq!(end("staff", "c-1").await, 1);
    assert_eq!(staff_sessions().await, 0);
}
