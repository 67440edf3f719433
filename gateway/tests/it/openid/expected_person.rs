//! Logins that are bound to more than the page's own word: the person of an `id_token_hint` (OpenID Connect Core §3.1.2.1),
//! and requests that the client must push (RFC 9126).

use saoma_client::{BrowserError, PhoneError};
use saoma_load::deployment::PERSONAL;
use saoma_protocol::{ErrorCode, ServerMessage};

use super::hosted_page::HostedPage;
use super::{ResponseMode, Scene};
use crate::support::{World, with_unit};

/// A person who was logged in, with a page that asks for them again.
async fn asked_for_again(scene: &Scene) -> HostedPage {
    let told = scene.tokens("openid").await;
    let hint = told.text("id_token");
    let request = scene.party.request("openid").with("id_token_hint", hint);
    scene.party.authorize(&request).await.page()
}

fn refusal<T: std::fmt::Debug>(answer: Result<T, PhoneError>) -> (ErrorCode, Option<String>) {
    match answer.unwrap_err() {
        PhoneError::Refused { problem, .. } => (problem.error, problem.reason),
        other => panic!("{other}"),
    }
}

async fn is_refused(page: &HostedPage) {
    match page.try_open().await {
        Err(BrowserError::Unexpected(message)) => {
            let ServerMessage::Error { error, .. } = *message else {
                panic!("{message:?}")
            };
            assert_eq!(error, ErrorCode::InvalidRequest);
        }
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("opened"),
    }
}

/// The phone of another person is told at the scan, for which the code stays good.
#[tokio::test]
async fn a_login_for_one_person_is_refused_to_another_and_still_theirs() {
    let scene = Scene::start(ResponseMode::Query).await;
    let page = asked_for_again(&scene).await;
    let (mut browser, login) = page.open().await;
    let other = scene.world.phone(&scene.node, 2);
    let refused = (
        ErrorCode::IdentityRefused,
        Some("another_person_expected".to_owned()),
    );
    assert_eq!(refusal(other.scan(&login.qr).await), refused);
    assert_eq!(refusal(other.type_code(&login.user_code).await), refused);
    let phone = scene.world.phone(&scene.node, 1);
    phone.scan(&login.qr).await.unwrap();
    phone.scan(&login.qr).await.unwrap();
    let told = browser.next().await.unwrap();
    assert!(matches!(told, ServerMessage::Scanned { .. }), "{told:?}");
    let late = (ErrorCode::AlreadyScanned, None);
    assert_eq!(refusal(other.scan(&login.qr).await), late);
    phone.confirm(login.login_id, PERSONAL).await.unwrap();
}

/// The person of the hint logs in as ever, by any page of the request.
#[tokio::test]
async fn a_login_for_one_person_is_theirs() {
    let scene = Scene::start(ResponseMode::FormPost).await;
    let page = asked_for_again(&scene).await;
    for _ in 0..2 {
        let answer = page.log_in(&scene.world, &scene.node, 1).await;
        let told = scene.party.redeem(&answer).await;
        let claims = scene.party.verify(told.text("id_token")).await;
        assert_eq!(claims["sub"], "load-1");
    }
}

/// With `subject = "identity"` the person is offered only the identity that the hint names.
#[tokio::test]
async fn a_login_for_one_identity_is_offered_that_one() {
    let client = "client_id = 'units'\nname = 'Units'\nsecret = 'units-secret'\nagree = 'off'\nsubject = 'identity'\n\
                  redirect_uris = ['https://units.example/callback']";
    let world = World::in_memory().with_client(client);
    let mut scene = Scene::in_world(world, ResponseMode::Query).await;
    scene.party = scene.party.of_client("units");
    let page = asked_for_again(&scene).await;
    let (_browser, login) = page.open().await;
    let token = scene.world.persons.token_of(&with_unit(1));
    let phone = scene.world.phone(&scene.node, 1).with_token(token);
    let context = phone.scan(&login.qr).await.unwrap();
    let ids: Vec<&str> = context
        .identities
        .iter()
        .map(|one| one.id.as_str())
        .collect();
    assert_eq!(ids, [PERSONAL]);
    let refused = phone.confirm(login.login_id, "unit:90001").await;
    let PhoneError::Refused { problem, .. } = refused.unwrap_err() else {
        panic!("not refused")
    };
    let expected = Some("another_person_expected");
    assert_eq!(problem.reason.as_deref(), expected);
    // The login waits for the identity that it is for.
    assert!(problem.may_choose_again);
    phone.confirm(login.login_id, PERSONAL).await.unwrap();
}

/// A page cannot change what the authorization endpoint has sealed for it, nor take it to another request. Without the ticket
/// it opens a plain login.
#[tokio::test]
async fn a_ticket_is_good_for_its_request_alone() {
    let scene = Scene::start(ResponseMode::Query).await;
    let page = asked_for_again(&scene).await;
    let ticket = page.claims().expect("a ticket").to_owned();
    let request = scene.party.request("openid").with("nonce", "another");
    let other = scene.party.authorize(&request).await.page();
    is_refused(&other.with_claims(Some(&ticket))).await;
    let plain = scene.party.authorize(&request).await.page();
    plain.with_claims(None).open().await;
    let changed = ticket.replacen('{', r#"{"userinfo":{"email":null},"#, 1);
    is_refused(&page.with_claims(Some(&changed))).await;
}

/// RFC 9126 §4: the hosted page opens the logins of a client that must push, and no other page does.
#[tokio::test]
async fn a_client_that_must_push_opens_no_login_without() {
    let strict = "client_id = 'strict'\nname = 'Strict'\nsecret = 'strict-secret'\nagree = 'off'\nrequire_par = true\n\
                  redirect_uris = ['https://strict.example/callback']\norigins = ['https://strict.example']";
    let world = World::in_memory().with_client(strict);
    let mut scene = Scene::in_world(world, ResponseMode::Query).await;
    scene.party = scene.party.of_client("strict");
    let claims = r#"{"userinfo":{"email":null}}"#;
    for request in [
        scene.party.request("openid"),
        scene.party.request("openid").with("claims", claims),
    ] {
        let reference = scene.party.push(&request).await;
        let page = scene.party.authorize(&reference).await.page();
        let answer = page.log_in(&scene.world, &scene.node, 1).await;
        assert_eq!(scene.party.redeem(&answer).await.status, 200);
        is_refused(&page.with_claims(request.value("claims"))).await;
    }
}
