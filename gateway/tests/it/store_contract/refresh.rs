//! Refresh tokens, and tokens that clients give up.

use std::time::Duration;

use futures_util::future::join_all;
use saoma_gateway::store::{
    EndReason, FamilyId, Refresh, Refreshed, RevokedToken, SessionTerms, Store,
};

use super::sessions::{confirmed, due, granted, has_access, on, refresh_terms, session, terms};
use super::{MINUTE, Subject, attempt, digest, id, on_each_store, redemption, uncounted};

on_each_store!(
    a_token_is_exchanged_for_its_successor,
    a_used_token_ends_the_session,
    a_used_token_within_its_grace_is_answered_again,
    another_successor_replaces_one_that_was_never_used,
    a_grace_is_over_once_the_successor_is_used,
    a_repeat_does_not_renew_the_grace,
    of_many_refreshes_at_once_one_rotates_the_token,
    a_token_of_another_client_changes_nothing,
    a_narrower_scope_is_that_of_the_access_token_alone,
    a_family_runs_out,
    a_refresh_over_its_limit_rotates_nothing,
    a_revoked_family_ends_with_its_access_tokens,
    a_revoked_access_token_is_the_clients_own,
);

/// Begins session 1 with a family whose first token is `refresh`.
async fn begun(store: &dyn Store) {
    begun_on(store, refresh_terms(1)).await;
}

async fn begun_on(store: &dyn Store, terms: SessionTerms) {
    confirmed(store, 1, "openid profile offline_access", "personal").await;
    granted(store, 1, &on(terms, "token")).await;
}

fn family() -> FamilyId {
    FamilyId::new([1; 8])
}

/// Returns a refresh that gives an access token named as the successor.
fn exchange<'a>(token: &str, successor: &str) -> Refresh<'a> {
    Refresh {
        family: family(),
        token: digest(token),
        successor: digest(successor),
        client_id: "hall",
        scope: None,
        access_token: digest(successor),
        lifetime: MINUTE,
        idle: MINUTE,
        grace: Duration::ZERO,
    }
}

fn forgiving<'a>(token: &str, successor: &str) -> Refresh<'a> {
    Refresh {
        grace: MINUTE,
        ..exchange(token, successor)
    }
}

async fn refresh(store: &dyn Store, refresh: &Refresh<'_>) -> Refreshed {
    let refreshed = store.sessions().refresh(&[], id(1), refresh).await;
    uncounted(refreshed.unwrap())
}

fn is_granted(refreshed: &Refreshed) -> bool {
    matches!(refreshed, Refreshed::Granted(_))
}

async fn a_token_is_exchanged_for_its_successor(subject: Subject) {
    let store = &*subject.store;
    begun(store).await;
    let began = session(store, 1).await.unwrap();
    for (token, successor) in [("refresh", "second"), ("second", "third")] {
        let Refreshed::Granted(grant) = refresh(store, &exchange(token, successor)).await else {
            panic!("{token} is not exchanged");
        };
        assert_eq!(*grant, began.grant);
        assert!(has_access(store, 1, successor).await);
    }
    assert!(has_access(store, 1, "token").await, "it lives its time");
    let unknown = Refresh {
        family: FamilyId::new([9; 8]),
        ..exchange("third", "fourth")
    };
    assert_eq!(refresh(store, &unknown).await, Refreshed::Invalid);
    assert_eq!(subject.keys_without_end(), Vec::<String>::new());
}

/// RFC 9700 §4.14.2: a thief and the client both have the family, and it does not matter who comes first.
async fn a_used_token_ends_the_session(subject: Subject) {
    let store = &*subject.store;
    let told = SessionTerms {
        is_told: true,
        ..refresh_terms(1)
    };
    begun_on(store, told).await;
    refresh(store, &exchange("refresh", "second")).await;
    let again = refresh(store, &exchange("refresh", "stolen")).await;
    assert_eq!(again, Refreshed::Reused);
    let ended = session(store, 1).await.unwrap().ended.unwrap();
    assert_eq!(ended.reason, EndReason::RefreshReused);
    for token in ["token", "second", "stolen"] {
        assert!(!has_access(store, 1, token).await, "{token}");
    }
    let successor = refresh(store, &exchange("second", "third")).await;
    assert_eq!(successor, Refreshed::Invalid);
    assert_eq!(due(store, MINUTE).await.len(), 1, "its client is told");
}

async fn a_used_token_within_its_grace_is_answered_again(subject: Subject) {
    let store = &*subject.store;
    begun(store).await;
    for _ in 0..3 {
        let answer = refresh(store, &forgiving("refresh", "second")).await;
        assert!(is_granted(&answer), "{answer:?}");
    }
    assert!(is_granted(
        &refresh(store, &forgiving("second", "third")).await
    ));
}

/// As after a change of the cluster's secret: the newest successor is good, and the one that was never used is not.
async fn another_successor_replaces_one_that_was_never_used(subject: Subject) {
    let store = &*subject.store;
    begun(store).await;
    refresh(store, &forgiving("refresh", "second")).await;
    refresh(store, &forgiving("refresh", "another second")).await;
    let answer = refresh(store, &forgiving("another second", "third")).await;
    assert!(is_granted(&answer), "{answer:?}");
    let lost = refresh(store, &forgiving("second", "third")).await;
    assert_eq!(lost, Refreshed::Reused);
}

async fn a_grace_is_over_once_the_successor_is_used(subject: Subject) {
    let store = &*subject.store;
    begun(store).await;
    refresh(store, &forgiving("refresh", "second")).await;
    refresh(store, &forgiving("second", "third")).await;
    let late = refresh(store, &forgiving("refresh", "second")).await;
    assert_eq!(late, Refreshed::Reused);
}

