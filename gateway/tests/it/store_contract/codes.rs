//! Authorization codes and access tokens.

use std::time::Duration;

use saoma_gateway::store::{Redemption, Store, Transition};

use super::{MINUTE, Subject, changed, confirm, digest, grant, id, on_each_store, opened, scan};

on_each_store!(
    a_code_redeems_once,
    a_redemption_may_be_repeated,
    a_replay_ends_the_access_token,
    three_failed_tries_end_a_code,
    a_code_and_a_token_run_out,
    of_many_redemptions_at_once_one_wins,
);

async fn confirmed(store: &dyn Store) {
    opened(store, 1).await;
    changed(store, id(1), &scan("p")).await;
    changed(store, id(1), &confirm("p", "personal", "code")).await;
}

async fn redeem(store: &dyn Store) -> Redemption {
    store
        .redeem(id(1), digest("code"), digest("token"), MINUTE)
        .await
        .unwrap()
}

async fn a_code_redeems_once(subject: Subject) {
    let store = subject.store;
    confirmed(&*store).await;
    assert_eq!(store.grant(id(1), digest("another")).await.unwrap(), None);
    assert_eq!(
        store.grant(id(1), digest("code")).await.unwrap(),
        Some(grant("p"))
    );
    assert_eq!(
        store
            .redeem(id(1), digest("another"), digest("token"), MINUTE)
            .await
            .unwrap(),
        Redemption::Invalid
    );
    assert_eq!(store.access(id(1), digest("token")).await.unwrap(), None);
    assert_eq!(redeem(&*store).await, Redemption::Redeemed);
    assert_eq!(
        store.access(id(1), digest("token")).await.unwrap(),
        Some(grant("p"))
    );
    assert_eq!(store.access(id(1), digest("another")).await.unwrap(), None);
    let kept = store.changes_after(&[(id(1), 0)]).await.unwrap();
    assert!(
        !format!("{kept:?}").contains("Confirmed"),
        "the code in clear is gone once it is used"
    );
}

/// Its answer may have been lost on the way.
async fn a_redemption_may_be_repeated(subject: Subject) {
    let store = subject.store;
    confirmed(&*store).await;
    assert_eq!(redeem(&*store).await, Redemption::Redeemed);
    assert_eq!(redeem(&*store).await, Redemption::Redeemed);
    assert_eq!(
        store.access(id(1), digest("token")).await.unwrap(),
        Some(grant("p"))
    );
}

/// Threat T7.
async fn a_replay_ends_the_access_token(subject: Subject) {
    let store = subject.store;
    confirmed(&*store).await;
    assert_eq!(redeem(&*store).await, Redemption::Redeemed);
    let replay = store
        .redeem(id(1), digest("code"), digest("another token"), MINUTE)
        .await
        .unwrap();
    assert_eq!(replay, Redemption::Replayed);
    assert_eq!(store.access(id(1), digest("token")).await.unwrap(), None);
    assert_eq!(
        store.access(id(1), digest("another token")).await.unwrap(),
        None
    );
}

/// Threat T7.
async fn three_failed_tries_end_a_code(subject: Subject) {
    let store = subject.store;
    confirmed(&*store).await;
    for _ in 0..2 {
        store.count_failed_redemption(id(1)).await.unwrap();
    }
    assert!(store.grant(id(1), digest("code")).await.unwrap().is_some());
    store.count_failed_redemption(id(1)).await.unwrap();
    assert_eq!(store.grant(id(1), digest("code")).await.unwrap(), None);
    assert_eq!(redeem(&*store).await, Redemption::Invalid);
}

async fn a_code_and_a_token_run_out(subject: Subject) {
    let store = subject.store;
    opened(&*store, 1).await;
    changed(&*store, id(1), &scan("p")).await;
    let soon = Duration::from_millis(40);
    changed(
        &*store,
        id(1),
        &Transition {
            lifetime: soon,
            ..confirm("p", "personal", "code")
        },
    )
    .await;
    tokio::time::sleep(soon * 2).await;
    assert_eq!(redeem(&*store).await, Redemption::Invalid);

    opened(&*store, 2).await;
    changed(&*store, id(2), &scan("p")).await;
    changed(&*store, id(2), &confirm("p", "personal", "code")).await;
    assert_eq!(
        store
            .redeem(id(2), digest("code"), digest("token"), soon)
            .await
            .unwrap(),
        Redemption::Redeemed
    );
    tokio::time::sleep(soon * 2).await;
    assert_eq!(store.access(id(2), digest("token")).await.unwrap(), None);
}

async fn of_many_redemptions_at_once_one_wins(subject: Subject) {
    let store = subject.store;
    confirmed(&*store).await;
    let redemptions = (0..20).map(|number| {
        let store = store.clone();
        async move {
            store
                .redeem(
                    id(1),
                    digest("code"),
                    digest(&format!("token {number}")),
                    MINUTE,
                )
                .await
                .unwrap()
        }
    });
    let answers = futures_util::future::join_all(redemptions).await;
    assert_eq!(
        answers
            .iter()
            .filter(|answer| **answer == Redemption::Redeemed)
            .count(),
        1
    );
    assert_eq!(
        answers
            .iter()
            .filter(|answer| **answer == Redemption::Replayed)
            .count(),
        19
    );
}
