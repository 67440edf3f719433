//! Commands that Redis executes after their callers were told 503, as when it stood still for longer than
//! `store.command_timeout`: they have no effect. A redemption that was executed in time is undone if its
//! answer was lost (row K10).

use std::fmt::Debug;
use std::time::Duration;

use saoma_client::{Browser, OpenedLogin, PhoneError};
use saoma_gateway::limits::{LimitName, Rate};
use saoma_gateway::store::{
    Attempt, ConnectionSettings, Connections, Counted, RedisStore, Store, StoreError, StoreMetrics,
    TlsAuthentication,
};
use saoma_load::deployment::PERSONAL;
use saoma_protocol::{ClientMessage, ErrorCode, ServerMessage};

use crate::support::{FaultProxy, Node, RedisServer, TokenRequest, Towards, World, until};

/// Nodes that read no login by themselves: each script that Redis runs is one of a step.
const ONLY_STEPS: &str = "sockets.resync_interval = '1h'\nsockets.waiting_resync_interval = '1h'";

/// Takes a step while Redis stands still, and then lets Redis run the command that it has got.
async fn while_stopped<T>(redis: &RedisServer, step: impl Future<Output = T>) -> T {
    let before = redis.script_calls();
    redis.signal("STOP");
    let answer = step.await;
    redis.signal("CONT");
    until(|| redis.script_calls() > before).await;
    answer
}

fn assert_unavailable<T: Debug>(answer: Result<T, PhoneError>) {
    let Err(PhoneError::Refused {
        status, problem, ..
    }) = answer
    else {
        panic!("{answer:?}")
    };
    let expected = (503, ErrorCode::TemporarilyUnavailable);
    assert_eq!((status.as_u16(), problem.error), expected);
}

