//! A node with a silent subscription reports it, subscribes again by itself and delivers the missed
//! events.

use std::time::Duration;

use saoma_client::{Browser, OpenedLogin};
use saoma_load::deployment::PERSONAL;
use saoma_protocol::ServerMessage;

use crate::support::{FaultProxy, Node, RedisServer, Towards, World};

/// A browser on a node with a fault proxy before Redis, and a second node without one.
struct Deployment {
    redis: RedisServer,
    proxy: FaultProxy,
    world: World,
    node: Node,
    other: Node,
    browser: Browser,
    login: OpenedLogin,
}

impl Deployment {
    async fn new() -> Self {
        let redis = RedisServer::start();
        let proxy = FaultProxy::to(redis.address());
        let world = World::on_url(format!("redis://{}", proxy.address()));
        let (node, other) = (world.start().await, world.start_on(&redis.url()).await);
        let (browser, login) = node.browser().await;
        node.once_ready().await;
        Self {
            redis,
            proxy,
            world,
            node,
            other,
            browser,
            login,
        }
    }

    /// Scans at the other node, so that the browser's node hears of it only by its subscription.
    async fn scan_elsewhere(&self) {
        self.world
            .phone(&self.other, 1)
            .scan(&self.login.qr)
            .await
            .unwrap();
    }

    /// Checks that the browser receives the missed event and the next one.
    async fn check_nothing_is_lost(&mut self) {
        assert!(matches!(
            self.next().await,
            ServerMessage::Scanned { seq: 2, .. }
        ));
        self.node.once_ready().await;
        self.world
            .phone(&self.other, 1)
            .confirm(self.login.login_id, PERSONAL)
            .await
            .unwrap();
        assert!(matches!(
            self.next().await,
            ServerMessage::Confirmed { seq: 3, .. }
        ));
        assert_eq!(self.browser.closed().await.unwrap(), 1000);
    }

    async fn next(&mut self) -> ServerMessage {
        let next = tokio::time::timeout(Duration::from_secs(30), self.browser.next_untimed()).await;
        next.expect("the browser is told").unwrap()
    }

    /// Refuses connections to Redis until the node notices.
    async fn survives_refusal(&mut self) {
        self.proxy.refuse().await;
        self.scan_elsewhere().await;
        self.node.once_inbox_silent().await;
        self.proxy.restore();
        self.check_nothing_is_lost().await;
    }

    /// Drops bytes in this direction, as when Redis vanishes, or the subscription looks alive and
    /// receives nothing, or no command reaches Redis.
    async fn survives_silence(mut self, towards: Towards) {
        self.proxy.swallow(towards);
        self.scan_elsewhere().await;
        self.node.once_inbox_silent().await;
        self.proxy.restore();
        self.check_nothing_is_lost().await;
        assert!(
            self.node
                .metric("saoma_store_inbox_probe_timeouts_total")
                .await
                >= 1.0
        );
        assert!(
            self.node
                .metric("saoma_store_connections_broken_total")
                .await
                >= 1.0
        );
    }
}

#[tokio::test]
async fn a_link_that_drops_bytes_in_one_or_both_directions_loses_no_event() {
    // Three nodes at once, because each takes seconds to detect the silence.
    let deployments = tokio::join!(Deployment::new(), Deployment::new(), Deployment::new());
    tokio::join!(
        deployments.0.survives_silence(Towards::Both),
        deployments.1.survives_silence(Towards::Client),
        deployments.2.survives_silence(Towards::Server),
    );
}

#[tokio::test]
async fn a_redis_that_refuses_connections_at_first_is_subscribed_again() {
    let mut deployment = Deployment::new().await;
    deployment.survives_refusal().await;
}

#[tokio::test]
async fn events_missed_during_repeated_resubscription_are_delivered() {
    let mut deployment = Deployment::new().await;
    // Connecting and subscribing take several round trips, so each next break comes in the middle
    // of them.
    deployment.proxy.delay(Duration::from_millis(200));
    for _ in 0..3 {
        let accepted = deployment.proxy.accepted();
        deployment.proxy.reset_all();
        deployment.proxy.once_accepted(accepted + 1).await;
    }
    deployment.survives_refusal().await;
}

#[tokio::test]
async fn a_server_that_drops_its_subscribers_is_subscribed_again() {
    let mut deployment = Deployment::new().await;
    deployment.redis.drop_subscribers();
    deployment.scan_elsewhere().await;
    deployment.check_nothing_is_lost().await;
    assert!(
        deployment
            .node
            .metric("saoma_store_inbox_subscriptions_total")
            .await
            >= 2.0
    );
}

#[tokio::test]
async fn store_activity_shows_in_the_metrics() {
    let deployment = Deployment::new().await;
    deployment.scan_elsewhere().await;
    for (name, least) in [
        ("saoma_store_command_seconds_count{verb=\"open\"}", 1.0),
        ("saoma_store_command_seconds_count{verb=\"publish\"}", 1.0),
        ("saoma_store_connections_opened_total", 1.0),
        ("saoma_store_inbox_subscriptions_total", 1.0),
        ("saoma_store_inbox_probes_total", 1.0),
    ] {
        assert!(deployment.node.metric(name).await >= least, "{name}");
    }
    assert!(
        deployment
            .other
            .metric("saoma_store_command_seconds_count{verb=\"scan\"}")
            .await
            >= 1.0
    );
}
