//! Logins whose browser must follow them in time, and attempts that are counted with a return.

use std::time::Duration;

use saoma_gateway::store::{Attached, Counted, NewLogin, ResumeAttempt, Scanned, Store};
use saoma_protocol::LoginId;

use super::{
    StoreEvent, Subject, attempt, changed, digest, id, new_login, node, on_each_store, open,
    opened, scan, uncounted,
};

on_each_store!(
    a_login_that_is_not_followed_in_time_is_gone,
    a_login_that_is_followed_or_scanned_in_time_stays,
    a_return_too_many_attaches_nothing,
);

const WITHIN: Duration = Duration::from_secs(2);

async fn opened_without_browser(store: &dyn Store, number: u8, within: Duration) {
    let login = NewLogin {
        follow_within: Some(within),
        ..new_login(number)
    };
    open(store, &login).await;
}

async fn exists(store: &dyn Store, id: LoginId) -> bool {
    store.read(id).await.unwrap().is_some()
}

fn back<'a>(number: u8, node: &'a saoma_gateway::store::NodeId) -> ResumeAttempt<'a> {
    ResumeAttempt {
        id: id(number),
        receive_key: digest("key"),
        node,
        last_seq: 1,
        attempt: None,
    }
}

/// Row A6.
async fn a_login_that_is_not_followed_in_time_is_gone(subject: Subject) {
    let store = &*subject.store;
    opened_without_browser(store, 1, Duration::from_millis(50)).await;
    let gone = async {
        while exists(store, id(1)).await {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(5), gone)
        .await
        .expect("it is gone soon");
    let StoreEvent::Scan(scan) = scan("p") else {
        panic!("no scan")
    };
    let scanned = uncounted(store.scan(&[], id(1), &scan).await.unwrap());
    assert_eq!(scanned, Scanned::Unknown);
    let a = node("a");
    let attached = uncounted(store.attach(&[], &back(1, &a)).await.unwrap());
    assert!(matches!(attached, Attached::Unknown), "{attached:?}");
}

/// Row A6.
async fn a_login_that_is_followed_or_scanned_in_time_stays(subject: Subject) {
    let store = &*subject.store;
    let (a, b) = (node("a"), node("b"));
    for number in [1, 2, 3] {
        opened_without_browser(store, number, WITHIN).await;
    }
    let attached = uncounted(store.attach(&[], &back(1, &b)).await.unwrap());
    assert!(matches!(attached, Attached::Here(_)), "{attached:?}");
    changed(store, id(2), &scan("p")).await;
    let left = async {
        while exists(store, id(3)).await {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(2 * WITHIN, left)
        .await
        .expect("the login without a browser is gone");
    assert!(exists(store, id(1)).await && exists(store, id(2)).await);
    let again = uncounted(store.attach(&[], &back(2, &a)).await.unwrap());
    assert!(matches!(again, Attached::Here(_)), "{again:?}");
    assert_eq!(subject.keys_without_end(), Vec::<String>::new());
}

/// Row A4.
async fn a_return_too_many_attaches_nothing(subject: Subject) {
    let store = &*subject.store;
    opened(store, 1).await;
    let (a, b) = (node("a"), node("b"));
    let first = store.attach(&[attempt(1)], &back(1, &a)).await.unwrap();
    let Counted::Done(Attached::Here(first)) = first else {
        panic!("{first:?}")
    };
    let over = store.attach(&[attempt(1)], &back(1, &b)).await.unwrap();
    assert!(
        matches!(over, Counted::Limited { limit, .. } if limit == attempt(1).limit),
        "{over:?}"
    );
    let second = uncounted(store.attach(&[], &back(1, &b)).await.unwrap());
    let Attached::Here(second) = second else {
        panic!("{second:?}")
    };
    assert_eq!(second.number, first.number + 1);
}
