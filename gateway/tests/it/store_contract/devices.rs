//! Logins of devices, and their polls (RFC 8628).

use std::time::Duration;

use saoma_gateway::store::{
    Applied, Confirmation, DevicePoll, DevicePolling, NewLogin, Opening, Polled, PresentedVerifier,
    Redeemed, Redemption, Store,
};
use saoma_protocol::{CodeChallenge, DeviceContext, LoginId, RejectReason, TransitionError};

use super::{
    MINUTE, StoreEvent, Subject, apply, changed, code, confirm, digest, new_login, on_each_store,
    open, redemption, reject, scan, uncounted,
};

on_each_store!(
    a_poll_is_pending_until_a_person_has_decided,
    a_poll_that_comes_too_soon_lengthens_the_interval_for_good,
    a_poll_that_comes_too_soon_still_hears_of_a_decision,
    a_declined_login_is_denied,
    a_confirm_without_a_comparison_of_codes_changes_nothing,
    a_device_code_runs_out,
    a_person_decides_before_the_device_code_runs_out,
    a_decision_is_kept_until_the_device_code_runs_out,
    another_client_or_code_learns_and_changes_nothing,
    a_confirmed_login_is_collected_once,
);

const LIFETIME: Duration = Duration::from_secs(600);

/// Opens a device's login that ends after this time.
async fn opened(store: &dyn Store, number: u8, interval: Duration, lifetime: Duration) -> LoginId {
    let mut login = new_login(number);
    login.request.device = Some(DeviceContext {
        user_code: login.user_code,
    });
    login.request.redirect_uri = String::new();
    login.request.answer_uri = String::new();
    let login = NewLogin {
        code_lifetime: lifetime,
        waiting_lifetime: lifetime,
        device: Some(DevicePolling {
            code: digest("device"),
            interval,
        }),
        ..login
    };
    assert!(matches!(open(store, &login).await, Opening::Opened { .. }));
    login.id
}

async fn poll(store: &dyn Store, id: LoginId) -> Polled {
    let poll = DevicePoll {
        code: digest("device"),
        client_id: "hall",
    };
    store.poll_device(id, &poll).await.unwrap()
}

/// Waits until the poll gets this answer.
async fn once(store: &dyn Store, id: LoginId, wanted: Polled) {
    let asking = async {
        while poll(store, id).await != wanted {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), asking)
        .await
        .expect("the answer comes");
}

fn confirming() -> StoreEvent {
    confirm("p", "personal", "code")
}

fn collecting(access_token: &str) -> Redemption<'static> {
    Redemption {
        redirect_uri: "",
        ..redemption("code", access_token)
    }
}

/// RFC 8628 §3.5.
async fn a_poll_is_pending_until_a_person_has_decided(subject: Subject) {
    let store = &*subject.store;
    let id = opened(store, 1, Duration::ZERO, LIFETIME).await;
    assert_eq!(poll(store, id).await, Polled::Pending);
    changed(store, id, &scan("p")).await;
    assert_eq!(poll(store, id).await, Polled::Pending);
    changed(store, id, &confirming()).await;
    assert_eq!(
        poll(store, id).await,
        Polled::Confirmed(code("code").digest())
    );
    assert_eq!(subject.keys_without_end(), Vec::<String>::new());
}

/// RFC 8628 §3.5: for this and all later polls.
async fn a_poll_that_comes_too_soon_lengthens_the_interval_for_good(subject: Subject) {
    let store = &*subject.store;
    // A second is forgiven, so that one remains.
    let interval = Duration::from_secs(2);
    let id = opened(store, 1, interval, LIFETIME).await;
    assert_eq!(poll(store, id).await, Polled::Pending);
    assert_eq!(poll(store, id).await, Polled::TooSoon);
    tokio::time::sleep(interval).await;
    assert_eq!(poll(store, id).await, Polled::TooSoon);
}

async fn a_poll_that_comes_too_soon_still_hears_of_a_decision(subject: Subject) {
    let store = &*subject.store;
    for (number, decision) in [(1, confirming()), (2, reject("p"))] {
        let id = opened(store, number, MINUTE, LIFETIME).await;
        assert_eq!(poll(store, id).await, Polled::Pending);
        assert_eq!(poll(store, id).await, Polled::TooSoon);
        changed(store, id, &scan("p")).await;
        changed(store, id, &decision).await;
        let polled = poll(store, id).await;
        assert!(
            matches!(polled, Polled::Confirmed(_) | Polled::Denied),
            "{polled:?}"
        );
    }
}

async fn a_declined_login_is_denied(subject: Subject) {
    let store = &*subject.store;
    for (number, reason) in [
        (1, RejectReason::Declined),
        (2, RejectReason::IdentityRefused),
    ] {
        let id = opened(store, number, Duration::ZERO, LIFETIME).await;
        changed(store, id, &scan("p")).await;
        let StoreEvent::Apply(saoma_gateway::store::Transition::Reject { person, .. }) =
            reject("p")
        else {
            panic!("no reject")
        };
        let rejected =
            StoreEvent::Apply(saoma_gateway::store::Transition::Reject { person, reason });
        changed(store, id, &rejected).await;
        assert_eq!(poll(store, id).await, Polled::Denied);
    }
    let id = opened(store, 3, Duration::ZERO, LIFETIME).await;
    changed(store, id, &super::cancel()).await;
    assert_eq!(poll(store, id).await, Polled::Denied);
}

