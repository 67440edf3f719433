//! Sentinels that are out of service for a while, and nodes that add nothing to it.

use std::time::{Duration, Instant};

use tokio::task::block_in_place;
use tokio::time::sleep;

use super::{browsers_open, in_the_end};
use crate::support::{RedisSentinel, World};

/// Time for which the Sentinels are in tilt mode here.
const TILT: Duration = Duration::from_secs(4);

/// Time from the beginning of tilt mode until a test sees it.
const SEEN_AFTER: Duration = Duration::from_secs(1);

/// Time in which a node answers once the Sentinels name a master. The old one has died, which they
/// see two seconds after that.
const ANSWERED_WITHIN: Duration = Duration::from_secs(5);

#[tokio::test(flavor = "multi_thread")]
async fn k10_nodes_add_nothing_to_the_time_in_which_sentinels_do_nothing() {
    let mut redis = RedisSentinel::start_guarded();
    let world = World::on_url(redis.url());
    let node = world.start().await;
    let (_browser, login) = in_the_end("open", || browsers_open(&node)).await;
    block_in_place(|| redis.tilt(TILT));
    let tilted = Instant::now();
    let before = redis.kill_master();
    let phone = world.phone(&node, 1);
    let answering = async {
        in_the_end("scan", || phone.scan(&login.qr)).await;
        Instant::now()
    };
    let naming = async {
        while block_in_place(|| redis.master()).is_none_or(|master| master == before) {
            sleep(Duration::from_millis(20)).await;
        }
        Instant::now()
    };
    let (answered, named) = tokio::join!(answering, naming);
    assert!(
        named - tilted > TILT - SEEN_AFTER,
        "no failover in tilt mode"
    );
    assert!(answered.saturating_duration_since(named) < ANSWERED_WITHIN);
}
