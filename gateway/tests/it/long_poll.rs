//! Guarantees for a browser that gets only answers to its polls.

mod random_timing;

use std::time::Duration;

use saoma_client::Browser;
use saoma_load::deployment::PERSONAL;
use saoma_protocol::{CloseNotice, ErrorCode, ServerMessage, paths};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{LONG, Node, ORIGIN, PollingBrowser, RedisServer, TokenRequest, World, until};

async fn one_node() -> (World, Node) {
    let world = World::in_memory();
    let node = world.start().await;
    (world, node)
}

/// The browser's next messages, which come of what is done while it waits.
async fn told_of<T>(
    browser: &mut PollingBrowser,
    node: &Node,
    deed: impl Future<Output = T>,
) -> Vec<ServerMessage> {
    let deed = async {
        until(|| node.gateway.waiting() > 0).await;
        deed.await
    };
    tokio::join!(browser.messages(node, LONG), deed).0
}

#[tokio::test]
async fn a_login_goes_poll_by_poll_from_code_to_redirect() {
    let (world, node) = one_node().await;
    let mut browser = PollingBrowser::open(&node).await;
    let (phone, login) = (world.phone(&node, 1), browser.login.clone());
    assert_eq!(
        browser.messages(&node, 0).await,
        [],
        "a poll that need not wait does not"
    );
    let told = told_of(&mut browser, &node, phone.scan(&login.qr)).await;
    assert!(
        matches!(told[..], [ServerMessage::Scanned { seq: 2, .. }]),
        "{told:?}"
    );
    let told = told_of(&mut browser, &node, phone.confirm(login.login_id, PERSONAL)).await;
    let [
        ServerMessage::Confirmed {
            seq: 3,
            redirect_to,
            ..
        },
    ] = &told[..]
    else {
        panic!("{told:?}")
    };
    let exchanged = TokenRequest::of(&login, redirect_to).send(&node).await;
    assert!(exchanged.id_token.is_some(), "{exchanged:?}");
    until(|| node.gateway.waiting() == 0).await;
}

#[tokio::test]
async fn the_polls_come_to_either_node_and_so_does_the_phone() {
    let redis = RedisServer::start();
    let world = World::on(&redis);
    let (a, b) = (world.start().await, world.start().await);
    let mut browser = PollingBrowser::open(&a).await;
    let login = browser.login.clone();
    let told = told_of(&mut browser, &b, world.phone(&a, 1).scan(&login.qr)).await;
    assert!(
        matches!(told[..], [ServerMessage::Scanned { seq: 2, .. }]),
        "{told:?}"
    );
    let told = told_of(
        &mut browser,
        &a,
        world.phone(&b, 1).confirm(login.login_id, PERSONAL),
    )
    .await;
    let [ServerMessage::Confirmed { redirect_to, .. }] = &told[..] else {
        panic!("{told:?}")
    };
    assert!(
        TokenRequest::of(&login, redirect_to)
            .send(&b)
            .await
            .access_token
            .is_some()
    );
    assert_eq!(redis.keys_without_end(), Vec::<String>::new());
}

#[tokio::test]
async fn what_comes_between_two_polls_is_told_by_the_next_also_after_a_reload() {
    let (world, node) = one_node().await;
    let mut browser = PollingBrowser::open(&node).await;
    let phone = world.phone(&node, 1);
    phone.scan(&browser.login.qr).await.unwrap();
    assert!(matches!(
        browser.messages(&node, LONG).await[..],
        [ServerMessage::Scanned { seq: 2, .. }]
    ));
    let mut reloaded = browser.clone();
    phone
        .confirm(browser.login.login_id, PERSONAL)
        .await
        .unwrap();
    assert!(matches!(
        reloaded.messages(&node, LONG).await[..],
        [ServerMessage::Confirmed { seq: 3, .. }]
    ));
    browser.after = 0;
    let all = browser.messages(&node, LONG).await;
    assert!(
        matches!(
            all[..],
            [
                ServerMessage::Scanned { .. },
                ServerMessage::Confirmed { .. }
            ]
        ),
        "{all:?}"
    );
}

/// Threat T21.
#[tokio::test]
async fn an_answer_that_is_lost_on_the_way_can_be_had_again_until_the_code_is_redeemed() {
    let (world, node) = one_node().await;
    let mut browser = PollingBrowser::open(&node).await;
    let phone = world.phone(&node, 1);
    phone.scan(&browser.login.qr).await.unwrap();
    phone
        .confirm(browser.login.login_id, PERSONAL)
        .await
        .unwrap();
    let lost = browser.request(&node, LONG).send().await.unwrap();
    assert_eq!(lost.status(), 200);
    drop(lost);
    let before = browser.clone();
    let told = browser.messages(&node, LONG).await;
    let [_, ServerMessage::Confirmed { redirect_to, .. }] = &told[..] else {
        panic!("{told:?}")
    };
    assert_eq!(before.clone().messages(&node, LONG).await, told);
    TokenRequest::of(&browser.login, redirect_to)
        .send(&node)
        .await;
    assert_eq!(
        before.refused(&node).await.2.error,
        ErrorCode::UnknownLogin,
        "the code is gone"
    );
}

