//! K10: what was answered is kept. A step is answered once every replica that may be promoted has
//! it, so that no failover takes it back.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use saoma_client::{Browser, OpenedLogin, PhoneError};
use saoma_load::deployment::PERSONAL;
use saoma_protocol::{ErrorCode, ServerMessage};

use super::{PATIENCE, browsers_open, in_the_end, key_of, next};
use crate::provider_sessions;
use crate::support::{Exchanged, Node, RedisCluster, RedisSentinel, TokenRequest, World, until};

/// Time in which a page would have been told of a step that was not answered.
const TOLD_WITHIN: Duration = Duration::from_millis(200);

fn refusal<T: std::fmt::Debug>(answer: Result<T, PhoneError>) -> Option<ErrorCode> {
    answer.expect_err("a refusal").code()
}

const NOT_KEPT: Option<ErrorCode> = Some(ErrorCode::TemporarilyUnavailable);

async fn hears_nothing(browser: &mut Browser) {
    let heard = tokio::time::timeout(TOLD_WITHIN, browser.next_untimed()).await;
    assert!(heard.is_err(), "a page is told of what may be lost");
}

/// Redeems a code, and repeats the request as long as the gateway asks for it.
async fn redeem(request: &TokenRequest, node: &Node) -> Exchanged {
    let redeeming = async {
        loop {
            let answer = request.send(node).await;
            if answer.status != 503 {
                return answer;
            }
        }
    };
    tokio::time::timeout(PATIENCE, redeeming)
        .await
        .expect("an answer")
}

/// A login that its person has confirmed, with the code that its page was told.
struct Confirmed {
    login: OpenedLogin,
    code: TokenRequest,
}

