//! Sessions where each answer waits for replicas.

use saoma_gateway::store::{EndReason, Ended};

use super::{Subject, id, logouts, person, refresh, sessions, sign_on};
use crate::redis_shapes::in_the_end;
use crate::support::{RedisCluster, RedisSentinel, until};

/// The keys of a session, the index of its person and the outbox have different masters, and each answer has a proof of its
/// own.
#[tokio::test]
async fn in_a_cluster_with_replicas() {
    let redis = RedisCluster::start_with_replicas();
    sessions::redis_shapes::in_cluster(&redis).await;
    sign_on::redis_shapes::in_cluster(&redis).await;
    refresh::redis_shapes::in_cluster(&redis).await;
    logouts::redis_shapes::in_cluster(&redis).await;
}

/// K10: what a node reads of a session is what all nodes have been told, also on a master that does not know yet that it was
/// superseded.
#[tokio::test(flavor = "multi_thread")]
async fn k10_an_ended_session_is_not_alive_at_a_superseded_master() {
    let redis = RedisSentinel::start_guarded();
    let before = Subject::on(&redis.url(), None).await;
    let store = &*before.store;
    sessions::begun(store, 1, "personal").await;
    sessions::begun(store, 2, "personal").await;
    let superseded = redis.master();
    until(|| redis.fail_over()).await;
    until(|| redis.master().is_some_and(|now| Some(now) != superseded)).await;
    let after = Subject::on(&redis.url(), None).await;
    // The new master takes writes once its replicas follow it.
    let end = || after.store.sessions().end_session(id(1), EndReason::Person);
    let ended = in_the_end("end", end).await;
    assert_ne!(ended, Ended::Unknown);
    assert!(redis.claims_to_be_master(superseded.unwrap()));

    let listed = store.sessions().sessions_of(&person("p")).await.unwrap();
    let ids: Vec<_> = listed.iter().map(|session| session.id).collect();
    assert_eq!(ids, [id(2)]);
    assert!(!sessions::session(store, 1).await.unwrap().is_alive());
}
