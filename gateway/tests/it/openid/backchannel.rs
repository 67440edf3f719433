//! Back-channel logout: the public plan, and logout tokens that outlive nodes and dead clients.

use serde_json::json;

use super::sessions::{
    AFTER_LOGOUT, LogoutEndpoint, NO_ANSWER, PORTAL, SessionScene, portal, verified,
};
use super::{RelyingParty, ResponseMode, Scene, Told};
use crate::provider_sessions::{by_backend, end_of, post};
use crate::support::{RedisServer, World};

async fn scene() -> SessionScene {
    SessionScene::start(ResponseMode::Query).await
}

#[tokio::test]
async fn oidcc_backchannel_logout_discovery_endpoint_verification() {
    let scene = Scene::start(ResponseMode::Query).await;
    for member in [
        "backchannel_logout_supported",
        "backchannel_logout_session_supported",
    ] {
        assert_eq!(scene.party.provider[member], true, "{member}");
    }
}

/// A logout by the relying party: its endpoint is told, with the `sub` and `sid` of its ID token.
#[tokio::test]
async fn oidcc_backchannel_rp_initiated_logout() {
    let mut scene = scene().await;
    let (claims, id_token) = scene.log_in().await;
    let query = [
        ("id_token_hint", id_token.as_str()),
        ("post_logout_redirect_uri", AFTER_LOGOUT),
        ("state", "s"),
    ];
    let answer = scene.log_out(&query).await;
    let back = "https://portal.example/bye?state=s";
    assert_eq!(answer.location.as_deref(), Some(back));
    let token = scene.logouts.next().await;
    let told = verified(&scene.scene.party, &token).await;
    assert_eq!(told["sub"], claims["sub"]);
    assert_eq!(told["sid"], claims["sid"]);
    assert_eq!(scene.silent_refusal().await, "login_required");
}

/// A node that dies while it tells a client: another one does, with the same `jti`.
#[tokio::test]
async fn a_logout_outlives_the_node_that_tells_of_it() {
    let redis = RedisServer::start();
    let mut scene = SessionScene::in_world(World::on(&redis), ResponseMode::Query).await;
    let (_, id_token) = scene.log_in().await;
    scene.logouts.answer(NO_ANSWER);
    scene.log_out(&[("id_token_hint", &id_token)]).await;
    let first = scene.logouts.next().await;
    let SessionScene {
        scene: Scene { world, node, .. },
        mut logouts,
        ..
    } = scene;
    // Its tasks end with it, and the session that it has taken stays taken until the lease runs out.
    node.gateway.shutdown().await;
    logouts.answer(200);
    let other = world.start().await;
    let party = RelyingParty::discover(&other, ResponseMode::Query)
        .await
        .of_client(PORTAL);
    let again = verified(&party, &logouts.next().await).await;
    let first = verified(&party, &first).await;
    assert_eq!(first["jti"], again["jti"]);
    assert_eq!(first["sid"], again["sid"]);
}

/// A client that is dead does not hold up the others.
#[tokio::test]
async fn a_dead_client_does_not_hold_up_another() {
    let dead = LogoutEndpoint::start().await;
    dead.answer(NO_ANSWER);
    let world = World::in_memory().with_client(&portal("dead", Some(&dead)));
    let mut scene = SessionScene::in_world(world, ResponseMode::Query).await;
    let (_, id_token) = scene.log_in().await;
    let party = scene.scene.party.of_client("dead");
    let request = party.request("openid");
    let answer = party.authorize(&request).await.answer();
    assert_eq!(
        party.redeem(&answer.checked(&party, &request)).await.status,
        200
    );
    scene.log_out(&[("id_token_hint", &id_token)]).await;
    // Both are told at the same time; the dead one's answer is not waited for.
    scene.logouts.next().await;
}

/// A client that does not take the token is told again, with the same `jti`, until it does.
#[tokio::test]
async fn a_client_that_fails_is_told_again_with_the_same_id() {
    let mut scene = scene().await;
    let (_, id_token) = scene.log_in().await;
    scene.logouts.answer(500);
    scene.log_out(&[("id_token_hint", &id_token)]).await;
    let first = verified(&scene.scene.party, &scene.logouts.next().await).await;
    scene.logouts.answer(200);
    let again = verified(&scene.scene.party, &scene.logouts.next().await).await;
    assert_eq!(first["jti"], again["jti"]);
}

/// Ends of a session before its time.
#[derive(Debug, Clone, Copy)]
enum End {
    Person,
    Backend,
    ReplayedCode,
    ReusedRefreshToken,
    RelyingParty,
}

/// The client is told of every end of a session: by the person, the backend, a site, a replay.
#[tokio::test]
async fn every_end_of_a_session_is_told() {
    let events = "identity.events = { client_id = 'app', client_secret = 'events-secret' }";
    let world = World::in_memory().with(events);
    let mut scene = SessionScene::in_world(world, ResponseMode::Query).await;
    for end in [
        End::Person,
        End::Backend,
        End::ReplayedCode,
        End::ReusedRefreshToken,
        End::RelyingParty,
    ] {
        let Scene { world, node, party } = &scene.scene;
        party.forget_cookie();
        let answer = scene
            .scene
            .log_in(&party.request("openid offline_access"))
            .await;
        let told = party.redeem(&answer).await;
        let claims = party.verify(told.text("id_token")).await;
        match end {
            End::Person => {
                let sid = claims["sid"].as_str().unwrap();
                let ended = post(world, node, 1, &end_of(sid)).await;
                assert_eq!(ended.status(), 200);
            }
            End::Backend => {
                let body = json!({ "sub": "load-1", "reason": "card_reported_lost" });
                let ended = by_backend(node, ("app", "events-secret"), &body).await;
                assert_eq!(ended.status(), 200);
            }
            End::ReplayedCode => {
                assert_eq!(party.redeem(&answer).await.text("error"), "invalid_grant");
            }
            End::ReusedRefreshToken => {
                let first = told.text("refresh_token").to_owned();
                let mut newest = first.clone();
                for _ in 0..2 {
                    let refreshed = refresh(party, &newest).await;
                    newest = refreshed.text("refresh_token").to_owned();
                }
                let reused = refresh(party, &first).await;
                assert_eq!(reused.text("error"), "invalid_grant");
            }
            End::RelyingParty => {
                let hint = [("id_token_hint", told.text("id_token"))];
                assert_eq!(scene.log_out(&hint).await.status, 200);
            }
        }
        let token = scene.logouts.next().await;
        let logout = verified(&scene.scene.party, &token).await;
        for same in ["sub", "sid"] {
            assert_eq!(logout[same], claims[same], "{end:?}");
        }
    }
}

async fn refresh(party: &RelyingParty, token: &str) -> Told {
    let form = vec![("grant_type", "refresh_token"), ("refresh_token", token)];
    party.ask_token(form).await
}

/// Row T56: a client's endpoint cannot send the gateway elsewhere. A redirect is a failure, after which it is told again.
#[tokio::test]
async fn a_logout_token_follows_no_redirect() {
    let mut scene = scene().await;
    let (_, id_token) = scene.log_in().await;
    scene.logouts.answer(307);
    scene.log_out(&[("id_token_hint", &id_token)]).await;
    let first = verified(&scene.scene.party, &scene.logouts.next().await).await;
    let again = verified(&scene.scene.party, &scene.logouts.next().await).await;
    assert_eq!(first["jti"], again["jti"]);
}
