//! Nodes on one store that do not share what they must (row A13).

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::time::Duration;

use saoma_gateway::{Gateway, Settings, StartError};

use crate::support::{CapturedLogs, Node, RedisCluster, RedisServer, World};

/// Time in which a node learns of another.
const LEARNED_WITHIN: Duration = Duration::from_secs(30);

fn metric(setting: &str) -> String {
    format!("saoma_nodes_in_conflict{{setting=\"{setting}\"}}")
}

/// Settings of a node that refuses what is unsafe, with these files of secrets.
fn settings(world: &World, secrets: &[&str]) -> Settings {
    let private = |name: &str| -> PathBuf {
        let file = world.path(name);
        if !file.exists() {
            std::fs::write(&file, saoma_gateway::generate_secret()).unwrap();
        }
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
        file
    };
    let mut settings = world.settings();
    settings.server.allow_insecure = false;
    settings.server.public_url = "http://127.0.0.1:8080".into();
    settings.oidc.signing_keys = vec![private("signing.pem")];
    settings.cluster.secret_files = secrets.iter().copied().map(private).collect();
    settings
}

async fn start(settings: Settings) -> Result<Node, StartError> {
    let gateway = Gateway::start(settings).await?;
    let url = format!("http://{}", gateway.address()).parse().unwrap();
    Ok(Node { gateway, url })
}

