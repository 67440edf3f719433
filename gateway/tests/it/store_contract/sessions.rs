//! Sessions at the provider.

use std::time::Duration;

use saoma_gateway::store::{
    CodeOrigin, EndReason, Ended, FamilyId, Grant, NewFamily, Redeemed, Redemption, SessionRecord,
    SessionTerms, Store,
};

use super::sign_on::begun_for_browser;
use super::{
    MINUTE, Subject, changed, confirm, digest, grant, id, new_login, on_each_store, open, person,
    redemption, scan, uncounted,
};

on_each_store!(
    a_client_without_terms_has_no_session,
    a_redemption_on_terms_begins_a_session,
    a_session_without_its_scope_is_not_begun,
    a_replayed_code_ends_the_session,
    an_undone_redemption_leaves_no_session,
    an_undone_redemption_leaves_the_browser_its_session,
    a_session_ends_once_and_keeps_its_reason,
    a_person_has_a_list_of_sessions,
    a_persons_sessions_end_by_identity,
    a_session_runs_out,
    a_persons_list_has_a_session_as_long_as_its_tokens_live,
    an_unreadable_session_keeps_no_other_from_being_listed_and_ended,
);

/// Terms of a client with single sign-on that is told of logouts.
pub(super) fn terms() -> SessionTerms {
    SessionTerms {
        lifetime: Some(MINUTE * 10),
        refresh: None,
        is_told: true,
    }
}

/// Terms of a client that has refresh tokens only, if it asks for them.
pub(super) fn refresh_terms(number: u8) -> SessionTerms {
    SessionTerms {
        lifetime: None,
        refresh: Some(NewFamily {
            family: FamilyId::new([number; 8]),
            token: digest("refresh"),
            idle: MINUTE,
            absolute: MINUTE * 10,
            needs_scope: true,
        }),
        is_told: false,
    }
}

pub(super) fn on(terms: SessionTerms, token: &str) -> Redemption<'static> {
    Redemption {
        session: Some(terms),
        ..redemption("code", token)
    }
}

pub(super) async fn confirmed(store: &dyn Store, number: u8, scope: &str, identity: &str) {
    let mut login = new_login(number);
    login.request.scope = scope.into();
    open(store, &login).await;
    changed(store, id(number), &scan("p")).await;
    changed(store, id(number), &confirm("p", identity, "code")).await;
}

pub(super) async fn redeem(store: &dyn Store, number: u8, redemption: &Redemption<'_>) -> Redeemed {
    uncounted(store.redeem(&[], id(number), redemption).await.unwrap())
}

pub(super) async fn granted(store: &dyn Store, number: u8, redemption: &Redemption<'_>) -> Grant {
    match redeem(store, number, redemption).await {
        Redeemed::Granted(grant) => *grant,
        other => panic!("{other:?}"),
    }
}

/// Begins the session of this number by a redemption.
pub(super) async fn begun(store: &dyn Store, number: u8, identity: &str) -> SessionRecord {
    confirmed(store, number, "openid", identity).await;
    granted(store, number, &on(terms(), "token")).await;
    session(store, number).await.unwrap()
}

pub(super) async fn session(store: &dyn Store, number: u8) -> Option<SessionRecord> {
    store.sessions().session(id(number)).await.unwrap()
}

pub(super) async fn has_access(store: &dyn Store, number: u8, token: &str) -> bool {
    let found = store.access(id(number), digest(token)).await.unwrap();
    found.is_some()
}

pub(super) async fn end(store: &dyn Store, number: u8, reason: EndReason) -> Ended {
    let ended = store.sessions().end_session(id(number), reason).await;
    ended.unwrap()
}

pub(super) async fn due(store: &dyn Store, lease: Duration) -> Vec<SessionRecord> {
    store.sessions().due_logouts(lease, 10).await.unwrap()
}

async fn a_client_without_terms_has_no_session(subject: Subject) {
    let store = &*subject.store;
    confirmed(store, 1, "openid", "personal").await;
    granted(store, 1, &redemption("code", "token")).await;
    assert_eq!(session(store, 1).await, None);
    let listed = store.sessions().sessions_of(&person("p")).await.unwrap();
    assert_eq!(listed, []);
    assert!(has_access(store, 1, "token").await);
    assert_eq!(end(store, 1, EndReason::Person).await, Ended::Unknown);
    assert!(has_access(store, 1, "token").await);
}

