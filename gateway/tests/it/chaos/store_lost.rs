//! Threat T22: a store that comes back empty. No login is confirmed from a node's memory, and no
//! code works twice.

use std::time::Duration;

use saoma_load::deployment::PERSONAL;
use saoma_protocol::{ErrorCode, ServerMessage};

use crate::support::{RedisServer, TokenRequest, World};

#[tokio::test]
async fn nothing_is_confirmed_from_memory_and_no_code_is_used_again() {
    let mut redis = RedisServer::start();
    let world = World::on(&redis).with(r#"lifetimes = { scanned = "5s" }"#);
    let (a, b) = (world.start().await, world.start().await);
    let (mut browser, done) = a.browser().await;
    let phone = world.phone(&b, 1);
    phone.scan(&done.qr).await.unwrap();
    phone.confirm(done.login_id, PERSONAL).await.unwrap();
    browser.next().await.unwrap();
    let ServerMessage::Confirmed { redirect_to, .. } = browser.next().await.unwrap() else {
        panic!("not confirmed")
    };
    let code = TokenRequest::of(&done, &redirect_to);
    let token = code.send(&a).await.access_token.unwrap();
    let (mut waiting, login) = a.browser().await;
    phone.scan(&login.qr).await.unwrap();
    waiting.next().await.unwrap();

    redis.restart();
    let confirm = async || {
        phone
            .confirm(login.login_id, PERSONAL)
            .await
            .unwrap_err()
            .code()
    };
    let unavailable = Some(ErrorCode::TemporarilyUnavailable);
    assert_eq!(
        at_last(confirm, |code| *code != unavailable).await,
        Some(ErrorCode::UnknownLogin)
    );
    let again = at_last(async || code.send(&b).await, |answer| answer.status != 503).await;
    assert_eq!(
        again.error.as_deref(),
        Some("invalid_grant"),
        "no second use"
    );
    let userinfo = || {
        reqwest::Client::new()
            .get(a.at("/oauth2/userinfo"))
            .bearer_auth(&token)
            .send()
    };
    let userinfo = at_last(
        async || userinfo().await.unwrap().status(),
        |status| *status != 503,
    )
    .await;
    assert_eq!(userinfo, 401);
    assert_eq!(
        waiting.closed().await.unwrap(),
        4001,
        "the browser is told to open a new login"
    );
}

/// Repeats a request until its answer counts. The node detects its broken connections one by one.
async fn at_last<T>(ask: impl AsyncFn() -> T, is_answer: impl Fn(&T) -> bool) -> T {
    let answer = async {
        loop {
            let answer = ask().await;
            if is_answer(&answer) {
                return answer;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(15), answer)
        .await
        .expect("the store is back")
}
