//! The periodic resync finds lost pushes.

use saoma_load::deployment::PERSONAL;
use saoma_protocol::ServerMessage;

use crate::support::{RedisServer, World};

const QUICK: &str = "sockets.resync_interval = '50ms'\nsockets.waiting_resync_interval = '100ms'";

/// Threat T21.
#[tokio::test]
async fn a_push_that_went_elsewhere_is_found_and_counted() {
    let redis = RedisServer::start();
    let world = World::on(&redis).with(QUICK);
    let node = world.start().await;
    let (mut browser, login) = node.browser().await;
    let phone = world.phone(&node, 1);
    // From here all pushes go to a node that does not exist.
    redis.command(&[
        "HSET",
        &format!("saoma:login:{{{}}}", login.login_id),
        "node",
        "nobody",
    ]);
    phone.scan(&login.qr).await.unwrap();
    assert!(matches!(
        browser.next().await.unwrap(),
        ServerMessage::Scanned { seq: 2, .. }
    ));
    phone.confirm(login.login_id, PERSONAL).await.unwrap();
    assert!(matches!(
        browser.next().await.unwrap(),
        ServerMessage::Confirmed { seq: 3, .. }
    ));
    let metrics = reqwest::get(node.operations("/metrics"))
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    assert!(
        metrics.contains("saoma_pushes_total{source=\"sweep\"} 2"),
        "{metrics}"
    );
}