async fn a_redemption_on_terms_begins_a_session(subject: Subject) {
    let store = &*subject.store;
    let found = begun(store, 1, "personal").await;
    assert!(found.is_alive());
    assert_eq!(found.grant, grant("p", found.grant.auth_time));
    assert_eq!(found.requester, new_login(1).request.requester);
    assert_eq!(found.cookie, None);
    let [client] = &found.clients[..] else {
        panic!("{found:?}")
    };
    assert_eq!((&client.grant, client.untold), (&found.grant, Some(0)));
    let lasts = found.began_at.until(found.expires_at);
    assert_eq!(lasts, MINUTE * 10);
    let access = store.access(id(1), digest("token")).await.unwrap();
    assert_eq!(access, Some(found.grant));
    assert!(!has_access(store, 1, "another").await);
    assert_eq!(subject.keys_without_end(), Vec::<String>::new());
}

async fn a_session_without_its_scope_is_not_begun(subject: Subject) {
    let store = &*subject.store;
    confirmed(store, 1, "openid", "personal").await;
    granted(store, 1, &on(refresh_terms(1), "token")).await;
    assert_eq!(session(store, 1).await, None);
    assert!(has_access(store, 1, "token").await);

    confirmed(store, 2, "openid offline_access", "personal").await;
    granted(store, 2, &on(refresh_terms(2), "token")).await;
    let begun = session(store, 2).await.unwrap();
    let [family] = &begun.families[..] else {
        panic!("{begun:?}")
    };
    assert_eq!(family.id, FamilyId::new([2; 8]));
    assert_eq!(
        (&*family.client_id, &*family.scope),
        ("hall", "openid offline_access")
    );
    assert_eq!(begun.expires_at, family.idle_until);

    confirmed(store, 3, "openid", "personal").await;
    let mut always = refresh_terms(3);
    if let Some(family) = &mut always.refresh {
        family.needs_scope = false;
    }
    granted(store, 3, &on(always, "token")).await;
    assert!(session(store, 3).await.is_some());
    assert_eq!(subject.keys_without_end(), Vec::<String>::new());
}

/// Row A18.
async fn a_replayed_code_ends_the_session(subject: Subject) {
    let store = &*subject.store;
    begun(store, 1, "personal").await;
    let replay = redeem(store, 1, &on(terms(), "another token")).await;
    assert_eq!(replay, Redeemed::Replayed { ends_session: true });
    let again = redeem(store, 1, &on(terms(), "a third token")).await;
    assert_eq!(
        again,
        Redeemed::Replayed {
            ends_session: false
        },
        "it had ended"
    );
    assert!(!has_access(store, 1, "token").await);
    assert!(!has_access(store, 1, "another token").await);
    let ended = session(store, 1).await.unwrap();
    assert!(!ended.is_alive());
    let reason = ended.ended.map(|end| end.reason);
    assert_eq!(reason, Some(EndReason::CodeReplayed));
    assert_eq!(due(store, MINUTE).await.len(), 1, "its client is told");
    assert_eq!(end(store, 1, EndReason::CodeReplayed).await, Ended::Before);
}

async fn an_undone_redemption_leaves_no_session(subject: Subject) {
    let store = &*subject.store;
    begun(store, 1, "personal").await;
    let undone = store.undo_redemption(id(1), CodeOrigin::Login, digest("token"));
    undone.await.unwrap();
    assert_eq!(session(store, 1).await, None);
    assert!(!has_access(store, 1, "token").await);
    granted(store, 1, &on(terms(), "another token")).await;
    assert!(session(store, 1).await.unwrap().is_alive());
    assert!(has_access(store, 1, "another token").await);
    assert_eq!(subject.keys_without_end(), Vec::<String>::new());
}

async fn an_undone_redemption_leaves_the_browser_its_session(subject: Subject) {
    let store = &*subject.store;
    begun_for_browser(store, 1).await;
    granted(store, 1, &on(terms(), "token")).await;
    let undone = store.undo_redemption(id(1), CodeOrigin::Login, digest("token"));
    undone.await.unwrap();
    let kept = session(store, 1).await.unwrap();
    assert!(kept.is_of_browser(digest("cookie")));
    assert_eq!(kept.clients, []);
    granted(store, 1, &on(terms(), "another token")).await;
    assert_eq!(session(store, 1).await.unwrap().clients.len(), 1);
    end(store, 1, EndReason::Person).await;
    assert_eq!(due(store, MINUTE).await.len(), 1);
}

