//! Rate-limited attempts, counted atomically with the operation that follows.

use saoma_gateway::limits::LimitName;
use saoma_gateway::store::{
    Applied, Attempt, Confirmation, Counted, Opening, Redeemed, Scan, Scanned, Store,
};
use saoma_protocol::{StateName, TransitionError};

use super::{
    MINUTE, StoreEvent, Subject, apply, attempt, changed, code, confirm, grant, id, new_login,
    on_each_store, opened, redemption, scan,
};

on_each_store!(
    attempts_are_counted_by_themselves,
    an_attempt_given_back_has_not_been_counted,
    an_open_too_many_leaves_nothing,
    a_taken_user_code_stays_with_its_login,
    a_scan_returns_the_browsers_request,
    a_scan_or_confirm_too_many_changes_nothing,
    an_attempt_may_be_counted_against_two_limits,
    a_confirm_is_joined_with_the_browsers_request,
    a_redemption_too_many_redeems_nothing,
);

fn scan_of(by: &str) -> Scan {
    match scan(by) {
        StoreEvent::Scan(scan) => scan,
        other => panic!("{other:?}"),
    }
}

fn confirmation(by: &str, text: &str) -> Confirmation {
    match confirm(by, "personal", text) {
        StoreEvent::Confirm(confirmation) => confirmation,
        other => panic!("{other:?}"),
    }
}

async fn state(store: &dyn Store) -> StateName {
    store.read(id(1)).await.unwrap().unwrap().login.state.name()
}

fn is_limited<T>(counted: &Counted<T>) -> bool {
    matches!(counted, Counted::Limited { retry_after, .. } if !retry_after.is_zero() && *retry_after <= MINUTE)
}

async fn attempts_are_counted_by_themselves(subject: Subject) {
    let store = &subject.store;
    let other = Attempt {
        key: "q",
        ..attempt(1)
    };
    assert_eq!(store.take(&[]).await.unwrap(), Counted::Done(()));
    assert_eq!(
        store.take(&[attempt(1), other]).await.unwrap(),
        Counted::Done(())
    );
    for over in [attempt(1), other] {
        assert!(is_limited(&store.take(&[over]).await.unwrap()), "{over:?}");
    }
    assert_eq!(subject.keys_without_end(), Vec::<String>::new());
}

async fn an_attempt_given_back_has_not_been_counted(subject: Subject) {
    let store = &subject.store;
    let attempt = attempt(2);
    store.give_back(&attempt).await.unwrap();
    for _ in 0..4 {
        assert_eq!(store.take(&[attempt]).await.unwrap(), Counted::Done(()));
        store.give_back(&attempt).await.unwrap();
    }
    for _ in 0..2 {
        assert_eq!(store.take(&[attempt]).await.unwrap(), Counted::Done(()));
    }
    assert!(is_limited(&store.take(&[attempt]).await.unwrap()));
    store.give_back(&attempt).await.unwrap();
    assert_eq!(store.take(&[attempt]).await.unwrap(), Counted::Done(()));
    assert!(is_limited(&store.take(&[attempt]).await.unwrap()));
    assert_eq!(subject.keys_without_end(), Vec::<String>::new());
}

async fn an_open_too_many_leaves_nothing(subject: Subject) {
    let (attempts, store) = ([attempt(1)], &subject.store);
    let first = store.open(&attempts, &new_login(1)).await.unwrap();
    assert!(matches!(first, Counted::Done(Opening::Opened { .. })));
    assert!(is_limited(
        &store.open(&attempts, &new_login(2)).await.unwrap()
    ));
    assert_eq!(store.read(id(2)).await.unwrap(), None);
    let code = new_login(2).user_code;
    assert_eq!(store.find_by_user_code(code).await.unwrap(), None);
    assert_eq!(subject.keys_without_end(), Vec::<String>::new());
}

async fn a_taken_user_code_stays_with_its_login(subject: Subject) {
    let store = &subject.store;
    let first = opened(&**store, 1).await;
    let mut second = new_login(2);
    second.user_code = first.user_code;
    assert_eq!(
        store.open(&[attempt(9)], &second).await.unwrap(),
        Counted::Done(Opening::UserCodeTaken)
    );
    assert_eq!(
        store.find_by_user_code(first.user_code).await.unwrap(),
        Some(first.id)
    );
}

