//! The claims that a grant holds.

use saoma_gateway::store::{
    Applied, ClaimsRequest, Compare, Confirmation, Opening, Precondition, Redeemed, Scan,
};
use saoma_protocol::{ScanCode, StateName, TransitionError};
use serde_json::Value;

use super::{
    StoreEvent, Subject, apply, changed, claims, confirm, digest, id, new_login, on_each_store,
    open, redemption, scan, uncounted,
};

on_each_store!(
    a_grant_holds_the_claims_that_its_request_can_ask_for,
    a_login_for_one_person_is_scanned_and_confirmed_only_after_a_comparison,
);

/// OpenID Connect Core §3.1.2.1: a login that was opened for one person is neither claimed nor confirmed by another.
async fn a_login_for_one_person_is_scanned_and_confirmed_only_after_a_comparison(subject: Subject) {
    let store = &*subject.store;
    let mut login = new_login(1);
    login.request.expected_subject = Some(digest("c-1"));
    assert!(matches!(open(store, &login).await, Opening::Opened { .. }));
    let StoreEvent::Confirm(compared) = confirm("p", "personal", "code") else {
        panic!("no confirm")
    };
    let uncompared = StoreEvent::Confirm(Confirmation {
        is_expected: false,
        ..compared
    });
    let stranger = Applied::Refused(TransitionError::AnotherPerson);
    assert_eq!(apply(store, id(1), &uncompared).await, stranger);
    let uncompared_scan = |compare| match scan("p") {
        StoreEvent::Scan(scan) => StoreEvent::Scan(Scan { compare, ..scan }),
        other => panic!("{other:?}"),
    };
    let (expecting, all) = (
        uncompared_scan(Compare::Expecting),
        uncompared_scan(Compare::All),
    );
    let foreign = expecting
        .clone()
        .under(Precondition::ScanCode(ScanCode::from_random(id(1), [2; 5])));
    for _ in 0..2 {
        // Whoever does not have the code learns nothing of the login.
        assert_eq!(apply(store, id(1), &foreign).await, Applied::Unknown);
        for uncompared in [&expecting, &all] {
            assert_eq!(apply(store, id(1), uncompared).await, Applied::NotExpected);
        }
        let state = store.read(id(1)).await.unwrap().unwrap().login.state;
        assert_eq!(state.name(), StateName::Waiting);
    }
    changed(store, id(1), &scan("p")).await;
    // The repeat of a scan is compared as well.
    assert_eq!(apply(store, id(1), &expecting).await, Applied::NotExpected);
    for _ in 0..2 {
        assert_eq!(apply(store, id(1), &uncompared).await, Applied::NotExpected);
    }
    changed(store, id(1), &confirm("p", "personal", "code")).await;
    let redemption = redemption("code", "token");
    let redeemed = uncounted(store.redeem(&[], id(1), &redemption).await.unwrap());
    assert!(matches!(redeemed, Redeemed::Granted(_)), "{redeemed:?}");
    // A login for anyone needs no comparison, whatever its request says elsewhere.
    let mut login = new_login(2);
    login.request.nonce = Some("\",\"expected_subject\":\"".into());
    assert!(matches!(open(store, &login).await, Opening::Opened { .. }));
    assert_eq!(apply(store, id(2), &all).await, Applied::NotExpected);
    changed(store, id(2), &expecting).await;
    changed(store, id(2), &uncompared).await;
}

/// Personal data for which no request asks is not kept.
async fn a_grant_holds_the_claims_that_its_request_can_ask_for(subject: Subject) {
    let store = &*subject.store;
    let all = serde_json::to_value(claims()).unwrap();
    for (number, scope, claims, kept) in [
        (1, "openid", "{}", &[][..]),
        (2, "openid made_up", "{}", &[]),
        (3, "openid email", "{}", &["email", "email_verified"]),
        (4, "profile openid groups", "{}", &["groups", "updated_at"]),
        (5, "openid", r#"{"userinfo":{"email":null}}"#, &["email"]),
        (
            6,
            "openid groups",
            r#"{"id_token":{"email_verified":{"essential":true}}}"#,
            &["email_verified", "groups"],
        ),
    ] {
        let mut login = new_login(number);
        scope.clone_into(&mut login.request.scope);
        let requested = ClaimsRequest::parse(claims).unwrap();
        login.request.claims_request = (!requested.is_empty()).then(|| Box::new(requested));
        assert!(matches!(open(store, &login).await, Opening::Opened { .. }));
        changed(store, id(number), &scan("p")).await;
        changed(store, id(number), &confirm("p", "personal", "code")).await;
        let redemption = redemption("code", "token");
        let redeemed = uncounted(store.redeem(&[], id(number), &redemption).await.unwrap());
        let Redeemed::Granted(grant) = redeemed else {
            panic!("{redeemed:?}")
        };
        let granted = serde_json::to_value(&grant.claims).unwrap();
        let mut expected = serde_json::Map::new();
        for name in kept {
            expected.insert((*name).to_owned(), all[*name].clone());
        }
        let expected = if expected.is_empty() {
            Value::Null
        } else {
            expected.into()
        };
        assert_eq!(granted, expected, "{scope} {claims}");
        assert_eq!(grant.claims_request, login.request.claims_request);
    }
}
