//! `saoma check-config --probe` asks everything behind a node before it is started.

use std::process::Command;

use crate::cli::Answer;
use crate::support::{IntrospectionStub, RedisServer, World};

/// What a gateway's user needs of a Redis, as docs/operations.md gives it.
const ACL: &str = include_str!("../../../docs/redis-acl.conf");

async fn probe(world: &World) -> Answer {
    let file = world.settings_file();
    let run = move || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_saoma"));
        let command = command.args(["check-config", "--probe", "--config"]);
        command.arg(file).env_clear().output().unwrap().into()
    };
    tokio::task::spawn_blocking(run).await.unwrap()
}

/// Returns the findings without the warnings of a test's own settings.
fn findings(answer: &Answer) -> Vec<&str> {
    let lines = answer.err.lines();
    lines.filter(|line| !line.contains("warning")).collect()
}

#[tokio::test]
async fn a_deployment_that_serves_logins_passes_and_nothing_stays_in_its_store() {
    let redis = RedisServer::start();
    let backend = IntrospectionStub::start(r#"{"active": false}"#).await;
    let world = World::on(&redis).with_introspection(&backend);
    let answer = probe(&world).await;
    assert_eq!(answer.code, Some(0), "{answer:?}");
    assert!(answer.out.contains("a login would be served"), "{answer:?}");
    let mut kept = redis.keys("*");
    kept.retain(|key| !key.starts_with("saoma:check:"));
    assert_eq!(kept, [""; 0]);
}

#[tokio::test]
async fn all_findings_are_told_at_once_each_with_what_to_do() {
    let redis = RedisServer::start();
    redis.command(&["CONFIG", "SET", "maxmemory", "100mb"]);
    redis.command(&["CONFIG", "SET", "maxmemory-policy", "allkeys-lru"]);
    redis.command(&["SET", "saoma:schema", "9", "PX", "100000"]);
    let narrow = [
        "ACL",
        "SETUSER",
        "default",
        "-hincrby",
        "-xadd",
        "-subscribe",
    ];
    redis.command(&narrow);
    let backend = IntrospectionStub::start(r#"{"active": true, "sub": "1"}"#).await;
    let world = World::on(&redis).with_introspection(&backend);
    let answer = probe(&world).await;
    assert_eq!(answer.code, Some(1), "{answer:?}");
    for (setting, part) in [
        ("store.url", "ACL SETUSER with +hincrby +subscribe +xadd"),
        ("store.url", "schema 9"),
        ("identity.introspection.url", "takes a made-up token"),
    ] {
        let line = format!("saoma: {setting}: ");
        let is_told = |found: &&str| found.starts_with(&line) && found.contains(part);
        assert!(findings(&answer).iter().any(is_told), "{part}: {answer:#?}");
    }
    let warned = "warning: store.url: its maxmemory-policy is allkeys-lru";
    assert!(answer.err.contains(warned), "{answer:#?}");
}

#[tokio::test]
async fn servers_that_are_full_read_only_or_away_are_found() {
    let (mut redis, other) = (RedisServer::start(), RedisServer::start());
    let backend = IntrospectionStub::start(r#"{"active": false}"#).await;
    let world = World::on(&redis).with_introspection(&backend);
    let port = other.address().port().to_string();
    for (broken, mended, part) in [
        (
            &["CONFIG", "SET", "maxmemory", "1"][..],
            &["CONFIG", "SET", "maxmemory", "0"][..],
            "reached its maxmemory",
        ),
        (
            &["REPLICAOF", "127.0.0.1", &port],
            &["REPLICAOF", "NO", "ONE"],
            "read-only replica",
        ),
    ] {
        redis.command(broken);
        let answer = probe(&world).await;
        assert_eq!(
            (answer.code, findings(&answer).len()),
            (Some(1), 1),
            "{answer:#?}"
        );
        assert!(findings(&answer)[0].contains(part), "{answer:#?}");
        redis.command(mended);
    }
    redis.kill();
    drop(backend);
    let answer = probe(&world).await;
    let found = findings(&answer);
    assert_eq!(found.len(), 2, "{answer:#?}");
    assert!(
        found[0].contains("store.url: it does not answer"),
        "{found:?}"
    );
    assert!(
        found[1].contains("no usable answer about a made-up token"),
        "{found:?}"
    );
}

/// The ACL in the documents is enough for the probe and for a whole login.
#[tokio::test]
async fn the_documented_acl_is_enough() {
    let redis = RedisServer::start();
    let rules = ACL.lines().find(|line| line.starts_with("user saoma "));
    let rules: Vec<&str> = rules.unwrap().split(' ').skip(2).collect();
    let mut words = vec!["ACL", "SETUSER", "saoma"];
    let own_password = |word: &&'static str| match *word {
        word if word.starts_with('>') => ">long-enough-5c1f",
        word => word,
    };
    words.extend(rules.iter().map(own_password));
    redis.command(&words);
    let url = redis.url().replace("://", "://saoma:long-enough-5c1f@");
    let backend = IntrospectionStub::start(r#"{"active": false}"#).await;
    let answer = probe(&World::on_url(&url).with_introspection(&backend)).await;
    assert_eq!(answer.code, Some(0), "{answer:#?}");

    let world = World::on_url(&url);
    let node = crate::provider_sessions::start(&world).await;
    let identity = saoma_load::deployment::PERSONAL;
    let request =
        crate::provider_sessions::confirmed_request(&world, &node, 1, identity, "openid").await;
    assert_eq!(request.send(&node).await.status, 200);
    assert_eq!(node.readiness().await.0, 200);
}
