//! Verbs that are attempts: counted first, and with all that follows in one step or none.

use saoma_gateway::limits::{LimitName, Rate};
use saoma_gateway::store::{
    Applied, Attempt, Change, Confirmation, Counted, Grant, Opening, Store,
};
use saoma_protocol::{AuthorizationCode, Identity, IdentityKind, Refusal, StateName};

use super::{MINUTE, Subject, changed, id, new_login, on_each_store, opened, person, scan};

on_each_store!(
    an_open_too_many_leaves_nothing,
    a_taken_user_code_stays_with_its_login,
    a_scan_says_what_was_asked_for,
    a_scan_or_confirm_too_many_changes_nothing,
    an_attempt_may_be_counted_against_two_limits,
    a_confirm_is_joined_with_what_was_asked_for,
    a_code_is_asked_for_a_limited_number_of_times,
);

fn attempt(subject: &Subject, burst: u32) -> Attempt<'_> {
    let rate = Rate::new(burst, MINUTE);
    Attempt {
        limiter: &*subject.limiter,
        limit: LimitName::ConfirmPerPerson,
        rate,
        key: "whoever",
        after: None,
    }
}

fn confirmation(by: &str, code: u8) -> Confirmation {
    Confirmation {
        person: person(by),
        name: "示例\"甲\"".into(),
        identity: Identity {
            id: "personal".into(),
            kind: IdentityKind::PERSONAL,
            name: "示例甲".into(),
            role: None,
        },
        code: AuthorizationCode::from_random(id(1), [code; 32]),
        lifetime: MINUTE,
    }
}

async fn state(store: &dyn Store) -> StateName {
    store.read(id(1)).await.unwrap().unwrap().login.state.name()
}

fn is_limited<T>(counted: &Counted<T>) -> bool {
    matches!(counted, Counted::Limited { retry_after, .. } if !retry_after.is_zero() && *retry_after <= MINUTE)
}

async fn an_open_too_many_leaves_nothing(subject: Subject) {
    let (attempt, store) = (attempt(&subject, 1), &subject.store);
    let first = store.open_counted(&attempt, &new_login(1)).await.unwrap();
    assert!(matches!(first, Counted::Done(Opening::Opened { .. })));
    assert!(is_limited(
        &store.open_counted(&attempt, &new_login(2)).await.unwrap()
    ));
    assert_eq!(store.read(id(2)).await.unwrap(), None);
    assert_eq!(
        store
            .find_by_user_code(new_login(2).user_code)
            .await
            .unwrap(),
        None
    );
    assert_eq!(subject.keys_without_end(), Vec::<String>::new());
}

async fn a_taken_user_code_stays_with_its_login(subject: Subject) {
    let (attempt, store) = (attempt(&subject, 9), &subject.store);
    let first = opened(&**store, 1).await;
    let mut second = new_login(2);
    second.user_code = first.user_code;
    assert_eq!(
        store.open_counted(&attempt, &second).await.unwrap(),
        Counted::Done(Opening::UserCodeTaken)
    );
    assert_eq!(
        store.find_by_user_code(first.user_code).await.unwrap(),
        Some(first.id)
    );
}

async fn a_scan_says_what_was_asked_for(subject: Subject) {
    let (attempt, store) = (attempt(&subject, 9), &subject.store);
    let unknown = store.scan(Some(&attempt), id(1), &scan("p")).await.unwrap();
    assert!(matches!(unknown, Counted::Done((Applied::Unknown, None))));
    let login = opened(&**store, 1).await;
    let opened_at = store.read(login.id).await.unwrap().unwrap().opened_at;
    for repeated in [false, true] {
        let Counted::Done((applied, Some(asked))) = store
            .scan(Some(&attempt), login.id, &scan("p"))
            .await
            .unwrap()
        else {
            panic!("not scanned")
        };
        assert_eq!(
            matches!(applied, Applied::Repeated(_)),
            repeated,
            "{applied:?}"
        );
        assert_eq!(
            (asked.request, asked.opened_at),
            (login.request.clone(), opened_at)
        );
    }
    let Counted::Done((refused, _)) = store
        .scan(Some(&attempt), login.id, &scan("q"))
        .await
        .unwrap()
    else {
        panic!()
    };
    assert_eq!(refused, Applied::Refused(Refusal::AnotherPerson));
}

