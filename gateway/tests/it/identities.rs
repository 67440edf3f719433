//! Identities of an app's backend that the gateway does not know, or cannot read.

use saoma_client::{Phone, PhoneError};
use saoma_protocol::{ErrorCode, Identity, IdentityKind, IdentityRole, ServerMessage};
use serde_json::{Value, json};

use crate::support::{
    CapturedLogs, IntrospectionStub, Node, Persons, RedisServer, TokenRequest, World,
};

/// A phone of the person whom the stub describes to every token.
fn phone(node: &Node) -> Phone {
    Phone::new(node.url.clone(), "token").unwrap()
}

/// Row I1: `active` is decided first.
#[tokio::test]
async fn i1_an_inactive_token_whose_other_members_are_null_is_a_401() {
    let answer = r#"{"active":false,"sub":null,"name":null,"identities":null}"#;
    let backend = IntrospectionStub::start(answer).await;
    let world = World::in_memory().with_introspection(&backend);
    let node = world.start().await;
    let (_browser, login) = node.browser().await;
    let refused = phone(&node).scan(&login.qr).await.unwrap_err();
    assert_eq!(refused.code(), Some(ErrorCode::InvalidToken));
    let refused = phone(&node).confirm(login.login_id, "personal").await;
    assert_eq!(refused.unwrap_err().code(), Some(ErrorCode::InvalidToken));
    let status = reqwest::Client::new()
        .post(node.at("/v1/scans"))
        .bearer_auth("token")
        .json(&json!({ "qr": login.qr }))
        .send()
        .await
        .unwrap()
        .status();
    assert_eq!(status, 401);
}

/// Row I2: an unknown kind or role is passed on as text, to the phone and to the relying party.
async fn unknown_kinds_and_roles_reach_the_phone_and_the_relying_party(world: World) {
    let answer = json!({ "active": true, "sub": "c-1", "name": "示例甲", "identities": [
        { "id": "shop:7", "kind": "franchise", "name": "示例店", "role": "店长" },
        { "id": "unit:1", "kind": "unit", "name": "示例单位", "role": "caretaker" },
    ] });
    let backend = IntrospectionStub::start(answer.to_string()).await;
    let world = world.with_introspection(&backend);
    let node = world.start().await;
    let (mut browser, login) = node.browser().await;
    let context = phone(&node).scan(&login.qr).await.unwrap();
    let shop = Identity {
        id: "shop:7".into(),
        kind: IdentityKind::from_static("franchise"),
        name: "示例店".into(),
        role: Some(IdentityRole::from_static("店长")),
    };
    let unit = Identity {
        id: "unit:1".into(),
        kind: IdentityKind::UNIT,
        name: "示例单位".into(),
        role: Some(IdentityRole::from_static("caretaker")),
    };
    assert_eq!(context.identities, [shop.clone(), unit]);

    phone(&node)
        .confirm(login.login_id, "shop:7")
        .await
        .unwrap();
    browser.next().await.unwrap();
    let ServerMessage::Confirmed { redirect_to, .. } = browser.next().await.unwrap() else {
        panic!("not confirmed")
    };
    let exchanged = TokenRequest::of(&login, &redirect_to).send(&node).await;
    let id_token = exchanged.id_token.unwrap();
    let claims = jsonwebtoken::dangerous::insecure_decode::<Value>(&id_token).unwrap();
    let told: Identity = serde_json::from_value(claims.claims["identity"].clone()).unwrap();
    assert_eq!(told, shop);
    let userinfo = reqwest::Client::new()
        .get(node.at("/oauth2/userinfo"))
        .bearer_auth(exchanged.access_token.unwrap())
        .send()
        .await
        .unwrap();
    let userinfo: Value = userinfo.json().await.unwrap();
    assert_eq!(userinfo["identity"], claims.claims["identity"]);
}

#[tokio::test]
async fn i2_unknown_kinds_and_roles_pass_through_memory() {
    unknown_kinds_and_roles_reach_the_phone_and_the_relying_party(World::in_memory()).await;
}

#[tokio::test]
async fn i2_unknown_kinds_and_roles_pass_through_redis() {
    let redis = RedisServer::start();
    unknown_kinds_and_roles_reach_the_phone_and_the_relying_party(World::on(&redis)).await;
}

