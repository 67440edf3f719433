//! Two nodes behind nginx and behind HAProxy, by the configurations in docs/.

use std::time::Duration;

use saoma_gateway::Settings;
use tokio::task::JoinSet;

use super::proxy::{Proxy, configuration};
use super::{confirm, log_in};
use crate::support::{
    Authority, Binary, ORIGIN, RedisServer, World, hall, https, plain_url, tls_tunnel,
};

/// Two nodes with a short time for idle connections, a proxy before them, and the authority of its certificate.
struct Deployment {
    world: World,
    authority: Authority,
    proxy: Proxy,
    _nodes: [Binary; 2],
    _redis: RedisServer,
}

/// Time that the nodes keep an idle connection.
const IDLE: Duration = Duration::from_millis(1500);

/// Time that the proxies keep one.
const PROXY_IDLE: &str = "1s";

#[derive(Debug, Clone, Copy)]
enum Kind {
    Nginx,
    Haproxy,
}

impl Deployment {
    fn start(kind: Kind) -> Self {
        let redis = RedisServer::start();
        let world = World::on(&redis)
            .with(&format!("server.idle_timeout = '{}ms'", IDLE.as_millis()))
            .with("server.trusted_proxies = ['127.0.0.1']");
        let authority = Authority::in_folder(world.path("").as_path());
        let start = || {
            let node = Binary::spawn(Binary::command(&world));
            let serving = node.logged("serving");
            let url = plain_url(&serving["listen"]);
            let operations = plain_url(&serving["operations"]).port().unwrap();
            (
                node,
                format!("127.0.0.1:{}", url.port().unwrap()),
                operations,
            )
        };
        let ((a, a_at, a_operations), (b, b_at, b_operations)) = (start(), start());
        let proxy = match kind {
            Kind::Nginx => Proxy::nginx(&authority, [&a_at, &b_at], PROXY_IDLE),
            Kind::Haproxy => {
                let nodes = [(&*a_at, a_operations), (&*b_at, b_operations)];
                Proxy::haproxy(&authority, nodes, PROXY_IDLE)
            }
        };
        Self {
            world,
            authority,
            proxy,
            _nodes: [a, b],
            _redis: redis,
        }
    }
}

async fn people_log_in_and_are_kept_on_https(kind: Kind) {
    let deployment = Deployment::start(kind);
    let gateway = tls_tunnel(&deployment.authority, deployment.proxy.address).await;
    log_in(&deployment.world, &gateway).await;

    let client = https(&deployment.authority);
    let page = format!(
        "https://{}/.well-known/openid-configuration",
        deployment.proxy.address
    );
    let answer = client.get(page).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let hsts = answer.headers().get_all("strict-transport-security");
    assert_eq!(hsts.iter().collect::<Vec<_>>(), ["max-age=63072000"]);

    let plain = format!("http://{}/q?code=a", deployment.proxy.plain);
    let answer = client.post(plain).send().await.unwrap();
    assert_eq!(answer.status(), 308);
    assert_eq!(
        answer.headers()["location"],
        "https://login.example/q?code=a"
    );
}

#[tokio::test]
async fn people_log_in_through_nginx_and_are_kept_on_https() {
    people_log_in_and_are_kept_on_https(Kind::Nginx).await;
}

#[tokio::test]
async fn people_log_in_through_haproxy_and_are_kept_on_https() {
    people_log_in_and_are_kept_on_https(Kind::Haproxy).await;
}

/// Row K3: 84 of 84 requests were 502 that came when the nodes' time for idle connections was over.
async fn no_request_is_lost_about_the_time_that_nodes_keep_idle_connections(kind: Kind) {
    let deployment = Deployment::start(kind);
    let mut clients = JoinSet::new();
    for number in 0..40 {
        let client = https(&deployment.authority);
        let url = format!("https://{}/v1/logins", deployment.proxy.address);
        clients.spawn(async move {
            let post = async || {
                let request = client.post(&url).header("origin", ORIGIN).body("{}");
                request.send().await.unwrap().status().as_u16()
            };
            let first = post().await;
            // From 100 ms before the nodes' time to 95 ms after it.
            let pause = IDLE + Duration::from_millis(5 * number) - Duration::from_millis(100);
            tokio::time::sleep(pause).await;
            (first, post().await)
        });
    }
    while let Some(answers) = clients.join_next().await {
        assert_eq!(answers.unwrap(), (400, 400), "the nodes' own answers");
    }
}

#[tokio::test]
async fn k3_nginx_closes_idle_connections_before_the_nodes() {
    no_request_is_lost_about_the_time_that_nodes_keep_idle_connections(Kind::Nginx).await;
}

#[tokio::test]
async fn k3_haproxy_closes_idle_connections_before_the_nodes() {
    no_request_is_lost_about_the_time_that_nodes_keep_idle_connections(Kind::Haproxy).await;
}

#[test]
fn k3_the_documented_proxies_keep_idle_connections_for_less_than_the_nodes() {
    let idle = Settings::default().server.idle_timeout;
    for (file, setting) in [
        ("nginx.conf", "keepalive_timeout "),
        ("haproxy.cfg", "pool-purge-delay "),
    ] {
        let text = configuration(file, &[]);
        let (_, value) = text.split_once(setting).unwrap();
        let seconds: String = value.chars().take_while(char::is_ascii_digit).collect();
        assert!(
            Duration::from_secs(seconds.parse().unwrap()) < idle,
            "{file}"
        );
    }
}

/// A browser that waits on a socket of its own is not cut off by the times of idle connections.
#[tokio::test]
async fn waiting_browsers_outlast_the_time_of_idle_connections() {
    let deployment = Deployment::start(Kind::Haproxy);
    let gateway = tls_tunnel(&deployment.authority, deployment.proxy.address).await;
    let (mut browser, login) = saoma_client::Browser::open(&gateway, &hall())
        .await
        .unwrap();
    tokio::time::sleep(IDLE * 2).await;
    confirm(&deployment.world, &gateway, &mut browser, &login.qr).await;
}
