//! Back-channel logout: the public plan, and logout tokens that outlive nodes and dead clients.

use super::sessions::{
    AFTER_LOGOUT, LogoutEndpoint, NO_ANSWER, PORTAL, SessionScene, portal, verified,
};
use super::{RelyingParty, ResponseMode, Scene};
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
