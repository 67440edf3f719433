//! Draining: a node turns unready first, then its browsers leave spread over the window and lose
//! nothing.

use std::time::Duration;

use saoma_client::{Browser, BrowserError};
use saoma_load::deployment::PERSONAL;
use saoma_protocol::{RestartHint, ServerMessage};
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::support::{ORIGIN, RedisServer, World, hall};

#[tokio::test]
async fn a_stopping_node_turns_unready_before_it_refuses_browsers() {
    let node = World::in_memory().with_drain("30s", "0s").start().await;
    let (ready, live) = (node.operations("/ready"), node.operations("/live"));
    let url = node.url.clone();
    let stopping = tokio::spawn(node.gateway.shutdown());
    loop {
        let answer = reqwest::get(ready.clone()).await.unwrap();
        if answer.status() == 503 {
            assert!(
                answer
                    .text()
                    .await
                    .unwrap()
                    .contains("\"not_draining\":false")
            );
            break;
        }
    }
    assert_eq!(reqwest::get(live).await.unwrap().status(), 200);
    Browser::open(&url, &hall()).await.expect("it still serves");
    stopping.abort();
}

#[tokio::test]
async fn browsers_are_sent_away_over_the_window_each_with_its_own_moment_to_come_back() {
    let node = World::in_memory().with_drain("0s", "1s").start().await;
    let mut browsers = JoinSet::new();
    for _ in 0..60 {
        let (mut browser, _) = node.browser().await;
        browsers.spawn(async move {
            let closed = browser.next().await;
            (Instant::now(), closed)
        });
    }
    let began = Instant::now();
    node.gateway.shutdown().await;
    let mut left = Vec::new();
    while let Some(ended) = browsers.join_next().await {
        let (at, closed) = ended.unwrap();
        let Err(BrowserError::Closed { code: 1012, reason }) = closed else {
            panic!("{closed:?}")
        };
        serde_json::from_str::<RestartHint>(&reason).expect("the close says when to come back");
        left.push(at - began);
    }
    left.sort();
    let tenths = left
        .chunks(6)
        .filter(|part| part[0] < Duration::from_secs(1))
        .count();
    assert!(tenths >= 8, "they left spread over the second: {left:?}");
    let (first, median) = (left[0], left[left.len() / 2]);
    assert!(
        first < Duration::from_millis(300) && median > Duration::from_millis(300),
        "{left:?}"
    );
}

/// Threat T21.
#[tokio::test]
async fn what_is_confirmed_while_the_node_drains_reaches_the_browser_on_another() {
    let redis = RedisServer::start();
    let world = World::on(&redis);
    let (a, b) = (world.start().await, world.start().await);
    let (mut browser, login) = a.browser().await;
    let phone = world.phone(&b, 1);
    phone.scan(&login.qr).await.unwrap();
    assert!(matches!(
        browser.next().await.unwrap(),
        ServerMessage::Scanned { seq: 2, .. }
    ));
    let stopping = tokio::spawn(a.gateway.shutdown());
    assert_eq!(browser.closed().await.unwrap(), 1012);
    phone.confirm(login.login_id, PERSONAL).await.unwrap();
    let mut browser = Browser::resume(&b.url, ORIGIN, &login, 2).await.unwrap();
    assert!(matches!(
        browser.next().await.unwrap(),
        ServerMessage::Confirmed { seq: 3, .. }
    ));
    stopping.await.unwrap();
}

#[tokio::test]
async fn a_browser_that_stays_does_not_delay_the_nodes_end() {
    let node = World::in_memory().with_drain("0s", "0s").start().await;
    // Never polled again, it answers no close.
    let (_browser, _) = node.browser().await;
    tokio::time::timeout(Duration::from_secs(8), node.gateway.shutdown())
        .await
        .expect("the node ends");
}
