//! Devices that meet another node at each poll, on one Redis.

use super::{CLI, Device, TV, confirm, userinfo, with_devices};
use crate::cost::Monitor;
use crate::support::{RedisServer, World};

/// The node that opens, the node of the phone and the node that is polled are three.
#[tokio::test]
async fn a_device_is_logged_in_over_three_nodes() {
    let redis = RedisServer::start();
    let world = with_devices(World::on(&redis));
    let (first, second, third) = (
        world.start().await,
        world.start().await,
        world.start().await,
    );
    for credentials in [TV, CLI] {
        let device = Device::open(&first, credentials).await;
        assert_eq!(device.error(&third).await, "authorization_pending");
        confirm(&world, &second, &device).await;
        let tokens = device.poll(&third).await;
        assert_eq!(tokens.status, 200, "{tokens:?}");
        assert_eq!(userinfo(&first, &tokens).await, 200);
        assert_eq!(device.error(&second).await, "invalid_grant");
        assert_eq!(userinfo(&third, &tokens).await, 401);
    }
    assert_eq!(redis.keys_without_end(), Vec::<String>::new());
}

/// RFC 8628 §3.5: the interval grows by five seconds each time, whichever node is polled.
#[tokio::test]
async fn slow_down_adds_five_seconds_each_time_on_every_node() {
    let redis = RedisServer::start();
    let world = with_devices(World::on(&redis));
    let (first, second) = (world.start().await, world.start().await);
    let device = Device::open(&first, TV).await;
    let key = format!("saoma:login:{{{}}}", device.login_id());
    let interval = || redis.field(&key, "interval");
    assert_eq!(device.error(&first).await, "authorization_pending");
    assert_eq!(interval().as_deref(), Some("5000"));
    for (node, interval_ms) in [(&second, "10000"), (&first, "15000"), (&second, "20000")] {
        assert_eq!(device.error(node).await, "slow_down");
        assert_eq!(interval().as_deref(), Some(interval_ms));
    }
}

/// A login costs an open, a scan, a confirm and a redemption as a browser's does, and each poll is one command more.
#[tokio::test]
async fn a_poll_is_one_command_and_the_one_that_collects_two() {
    let redis = RedisServer::start();
    let world = with_devices(World::on(&redis));
    let node = world.start().await;
    // The first login brings the scripts to Redis.
    for counted in [false, true] {
        let mut monitor = Monitor::start(&redis).await;
        let mut cost = async |step: &str, sent| {
            let cost = monitor.cost().await;
            assert!(!counted || cost.sent == sent, "{step}: {cost:?}");
        };
        let device = Device::open(&node, CLI).await;
        cost("open", 1).await;
        for error in ["authorization_pending", "slow_down"] {
            assert_eq!(device.error(&node).await, error);
            cost("poll", 1).await;
        }
        confirm(&world, &node, &device).await;
        cost("scan and confirm", 2).await;
        assert_eq!(device.poll(&node).await.status, 200);
        cost("collect", 2).await;
    }
}

/// A node without its store answers no poll, and the device polls on.
#[tokio::test]
async fn a_poll_while_the_store_is_down_is_answered_503_and_costs_nothing() {
    let mut redis = RedisServer::start_durable();
    let unlimited = "limits.device_poll_per_login = { burst = 1000000, per = '1s' }";
    let world = with_devices(World::on(&redis).with(unlimited));
    let node = world.start().await;
    let device = Device::open(&node, TV).await;
    confirm(&world, &node, &device).await;
    redis.kill();
    let answer = device.poll(&node).await;
    assert_eq!(
        (answer.status, answer.error()),
        (503, "temporarily_unavailable")
    );
    assert!(answer.retry_after.is_some());
    redis.restart();
    let collected = async {
        loop {
            match device.poll(&node).await {
                tokens if tokens.status == 200 => return tokens,
                answer => assert_eq!(answer.status, 503, "{answer:?}"),
            }
        }
    };
    let collecting = tokio::time::timeout(std::time::Duration::from_secs(30), collected);
    let tokens = collecting.await.expect("the store is back");
    assert_eq!(userinfo(&node, &tokens).await, 200);
}
