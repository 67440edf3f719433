//! Redis by TLS, Sentinel and cluster: logins continue through failovers and slot migrations.

mod kept;
mod tilt;

use std::time::Duration;

use saoma_client::OpenedLogin;
use saoma_client::{Browser, Phone};
use saoma_load::deployment::PERSONAL;
use saoma_protocol::ServerMessage;

use crate::support::{Node, RedisCluster, RedisSentinel, RedisTls, TokenRequest, World, until};

const PATIENCE: Duration = Duration::from_secs(30);

/// Retries until success, as an app does after `Retry-After`.
pub(crate) async fn in_the_end<T, E: std::fmt::Display>(
    what: &str,
    attempt: impl AsyncFn() -> Result<T, E>,
) -> T {
    let trying = async {
        loop {
            match attempt().await {
                Ok(done) => return done,
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        }
    };
    tokio::time::timeout(PATIENCE, trying)
        .await
        .unwrap_or_else(|_| panic!("in vain: {what}"))
}

async fn next(browser: &mut Browser) -> ServerMessage {
    tokio::time::timeout(PATIENCE, browser.next_untimed())
        .await
        .expect("the browser is told")
        .unwrap()
}

/// From the code on the screen to the portal's token; `between` is what happens after the scan.
/// Every step is done once.
async fn log_in(world: &World, browsers: &Node, phones: &Node, between: impl FnOnce(&OpenedLogin)) {
    let (mut browser, login) = in_the_end("open", || browsers_open(browsers)).await;
    let phone = world.phone(phones, 1);
    in_the_end("scan", || phone.scan(&login.qr)).await;
    assert!(matches!(
        next(&mut browser).await,
        ServerMessage::Scanned { seq: 2, .. }
    ));
    between(&login);
    confirmed_once(&mut browser, &login, &phone, phones).await;
}

async fn browsers_open(node: &Node) -> Result<(Browser, OpenedLogin), saoma_client::BrowserError> {
    Browser::open(&node.url, &crate::support::hall()).await
}

/// The phone may retry, and there is still one confirmation and one token.
async fn confirmed_once(browser: &mut Browser, login: &OpenedLogin, phone: &Phone, node: &Node) {
    in_the_end("confirm", || phone.confirm(login.login_id, PERSONAL)).await;
    let ServerMessage::Confirmed {
        redirect_to,
        seq: 3,
        ..
    } = next(browser).await
    else {
        panic!("not confirmed")
    };
    assert_eq!(
        browser.closed().await.unwrap(),
        1000,
        "nothing comes after it"
    );
    let request = TokenRequest::of(login, &redirect_to);
    assert!(request.send(node).await.access_token.is_some());
    assert_eq!(
        request.send(node).await.error.as_deref(),
        Some("invalid_grant")
    );
}

fn key_of(login: &OpenedLogin) -> String {
    format!("saoma:login:{{{}}}", login.login_id)
}

#[tokio::test]
async fn a_tls_redis_is_trusted_only_with_its_own_ca() {
    let redis = RedisTls::start();
    let ca_file = format!("store.ca_file = '{}'", redis.ca_file().display());
    let world = World::on_url(redis.url()).with(&ca_file);
    let node = world.start().await;
    log_in(&world, &node, &node, |_| {}).await;

    let another_authority = World::on_url(redis.url());
    let error = saoma_gateway::Gateway::start(another_authority.settings())
        .await
        .unwrap_err();
    let error = saoma_client::error_chain(&error).to_string();
    assert!(
        error.contains("store.url") && error.contains("certificate"),
        "{error}"
    );
    let shown = format!("{error} {:?}", another_authority.settings());
    assert!(
        !shown.contains("p@ss") && !shown.contains("p%40ss"),
        "{shown}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn logins_go_on_with_the_master_that_sentinels_choose() {
    let mut redis = RedisSentinel::start();
    let world = World::on_url(redis.url());
    let (a, b) = (world.start().await, world.start().await);
    log_in(&world, &a, &b, |_| {
        redis.kill_master();
    })
    .await;
    a.once_ready().await;
    b.once_ready().await;
    log_in(&world, &a, &b, |_| {}).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nodes_leave_a_master_that_does_not_know_yet_that_it_was_superseded() {
    let redis = RedisSentinel::start_guarded();
    let world = World::on_url(redis.url());
    let (a, b) = (world.start().await, world.start().await);
    log_in(&world, &a, &b, |_| {}).await;
    let superseded = redis.master();
    until(|| redis.fail_over()).await;
    until(|| redis.master().is_some_and(|now| Some(now) != superseded)).await;
    // From here on the old master takes no writes.
    in_the_end("open", || browsers_open(&a)).await;
    assert!(
        redis.claims_to_be_master(superseded.unwrap()),
        "the Sentinels have not told it yet"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn logins_go_on_while_their_slot_and_their_nodes_move_to_other_masters() {
    let redis = RedisCluster::start();
    let world = World::on_url(redis.url());
    let (a, b) = (world.start().await, world.start().await);
    log_in(&world, &a, &b, |login| {
        redis.move_slot(redis.slot_of(&key_of(login)));
    })
    .await;

    let before = redis.inboxes();
    assert_eq!(before.len(), 2);
    log_in(&world, &a, &b, |_| {
        for (owner, inbox) in &before {
            let slot = redis.slot_of(inbox);
            // A slot that both share has moved with the first.
            if redis.owner_of(slot) == *owner {
                redis.move_slot(slot);
            }
        }
    })
    .await;
    let moved = async {
        while redis.inboxes().len() < 2
            || redis.inboxes().iter().any(|inbox| before.contains(inbox))
        {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENCE, moved)
        .await
        .expect("the nodes listen where their channels are");
    a.once_ready().await;
    log_in(&world, &a, &b, |_| {}).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn logins_go_on_with_the_replica_of_a_master_that_died() {
    let mut redis = RedisCluster::start_with_replicas();
    let world = World::on_url(redis.url());
    let (a, b) = (world.start().await, world.start().await);
    log_in(&world, &a, &b, |login| {
        redis.kill_owner_of(redis.slot_of(&key_of(login)));
    })
    .await;
    a.once_ready().await;
    b.once_ready().await;
    log_in(&world, &a, &b, |_| {}).await;
}

#[tokio::test]
async fn a_cluster_without_sharded_channels_is_supported() {
    let redis = RedisCluster::start_without_sharded_channels();
    let world = World::on_url(redis.url());
    let (a, b) = (world.start().await, world.start().await);
    log_in(&world, &a, &b, |_| {}).await;
}

#[tokio::test]
async fn a_node_waits_quietly_for_a_cluster_that_went_down_as_a_whole() {
    let mut redis = RedisCluster::start();
    let world = World::on_url(redis.url());
    let node = world.start().await;
    redis.kill_all();
    node.once_inbox_silent().await;
    let busy_before = processor_time();
    for _ in 0..20 {
        assert!(browsers_open(&node).await.is_err());
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
    let busy = processor_time() - busy_before;
    assert!(
        busy < Duration::from_secs(2),
        "{busy:?} of work in some five seconds of outage"
    );
    redis.restart_all();
    node.once_ready().await;
    log_in(&world, &node, &node, |_| {}).await;
}

/// Processor time used by this thread, which also runs the node.
fn processor_time() -> Duration {
    let stat = std::fs::read_to_string("/proc/thread-self/stat").unwrap();
    let ticks = stat
        .rsplit(' ')
        .rev()
        .skip(13)
        .take(2)
        .map(|ticks| ticks.parse::<u64>().unwrap());
    Duration::from_millis(ticks.sum::<u64>() * 10)
}
