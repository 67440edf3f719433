//! Rows A5: proxies in front of a node, declared and not (threats T16 and T38).

use reqwest::header::{HeaderMap, HeaderValue};
use saoma_client::{Browser, HttpLogin};
use saoma_protocol::{Place, RequesterContext};

use crate::support::{CapturedLogs, Node, ORIGIN, World, hall};

/// A browser's requests, as a proxy forwards them with one more header.
struct Proxy {
    name: &'static str,
    value: &'static str,
}

impl Proxy {
    fn headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert("origin", HeaderValue::from_static(ORIGIN));
        headers.insert(self.name, HeaderValue::from_static(self.value));
        headers
    }

    /// Opens a login by a socket.
    async fn by_socket(&self, world: &World, node: &Node) -> RequesterContext {
        let mut headers = self.headers();
        let version = HeaderValue::from_static("saoma.v1");
        headers.insert("sec-websocket-protocol", version);
        let connected = Browser::connect_with_headers(&node.url, headers).await;
        let mut browser = connected.unwrap();
        let login = browser.open_login(&hall()).await.unwrap();
        scanned(world, node, &login.qr).await
    }

    /// Opens a login by a POST, and asks for its messages as an event stream and as a poll.
    async fn by_http(&self, world: &World, node: &Node) -> RequesterContext {
        let http = reqwest::Client::builder()
            .default_headers(self.headers())
            .build()
            .unwrap();
        let (requests, login) = HttpLogin::open(&http, &node.url, &hall()).await.unwrap();
        let stream = requests.stream_request(0).unwrap().send().await.unwrap();
        assert_eq!(stream.status(), 200);
        requests.poll(0, 0).await.unwrap();
        scanned(world, node, &login.qr).await
    }
}

async fn scanned(world: &World, node: &Node, qr: &str) -> RequesterContext {
    let phone = world.phone(node, 1);
    phone.scan(qr).await.unwrap().requester
}

#[tokio::test(flavor = "current_thread")]
async fn a5_forwarding_headers_of_a_stranger_make_the_place_unknown_at_every_door() {
    let logs = CapturedLogs::start("info");
    // The gateway is of this machine, so that nothing but the header makes the difference.
    let mut world = World::in_memory();
    world.set_public_url("http://127.0.0.1:8080");
    let node = world.start().await;
    let (_browser, login) = node.browser().await;
    let honest = scanned(&world, &node, &login.qr).await;
    assert_eq!(honest.place, Place::SameMachine);

    let counted = "saoma_misdeclared_proxy_requests_total";
    assert_eq!(node.metric(counted).await, 0.0);
    for (name, value) in [
        ("x-forwarded-for", "198.51.100.1"),
        ("cf-connecting-ip", "198.51.100.1"),
        ("via", "1.1 proxy"),
    ] {
        let proxy = Proxy { name, value };
        for requester in [
            proxy.by_socket(&world, &node).await,
            proxy.by_http(&world, &node).await,
        ] {
            assert_eq!(requester.place, Place::Unknown, "{name}");
            assert_eq!(requester.address, "127.0.0.1", "{name} is not believed");
        }
    }
    assert_eq!(node.metric(counted).await, 3.0 * 4.0, "each request counts");
    let text = logs.text();
    let warnings: Vec<_> = text
        .lines()
        .filter(|line| line.contains("server.trusted_proxies sends forwarding headers"))
        .collect();
    assert_eq!(warnings.len(), 1, "one in a minute: {text}");
    assert!(warnings[0].contains("peer=127.0.0.1"), "{warnings:?}");
    assert!(!text.contains("198.51.100.1"), "strangers write no log");
}

#[tokio::test]
async fn a5_a_declared_proxy_tells_where_the_browser_is() {
    let world = World::in_memory().with("server.trusted_proxies = ['127.0.0.1']");
    let node = world.start().await;
    let proxy = Proxy {
        name: "x-forwarded-for",
        value: "10.9.9.9, 203.0.113.9",
    };
    for requester in [
        proxy.by_socket(&world, &node).await,
        proxy.by_http(&world, &node).await,
    ] {
        assert_eq!(requester.address, "203.0.113.9");
        assert_eq!(requester.place, Place::Internet);
    }
    // A proxy that names no address hides where the browser is.
    let (_browser, login) = node.browser().await;
    let hidden = scanned(&world, &node, &login.qr).await;
    assert_eq!(hidden.place, Place::Unknown);
    assert!(node.metric("saoma_misdeclared_proxy_requests_total").await > 0.0);
}
