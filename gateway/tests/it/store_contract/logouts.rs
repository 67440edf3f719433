//! Clients that are told of the end of sessions.

use std::time::Duration;

use saoma_gateway::store::{EndReason, Ended, SessionTerms};

use super::sessions::{begun, confirmed, due, end, granted, on, redeem, spoil, terms};
use super::sign_on::{begun_for_browser, joined, of_session};
use super::{MINUTE, Subject, id, on_each_store};

on_each_store!(
    clients_are_told_of_a_logout_until_all_are_settled,
    a_lease_that_is_not_settled_is_due_again,
    a_repeated_end_takes_no_logout_from_the_node_that_has_it,
    a_logout_of_a_session_that_is_kept_no_more_is_settled,
    an_unreadable_session_keeps_no_other_from_being_told,
);

async fn clients_are_told_of_a_logout_until_all_are_settled(subject: Subject) {
    let store = &*subject.store;
    begun_for_browser(store, 1).await;
    granted(store, 1, &on(terms(), "token")).await;
    joined(store, 1, "sso code", "portal").await.unwrap();
    granted(store, 1, &of_session("sso code", "portal", "portal's")).await;
    let untold = SessionTerms {
        is_told: false,
        ..terms()
    };
    confirmed(store, 2, "openid", "personal").await;
    granted(store, 2, &on(untold, "token")).await;
    assert_eq!(due(store, MINUTE).await, []);
    end(store, 1, EndReason::Person).await;
    end(store, 2, EndReason::Person).await;
    let taken = due(store, MINUTE).await;
    let [ended] = &taken[..] else {
        panic!("{taken:?}")
    };
    assert_eq!(ended.id, id(1));
    assert_eq!(due(store, MINUTE).await, [], "a lease is one node's");
    let sessions = store.sessions();
    let half = sessions.settle_logouts(id(1), &["hall"], Duration::ZERO);
    half.await.unwrap();
    let taken = due(store, MINUTE).await;
    let ended = taken.first().expect("the other client failed");
    assert_eq!(ended.client("hall").unwrap().untold, None);
    assert_eq!(ended.client("portal").unwrap().untold, Some(1));
    let rest = sessions.settle_logouts(id(1), &["portal"], Duration::ZERO);
    rest.await.unwrap();
    assert_eq!(due(store, Duration::ZERO).await, []);
    assert_eq!(subject.keys_without_end(), Vec::<String>::new());
}

async fn a_lease_that_is_not_settled_is_due_again(subject: Subject) {
    let store = &*subject.store;
    begun(store, 1, "personal").await;
    end(store, 1, EndReason::Person).await;
    assert_eq!(due(store, Duration::ZERO).await.len(), 1);
    assert_eq!(due(store, MINUTE).await.len(), 1);
    assert_eq!(due(store, MINUTE).await, []);
}

/// Two nodes would tell the clients at once.
async fn a_repeated_end_takes_no_logout_from_the_node_that_has_it(subject: Subject) {
    let store = &*subject.store;
    begun(store, 1, "personal").await;
    end(store, 1, EndReason::Person).await;
    assert_eq!(due(store, MINUTE).await.len(), 1);
    assert_eq!(end(store, 1, EndReason::Backend).await, Ended::Before);
    redeem(store, 1, &on(terms(), "another token")).await;
    assert_eq!(due(store, MINUTE).await, []);
}

async fn a_logout_of_a_session_that_is_kept_no_more_is_settled(subject: Subject) {
    let store = &*subject.store;
    let settled = store
        .sessions()
        .settle_logouts(id(9), &["hall"], Duration::ZERO);
    settled.await.unwrap();
    assert_eq!(due(store, MINUTE).await, []);
}

async fn an_unreadable_session_keeps_no_other_from_being_told(subject: Subject) {
    let store = &*subject.store;
    for number in 1..=3 {
        begun(store, number, "personal").await;
        end(store, number, EndReason::Person).await;
    }
    if !spoil(&subject, 2) {
        return;
    }
    let mut taken: Vec<_> = due(store, MINUTE).await.iter().map(|one| one.id).collect();
    taken.sort();
    assert_eq!(taken, [id(1), id(3)]);
    let server = subject.redis.as_ref().unwrap();
    server.command(&["ZADD", "saoma:outbox", "1", "no session"]);
    assert_eq!(due(store, MINUTE).await, []);
    assert_eq!(subject.keys_without_end(), Vec::<String>::new());
}