async fn a_session_ends_once_and_keeps_its_reason(subject: Subject) {
    let store = &*subject.store;
    begun(store, 1, "personal").await;
    assert_eq!(end(store, 1, EndReason::Person).await, Ended::Now);
    assert_eq!(end(store, 1, EndReason::Backend).await, Ended::Before);
    let ended = session(store, 1).await.unwrap();
    assert_eq!(ended.ended.map(|end| end.reason), Some(EndReason::Person));
    assert!(!has_access(store, 1, "token").await);
    assert_eq!(end(store, 9, EndReason::Person).await, Ended::Unknown);
    assert_eq!(subject.keys_without_end(), Vec::<String>::new());
}

async fn a_person_has_a_list_of_sessions(subject: Subject) {
    let store = &*subject.store;
    for number in 1..=3 {
        begun(store, number, "personal").await;
    }
    end(store, 2, EndReason::Person).await;
    let listed = store.sessions().sessions_of(&person("p")).await.unwrap();
    let mut ids: Vec<_> = listed.iter().map(|session| session.id).collect();
    assert!(listed.is_sorted_by_key(|session| std::cmp::Reverse(session.began_at)));
    ids.sort();
    assert_eq!(ids, [id(1), id(3)]);
    let others = store.sessions().sessions_of(&person("q")).await.unwrap();
    assert_eq!(others, []);
}

async fn a_persons_sessions_end_by_identity(subject: Subject) {
    let store = &*subject.store;
    begun(store, 1, "personal").await;
    begun(store, 2, "unit:1").await;
    let sessions = store.sessions();
    let owner = person("p");
    let by_unit = sessions.end_sessions_of(&owner, Some("unit:1"), EndReason::Backend);
    let ended: Vec<_> = by_unit
        .await
        .unwrap()
        .iter()
        .map(|ended| ended.id)
        .collect();
    assert_eq!(ended, [id(2)]);
    assert!(has_access(store, 1, "token").await);
    let all = sessions.end_sessions_of(&owner, None, EndReason::Backend);
    let ended: Vec<_> = all.await.unwrap().iter().map(|ended| ended.id).collect();
    assert_eq!(ended, [id(1)]);
    let again = sessions.end_sessions_of(&owner, None, EndReason::Backend);
    assert_eq!(again.await.unwrap(), []);
}

async fn a_session_runs_out(subject: Subject) {
    let store = &*subject.store;
    let soon = Duration::from_millis(40);
    confirmed(store, 1, "openid", "personal").await;
    let short = Redemption {
        lifetime: soon,
        ..on(
            SessionTerms {
                lifetime: Some(soon),
                ..terms()
            },
            "token",
        )
    };
    granted(store, 1, &short).await;
    tokio::time::sleep(soon * 2).await;
    assert!(!session(store, 1).await.unwrap().is_alive());
    assert!(!has_access(store, 1, "token").await);
    assert_eq!(end(store, 1, EndReason::Person).await, Ended::Unknown);
    let listed = store.sessions().sessions_of(&person("p")).await.unwrap();
    assert_eq!(listed, []);
}

/// The session's own time is over before that of its access token.
async fn a_persons_list_has_a_session_as_long_as_its_tokens_live(subject: Subject) {
    let store = &*subject.store;
    let soon = Duration::from_millis(40);
    confirmed(store, 1, "openid", "personal").await;
    let short = SessionTerms {
        lifetime: Some(soon),
        ..terms()
    };
    granted(store, 1, &on(short, "token")).await;
    tokio::time::sleep(soon * 2).await;
    assert!(session(store, 1).await.unwrap().is_alive());
    let listed = store.sessions().sessions_of(&person("p")).await.unwrap();
    assert_eq!(listed.len(), 1);
}

async fn an_unreadable_session_keeps_no_other_from_being_listed_and_ended(subject: Subject) {
    let store = &*subject.store;
    for number in 1..=3 {
        begun(store, number, "personal").await;
    }
    // Only where the check has a server to write to.
    if !spoil(&subject, 2) {
        return;
    }
    let listed = store.sessions().sessions_of(&person("p")).await.unwrap();
    assert_eq!(listed.len(), 2);
    let owner = person("p");
    let ended = store
        .sessions()
        .end_sessions_of(&owner, None, EndReason::Backend);
    assert_eq!(ended.await.unwrap().len(), 2);
}

/// Makes a session unreadable. Returns false if the store has no server of its own.
pub(super) fn spoil(subject: &Subject, number: u8) -> bool {
    let Some(redis) = &subject.redis else {
        return false;
    };
    let key = format!("saoma:session:{{{}}}", id(number));
    redis.command(&["HSET", &key, "began_at", "never"]);
    true
}
