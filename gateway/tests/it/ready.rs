//! A node is ready when its store takes what a login writes, and not when it only answers (row K1).

use saoma_protocol::paths;

use crate::support::{Node, RedisServer, World};

/// Opens a login by POST, and returns the status.
async fn open(node: &Node) -> u16 {
    let body = serde_json::json!({
        "client_id": "hall",
        "redirect_uri": crate::support::REDIRECT_URI,
        "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
        "code_challenge_method": "S256",
        "scope": "openid",
    });
    let request = reqwest::Client::new().post(node.at(paths::LOGINS));
    let request = request.header("Origin", crate::support::ORIGIN).json(&body);
    let answer = request.send().await.unwrap();
    answer.status().as_u16()
}

#[tokio::test]
async fn k1_a_redis_that_answers_and_takes_no_login_is_not_ready() {
    let (redis, other) = (RedisServer::start(), RedisServer::start());
    let world = World::on(&redis);
    let node = world.start().await;
    assert_eq!((node.readiness().await.0, open(&node).await), (200, 201));
    let port = other.address().port().to_string();
    for (reason, broken, mended) in [
        (
            "out of memory",
            &["CONFIG", "SET", "maxmemory", "1"][..],
            &["CONFIG", "SET", "maxmemory", "0"][..],
        ),
        (
            "read-only replica",
            &["REPLICAOF", "127.0.0.1", &port],
            &["REPLICAOF", "NO", "ONE"],
        ),
        (
            "no scripts",
            &["ACL", "SETUSER", "default", "-@scripting"],
            &["ACL", "SETUSER", "default", "+@all"],
        ),
        (
            "no commands that write",
            &["ACL", "SETUSER", "default", "-hset"],
            &["ACL", "SETUSER", "default", "+@all"],
        ),
    ] {
        redis.command(broken);
        let (status, said) = node.readiness().await;
        assert_eq!(
            (status, &said["store"]),
            (503, &false.into()),
            "{reason}: {said}"
        );
        assert_eq!(open(&node).await, 503, "{reason}");
        redis.command(mended);
        node.once_store_serves().await;
        assert_eq!(open(&node).await, 201, "{reason} is over");
    }
    assert_eq!(redis.keys_without_end(), [""; 0]);
}
