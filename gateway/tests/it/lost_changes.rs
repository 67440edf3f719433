//! A browser that has seen more than the store knows, as after a failover that has lost changes: it is
//! told that its login is gone, and so is the phone (row K10).

use saoma_client::{Browser, OpenedLogin};
use saoma_load::deployment::PERSONAL;
use saoma_protocol::{ErrorCode, Problem};

use crate::support::{Node, ORIGIN, RedisServer, World};

/// Comes back by a transport as a browser that has seen the changes up to this number. Returns the
/// error that it is told.
async fn come_back(node: &Node, transport: &str, login: &OpenedLogin, seen: u32) -> ErrorCode {
    if transport == "socket" {
        let mut browser = Browser::resume(&node.url, ORIGIN, login, seen)
            .await
            .unwrap();
        let told = browser.next().await.unwrap();
        assert_eq!(browser.closed().await.unwrap(), 4001);
        let saoma_protocol::ServerMessage::Error { error, .. } = told else {
            panic!("{told:?}")
        };
        return error;
    }
    let (query, last_event_id) = match transport {
        "poll" => (format!("?after={seen}&wait=0"), None),
        _ => (String::new(), Some(seen)),
    };
    let url = node.at(&format!("/v1/logins/{}/events{query}", login.login_id));
    let mut request = reqwest::Client::new()
        .get(url)
        .header("saoma-receive-key", login.receive_key.to_string());
    if let Some(seen) = last_event_id {
        request = request.header("last-event-id", seen);
    }
    let problem: Problem = request.send().await.unwrap().json().await.unwrap();
    problem.error
}

async fn gone_for_the_browser_is_gone_for_the_phone(world: World) {
    let node = world.start().await;
    for transport in ["socket", "stream", "poll"] {
        let phone = world.phone(&node, 1);
        let (browser, waiting) = node.browser().await;
        drop(browser);
        let told = come_back(&node, transport, &waiting, 9).await;
        assert_eq!(told, ErrorCode::UnknownLogin, "{transport}");
        let scan = phone.scan(&waiting.qr).await.unwrap_err().code();
        assert_eq!(scan, Some(ErrorCode::UnknownCode), "{transport}");

        let (browser, scanned) = node.browser().await;
        drop(browser);
        phone.scan(&scanned.qr).await.unwrap();
        let told = come_back(&node, transport, &scanned, 3).await;
        assert_eq!(told, ErrorCode::UnknownLogin, "{transport}");
        let confirm = phone.confirm(scanned.login_id, PERSONAL).await;
        let confirm = confirm.unwrap_err().code();
        assert_eq!(confirm, Some(ErrorCode::AlreadyDecided), "{transport}");
    }
    // A browser that has seen all that the store knows has lost nothing.
    let phone = world.phone(&node, 1);
    let (browser, login) = node.browser().await;
    drop(browser);
    phone.scan(&login.qr).await.unwrap();
    let _browser = Browser::resume(&node.url, ORIGIN, &login, 2).await.unwrap();
    phone.confirm(login.login_id, PERSONAL).await.unwrap();
}

#[tokio::test]
async fn k10_a_login_that_is_gone_for_its_browser_cannot_be_confirmed() {
    gone_for_the_browser_is_gone_for_the_phone(World::in_memory()).await;
}

#[tokio::test]
async fn k10_a_login_in_redis_that_is_gone_for_its_browser_cannot_be_confirmed() {
    let redis = RedisServer::start();
    gone_for_the_browser_is_gone_for_the_phone(World::on(&redis)).await;
}