/// RFC 9700 §4.14.2: otherwise a used token would be good for as long as a thief repeats it.
async fn a_repeat_does_not_renew_the_grace(subject: Subject) {
    let store = &*subject.store;
    begun(store).await;
    let grace = Duration::from_millis(40);
    refresh(store, &forgiving("refresh", "second")).await;
    tokio::time::sleep(grace * 2).await;
    let within = refresh(store, &forgiving("refresh", "second")).await;
    assert!(is_granted(&within), "{within:?}");
    let late = Refresh {
        grace,
        ..exchange("refresh", "second")
    };
    assert_eq!(refresh(store, &late).await, Refreshed::Reused);
}

/// Without a grace each other request shows a used token. With one, all get the same successor.
async fn of_many_refreshes_at_once_one_rotates_the_token(subject: Subject) {
    let store = &*subject.store;
    begun(store).await;
    let forgiven = (0..10).map(|_| async { refresh(store, &forgiving("refresh", "second")).await });
    let answers = join_all(forgiven).await;
    assert!(answers.iter().all(is_granted), "{answers:?}");
    let strict = (0..10).map(|number| async move {
        refresh(store, &exchange("second", &format!("third {number}"))).await
    });
    let answers = join_all(strict).await;
    let count = answers.iter().filter(|answer| is_granted(answer)).count();
    assert_eq!(count, 1, "{answers:?}");
    assert!(!session(store, 1).await.unwrap().is_alive());
}

async fn a_token_of_another_client_changes_nothing(subject: Subject) {
    let store = &*subject.store;
    begun(store).await;
    let foreign = Refresh {
        client_id: "portal",
        ..exchange("refresh", "stolen")
    };
    for _ in 0..5 {
        assert_eq!(refresh(store, &foreign).await, Refreshed::Invalid);
    }
    assert!(is_granted(
        &refresh(store, &exchange("refresh", "second")).await
    ));
}

async fn a_narrower_scope_is_that_of_the_access_token_alone(subject: Subject) {
    let store = &*subject.store;
    begun(store).await;
    let asking = |token: &str, successor: &str, scope| Refresh {
        scope: Some(scope),
        ..exchange(token, successor)
    };
    let wider = refresh(store, &asking("refresh", "second", "openid email")).await;
    assert_eq!(wider, Refreshed::ScopeExceeded);
    let narrower = refresh(store, &asking("refresh", "second", "openid")).await;
    assert!(matches!(&narrower, Refreshed::Granted(grant) if grant.scope == "openid"));
    let access = store.access(id(1), digest("second")).await.unwrap();
    assert_eq!(access.unwrap().scope, "openid");
    let whole = refresh(store, &exchange("second", "third")).await;
    let scope = "openid profile offline_access";
    assert!(matches!(&whole, Refreshed::Granted(grant) if grant.scope == scope));
}

async fn a_family_runs_out(subject: Subject) {
    let store = &*subject.store;
    let soon = Duration::from_millis(40);
    let mut short = terms();
    short.refresh = refresh_terms(1).refresh.map(|mut family| {
        family.idle = soon;
        family
    });
    begun_on(store, short).await;
    tokio::time::sleep(soon * 2).await;
    let late = refresh(store, &exchange("refresh", "second")).await;
    assert_eq!(late, Refreshed::Invalid);
    let session = session(store, 1).await.unwrap();
    assert!(session.is_alive(), "the client has single sign-on too");
    assert_eq!(session.families, []);
}

async fn a_refresh_over_its_limit_rotates_nothing(subject: Subject) {
    let store = &*subject.store;
    begun(store).await;
    let exchange = exchange("refresh", "second");
    let counted = [attempt(1), attempt(1)];
    let limited = store.sessions().refresh(&counted, id(1), &exchange).await;
    assert!(format!("{limited:?}").contains("Limited"), "{limited:?}");
    assert!(is_granted(&refresh(store, &exchange).await));
}

/// RFC 7009 §2.1.
async fn a_revoked_family_ends_with_its_access_tokens(subject: Subject) {
    let store = &*subject.store;
    begun(store).await;
    refresh(store, &exchange("refresh", "second")).await;
    let sessions = store.sessions();
    let family = RevokedToken::Family(family());
    assert!(!sessions.revoke(id(1), "portal", family).await.unwrap());
    assert!(has_access(store, 1, "second").await);
    assert!(sessions.revoke(id(1), "hall", family).await.unwrap());
    assert!(!sessions.revoke(id(1), "hall", family).await.unwrap());
    for token in ["token", "second"] {
        assert!(!has_access(store, 1, token).await, "{token}");
    }
    let revoked = refresh(store, &exchange("second", "third")).await;
    assert_eq!(revoked, Refreshed::Invalid);
    assert!(!sessions.revoke(id(9), "hall", family).await.unwrap());
}

async fn a_revoked_access_token_is_the_clients_own(subject: Subject) {
    let store = &*subject.store;
    begun(store).await;
    confirmed(store, 2, "openid", "personal").await;
    granted(store, 2, &redemption("code", "token")).await;
    let sessions = store.sessions();
    let token = RevokedToken::Access(digest("token"));
    for number in [1, 2] {
        let unknown = RevokedToken::Access(digest("another"));
        assert!(!sessions.revoke(id(number), "hall", unknown).await.unwrap());
        assert!(!sessions.revoke(id(number), "portal", token).await.unwrap());
        assert!(has_access(store, number, "token").await);
        assert!(sessions.revoke(id(number), "hall", token).await.unwrap());
        assert!(!has_access(store, number, "token").await);
    }
    assert!(is_granted(
        &refresh(store, &exchange("refresh", "second")).await
    ));
}
