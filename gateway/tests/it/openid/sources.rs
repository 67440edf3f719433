//! A client that is for the persons of one source.

use saoma_client::{Phone, PhoneError};
use saoma_protocol::{ErrorCode, ServerMessage};
use serde_json::json;

use super::sessions::{Backend, portal};
use super::{ResponseMode, Scene};
use crate::support::{IntrospectionStub, World};

/// The phones of the tests are of the source `staff`. The portal `all` is for everyone, `city` for persons of that source.
async fn scene() -> (Scene, Backend, IntrospectionStub) {
    let answer = json!({ "active": true, "sub": "c-1", "name": "示例乙" });
    let city = IntrospectionStub::start(answer.to_string()).await;
    let backend = Backend::start().await;
    let standing = backend.settings().replacen("identity.", ", ", 1);
    let of_city = format!("{}source = 'city'\n", portal("city", None));
    let world = World::in_memory()
        .with_sources_and(&city, &standing)
        .with_client(&portal("all", None))
        .with_client(&of_city);
    let scene = Scene::in_world(world, ResponseMode::Query).await;
    (scene, backend, city)
}

#[tokio::test]
async fn a_person_of_another_source_is_refused_at_the_scan_and_the_code_stays_good() {
    let (scene, _backend, _city) = scene().await;
    let party = scene.party.of_client("city");
    let page = party.authorize(&party.request("openid")).await.page();
    let (mut browser, login) = page.open().await;
    let phone = scene.world.phone(&scene.node, 1);
    let refused = phone.scan(&login.qr).await.unwrap_err();
    let PhoneError::Refused { problem, .. } = refused else {
        panic!("{refused}")
    };
    assert_eq!(problem.error, ErrorCode::IdentityRefused);
    assert_eq!(problem.reason.as_deref(), Some("source_not_allowed"));
    // A person of its own logs in by the same code.
    let citizen = Phone::new(scene.node.url.clone(), "opaque").unwrap();
    citizen.scan(&login.qr).await.unwrap();
    let told = browser.next().await.unwrap();
    assert!(matches!(told, ServerMessage::Scanned { .. }), "{told:?}");
    // A person who has not scanned it learns nothing of it, and does not end it.
    let stranger = scene.world.phone(&scene.node, 2);
    let unknown = stranger.confirm(login.login_id, "personal").await;
    assert_eq!(unknown.unwrap_err().code(), Some(ErrorCode::UnknownLogin));
    citizen.confirm(login.login_id, "personal").await.unwrap();
}

#[tokio::test]
async fn a_session_of_another_source_does_not_serve_the_client() {
    let (mut scene, _backend, _city) = scene().await;
    scene.party = scene.party.of_client("all");
    scene.tokens("openid").await;
    let city = scene.party.of_client("city");
    let request = city.request("openid");
    city.authorize(&request).await.page();
    let silent = request.with("prompt", "none");
    let answer = city.authorize(&silent).await.answer();
    assert_eq!(
        answer.checked(&city, &silent).error(),
        Some("login_required")
    );
    // The session is good where everyone may log in.
    let all = scene.party.request("openid").with("prompt", "none");
    let answer = scene.party.authorize(&all).await.answer();
    assert_eq!(answer.error(), None);
}

/// A client that is given a source while persons of others hold its refresh tokens.
#[tokio::test]
async fn a_refresh_token_of_another_source_is_refused() {
    let (mut scene, _backend, _city) = scene().await;
    scene.party = scene.party.of_client("all");
    let told = scene.tokens("openid offline_access").await;
    let mut settings = scene.world.settings();
    for client in &mut settings.clients {
        if client.client_id == "all" {
            client.source = Some("city".into());
        }
    }
    let reloaded = scene.node.gateway.reload_settings(&settings).await;
    reloaded.unwrap();
    let form = vec![
        ("grant_type", "refresh_token"),
        ("refresh_token", told.text("refresh_token")),
    ];
    let refused = scene.party.ask_token(form).await;
    assert_eq!(
        (refused.status, refused.text("error")),
        (400, "invalid_grant")
    );
}
