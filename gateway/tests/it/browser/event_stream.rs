//! The browser's HTTP interface: opening a login by request and following it by event stream.

use reqwest::StatusCode;
use saoma_client::NewLogin;
use saoma_load::deployment::PERSONAL;
use saoma_protocol::ServerMessage;

use super::world;
use crate::support::{ORIGIN as HALL, hall};

#[tokio::test]
async fn an_event_stream_tells_what_a_socket_tells() {
    let (world, node) = world().await;
    let http = reqwest::Client::new();
    let request = NewLogin::of(&hall()).request;
    let opened = http
        .post(node.at("/v1/logins"))
        .header("origin", HALL)
        .json(&request)
        .send()
        .await
        .unwrap();
    assert_eq!(opened.status(), StatusCode::CREATED);
    assert_eq!(opened.headers()["access-control-allow-origin"], HALL);
    let ServerMessage::Opened {
        login_id,
        receive_key,
        qr,
        ..
    } = opened.json().await.unwrap()
    else {
        panic!("not opened")
    };
    let events = node.at(&format!("/v1/logins/{login_id}/events"));
    let stream = http
        .get(events)
        .header("saoma-receive-key", receive_key.to_string())
        .send()
        .await
        .unwrap();
    assert_eq!(stream.headers()["content-type"], "text/event-stream");
    let phone = world.phone(&node, 1);
    phone.scan(&qr).await.unwrap();
    phone.confirm(login_id, PERSONAL).await.unwrap();
    let text = stream
        .text()
        .await
        .expect("the stream ends after the result");
    assert!(
        text.starts_with(": "),
        "a sign of life comes first, that a proxy may be known by: {text}"
    );
    let told: Vec<ServerMessage> = text
        .lines()
        .filter_map(|line| line.strip_prefix("data: "))
        .map(|data| serde_json::from_str(data).unwrap())
        .collect();
    assert!(
        matches!(
            told[..],
            [
                ServerMessage::Scanned { seq: 2, .. },
                ServerMessage::Confirmed { seq: 3, .. }
            ]
        ),
        "{text}"
    );
    assert!(
        text.contains("id: 2\n") && text.contains("id: 3\n"),
        "{text}"
    );
}

#[tokio::test]
async fn a_foreign_page_cannot_open_over_http() {
    let (_world, node) = world().await;
    let request = NewLogin::of(&hall()).request;
    for origin in ["https://evil.example", "https://other.example"] {
        let open = reqwest::Client::new()
            .post(node.at("/v1/logins"))
            .header("origin", origin)
            .json(&request);
        assert_eq!(open.send().await.unwrap().status(), StatusCode::FORBIDDEN);
    }
}