async fn a_scan_or_confirm_too_many_changes_nothing(subject: Subject) {
    let (attempt, store) = (attempt(&subject, 1), &subject.store);
    opened(&**store, 1).await;
    assert!(matches!(
        store
            .confirm(&attempt, id(7), &confirmation("p", 1))
            .await
            .unwrap(),
        Counted::Done(_)
    ));
    assert!(is_limited(
        &store.scan(Some(&attempt), id(1), &scan("p")).await.unwrap()
    ));
    assert_eq!(state(&**store).await, StateName::Waiting);
    changed(&**store, id(1), &scan("p")).await;
    assert!(is_limited(
        &store
            .confirm(&attempt, id(1), &confirmation("p", 1))
            .await
            .unwrap()
    ));
    assert_eq!(state(&**store).await, StateName::Scanned);
}

async fn an_attempt_may_be_counted_against_two_limits(subject: Subject) {
    let first = Attempt {
        limit: LimitName::ScanPerAddress,
        ..attempt(&subject, 2)
    };
    let second = Attempt {
        after: Some(&first),
        ..attempt(&subject, 1)
    };
    opened(&*subject.store, 1).await;
    let mut limits = Vec::new();
    for _ in 0..3 {
        match subject
            .store
            .scan(Some(&second), id(1), &scan("p"))
            .await
            .unwrap()
        {
            Counted::Limited { limit, .. } => limits.push(limit),
            Counted::Done(done) => {
                assert!(matches!(done, (Applied::Changed(_), Some(_))), "{done:?}")
            }
        }
    }
    assert_eq!(
        limits,
        [LimitName::ConfirmPerPerson, LimitName::ScanPerAddress]
    );
}

async fn a_confirm_is_joined_with_what_was_asked_for(subject: Subject) {
    let (attempt, store) = (attempt(&subject, 9), &subject.store);
    let login = opened(&**store, 1).await;
    let early = store
        .confirm(&attempt, id(1), &confirmation("p", 1))
        .await
        .unwrap();
    assert_eq!(
        early,
        Counted::Done(Applied::Refused(Refusal::State(StateName::Waiting)))
    );
    changed(&**store, id(1), &scan("p")).await;
    let another = store
        .confirm(&attempt, id(1), &confirmation("q", 1))
        .await
        .unwrap();
    assert_eq!(
        another,
        Counted::Done(Applied::Refused(Refusal::AnotherPerson))
    );
    let before = store.read(id(1)).await.unwrap().unwrap().now;
    let expected = confirmation("p", 1).transition(login.request, before);
    let first = store
        .confirm(&attempt, id(1), &confirmation("p", 1))
        .await
        .unwrap();
    assert!(matches!(first, Counted::Done(Applied::Changed(_))));
    let repeat = store
        .confirm(&attempt, id(1), &confirmation("p", 2))
        .await
        .unwrap();
    assert!(
        matches!(repeat, Counted::Done(Applied::Repeated(_))),
        "the first code stands"
    );
    let told = store.changes_after(&[(id(1), 2)]).await.unwrap();
    assert_eq!(told[0].1[0].change, expected.change);
    assert!(
        matches!(&told[0].1[0].change, Change::Confirmed { redirect_to } if redirect_to.contains("&code="))
    );
    let (code, grant) = expected.grant.unwrap();
    let kept = store.grant(id(1), code).await.unwrap().unwrap();
    assert!(
        (0..60).contains(&(kept.auth_time - grant.auth_time)),
        "the store's time, whatever a node knows of it"
    );
    assert_eq!(
        kept,
        Grant {
            auth_time: kept.auth_time,
            ..grant
        }
    );
}

async fn a_code_is_asked_for_a_limited_number_of_times(subject: Subject) {
    let (attempt, store) = (attempt(&subject, 3), &subject.store);
    opened(&**store, 1).await;
    changed(&**store, id(1), &scan("p")).await;
    let confirmation = confirmation("p", 1);
    store.confirm(&attempt, id(1), &confirmation).await.unwrap();
    let [right, wrong] =
        [1, 2].map(|code| AuthorizationCode::from_random(id(1), [code; 32]).digest());
    assert_eq!(
        store.grant_counted(&attempt, id(1), wrong).await.unwrap(),
        Counted::Done(None)
    );
    assert!(matches!(
        store.grant_counted(&attempt, id(1), right).await.unwrap(),
        Counted::Done(Some(_))
    ));
    assert!(is_limited(
        &store.grant_counted(&attempt, id(1), right).await.unwrap()
    ));
}