/// Logs a person in as far as the code. The requests are repeated as an app does.
async fn confirm(world: &World, browsers: &Node, phones: &Node, person: u32) -> Confirmed {
    let (mut browser, login) = in_the_end("open", || browsers_open(browsers)).await;
    let phone = world.phone(phones, person);
    in_the_end("scan", || phone.scan(&login.qr)).await;
    in_the_end("confirm", || phone.confirm(login.login_id, PERSONAL)).await;
    loop {
        if let ServerMessage::Confirmed { redirect_to, .. } = next(&mut browser).await {
            let code = TokenRequest::of(&login, &redirect_to);
            return Confirmed { login, code };
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn k10_no_step_is_answered_or_shown_before_all_replicas_have_it() {
    let redis = RedisSentinel::start_patient();
    let world = World::on_url(redis.url());
    let (a, b) = (world.start().await, world.start().await);
    let (mut browser, login) = a.browser().await;
    let phone = world.phone(&b, 1);
    let [slow, other] = redis.replicas()[..] else {
        panic!("two replicas")
    };
    let state = || redis.field(redis.master().unwrap(), &key_of(&login), "state");

    redis.freeze(slow);
    assert_eq!(refusal(phone.scan(&login.qr).await), NOT_KEPT);
    assert_eq!(state().as_deref(), Some("scanned"), "the master has it");
    hears_nothing(&mut browser).await;
    redis.thaw(slow);
    in_the_end("scan", || phone.scan(&login.qr)).await;
    assert!(matches!(
        next(&mut browser).await,
        ServerMessage::Scanned { seq: 2, .. }
    ));

    redis.freeze(other);
    let confirm = || phone.confirm(login.login_id, PERSONAL);
    assert_eq!(refusal(confirm().await), NOT_KEPT);
    assert_eq!(state().as_deref(), Some("confirmed"));
    hears_nothing(&mut browser).await;
    redis.thaw(other);
    in_the_end("confirm", confirm).await;
    let ServerMessage::Confirmed {
        redirect_to,
        seq: 3,
        ..
    } = next(&mut browser).await
    else {
        panic!("not confirmed")
    };

    // A redemption that could not be answered is taken back, and its repeat is no replay (A18).
    let code = TokenRequest::of(&login, &redirect_to);
    redis.freeze(slow);
    let withheld = code.send(&b).await;
    assert_eq!((withheld.status, withheld.access_token), (503, None));
    assert_eq!(state().as_deref(), Some("confirmed"));
    redis.thaw(slow);
    assert_eq!(redeem(&code, &a).await.status, 200);
    let replay = redeem(&code, &b).await;
    assert_eq!(replay.error.as_deref(), Some("invalid_grant"));
}

#[tokio::test(flavor = "multi_thread")]
async fn k10_a_master_that_lost_its_replicas_answers_no_step() {
    let redis = RedisSentinel::start_patient();
    let world = World::on_url(redis.url());
    let node = world.start().await;
    let (_browser, login) = node.browser().await;
    let phone = world.phone(&node, 1);
    // The Sentinels still take the replicas for alive, and could promote one.
    let replicas = redis.replicas();
    replicas.iter().for_each(|replica| redis.freeze(*replica));
    redis.drop_replicas();
    assert_eq!(refusal(phone.scan(&login.qr).await), NOT_KEPT);
    assert!(in_vain(browsers_open(&node).await), "nor an open");
    replicas.iter().for_each(|replica| redis.thaw(*replica));
    in_the_end("scan", || phone.scan(&login.qr)).await;
}

fn in_vain<T, E>(answer: Result<T, E>) -> bool {
    answer.is_err()
}

#[tokio::test(flavor = "multi_thread")]
async fn k10_without_the_wait_a_step_is_answered_at_once() {
    let redis = RedisSentinel::start_patient();
    let world = World::on_url(redis.url()).with("store.wait_for_replicas = 'off'");
    let node = world.start().await;
    let replicas = redis.replicas();
    replicas.iter().for_each(|replica| redis.freeze(*replica));
    let confirmed = confirm(&world, &node, &node, 1).await;
    assert_eq!(confirmed.code.send(&node).await.status, 200);
    replicas.iter().for_each(|replica| redis.thaw(*replica));
}

#[tokio::test(flavor = "multi_thread")]
async fn k10_a_single_server_waits_for_the_replica_that_it_has() {
    let redis = RedisSentinel::start_patient();
    let world = World::on_url(redis.master_url());
    let node = world.start().await;
    let (_browser, login) = node.browser().await;
    let phone = world.phone(&node, 1);
    let slow = redis.replicas()[0];
    redis.freeze(slow);
    assert_eq!(refusal(phone.scan(&login.qr).await), NOT_KEPT);
    redis.thaw(slow);
    in_the_end("scan", || phone.scan(&login.qr)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn k10_a_master_that_dies_takes_no_answer_with_it() {
    let mut redis = RedisSentinel::start();
    let world = World::on_url(redis.url());
    let (a, b) = (world.start().await, world.start().await);
    let before = join_all((0..20).map(|person| confirm(&world, &a, &b, person))).await;
    let (redeemed, kept) = before.split_at(10);
    let answers = join_all(redeemed.iter().map(|one| one.code.send(&b))).await;
    assert!(answers.iter().all(|answer| answer.status == 200));
    // These are on their way when the master dies.
    let (during, ()) = tokio::join!(
        join_all((20..30).map(|person| confirm(&world, &b, &a, person))),
        async {
            redis.kill_master();
        }
    );
    for one in redeemed {
        let again = redeem(&one.code, &a).await;
        assert_eq!(
            again.error.as_deref(),
            Some("invalid_grant"),
            "{} is redeemed twice",
            one.login.login_id
        );
    }
    for one in kept.iter().chain(&during) {
        let answer = redeem(&one.code, &a).await;
        assert_eq!(answer.status, 200, "{} is lost", one.login.login_id);
    }
}

/// Opens and scans logins until another server is the master. Returns the keys of all whose scan
/// was answered.
async fn scan_until_superseded(
    world: &World,
    nodes: [&Node; 2],
    person: u32,
    is_superseded: &AtomicBool,
) -> Vec<String> {
    let phone = world.phone(nodes[0], person);
    let mut answered = Vec::new();
    while !is_superseded.load(Ordering::Relaxed) {
        let Ok((_browser, login)) = browsers_open(nodes[1]).await else {
            continue;
        };
        if phone.scan(&login.qr).await.is_ok() {
            answered.push(key_of(&login));
        }
    }
    answered
}

#[tokio::test(flavor = "multi_thread")]
async fn k10_a_superseded_master_answers_no_step() {
    let redis = RedisSentinel::start_patient();
    let world = World::on_url(redis.url()).with(
        "limits.open_per_address = { burst = 1000000, per = '1m' }
         limits.scan_per_person = { burst = 1000000, per = '1m' }",
    );
    let (a, b) = (world.start().await, world.start().await);
    let superseded = redis.master().expect("a master");
    let is_superseded = AtomicBool::new(false);
    // Both nodes hold connections to the old master, which takes writes until the Sentinels tell it.
    let (answered, ()) = tokio::join!(
        join_all((0..8).map(|person| scan_until_superseded(
            &world,
            [&a, &b],
            person,
            &is_superseded
        ))),
        async {
            until(|| redis.fail_over()).await;
            let another = || redis.master().is_some_and(|master| master != superseded);
            until(another).await;
            in_the_end("open", || browsers_open(&a)).await;
            is_superseded.store(true, Ordering::Relaxed);
        }
    );
    let answered = answered.concat();
    assert!(answered.len() > 8);
    let master = redis.master().expect("a master");
    for key in answered {
        let state = redis.field(master, &key, "state");
        assert_eq!(
            state.as_deref(),
            Some("scanned"),
            "the scan of {key} is lost"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn k10_a_dead_replica_is_not_waited_for_forever() {
    let mut redis = RedisSentinel::start_patient();
    let world = World::on_url(redis.url());
    let node = world.start().await;
    let (_browser, login) = node.browser().await;
    for replica in redis.replicas() {
        redis.kill(replica);
    }
    let (phone, killed) = (world.phone(&node, 1), Instant::now());
    in_the_end("scan", || phone.scan(&login.qr)).await;
    assert!(killed.elapsed() < Duration::from_secs(10));
}

/// The end of a session is kept under keys of no login, in any master's slots.
#[tokio::test(flavor = "multi_thread")]
async fn k10_a_cluster_answers_for_keys_without_a_hash_tag() {
    let redis = RedisCluster::start_with_replicas();
    let world = World::on_url(redis.url());
    let node = provider_sessions::start(&world).await;
    for person in 1..=6 {
        let one = confirm(&world, &node, &node, person).await;
        assert_eq!(one.code.send(&node).await.status, 200);
        let again = one.code.send(&node).await;
        assert_eq!(again.error.as_deref(), Some("invalid_grant"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn k10_a_cluster_keeps_its_answers_when_masters_change_and_die() {
    let mut redis = RedisCluster::start_with_replicas();
    let world = World::on_url(redis.url());
    let (a, b) = (world.start().await, world.start().await);
    let before = join_all((0..20).map(|person| confirm(&world, &a, &b, person))).await;
    let (redeemed, kept) = before.split_at(10);
    let answers = join_all(redeemed.iter().map(|one| redeem(&one.code, &b))).await;
    assert!(answers.iter().all(|answer| answer.status == 200));
    let slot = redis.slot_of(&key_of(&redeemed[0].login));
    let another = (0..20)
        .map(|index| redis.slot_of(&key_of(&before[index].login)))
        .find(|other| redis.owner_of(*other) != redis.owner_of(slot))
        .expect("logins of several masters");
    // One master hands over, another dies, while logins are on their way.
    let (during, ()) = tokio::join!(
        join_all((20..30).map(|person| confirm(&world, &b, &a, person))),
        async {
            redis.fail_over_to(redis.replica_of(another));
            redis.kill_owner_of(slot);
        }
    );
    for one in redeemed {
        let again = redeem(&one.code, &a).await;
        assert_eq!(again.error.as_deref(), Some("invalid_grant"));
    }
    for one in kept.iter().chain(&during) {
        assert_eq!(redeem(&one.code, &a).await.status, 200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn k10_a_cluster_answers_no_step_that_a_replica_lacks() {
    let redis = RedisCluster::start_with_replicas();
    // Shorter than the time after which the cluster takes the replica for dead.
    let world = World::on_url(redis.url()).with("store.command_timeout = '400ms'");
    let node = world.start().await;
    let (_browser, login) = node.browser().await;
    let phone = world.phone(&node, 1);
    let replica = redis.replica_of(redis.slot_of(&key_of(&login)));
    redis.freeze(replica);
    let answer = phone.scan(&login.qr).await;
    redis.thaw(replica);
    assert_eq!(refusal(answer), NOT_KEPT);
    in_the_end("scan", || phone.scan(&login.qr)).await;
}
