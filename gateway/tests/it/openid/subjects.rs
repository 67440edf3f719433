//! What each client is told in place of a person.

use super::{BearerIn, RelyingParty, ResponseMode, Scene};
use crate::support::{IntrospectionStub, World};

/// Clients by their ids, each with one redirect URI on a host of its own but for the last two, and their settings.
const CLIENTS: [(&str, &str, &str); 6] = [
    ("person", "a", ""),
    ("identity", "a", "subject = 'identity'"),
    ("pairwise-a", "a", "subject_type = 'pairwise'"),
    ("pairwise-b", "b", "subject_type = 'pairwise'"),
    (
        "pairwise-c",
        "c",
        "subject_type = 'pairwise'\nsector_identifier = 'a.example'",
    ),
    (
        "both",
        "a",
        "subject_type = 'pairwise'\nsubject = 'identity'",
    ),
];

async fn scene() -> Scene {
    let mut world = World::in_memory();
    let secret = world.path("pairwise.secret");
    std::fs::write(&secret, saoma_gateway::generate_secret()).unwrap();
    world = world.with(&format!(
        "oidc.pairwise_secret_file = '{}'",
        secret.display()
    ));
    for (id, host, members) in CLIENTS {
        world = world.with_client(&format!(
            "client_id = '{id}'\nname = '{id}'\nsecret = 'client-secret'\nagree = 'off'\n\
             redirect_uris = ['https://{host}.example/callback']\n{members}"
        ));
    }
    Scene::in_world(world, ResponseMode::Query).await
}

/// OpenID Connect Core §8: one subject at userinfo and in the ID token, and the same at the next login.
#[tokio::test]
async fn a_client_is_told_one_subject_everywhere_and_others_only_where_they_may_compare() {
    let mut scene = scene().await;
    let types = scene.party.provider["subject_types_supported"].clone();
    assert_eq!(types, serde_json::json!(["public", "pairwise"]));
    let mut subjects = Vec::new();
    for (id, host, _) in CLIENTS {
        let redirect_uri = format!("https://{host}.example/callback");
        let mut party = RelyingParty::discover(&scene.node, ResponseMode::Query).await;
        id.clone_into(&mut party.client_id);
        "client-secret".clone_into(&mut party.secret);
        party.redirect_uri = redirect_uri;
        scene.party = party;
        let mut told_here = Vec::new();
        for _ in 0..2 {
            let told = scene.tokens("openid").await;
            let id_token = scene.party.verify(told.text("id_token")).await;
            let userinfo = scene
                .party
                .userinfo(told.text("access_token"), BearerIn::GetHeader);
            let userinfo = userinfo.await;
            assert_eq!(id_token["sub"], userinfo.body["sub"], "{id}");
            told_here.push(userinfo.text("sub").to_owned());
        }
        assert_eq!(told_here[0], told_here[1], "{id}");
        subjects.push(told_here.remove(0));
    }
    let [person, identity, a, b, c, both] = &subjects[..] else {
        panic!("{subjects:?}")
    };
    assert_eq!(a, c, "one sector");
    let mut different = vec![person, identity, a, b, both];
    different.sort();
    different.dedup();
    assert_eq!(different.len(), 5, "{subjects:?}");
}

/// A backend without names: the person's id stands in their place, and a pairwise client is not told it.
#[tokio::test]
async fn a_pairwise_client_is_not_told_the_id_in_place_of_a_name() {
    for (answer, has_username) in [
        (
            r#"{"active":true,"sub":"citizen-zhao","preferred_username":"citizen-zhao"}"#,
            true,
        ),
        (r#"{"active":true,"sub":"citizen-zhao"}"#, false),
    ] {
        let backend = IntrospectionStub::start(answer).await;
        let mut world = World::in_memory().with_introspection(&backend);
        let secret = world.path("pairwise.secret");
        std::fs::write(&secret, saoma_gateway::generate_secret()).unwrap();
        let file = secret.display();
        world = world.with(&format!("oidc.pairwise_secret_file = '{file}'"));
        for (id, more) in [("open", ""), ("closed", "subject_type = 'pairwise'")] {
            world = world.with_client(&format!(
                "client_id = '{id}'\nname = '{id}'\nsecret = '{id}-secret'\nagree = 'off'\n\
                 id_token_claims = true\nredirect_uris = ['https://{id}.example/callback']\n{more}"
            ));
        }
        let mut scene = Scene::in_world(world, ResponseMode::Query).await;
        for (id, is_told) in [("open", true), ("closed", false)] {
            scene.party = scene.party.of_client(id);
            let told = scene.tokens("openid profile").await;
            let id_token = scene.party.verify(told.text("id_token")).await;
            let token = told.text("access_token");
            let userinfo = scene.party.userinfo(token, BearerIn::GetHeader).await;
            for claims in [&id_token, &userinfo.body] {
                assert_eq!(
                    claims.to_string().contains("zhao"),
                    is_told,
                    "{id}: {claims}"
                );
                assert_eq!(claims["name"], claims["sub"], "{id}: {claims}");
                assert_eq!(claims["identity"]["name"], claims["sub"], "{id}: {claims}");
                let username = claims.get("preferred_username");
                assert_eq!(
                    username.is_some(),
                    is_told && has_username,
                    "{id}: {claims}"
                );
            }
        }
    }
}
