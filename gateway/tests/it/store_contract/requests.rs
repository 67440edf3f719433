//! Pushed authorization requests (RFC 9126), and names that may be used once.

use std::time::Duration;

use saoma_gateway::store::Counted;

use super::{MINUTE, Subject, attempt, digest, on_each_store};

on_each_store!(
    a_name_is_used_once_and_by_its_user_again,
    a_name_is_free_again_after_its_time,
    of_many_uses_at_once_one_counts,
    a_pushed_request_is_read_until_its_time_is_over,
    a_push_too_many_keeps_nothing,
);

const SOON: Duration = Duration::from_millis(300);

async fn a_name_is_used_once_and_by_its_user_again(subject: Subject) {
    let requests = subject.store.requests();
    let uses = async |name, user| {
        let used = requests.use_once(digest(name), digest(user), MINUTE).await;
        used.unwrap()
    };
    assert!(uses("a", "first").await);
    assert!(!uses("a", "second").await);
    assert!(uses("a", "first").await, "its answer may have been lost");
    assert!(uses("b", "second").await);
    assert_eq!(subject.keys_without_end(), Vec::<String>::new());
}

async fn a_name_is_free_again_after_its_time(subject: Subject) {
    let requests = subject.store.requests();
    let uses = async |user| {
        let used = requests.use_once(digest("a"), digest(user), SOON).await;
        used.unwrap()
    };
    assert!(uses("first").await);
    assert!(!uses("second").await);
    let free = async {
        while !uses("second").await {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), free)
        .await
        .expect("it is free again");
}

async fn of_many_uses_at_once_one_counts(subject: Subject) {
    let requests = subject.store.requests();
    let uses = (0..20).map(|number: u8| async move {
        let user = digest(&number.to_string());
        requests.use_once(digest("a"), user, MINUTE).await.unwrap()
    });
    let answers = futures_util::future::join_all(uses).await;
    assert_eq!(answers.iter().filter(|first| **first).count(), 1);
}

async fn a_pushed_request_is_read_until_its_time_is_over(subject: Subject) {
    let requests = subject.store.requests();
    let request = r#"{"state":"示例 \"%&+"}"#;
    let pushed = requests.push_request(&[], digest("a"), request, SOON).await;
    assert_eq!(pushed.unwrap(), Counted::Done(()));
    assert_eq!(requests.pushed_request(digest("b")).await.unwrap(), None);
    for _ in 0..2 {
        let found = requests.pushed_request(digest("a")).await.unwrap();
        assert_eq!(found.as_deref(), Some(request));
    }
    let gone = async {
        while requests
            .pushed_request(digest("a"))
            .await
            .unwrap()
            .is_some()
        {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), gone)
        .await
        .expect("it is gone");
    assert_eq!(subject.keys_without_end(), Vec::<String>::new());
}

async fn a_push_too_many_keeps_nothing(subject: Subject) {
    let requests = subject.store.requests();
    let attempts = [attempt(1)];
    let push = async |name| {
        let pushed = requests.push_request(&attempts, digest(name), "x", MINUTE);
        pushed.await.unwrap()
    };
    assert_eq!(push("a").await, Counted::Done(()));
    assert!(matches!(push("b").await, Counted::Limited { .. }));
    assert_eq!(requests.pushed_request(digest("b")).await.unwrap(), None);
}
