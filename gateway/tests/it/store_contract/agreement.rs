//! Agreement of browsers to persons who are new to them (row A16, threat T34).

use saoma_gateway::store::{
    Agreement, Applied, Change, NewLogin, Opening, Precondition, Scanned, Store,
};
use saoma_protocol::{CancelReason, LoginId, StateName, TransitionError};

use super::{
    StoreEvent, Subject, agree, apply, cancel_for, changed, confirm, digest, knowing, new_login,
    on_each_store, open, person, reject, scan, tag, uncounted,
};

on_each_store!(
    a_new_person_confirms_only_after_the_browser_has_agreed,
    a_known_person_is_not_asked_about,
    agreement_takes_the_receive_key_and_keeps_the_time_limit,
    a_confirmed_change_lets_the_browser_know_the_person,
    a_browsers_reason_is_kept,
);

async fn opened(store: &dyn Store, number: u8, agreement: Agreement) -> LoginId {
    let login = NewLogin {
        agreement,
        ..new_login(number)
    };
    assert!(matches!(open(store, &login).await, Opening::Opened { .. }));
    login.id
}

/// Scans as a person, and returns true if the browser is asked.
async fn scan_asks(store: &dyn Store, id: LoginId, by: &str) -> bool {
    let StoreEvent::Scan(scan) = scan(by) else {
        panic!("not a scan")
    };
    match uncounted(store.scan(&[], id, &scan).await.unwrap()) {
        Scanned::Claimed { asks, .. } => asks,
        other => panic!("{other:?}"),
    }
}

async fn told(store: &dyn Store, id: LoginId) -> Vec<Change> {
    let changes = store.changes_after(&[(id, 0)]).await.unwrap();
    let changes = changes.into_iter().flat_map(|(_, changes)| changes);
    changes.map(|stored| stored.change).collect()
}

fn confirming() -> StoreEvent {
    confirm("p", "personal", "code")
}

const fn refused(state: StateName) -> Applied {
    Applied::Refused(TransitionError::State(state))
}

async fn a_new_person_confirms_only_after_the_browser_has_agreed(subject: Subject) {
    let store = &*subject.store;
    let id = opened(store, 1, knowing(&["q"])).await;
    assert!(scan_asks(store, id, "p").await);
    assert!(scan_asks(store, id, "p").await, "a repeat is told the same");
    for _ in 0..2 {
        assert_eq!(
            apply(store, id, &confirming()).await,
            refused(StateName::Asked)
        );
    }
    let record = store.read(id).await.unwrap().unwrap();
    assert_eq!(record.login.seq, 2, "a refused confirm changes nothing");
    changed(store, id, &agree()).await;
    let again = apply(store, id, &agree()).await;
    assert!(matches!(again, Applied::Repeated(_)), "{again:?}");
    assert!(!scan_asks(store, id, "p").await, "it has agreed");
    changed(store, id, &confirming()).await;
    let again = apply(store, id, &agree()).await;
    assert!(matches!(again, Applied::Repeated(_)), "{again:?}");
    let told = told(store, id).await;
    let expected = matches!(
        told[..],
        [
            Change::Scanned { agree: true, .. },
            Change::Agreed,
            Change::Confirmed { .. }
        ]
    );
    assert!(expected, "{told:?}");
    assert!(subject.keys_without_end().is_empty());
}

async fn a_known_person_is_not_asked_about(subject: Subject) {
    let store = &*subject.store;
    // The third is known by the tag under another secret of the cluster, while that is changed.
    let former = Agreement::Unless([tag("former", "p")].into());
    for (number, agreement) in [(1, knowing(&["q", "p"])), (2, Agreement::Off), (3, former)] {
        let id = opened(store, number, agreement).await;
        assert!(!scan_asks(store, id, "p").await);
        changed(store, id, &confirming()).await;
        let told = told(store, id).await;
        let expected = matches!(
            told[..],
            [
                Change::Scanned { agree: false, .. },
                Change::Confirmed { .. }
            ]
        );
        assert!(expected, "{told:?}");
    }
    let id = opened(store, 4, knowing(&[])).await;
    assert!(scan_asks(store, id, "p").await);
    changed(store, id, &reject("p")).await;
}

async fn agreement_takes_the_receive_key_and_keeps_the_time_limit(subject: Subject) {
    let store = &*subject.store;
    let id = opened(store, 1, knowing(&[])).await;
    let by_key = |key| agree().under(Precondition::ReceiveKey(digest(key)));
    assert_eq!(
        apply(store, id, &by_key("key")).await,
        refused(StateName::Waiting)
    );
    changed(store, id, &scan("p")).await;
    let before = store.read(id).await.unwrap().unwrap().login;
    assert_eq!(
        apply(store, id, &by_key("another key")).await,
        Applied::Unknown
    );
    changed(store, id, &by_key("key")).await;
    let after = store.read(id).await.unwrap().unwrap().login;
    assert_eq!(after.expires_at, before.expires_at);
    assert_eq!(after.state.person(), Some(&person("p")));
}

async fn a_confirmed_change_lets_the_browser_know_the_person(subject: Subject) {
    let store = &*subject.store;
    for (number, agreement) in [(1, knowing(&["p"])), (2, Agreement::Off)] {
        let asks = agreement != Agreement::Off;
        let id = opened(store, number, agreement).await;
        changed(store, id, &scan("p")).await;
        changed(store, id, &confirming()).await;
        let told = told(store, id).await;
        let Some(Change::Confirmed { known, .. }) = told.last() else {
            panic!("{told:?}")
        };
        let known = known
            .as_ref()
            .map(|known| (known.person, &*known.client_id));
        assert_eq!(known, asks.then_some((tag("current", "p"), "hall")));
    }
}

async fn a_browsers_reason_is_kept(subject: Subject) {
    let store = &*subject.store;
    let id = opened(store, 1, knowing(&[])).await;
    changed(store, id, &scan("p")).await;
    changed(store, id, &cancel_for(CancelReason::NotMe)).await;
    let reason = Some(CancelReason::NotMe);
    assert_eq!(
        told(store, id).await.last(),
        Some(&Change::Cancelled { reason })
    );
    for event in [agree(), confirming(), reject("p")] {
        assert_eq!(
            apply(store, id, &event).await,
            refused(StateName::Cancelled)
        );
    }
}
