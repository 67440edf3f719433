//! Heads and bodies of HTTP requests that cost work without end: each is refused at a bound (threats T11
//! and T12).

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::support::{Node, ORIGIN, World};

const PATIENCE: Duration = Duration::from_secs(10);

/// Bytes of a flood, several times the largest bound.
const FLOOD: usize = 1 << 20;

/// Sends a flood in one connection, for as long as the node takes it, and returns the first line of its
/// answer.
async fn answer_to(node: &Node, head: &str, one: &str) -> String {
    let stream = TcpStream::connect(node.gateway.address()).await.unwrap();
    let (mut from_node, mut to_node) = stream.into_split();
    let flood = [head, &one.repeat(FLOOD / one.len())].concat();
    let sending = tokio::spawn(async move {
        // The node may have ended the connection before it has read everything.
        let _ = to_node.write_all(flood.as_bytes()).await;
        to_node
    });
    let mut answer = Vec::new();
    let read = async {
        while !answer.ends_with(b"\r\n") {
            answer.push(from_node.read_u8().await?);
        }
        std::io::Result::Ok(())
    };
    timeout(PATIENCE, read)
        .await
        .expect("an answer in time")
        .expect("an answer");
    sending.abort();
    String::from_utf8(answer).unwrap()
}

fn post(path: &str, kind: &str, more: &str) -> String {
    format!(
        "POST {path} HTTP/1.1\r\nHost: login.example\r\nOrigin: {ORIGIN}\r\nContent-Type: {kind}\r\n{more}\
         Transfer-Encoding: chunked\r\n\r\n"
    )
}

/// Threat T12: bodies in chunks of one byte are read up to the bound of their door, and not on.
#[tokio::test]
async fn t12_a_body_of_tiny_chunks_is_refused_at_its_bound() {
    let world = World::in_memory();
    let node = world.start().await;
    let token = format!("Authorization: Bearer {}\r\n", world.persons.token(1));
    let form = "application/x-www-form-urlencoded";
    for (path, kind, more) in [
        ("/v1/logins", "application/json", ""),
        ("/v1/scans", "application/json", &*token),
        ("/oauth2/token", form, ""),
    ] {
        let status = answer_to(&node, &post(path, kind, more), "1\r\nx\r\n").await;
        assert!(
            status.starts_with("HTTP/1.1 413 ") || status.starts_with("HTTP/1.1 400 "),
            "{path}: {status}"
        );
    }
}

/// Threat T12: what stands beside the bytes of a chunk is bounded, too.
#[tokio::test]
async fn t12_extensions_of_chunks_without_end_are_refused() {
    let node = World::in_memory().start().await;
    let head = post("/v1/logins", "application/json", "") + "1;";
    let status = answer_to(&node, &head, "extension;").await;
    assert!(status.starts_with("HTTP/1.1 4"), "{status}");
}

/// Threat T12.
#[tokio::test]
async fn t12_a_flood_of_headers_is_refused() {
    let node = World::in_memory().start().await;
    for (head, one) in [
        ("GET /v1/socket HTTP/1.1\r\n", "a: b\r\n"),
        ("GET /v1/socket HTTP/1.1\r\na: ", "b"),
        ("GET /v1/logins/x/events HTTP/1.1\r\n", "a: b\r\n"),
    ] {
        let status = answer_to(&node, head, one).await;
        assert!(status.starts_with("HTTP/1.1 431 "), "{status}");
    }
}