impl Node {
    /// Waits until the node counts so many others in conflict by this setting.
    async fn once_in_conflict(&self, setting: &str, nodes: f64) {
        let (name, mut seen) = (metric(setting), None);
        let counted = async {
            while seen != Some(nodes) {
                seen = Some(self.metric(&name).await);
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(LEARNED_WITHIN, counted)
            .await
            .expect(setting);
    }
}

/// An operator gives a new node another secret: it does not start, says what to do, and the others go on.
#[tokio::test]
async fn a13_a_node_with_another_secret_does_not_start_beside_others() {
    let redis = RedisServer::start();
    let world = World::on(&redis);
    let node = start(settings(&world, &["cluster.secret"])).await.unwrap();
    // The second left out the first round of a change: the older node opens nothing that it would seal.
    let starting = start(settings(&world, &["other.secret"]));
    let hasty = start(settings(&world, &["other.secret", "cluster.secret"]));
    let counted = node.once_in_conflict("cluster.secret_files", 2.0);
    let (refused, hasty, ()) = tokio::join!(starting, hasty, counted);
    assert!(matches!(hasty.err(), Some(StartError::ForeignSecrets(_))));
    let refused = refused.err().expect("a refusal").to_string();
    for part in [
        "cluster.secret_files: ",
        "127.0.0.1:0",
        "the same files",
        "docs/operations.md",
    ] {
        assert!(refused.contains(part), "{part}: {refused}");
    }
    assert_eq!(node.readiness().await.0, 200, "the older node goes on");
    node.once_in_conflict("cluster.secret_files", 0.0).await;
}

/// All nodes are stopped, and start with a new secret: the first of them waits for the last old one.
#[tokio::test]
async fn a13_a_node_starts_once_those_with_the_old_secret_have_ended() {
    let redis = RedisServer::start();
    let world = World::on(&redis);
    let old = start(settings(&world, &["cluster.secret"])).await.unwrap();
    let starting = start(settings(&world, &["other.secret"]));
    let ending = async {
        old.once_in_conflict("cluster.secret_files", 1.0).await;
        old.gateway.shutdown().await;
    };
    let (started, ()) = tokio::join!(starting, ending);
    let started = started.expect("the old one has ended");
    started.once_in_conflict("cluster.secret_files", 0.0).await;
    assert_eq!(started.readiness().await.0, 200);
}

/// The three rounds of the runbook, node by node.
#[tokio::test]
async fn a13_a_proper_change_of_the_secret_raises_no_alarm() {
    let redis = RedisServer::start();
    let world = World::on(&redis);
    let logs = CapturedLogs::start("saoma_gateway=info");
    let mut running = start(settings(&world, &["cluster.secret"])).await.unwrap();
    for round in [
        &["cluster.secret", "new.secret"][..],
        &["new.secret", "cluster.secret"],
        &["new.secret"],
    ] {
        let next = start(settings(&world, round)).await.expect("a round");
        assert_eq!(next.metric(&metric("cluster.secret_files")).await, 0.0);
        running.gateway.shutdown().await;
        running = next;
    }
    let text = logs.text();
    assert!(!text.contains("do not share"), "{text}");
}

/// A key may differ for a while, and an address too: both nodes say so and go on.
#[tokio::test]
async fn a13_nodes_with_another_key_or_address_say_so_and_go_on() {
    let redis = RedisServer::start();
    tell_of_key_and_address(&World::on(&redis)).await;
}

#[tokio::test]
async fn a13_nodes_on_a_cluster_compare_their_settings_too() {
    let redis = RedisCluster::start();
    tell_of_key_and_address(&World::on_url(redis.url())).await;
}

async fn tell_of_key_and_address(world: &World) {
    let logs = CapturedLogs::start("saoma_gateway=info");
    let first = start(settings(world, &["cluster.secret"])).await.unwrap();
    let other_key = world.path("other.pem");
    std::fs::write(&other_key, saoma_gateway::generate_pem().unwrap()).unwrap();
    std::fs::set_permissions(&other_key, std::fs::Permissions::from_mode(0o600)).unwrap();
    let mut unlike = settings(world, &["cluster.secret"]);
    unlike.oidc.signing_keys = vec![other_key];
    unlike.server.public_url = "http://localhost:8080".into();
    let second = start(unlike).await.expect("it starts");
    for setting in ["oidc.signing_keys", "server.public_url"] {
        first.once_in_conflict(setting, 1.0).await;
        second.once_in_conflict(setting, 1.0).await;
        assert!(logs.text().contains(setting), "{}", logs.text());
    }
    second.once_in_conflict("cluster.secret_files", 0.0).await;
    assert!(
        logs.text().contains("give all nodes the same"),
        "{}",
        logs.text()
    );
    second.gateway.shutdown().await;
    first.once_in_conflict("oidc.signing_keys", 0.0).await;
    assert!(
        logs.text().contains("share their settings again"),
        "{}",
        logs.text()
    );
    assert_eq!(first.readiness().await.0, 200);
}

/// A person would be another one at every pairwise client, depending on the node.
#[tokio::test]
async fn nodes_with_another_pairwise_secret_say_so_and_go_on() {
    let redis = RedisServer::start();
    let world = World::on(&redis);
    let logs = CapturedLogs::start("saoma_gateway=info");
    let with_secret = |name: Option<&str>| {
        let mut made = settings(&world, &["cluster.secret"]);
        made.oidc.pairwise_secret_file = name.map(|name| {
            let other = settings(&world, &[name]);
            other.cluster.secret_files[0].clone()
        });
        made
    };
    let setting = "oidc.pairwise_secret_file";
    let first = start(with_secret(Some("pairwise.secret"))).await.unwrap();
    let without = start(with_secret(None)).await.unwrap();
    let same = start(with_secret(Some("pairwise.secret"))).await.unwrap();
    assert_eq!(same.metric(&metric(setting)).await, 0.0);
    assert_eq!(without.metric(&metric(setting)).await, 0.0);
    let other = start(with_secret(Some("another.secret"))).await.unwrap();
    other.once_in_conflict(setting, 2.0).await;
    first.once_in_conflict(setting, 1.0).await;
    assert!(logs.text().contains(setting), "{}", logs.text());
    let marked = std::fs::read_to_string(world.path("pairwise.secret")).unwrap();
    assert!(!logs.text().contains(marked.trim()));
    other.gateway.shutdown().await;
    first.once_in_conflict(setting, 0.0).await;
}