/// Identities that cannot be read, each with the member that the log names.
fn unreadable() -> [(Value, &'static str); 5] {
    [
        (json!({ "id": 7, "kind": "unit", "name": "x" }), "id"),
        (json!({ "kind": "unit", "name": "x" }), "id"),
        (json!({ "id": "a", "kind": "unit" }), "name"),
        (json!({ "id": "b", "kind": ["unit"], "name": "x" }), "kind"),
        (
            json!({ "id": "c", "kind": "unit", "name": "x", "role": 3 }),
            "role",
        ),
    ]
}

/// Row I2: an identity that cannot be read is left out with one log line that names the member; the
/// others are offered.
#[tokio::test(flavor = "current_thread")]
async fn i2_an_identity_that_cannot_be_read_is_left_out_with_one_log_line() {
    let logs = CapturedLogs::start("saoma_gateway=info");
    for (identity, member) in unreadable() {
        let personal = json!({ "id": "personal", "kind": "personal", "name": "示例甲" });
        let answer = json!({ "active": true, "sub": "c-1", "identities": [identity, personal] });
        let backend = IntrospectionStub::start(answer.to_string()).await;
        let world = World::in_memory().with_introspection(&backend);
        let node = world.start().await;
        let (_browser, login) = node.browser().await;
        let logged = logs.text().len();
        let context = phone(&node).scan(&login.qr).await.unwrap();
        let ids: Vec<_> = context
            .identities
            .iter()
            .map(|identity| &identity.id)
            .collect();
        assert_eq!(ids, ["personal"], "{answer}");
        let text = logs.text();
        let lines: Vec<&str> = text[logged..]
            .lines()
            .filter(|line| line.contains("WARN"))
            .collect();
        assert_eq!(lines.len(), 1, "{lines:?}");
        let named = format!("member=\"{member}\"");
        assert!(lines[0].contains(&named), "{lines:?}");
        phone(&node)
            .confirm(login.login_id, "personal")
            .await
            .unwrap();
    }
}

/// Row I2, where the backend signs its tokens.
#[tokio::test(flavor = "current_thread")]
async fn i2_a_signed_token_is_read_in_the_same_way() {
    let logs = CapturedLogs::start("saoma_gateway=info");
    let world = World::in_memory();
    let node = world.start().await;
    let identities = json!([
        { "id": "shop:7", "kind": "franchise", "name": "示例店", "role": "店长" },
        { "id": "unit:1", "kind": "unit", "name": "示例单位", "role": 3 },
    ]);
    let token = world.persons.token_with("c-1", &identities);
    let phone = Phone::new(node.url.clone(), token).unwrap();
    let (_browser, login) = node.browser().await;
    let context = phone.scan(&login.qr).await.unwrap();
    let offered = serde_json::to_value(&context.identities).unwrap();
    assert_eq!(offered, json!([identities[0]]));
    assert!(logs.text().contains("member=\"role\""), "{}", logs.text());
    phone.confirm(login.login_id, "shop:7").await.unwrap();
}

/// Answers that say nothing about a person, and a refusal that cannot be read, which must not pass
/// for good standing (threat T24).
#[tokio::test]
async fn a_refusal_of_the_wrong_type_lets_no_one_log_in() {
    let identities = json!([{ "id": "personal", "kind": "personal", "name": "示例甲" }]);
    let refused =
        json!({ "active": true, "sub": "c-1", "identities": identities, "refusal": true });
    for answer in [
        refused.to_string(),
        r#"[true,"c-1"]"#.into(),
        "<html>".into(),
    ] {
        let backend = IntrospectionStub::start(answer.clone()).await;
        let world = World::in_memory().with_introspection(&backend);
        let node = world.start().await;
        let (_browser, login) = node.browser().await;
        let refused = phone(&node).scan(&login.qr).await.unwrap_err();
        assert_eq!(
            refused.code(),
            Some(ErrorCode::TemporarilyUnavailable),
            "{answer}"
        );
    }
}

/// Row I3: a plain answer of RFC 7662 §2.2 logs the person in as themselves.
#[tokio::test]
async fn i3_a_plain_introspection_answer_is_enough_to_log_in() {
    let answer = r#"{"active":true,"sub":"Z5O3upPC88QrAjx00dis","username":"jdoe","scope":"read","client_id":"app"}"#;
    let backend = IntrospectionStub::start(answer).await;
    let node = World::in_memory()
        .with_introspection(&backend)
        .start()
        .await;
    assert_eq!(as_themselves(&node, &phone(&node)).await, "jdoe");
}

/// Row I3: so does a JWT as common servers issue it.
#[tokio::test]
async fn i3_a_plain_jwt_is_enough_to_log_in() {
    let world = World::in_memory();
    let node = world.start().await;
    for (member, name) in [("preferred_username", "jia"), ("made_up", "c-1")] {
        let mut claims = Persons::claims();
        claims.as_object_mut().unwrap().remove("identities");
        claims[member] = "jia".into();
        let token = world.persons.sign(&Persons::header(), &claims);
        let phone = Phone::new(node.url.clone(), token).unwrap();
        assert_eq!(as_themselves(&node, &phone).await, name);
    }
}

/// Logs in with the only identity that is offered, and returns its name.
async fn as_themselves(node: &Node, phone: &Phone) -> String {
    let (mut browser, login) = node.browser().await;
    let context = phone.scan(&login.qr).await.unwrap();
    let [identity] = &context.identities[..] else {
        panic!("{context:?}")
    };
    assert_eq!(
        (identity.id.as_str(), &identity.kind),
        ("personal", &IdentityKind::PERSONAL)
    );
    phone.confirm(login.login_id, "personal").await.unwrap();
    browser.next().await.unwrap();
    let confirmed = browser.next().await.unwrap();
    assert!(
        matches!(confirmed, ServerMessage::Confirmed { .. }),
        "{confirmed:?}"
    );
    identity.name.clone()
}

/// Row I3: a backend that knows identities and offers none offers nobody, also where none could be read.
#[tokio::test]
async fn i3_an_empty_list_of_identities_offers_nobody() {
    for identities in [json!([]), json!([{ "id": 7 }]), json!("all"), json!(null)] {
        let answer =
            json!({ "active": true, "sub": "c-1", "name": "示例甲", "identities": identities });
        let backend = IntrospectionStub::start(answer.to_string()).await;
        let node = World::in_memory()
            .with_introspection(&backend)
            .start()
            .await;
        let (_browser, login) = node.browser().await;
        let refused = phone(&node).scan(&login.qr).await.unwrap_err();
        let PhoneError::Refused { problem, .. } = refused else {
            panic!("{refused}")
        };
        assert_eq!(problem.error, ErrorCode::IdentityRefused, "{answer}");
        assert_eq!(problem.reason.as_deref(), Some("no_identity"));
    }
}
