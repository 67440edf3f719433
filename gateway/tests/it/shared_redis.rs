//! Installations that share a Redis by key prefixes, and versions that share its data.

use saoma_client::PhoneError;
use saoma_gateway::Gateway;
use saoma_load::deployment::PERSONAL;
use saoma_protocol::{ErrorCode, ServerMessage};

use crate::provider_sessions::{self, confirmed_request};
use crate::support::{RedisServer, World};

const PREFIXES: [&str; 2] = ["hall-1:", "hall-2:"];

#[tokio::test]
async fn two_gateways_with_two_prefixes_share_a_redis_and_see_nothing_of_each_other() {
    let redis = RedisServer::start();
    let worlds = PREFIXES.map(|prefix| {
        let limit = "limits.scan_per_person = { burst = 1, per = '1h' }\n";
        World::on(&redis).with(&format!("store.key_prefix = '{prefix}'\n{limit}"))
    });
    // Their secrets differ: on one store the second would not start.
    let nodes = [
        provider_sessions::start(&worlds[0]).await,
        provider_sessions::start(&worlds[1]).await,
    ];
    let (mut browser, login) = nodes[0].browser().await;
    let stranger = worlds[1].phone(&nodes[1], 1).scan(&login.qr).await;
    assert!(
        matches!(&stranger, Err(error) if error.code() == Some(ErrorCode::UnknownCode)),
        "{stranger:?}"
    );
    // The same person's limit at the other one is not used up, and pushes arrive.
    let phone = worlds[0].phone(&nodes[0], 1);
    phone.scan(&login.qr).await.unwrap();
    let told = browser.next().await.unwrap();
    assert!(matches!(told, ServerMessage::Scanned { .. }));
    phone.confirm(login.login_id, PERSONAL).await.unwrap();
    let told = browser.next().await.unwrap();
    assert!(matches!(told, ServerMessage::Confirmed { .. }));
    let limited: PhoneError = phone.scan(&login.qr).await.unwrap_err();
    assert_eq!(limited.code(), Some(ErrorCode::TooManyRequests));

    // Sessions as well: two persons have the same id at both.
    let scope = "openid profile";
    for (world, node) in worlds.iter().zip(&nodes) {
        let request = confirmed_request(world, node, 7, PERSONAL, scope).await;
        assert_eq!(request.send(node).await.status, 200);
        let listed = provider_sessions::sessions(world, node, 7).await;
        assert_eq!(listed.sessions.len(), 1);
    }
    let keys = redis.keys("*");
    let is_of_one = |key: &String| PREFIXES.iter().any(|prefix| key.starts_with(prefix));
    assert!(keys.iter().all(is_of_one), "{keys:?}");
    for prefix in PREFIXES {
        assert!(!redis.keys(&format!("{prefix}person:*")).is_empty());
    }
}

#[tokio::test]
async fn a_node_refuses_data_of_a_newer_version_and_says_what_to_do() {
    let redis = RedisServer::start();
    let world = World::on(&redis);
    let node = world.start().await;
    assert!(redis.milliseconds_left("saoma:schema") > 0, "it is noted");
    assert_eq!(redis.keys_without_end(), [""; 0]);
    drop(node);
    redis.command(&["SET", "saoma:schema", "2", "PX", "100000"]);
    let refused = Gateway::start(world.settings()).await.unwrap_err();
    let refused = refused.to_string();
    for part in ["store.url", "schema 2", "up to 1", "store.key_prefix"] {
        assert!(refused.contains(part), "{part}: {refused}");
    }
    // An installation with a prefix of its own is not concerned.
    let other = World::on(&redis).with("store.key_prefix = 'other:'");
    other.start().await;
}