/// Repeats a phone's step until Redis can be reached again.
async fn answered<T>(step: impl AsyncFn() -> Result<T, PhoneError>) -> Result<T, PhoneError> {
    loop {
        match step().await {
            Err(error) if error.code() == Some(ErrorCode::TemporarilyUnavailable) => {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            answer => return answer,
        }
    }
}

/// Sends a browser's message while Redis stands still, which is answered by an error.
async fn unavailable_to(redis: &RedisServer, browser: &mut Browser, message: &ClientMessage) {
    let told = while_stopped(redis, async {
        browser.send(message).await.unwrap();
        browser.next().await.unwrap()
    })
    .await;
    let is_unavailable = matches!(
        told,
        ServerMessage::Error {
            error: ErrorCode::TemporarilyUnavailable,
            ..
        }
    );
    assert!(is_unavailable, "{told:?}");
}

async fn scanned(world: &World, node: &Node) -> (Browser, OpenedLogin) {
    let (mut browser, login) = node.browser().await;
    let scanned = answered(async || world.phone(node, 1).scan(&login.qr).await).await;
    scanned.unwrap();
    let told = browser.next().await.unwrap();
    assert!(matches!(told, ServerMessage::Scanned { .. }), "{told:?}");
    (browser, login)
}

/// Confirms a scanned login, and returns the request by which its portal may redeem the code.
async fn confirmed(
    world: &World,
    node: &Node,
    (mut browser, login): (Browser, OpenedLogin),
) -> TokenRequest {
    let phone = world.phone(node, 1);
    let confirmed = answered(async || phone.confirm(login.login_id, PERSONAL).await).await;
    confirmed.unwrap();
    let told = browser.next().await.unwrap();
    let ServerMessage::Confirmed {
        redirect_to,
        seq: 3,
        ..
    } = told
    else {
        panic!("{told:?}")
    };
    TokenRequest::of(&login, &redirect_to)
}

/// Redeems the code of a login, by which Redis gets to know all scripts, and returns a code that can be redeemed.
async fn redeemable(world: &World, node: &Node) -> (OpenedLogin, TokenRequest) {
    let first = scanned(world, node).await;
    let first = confirmed(world, node, first).await;
    assert_eq!(redeem(node, &first).await, (200, None));
    let (browser, login) = scanned(world, node).await;
    let request = confirmed(world, node, (browser, login.clone())).await;
    (login, request)
}

async fn redeem(node: &Node, request: &TokenRequest) -> (u16, Option<String>) {
    loop {
        let answer = request.send(node).await;
        if answer.status != 503 {
            return (answer.status, answer.error);
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn k10_a_scan_an_agreement_and_a_confirm_that_were_answered_503_have_no_effect_later() {
    let redis = RedisServer::start();
    let world = World::on(&redis).asking().with(ONLY_STEPS);
    let node = world.start().await;
    let (first, second) = (world.phone(&node, 1), world.phone(&node, 2));
    // Redis knows all scripts from here on.
    let (mut browser, login) = scanned(&world, &node).await;
    browser.agree().await.unwrap();
    browser.next().await.unwrap();
    first.confirm(login.login_id, PERSONAL).await.unwrap();

    let (mut browser, login) = node.browser().await;
    assert_unavailable(while_stopped(&redis, first.scan(&login.qr)).await);
    let scanned = answered(async || second.scan(&login.qr).await).await;
    scanned.expect("no other person has scanned it");
    let told = browser.next().await.unwrap();
    assert!(
        matches!(told, ServerMessage::Scanned { seq: 2, .. }),
        "{told:?}"
    );

    unavailable_to(&redis, &mut browser, &ClientMessage::Agree).await;
    let confirm = async || second.confirm(login.login_id, PERSONAL).await;
    let early = answered(confirm).await.unwrap_err();
    assert_eq!(early.code(), Some(ErrorCode::NotAgreed));
    browser.agree().await.unwrap();
    let told = browser.next().await.unwrap();
    assert!(
        matches!(told, ServerMessage::Agreed { seq: 3, .. }),
        "{told:?}"
    );

    assert_unavailable(while_stopped(&redis, confirm()).await);
    let rejected = answered(async || second.reject(login.login_id).await).await;
    rejected.expect("it is not confirmed");
    let told = browser.next().await.unwrap();
    assert!(
        matches!(told, ServerMessage::Rejected { seq: 4, .. }),
        "{told:?}"
    );
}

#[tokio::test]
async fn k10_a_cancel_a_reject_and_a_redemption_that_were_answered_503_have_no_effect_later() {
    let redis = RedisServer::start();
    let world = World::on(&redis).with(ONLY_STEPS);
    let node = world.start().await;
    let phone = world.phone(&node, 1);
    // Redis knows all scripts from here on.
    let (_, request) = redeemable(&world, &node).await;
    let (mut browser, login) = scanned(&world, &node).await;
    unavailable_to(&redis, &mut browser, &ClientMessage::CANCEL).await;
    let repeated = answered(async || phone.scan(&login.qr).await).await;
    repeated.expect("it is not cancelled");
    let reject = phone.reject(login.login_id);
    assert_unavailable(while_stopped(&redis, reject).await);
    confirmed(&world, &node, (browser, login)).await;

    let refused = while_stopped(&redis, request.send(&node)).await;
    assert_eq!(refused.status, 503);
    assert_eq!(redeem(&node, &request).await, (200, None));
}

#[tokio::test]
async fn k10_a_redemption_whose_answer_was_lost_is_undone() {
    let redis = RedisServer::start();
    let mut link = FaultProxy::to(redis.address());
    let world = World::on_url(format!("redis://{}", link.address())).with(ONLY_STEPS);
    let node = world.start().await;
    let (login, request) = redeemable(&world, &node).await;
    link.swallow(Towards::Client);
    assert_eq!(request.send(&node).await.status, 503);
    let key = format!("saoma:login:{{{}}}", login.login_id);
    let state = || redis.field(&key, "state");
    assert_eq!(state().as_deref(), Some("redeemed"), "it was in time");
    link.restore();
    until(|| state().as_deref() == Some("confirmed")).await;
    assert_eq!(redeem(&node, &request).await, (200, None));
}

/// A portal that gives up before the node does. Its repeat finds its code as it was.
#[tokio::test]
async fn k10_a_redemption_whose_client_has_gone_is_undone() {
    let redis = RedisServer::start();
    let mut link = FaultProxy::to(redis.address());
    let world = World::on_url(format!("redis://{}", link.address())).with(ONLY_STEPS);
    let node = world.start().await;
    let (login, request) = redeemable(&world, &node).await;
    let key = format!("saoma:login:{{{}}}", login.login_id);
    let state = || redis.field(&key, "state");
    link.swallow(Towards::Client);
    tokio::select! {
        answer = request.send(&node) => panic!("{answer:?}"),
        () = until(|| state().as_deref() == Some("redeemed")) => {}
    }
    link.restore();
    until(|| state().as_deref() == Some("confirmed")).await;
    assert_eq!(redeem(&node, &request).await, (200, None));
}

fn store(redis: &RedisServer) -> RedisStore {
    let settings = ConnectionSettings {
        url: redis.url(),
        authentication: TlsAuthentication::default(),
        pool_size: 1,
        command_timeout: Duration::from_secs(1),
        key_prefix: "saoma:".into(),
        wait_for_replicas: true,
    };
    RedisStore::new(Connections::new(&settings, StoreMetrics::default()).unwrap())
}

/// An attempt against a limit of this number in a minute.
fn attempt(burst: u32) -> [Attempt<'static>; 1] {
    let key = if burst == 1 { "once" } else { "often" };
    [Attempt {
        limit: LimitName::ScanPerPerson,
        key,
        rate: Rate::new(burst, Duration::from_secs(60)),
    }]
}

#[tokio::test]
async fn k10_an_attempt_that_was_answered_503_is_not_counted_later() {
    let redis = RedisServer::start();
    let store = store(&redis);
    // The script is known to Redis, and its clock to the store.
    store.take(&attempt(100)).await.unwrap();
    let refused = while_stopped(&redis, store.take(&attempt(1))).await;
    assert!(matches!(refused, Err(StoreError::Timeout)), "{refused:?}");
    let mut taken = store.take(&attempt(1)).await;
    while taken.is_err() {
        taken = store.take(&attempt(1)).await;
    }
    assert!(matches!(taken, Ok(Counted::Done(()))), "{taken:?}");
    let again = store.take(&attempt(1)).await.unwrap();
    assert!(matches!(again, Counted::Limited { .. }), "{again:?}");
}

/// A server whose clock is ahead of the one that a node knows, as a master after a failover can be: the first command is
/// late by it, is told its time, and is run once more. To a store that knows no clock, every server is ahead.
#[tokio::test]
async fn k10_a_server_whose_clock_is_ahead_costs_one_command_and_no_error() {
    let redis = RedisServer::start();
    // Brings the script to Redis.
    store(&redis).take(&attempt(100)).await.unwrap();
    let store = store(&redis);
    for commands in [2, 1, 1] {
        let before = redis.script_calls();
        store.take(&attempt(100)).await.unwrap();
        assert_eq!(redis.script_calls() - before, commands);
    }
}
