//! Claims by scope and by name, and the subject.

use serde_json::{Value, json};

use super::{BearerIn, ResponseMode, Scene, module};
use crate::support::{IntrospectionStub, World};

/// A person of whom the app's backend knows all standard claims.
fn person() -> Value {
    json!({
        "active": true, "sub": "c-1", "name": "示例甲", "given_name": "甲", "family_name": "示例",
        "middle_name": "乙", "nickname": "小甲", "preferred_username": "jia",
        "profile": "https://app.example/jia", "picture": "https://app.example/jia.png",
        "website": "https://jia.example", "gender": "female", "birthdate": "1990-01-31",
        "zoneinfo": "Asia/Shanghai", "locale": "zh-CN", "updated_at": 1_790_000_000,
        "email": "jia@app.example", "email_verified": true,
        "phone_number": "+86 10 0000 0000", "phone_number_verified": false,
        "address": { "formatted": "示例路1号\n示例市", "country": "CN" }, "groups": ["staff"],
        "identities": [{ "id": "personal", "kind": "personal", "name": "示例甲" }],
    })
}

const PROFILE: [&str; 14] = [
    "name",
    "given_name",
    "family_name",
    "middle_name",
    "nickname",
    "preferred_username",
    "profile",
    "picture",
    "website",
    "gender",
    "birthdate",
    "zoneinfo",
    "locale",
    "updated_at",
];
const EMAIL: [&str; 2] = ["email", "email_verified"];
const PHONE: [&str; 2] = ["phone_number", "phone_number_verified"];

/// A scene whose persons are all [`person`].
async fn scene(mode: ResponseMode, world: World) -> (Scene, IntrospectionStub) {
    let backend = IntrospectionStub::start(person().to_string()).await;
    let scene = Scene::in_world(world.with_introspection(&backend), mode).await;
    (scene, backend)
}

/// Compares what the userinfo endpoint tells with what the backend knows: these claims, `sub` and `identity`, and no others.
fn assert_told(told: &Value, claims: &[&str]) {
    let mut expected = json!({ "sub": "c-1", "identity": person()["identities"][0] });
    for claim in claims {
        expected[claim] = person()[claim].clone();
    }
    assert_eq!(*told, expected);
}

/// Logs in with a scope, and compares the claims of that scope at the userinfo endpoint.
async fn told_by_scope(mode: ResponseMode, scope: &str, claims: &[&str]) {
    let (scene, _backend) = scene(mode, World::in_memory()).await;
    let told = scene.tokens(scope).await;
    assert!(
        told.body["scope"]
            .as_str()
            .is_none_or(|granted| granted == scope)
    );
    let userinfo = scene
        .party
        .userinfo(told.text("access_token"), BearerIn::GetHeader)
        .await;
    assert_told(&userinfo.body, claims);
    // The ID token is small: it holds the name, and no other claim of the scope.
    let id_token = scene.party.verify(told.text("id_token")).await;
    assert_eq!(id_token["sub"], userinfo.body["sub"]);
    for claim in claims.iter().filter(|claim| **claim != "name") {
        assert_eq!(id_token[*claim], Value::Null, "{claim}");
    }
    let supported = &scene.party.provider["scopes_supported"];
    for word in scope.split(' ') {
        assert!(
            supported.as_array().unwrap().contains(&word.into()),
            "{word}"
        );
    }
}

module! {
    async fn oidcc_scope_profile(mode: ResponseMode) {
        told_by_scope(mode, "openid profile", &PROFILE).await;
    }
}

module! {
    async fn oidcc_scope_email(mode: ResponseMode) {
        told_by_scope(mode, "openid email", &EMAIL).await;
    }
}

module! {
    async fn oidcc_scope_address(mode: ResponseMode) {
        told_by_scope(mode, "openid address", &["address"]).await;
    }
}

module! {
    async fn oidcc_scope_phone(mode: ResponseMode) {
        told_by_scope(mode, "openid phone", &PHONE).await;
    }
}

module! {
    async fn oidcc_scope_all(mode: ResponseMode) {
        let claims = [&PROFILE[..], &EMAIL, &PHONE, &["address"]].concat();
        told_by_scope(mode, "openid profile email address phone", &claims).await;
    }
}

module! {
    /// A single claim that is asked for, and is essential, is told without its scope.
    async fn oidcc_claims_essential(mode: ResponseMode) {
        let (scene, _backend) = scene(mode, World::in_memory()).await;
        assert_eq!(scene.party.provider["claims_parameter_supported"], true);
        let claims = r#"{"userinfo":{"name":{"essential":true}}}"#;
        let request = scene.party.request("openid").with("claims", claims);
        let answer = scene.log_in(&request).await;
        let told = scene.party.redeem(&answer).await;
        let userinfo = scene.party.userinfo(told.text("access_token"), BearerIn::GetHeader).await;
        assert_told(&userinfo.body, &["name"]);
    }
}

#[tokio::test]
async fn openid_alone_tells_who_and_as_what_and_nothing_else() {
    told_by_scope(ResponseMode::Query, "openid", &[]).await;
}

#[tokio::test]
async fn groups_have_a_scope_of_their_own() {
    told_by_scope(ResponseMode::Query, "groups openid", &["groups"]).await;
}

#[tokio::test]
async fn single_claims_are_told_where_they_are_asked_for() {
    let (scene, _backend) = scene(ResponseMode::Query, World::in_memory()).await;
    let claims = r#"{"userinfo":{"email":null,"made_up":{"essential":true}},"id_token":{"groups":{"essential":true},"email_verified":null}}"#;
    let request = scene.party.request("openid").with("claims", claims);
    let answer = scene.log_in(&request).await;
    let told = scene.party.redeem(&answer).await;
    let userinfo = scene
        .party
        .userinfo(told.text("access_token"), BearerIn::GetHeader)
        .await;
    assert_told(&userinfo.body, &["email"]);
    let id_token = scene.party.verify(told.text("id_token")).await;
    assert_eq!(id_token["groups"], json!(["staff"]));
    assert_eq!(id_token["email_verified"], true);
    assert_eq!(
        (&id_token["email"], &id_token["name"]),
        (&Value::Null, &Value::Null)
    );
}

#[tokio::test]
async fn a_claims_parameter_that_cannot_be_read_is_told_to_the_client() {
    let (scene, _backend) = scene(ResponseMode::Query, World::in_memory()).await;
    for claims in ["{", "[]", r#"{"userinfo":"email"}"#] {
        let request = scene.party.request("openid").with("claims", claims);
        assert_eq!(scene.refusal(&request).await, "invalid_request", "{claims}");
    }
}
