//! Connections that misbehave, at a listener of its own.

use axum::Json;
use axum::extract::{DefaultBodyLimit, Extension};
use axum::routing::{get, post};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::*;

/// Larger than what the buffers of both ends take.
const LARGE: usize = 32 * 1024 * 1024;

const TIMEOUT: Duration = Duration::from_millis(100);

/// Connects to a listener with short timeouts.
async fn connected(reached: Reached) -> TcpStream {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let servers = Servers {
        timeouts: Timeouts {
            request: TIMEOUT,
            write: TIMEOUT,
        },
        ..Servers::default()
    };
    let whose = async |Extension(connection): Extension<Connection>| {
        format!("{} {}", connection.address, connection.secure)
    };
    let router = Router::new()
        .route("/large", get(async || vec![0_u8; LARGE]))
        .route("/whose", get(whose))
        .route("/json", post(async |Json(_): Json<u32>| "read"))
        .layer(DefaultBodyLimit::max(1024));
    servers.start(listener, reached, router);
    TcpStream::connect(address).await.unwrap()
}

/// Sends a request and returns everything until the other end closes.
async fn answer(stream: &mut TcpStream, request: &str) -> String {
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    // A reset after the answer is an end like any other.
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8(answer).unwrap()
}

/// Row A19.
#[tokio::test]
async fn heads_and_bodies_that_do_not_come_in_time_are_not_waited_for() {
    let mut stream = connected(Reached::default()).await;
    let head = answer(&mut stream, "GET /whose HTTP/1.1\r\nHost: a\r\n").await;
    assert!(!head.contains("200"), "{head}");
    let post = "POST /json HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length";
    for (length, sent, status) in [(9, 1, "400"), (4000, 4000, "413"), (1, 1, "200")] {
        let mut stream = connected(Reached::default()).await;
        let request = format!("{post}: {length}\r\n\r\n{}", "1".repeat(sent));
        let answer = answer(&mut stream, &request).await;
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status}")),
            "{length}: {answer}"
        );
    }
    let mut stream = connected(Reached::default()).await;
    let large = format!(
        "GET /whose HTTP/1.1\r\nX: {}\r\n\r\n",
        "x".repeat(MAX_HEAD_BYTES)
    );
    let answer = answer(&mut stream, &large).await;
    assert!(answer.starts_with("HTTP/1.1 431"), "{answer}");
}

/// Row A14.
#[tokio::test]
async fn a_reader_that_does_not_read_loses_its_connection() {
    let mut stream = connected(Reached::default()).await;
    let request = "GET /large HTTP/1.1\r\nHost: a\r\n\r\n".repeat(8);
    stream.write_all(request.as_bytes()).await.unwrap();
    // The end of the connection shows in what can be written: an address that is closed refuses it.
    let closed = async {
        while stream.write_all(b"GET / HTTP/1.1\r\n\r\n").await.is_ok() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), closed)
        .await
        .expect("the connection to be closed");
}

/// Rows A3 and A5.
#[tokio::test]
async fn the_address_is_the_peers_or_the_one_that_a_named_proxy_forwards_for() {
    let proxies = || vec!["127.0.0.0/8".parse().unwrap()];
    for (reached, forwarded, expected) in [
        (
            Reached::by_http(false, Vec::new()),
            "192.0.2.1",
            "127.0.0.1 false",
        ),
        (
            Reached::by_http(true, proxies()),
            "192.0.2.1",
            "192.0.2.1 true",
        ),
        (
            Reached::by_http(true, proxies()),
            "6.6.6.6, 192.0.2.1",
            "192.0.2.1 true",
        ),
        (
            Reached::by_http(true, proxies()),
            "somewhere",
            MALFORMED_ADDRESS,
        ),
    ] {
        let mut stream = connected(reached).await;
        let request = format!(
            "GET /whose HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX-Forwarded-For: {forwarded}\r\n\r\n"
        );
        let answer = answer(&mut stream, &request).await;
        assert!(answer.ends_with(expected), "{forwarded}: {answer}");
    }
}

/// Row A13 in the hall: a proxy may rewrite the host, and who it is must not depend on the reader.
#[tokio::test]
async fn a13_a_request_names_one_host() {
    for (version, hosts, status) in [
        ("1.1", "Host: a\r\n", 200),
        ("1.1", "", 400),
        ("1.1", "Host: a\r\nHost: a\r\n", 400),
        ("1.0", "", 200),
        ("1.0", "Host: a\r\nHost: b\r\n", 400),
    ] {
        let mut stream = connected(Reached::default()).await;
        let request = format!("GET /whose HTTP/{version}\r\n{hosts}Connection: close\r\n\r\n");
        let answer = answer(&mut stream, &request).await;
        assert!(
            answer.starts_with(&format!("HTTP/{version} {status}")),
            "{request}: {answer}"
        );
    }
}