/// RFC 8628 §5.4.
async fn a_confirm_without_a_comparison_of_codes_changes_nothing(subject: Subject) {
    let store = &*subject.store;
    let id = opened(store, 1, Duration::ZERO, LIFETIME).await;
    let StoreEvent::Confirm(compared) = confirming() else {
        panic!("no confirm")
    };
    let uncompared = StoreEvent::Confirm(Confirmation {
        same_user_code: false,
        ..compared
    });
    let stranger = Applied::Refused(TransitionError::AnotherPerson);
    assert_eq!(apply(store, id, &uncompared).await, stranger);
    changed(store, id, &scan("p")).await;
    for _ in 0..2 {
        assert_eq!(apply(store, id, &uncompared).await, Applied::NotCompared);
    }
    assert_eq!(poll(store, id).await, Polled::Pending);
    changed(store, id, &confirming()).await;
}

async fn a_device_code_runs_out(subject: Subject) {
    let store = &*subject.store;
    let id = opened(store, 1, Duration::ZERO, Duration::from_secs(2)).await;
    assert_eq!(poll(store, id).await, Polled::Pending);
    once(store, id, Polled::Expired).await;
    let late = apply(store, id, &scan("p")).await;
    assert!(!matches!(late, Applied::Changed(_)), "{late:?}");
    assert_eq!(poll(store, super::id(9)).await, Polled::Expired);
}

/// A device gives up at the time that it was told.
async fn a_person_decides_before_the_device_code_runs_out(subject: Subject) {
    let store = &*subject.store;
    let id = opened(store, 1, Duration::ZERO, Duration::from_secs(10)).await;
    changed(store, id, &scan("p").lasting(MINUTE)).await;
    let record = store.read(id).await.unwrap().unwrap();
    assert_eq!(record.login.expires_at, record.closes_at);
    let id = opened(store, 2, Duration::ZERO, LIFETIME).await;
    changed(store, id, &scan("p").lasting(MINUTE)).await;
    let record = store.read(id).await.unwrap().unwrap();
    assert!(record.login.expires_at < record.closes_at);
}

async fn a_decision_is_kept_until_the_device_code_runs_out(subject: Subject) {
    let store = &*subject.store;
    let soon = Duration::from_millis(40);
    let id = opened(store, 1, Duration::ZERO, LIFETIME).await;
    changed(store, id, &scan("p")).await;
    changed(store, id, &confirming().lasting(soon)).await;
    tokio::time::sleep(soon * 2).await;
    let polled = poll(store, id).await;
    assert!(matches!(polled, Polled::Confirmed(_)), "{polled:?}");
    let collected = store.redeem(&[], id, &collecting("token")).await.unwrap();
    assert!(matches!(uncounted(collected), Redeemed::Granted(_)));
}

async fn another_client_or_code_learns_and_changes_nothing(subject: Subject) {
    let store = &*subject.store;
    let id = opened(store, 1, MINUTE, LIFETIME).await;
    let browsers = new_login(2);
    open(store, &browsers).await;
    let right = DevicePoll {
        code: digest("device"),
        client_id: "hall",
    };
    let wrong = [
        DevicePoll {
            client_id: "another",
            ..right
        },
        DevicePoll {
            code: digest("another device"),
            ..right
        },
        DevicePoll {
            code: digest("key"),
            ..right
        },
    ];
    for _ in 0..3 {
        for poll in &wrong {
            let polled = store.poll_device(id, poll).await.unwrap();
            assert_eq!(polled, Polled::Foreign, "{poll:?}");
        }
    }
    assert_eq!(poll(store, id).await, Polled::Pending, "none was counted");
    let of_browser = store.poll_device(browsers.id, &right).await.unwrap();
    assert_eq!(of_browser, Polled::Foreign);
    changed(store, id, &scan("p")).await;
    changed(store, id, &confirming()).await;
    for poll in &wrong {
        let polled = store.poll_device(id, poll).await.unwrap();
        assert_eq!(polled, Polled::Foreign, "{poll:?}");
    }
}

/// The device code proves who redeems: it is the verifier of the login's challenge.
async fn a_confirmed_login_is_collected_once(subject: Subject) {
    let store = &*subject.store;
    let id = opened(store, 1, MINUTE, LIFETIME).await;
    changed(store, id, &scan("p")).await;
    changed(store, id, &confirming()).await;
    let wrong = Redemption {
        verifier: PresentedVerifier::Of(CodeChallenge::of("another device")),
        is_proved: false,
        ..collecting("token")
    };
    let tried = store.redeem(&[], id, &wrong).await.unwrap();
    assert_eq!(uncounted(tried), Redeemed::Mismatched);
    let collected = store.redeem(&[], id, &collecting("token")).await.unwrap();
    let Redeemed::Granted(grant) = uncounted(collected) else {
        panic!("not collected")
    };
    assert_eq!(grant.redirect_uri, "");
    let again = poll(store, id).await;
    assert_eq!(again, Polled::Confirmed(code("code").digest()));
    let again = store.redeem(&[], id, &collecting("another")).await.unwrap();
    assert_eq!(
        uncounted(again),
        Redeemed::Replayed {
            ends_session: false
        }
    );
    assert_eq!(store.access(id, digest("token")).await.unwrap(), None);
}