#[tokio::test]
async fn a_settled_state_is_the_last_that_is_told() {
    let (_world, node) = one_node().await;
    let mut browser = PollingBrowser::open(&node).await;
    browser.command(&node, paths::REFRESH).await;
    browser.command(&node, paths::CANCEL).await;
    let told = browser.messages(&node, LONG).await;
    assert!(matches!(
        told[..],
        [
            ServerMessage::Renewed { seq: 2, .. },
            ServerMessage::Cancelled {
                seq: 3,
                reason: None
            }
        ]
    ));
    assert_eq!(
        browser.refused(&node).await.0,
        404,
        "there is nothing left to ask for"
    );
}

/// Time limits are not watched while no poll waits: the next poll makes up for it before it
/// answers.
#[tokio::test]
async fn a_code_whose_time_ran_out_between_polls_is_renewed_or_expired_by_the_next() {
    let redis = RedisServer::start();
    for world in [World::in_memory(), World::on(&redis)] {
        let world = world.with("lifetimes = { code = '1s', waiting = '2s' }");
        let node = world.start().await;
        let mut browser = PollingBrowser::open(&node).await;
        tokio::time::sleep(Duration::from_millis(1100)).await;
        let told = browser.messages(&node, 0).await;
        assert!(
            matches!(told[..], [ServerMessage::Renewed { seq: 2, .. }]),
            "{told:?}"
        );
        tokio::time::sleep(Duration::from_millis(1000)).await;
        assert_eq!(
            browser.messages(&node, 0).await,
            [ServerMessage::Expired { seq: 3 }]
        );
    }
}

#[tokio::test]
async fn a_code_whose_time_runs_out_while_a_poll_waits_is_renewed() {
    let world = World::in_memory().with("lifetimes = { code = '1s', waiting = '9s' }");
    let node = world.start().await;
    let mut browser = PollingBrowser::open(&node).await;
    for renewed in 2..4 {
        let told = browser.messages(&node, LONG).await;
        assert!(
            matches!(told[..], [ServerMessage::Renewed { seq, .. }] if seq == renewed),
            "{told:?}"
        );
    }
}

#[tokio::test]
async fn a_poll_ends_when_a_socket_or_another_poll_takes_the_login_over() {
    let (_world, node) = one_node().await;
    let superseded = Some(CloseNotice {
        code: 4002,
        retry_after_ms: None,
    });
    let mut older = PollingBrowser::open(&node).await;
    let login = older.login.clone();
    let socket = async {
        until(|| node.gateway.waiting() > 0).await;
        Browser::resume(&node.url, ORIGIN, &login, 1).await.unwrap()
    };
    let (answer, mut socket) = tokio::join!(older.poll(&node, LONG), socket);
    assert_eq!((answer.close, answer.messages.len()), (superseded, 0));
    let mut newer = older.clone();
    assert_eq!(newer.messages(&node, 0).await, []);
    assert_eq!(socket.closed().await.unwrap(), 4002);
}

#[tokio::test]
async fn a_browser_that_leaves_in_the_middle_of_a_poll_is_not_waited_for() {
    let (_world, node) = one_node().await;
    let browser = PollingBrowser::open(&node).await;
    let waiting = tokio::spawn(browser.request(&node, LONG).send());
    until(|| node.gateway.waiting() == 1).await;
    waiting.abort();
    until(|| node.gateway.waiting() == 0).await;
}

#[tokio::test]
async fn a_draining_node_ends_waiting_polls_early_and_takes_no_new_ones() {
    let (_world, node) = one_node().await;
    let browser = PollingBrowser::open(&node).await;
    let late = browser.request(&node, LONG).build().unwrap();
    // Its connection stands before the node drains: a later one would be refused.
    let mut connection = TcpStream::connect(node.gateway.address()).await.unwrap();
    connection
        .write_all(format!("GET {}?after=1 HTTP/1.1\r\nHost: x\r\n", late.url().path()).as_bytes())
        .await
        .unwrap();
    let waiting = browser.request(&node, LONG);
    let waiting = tokio::spawn(async move { waiting.send().await.unwrap().json().await.unwrap() });
    until(|| node.gateway.waiting() == 1).await;
    let stopping = tokio::spawn(node.gateway.shutdown());
    let answer: saoma_protocol::PollAnswer = waiting.await.unwrap();
    assert!(
        matches!(
            answer.close,
            Some(CloseNotice {
                code: 1012,
                retry_after_ms: Some(_)
            })
        ),
        "{answer:?}"
    );
    let key = late.headers()["saoma-receive-key"].to_str().unwrap();
    connection
        .write_all(format!("Saoma-Receive-Key: {key}\r\n\r\n").as_bytes())
        .await
        .unwrap();
    let mut refusal = String::new();
    connection.read_to_string(&mut refusal).await.unwrap();
    assert!(
        refusal.starts_with("HTTP/1.1 503") && refusal.contains("\r\nretry-after: "),
        "{refusal}"
    );
    stopping.await.unwrap();
}

#[tokio::test]
async fn a_foreign_page_cannot_read_a_poll() {
    let (_world, node) = one_node().await;
    let browser = PollingBrowser::open(&node).await;
    for (origin, allowed) in [(ORIGIN, Some(ORIGIN)), ("https://evil.example", None)] {
        let answer = browser
            .request(&node, 0)
            .header("origin", origin)
            .send()
            .await
            .unwrap();
        let admitted = answer
            .headers()
            .get("access-control-allow-origin")
            .map(|value| value.to_str().unwrap());
        assert_eq!(admitted, allowed);
        assert_eq!(answer.headers()["cache-control"], "no-store");
    }
}
