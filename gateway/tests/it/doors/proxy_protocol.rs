//! Balancers that pass connections on unchanged, and name the browser in a PROXY header.

use std::net::SocketAddr;
use std::time::Duration;

use saoma_client::NewLogin;
use saoma_load::ports;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::log_in;
use super::proxy::Proxy;
use crate::support::{
    Authority, Binary, Issued, ORIGIN, World, hall, https, plain_url, tls_tunnel,
};

/// A node that takes PROXY headers from `from`.
fn start(world: &World, from: &str) -> (Binary, SocketAddr) {
    let mut command = Binary::command(world);
    command.env("SAOMA_PROXY_PROTOCOL_FROM", from);
    let node = Binary::spawn(command);
    let serving = node.logged("serving");
    let address = plain_url(&serving["listen"]).socket_addrs(|| None).unwrap()[0];
    (node, address)
}

/// Sends bytes on a connection of its own, and returns the answer's status line.
async fn answer(address: SocketAddr, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    let mut answer = Vec::new();
    let read = stream.read_to_end(&mut answer);
    let read = tokio::time::timeout(Duration::from_secs(20), read).await;
    let _ = read.expect("the node ends the connection");
    let text = String::from_utf8_lossy(&answer).into_owned();
    text.lines().next().unwrap_or_default().to_owned()
}

/// A request that opens a login, which is counted by address.
fn opening() -> String {
    let body = serde_json::to_string(&NewLogin::of(&hall()).request).unwrap();
    format!(
        "POST /v1/logins HTTP/1.1\r\nHost: login.example\r\nOrigin: {ORIGIN}\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
}

fn from(source: &str) -> Vec<u8> {
    format!("PROXY TCP4 {source} 192.0.2.1 5000 443\r\n{}", opening()).into_bytes()
}

/// Threat T16.
#[tokio::test]
async fn limits_count_the_address_that_a_balancer_names_and_no_one_else() {
    let world = World::in_memory()
        .with("limits.open_per_address = { burst = 1, per = '1h' }")
        .with("server.header_timeout = '1s'");
    let (_node, address) = start(&world, "127.0.0.1");
    for (source, limited) in [
        ("203.0.113.1", false),
        ("203.0.113.2", false),
        ("203.0.113.1", true),
    ] {
        let said = answer(address, &from(source)).await;
        let status = if limited {
            "HTTP/1.1 429"
        } else {
            "HTTP/1.1 201"
        };
        assert!(said.starts_with(status), "{source}: {said}");
    }
    // A browser behind the balancer names another address, and is not believed.
    let lying = String::from_utf8(from("203.0.113.1")).unwrap();
    let lying = lying.replace("Host:", "X-Forwarded-For: 203.0.113.9\r\nHost:");
    assert!(answer(address, lying.as_bytes()).await.contains(" 429 "));
    // A listed peer must send a header, and in time.
    assert_eq!(answer(address, opening().as_bytes()).await, "");
    assert_eq!(answer(address, b"PROXY TCP4 203.0.113.1").await, "");
    assert_eq!(answer(address, b"PROXY TCP4 nonsense\r\n").await, "");
    assert_eq!(answer(address, b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0").await, "");
}

/// Threat T16.
#[tokio::test]
async fn a_header_of_a_peer_that_is_not_named_is_refused() {
    let world = World::in_memory();
    let (_node, address) = start(&world, "192.0.2.0/24");
    let said = answer(address, &from("203.0.113.1")).await;
    assert!(
        said.is_empty() || said.starts_with("HTTP/1.1 400"),
        "{said}"
    );
    let second = [b"\r\n\r\n\0\r\nQUIT\n\x20\0\0\0", opening().as_bytes()].concat();
    let said = answer(address, &second).await;
    assert!(
        said.is_empty() || said.starts_with("HTTP/1.1 400"),
        "{said}"
    );
    let said = answer(address, opening().as_bytes()).await;
    assert!(said.starts_with("HTTP/1.1 201"), "it speaks HTTP: {said}");
}

#[tokio::test]
async fn haproxy_passes_tls_on_to_the_node_and_names_the_browsers() {
    let world = World::in_memory();
    let authority = Authority::in_folder(&world.path(""));
    let Issued {
        certificate, key, ..
    } = authority.issue("node");
    let world = world
        .with(&format!(
            "tls.certificate_file = '{}'\ntls.key_file = '{}'",
            certificate.display(),
            key.display()
        ))
        .with("limits.open_per_address = { burst = 2, per = '1h' }");
    let (_node, node) = start(&world, "127.0.0.1");
    let free = || SocketAddr::from(([127, 0, 0, 1], ports::reserve().unwrap()));
    let address = free();
    let configuration = format!(
        "global\n    maxconn 100\n\
         defaults\n    mode tcp\n    timeout connect 2s\n    timeout client 60s\n    timeout server 60s\n\
         listen saoma\n    bind {address}\n    server one {node} send-proxy-v2 check check-send-proxy inter 100ms\n"
    );
    let proxy = Proxy::haproxy_with(&authority, &configuration, address, address);
    let gateway = tls_tunnel(&authority, proxy.address).await;
    log_in(&world, &gateway).await;

    // The login was the first of two from 127.0.0.1; another address of this machine has a limit of its own.
    let open = async |client: reqwest::Client| {
        let request = client.post(format!("https://{address}/v1/logins"));
        let body = NewLogin::of(&hall()).request;
        let answer = request.header("origin", ORIGIN).json(&body).send().await;
        answer.unwrap().status().as_u16()
    };
    assert_eq!(open(https(&authority)).await, 201);
    assert_eq!(open(https(&authority)).await, 429);
    let other = reqwest::Client::builder()
        .tls_certs_only([reqwest::Certificate::from_pem(authority.pem().as_bytes()).unwrap()])
        .local_address("127.0.0.9".parse::<std::net::IpAddr>().unwrap())
        .build()
        .unwrap();
    assert_eq!(open(other).await, 201);
}