async fn a_scan_returns_the_browsers_request(subject: Subject) {
    let (attempts, store) = ([attempt(9)], &subject.store);
    let unknown = store.scan(&attempts, id(1), &scan_of("p")).await.unwrap();
    assert_eq!(unknown, Counted::Done(Scanned::Unknown));
    let login = opened(&**store, 1).await;
    let first_opened_at = store.read(login.id).await.unwrap().unwrap().opened_at;
    for again in [false, true] {
        let scanned = store.scan(&attempts, login.id, &scan_of("p")).await;
        let Counted::Done(Scanned::Claimed {
            request,
            opened_at,
            repeated,
            ..
        }) = scanned.unwrap()
        else {
            panic!("not scanned")
        };
        assert_eq!(repeated, again);
        assert_eq!(
            (*request, opened_at),
            (login.request.clone(), first_opened_at)
        );
    }
    let refused = store.scan(&attempts, login.id, &scan_of("q")).await;
    assert_eq!(
        refused.unwrap(),
        Counted::Done(Scanned::Refused(TransitionError::AnotherPerson))
    );
}

async fn a_scan_or_confirm_too_many_changes_nothing(subject: Subject) {
    let (attempts, store) = ([attempt(1)], &subject.store);
    opened(&**store, 1).await;
    let confirmation = confirmation("p", "code");
    let first = store.confirm(&attempts, id(7), &confirmation).await;
    assert!(matches!(first.unwrap(), Counted::Done(_)));
    assert!(is_limited(
        &store.scan(&attempts, id(1), &scan_of("p")).await.unwrap()
    ));
    assert_eq!(state(&**store).await, StateName::Waiting);
    changed(&**store, id(1), &scan("p")).await;
    assert!(is_limited(
        &store
            .confirm(&attempts, id(1), &confirmation)
            .await
            .unwrap()
    ));
    assert_eq!(state(&**store).await, StateName::Scanned);
}

async fn an_attempt_may_be_counted_against_two_limits(subject: Subject) {
    let by_address = Attempt {
        limit: LimitName::RefusedTokenPerAddress,
        ..attempt(2)
    };
    let attempts = [by_address, attempt(1)];
    opened(&*subject.store, 1).await;
    let mut limits = Vec::new();
    for _ in 0..3 {
        let scanned = subject.store.scan(&attempts, id(1), &scan_of("p")).await;
        match scanned.unwrap() {
            Counted::Limited { limit, .. } => limits.push(limit),
            Counted::Done(done) => assert!(matches!(done, Scanned::Claimed { .. }), "{done:?}"),
        }
    }
    assert_eq!(
        limits,
        [
            LimitName::ConfirmPerPerson,
            LimitName::RefusedTokenPerAddress
        ]
    );
}

async fn a_confirm_is_joined_with_the_browsers_request(subject: Subject) {
    let store = &*subject.store;
    let login = opened(store, 1).await;
    let confirming = |by, text| confirm(by, "personal", text);
    assert_eq!(
        apply(store, id(1), &confirming("p", "first")).await,
        Applied::Refused(TransitionError::AnotherPerson),
        "a login without a scan is not the person's (row A11)"
    );
    changed(store, id(1), &scan("p")).await;
    assert_eq!(
        apply(store, id(1), &confirming("q", "first")).await,
        Applied::Refused(TransitionError::AnotherPerson)
    );
    let before = store.read(id(1)).await.unwrap().unwrap().now;
    changed(store, id(1), &confirming("p", "first")).await;
    let repeat = apply(store, id(1), &confirming("p", "second")).await;
    assert!(
        matches!(repeat, Applied::Repeated(_)),
        "the first code stands"
    );
    let told = store.changes_after(&[(id(1), 2)]).await.unwrap();
    let expected = confirming("p", "first").change(&login.request, &login.agreement);
    assert_eq!(told[0].1[0].change, expected);
    let redeemed = store
        .redeem(&[], id(1), &redemption("first", "token"))
        .await;
    let Counted::Done(Redeemed::Granted(kept)) = redeemed.unwrap() else {
        panic!("not redeemed")
    };
    assert!(
        (0..60).contains(&(kept.auth_time - before.seconds())),
        "the store's time, however wrong a node's clock is"
    );
    assert_eq!(*kept, grant("p", kept.auth_time));
}

async fn a_redemption_too_many_redeems_nothing(subject: Subject) {
    let (attempts, store) = ([attempt(1)], &*subject.store);
    opened(store, 1).await;
    changed(store, id(1), &scan("p")).await;
    changed(store, id(1), &confirm("p", "personal", "code")).await;
    let wrong = store
        .redeem(&attempts, id(1), &redemption("wrong", "token"))
        .await;
    assert_eq!(wrong.unwrap(), Counted::Done(Redeemed::Invalid));
    let right = redemption("code", "token");
    assert!(is_limited(
        &store.redeem(&attempts, id(1), &right).await.unwrap()
    ));
    assert_eq!(state(store).await, StateName::Confirmed);
    assert_eq!(right.code, code("code").digest());
    assert_eq!(store.access(id(1), right.access_token).await.unwrap(), None);
}
