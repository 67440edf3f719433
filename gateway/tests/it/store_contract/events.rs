//! Events on a login.

use std::time::Duration;

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use saoma_gateway::store::{Applied, Opening, Proof, Store, Transition};
use saoma_protocol::{Event, Login, LoginState, Outcome, Refusal, ScanCode, StateName};
use tokio::task::JoinSet;

use super::{
    Subject, cancel, changed, confirm, digest, id, new_login, on_each_store, opened, person,
    reject, renew, scan, transition,
};

on_each_store!(
    a_login_reads_back_as_it_was_opened,
    a_user_code_leads_to_its_login,
    a_taken_user_code_is_told,
    of_many_scans_at_once_one_wins,
    a_proof_must_hold,
    time_limits_are_kept,
    any_order_of_events_ends_as_the_state_machine_says,
    what_is_not_there_is_unknown,
);

async fn a_login_reads_back_as_it_was_opened(subject: Subject) {
    let store = subject.store;
    let login = opened(&*store, 1).await;
    let record = store.read(login.id).await.unwrap().unwrap();
    assert_eq!(record.request, login.request);
    assert_eq!(
        (record.login.state, record.login.seq),
        (LoginState::Waiting, 1)
    );
    assert_eq!(
        record.opened_at.until(record.login.expires_at),
        login.code_lifetime
    );
    assert_eq!(
        record.opened_at.until(record.closes_at),
        login.waiting_lifetime
    );
}

async fn a_user_code_leads_to_its_login(subject: Subject) {
    let store = subject.store;
    let login = opened(&*store, 1).await;
    assert_eq!(
        store.find_by_user_code(login.user_code).await.unwrap(),
        Some(login.id)
    );
    assert_eq!(
        store
            .find_by_user_code(new_login(2).user_code)
            .await
            .unwrap(),
        None
    );
    changed(&*store, login.id, &renew(login.id, 9)).await;
    let scan_by_code = |code| Transition {
        proof: Proof::UserCode(code),
        ..scan("p")
    };
    let old = store
        .apply(login.id, &scan_by_code(login.user_code))
        .await
        .unwrap();
    assert_eq!(
        old,
        Applied::Unknown,
        "the old code proves nothing any more"
    );
    let new = saoma_protocol::UserCode::from_random([9; 8]);
    assert_eq!(store.find_by_user_code(new).await.unwrap(), Some(login.id));
    changed(&*store, login.id, &scan_by_code(new)).await;
}

async fn a_taken_user_code_is_told(subject: Subject) {
    let store = subject.store;
    let first = opened(&*store, 1).await;
    let mut second = new_login(2);
    second.user_code = first.user_code;
    assert_eq!(store.open(&second).await.unwrap(), Opening::UserCodeTaken);
    second.user_code = new_login(2).user_code;
    assert!(matches!(
        store.open(&second).await.unwrap(),
        Opening::Opened { .. }
    ));
    assert_eq!(
        store.find_by_user_code(first.user_code).await.unwrap(),
        Some(first.id)
    );
}

/// Threat T5.
async fn of_many_scans_at_once_one_wins(subject: Subject) {
    let store = subject.store;
    let login = opened(&*store, 1).await;
    let mut scans = JoinSet::new();
    for number in 0..100 {
        let (store, id) = (store.clone(), login.id);
        scans.spawn(async move { store.apply(id, &scan(&format!("p{number}"))).await.unwrap() });
    }
    let answers = scans.join_all().await;
    assert_eq!(
        answers
            .iter()
            .filter(|answer| matches!(answer, Applied::Changed(_)))
            .count(),
        1
    );
    assert_eq!(
        answers
            .iter()
            .filter(|answer| **answer == Applied::Refused(Refusal::AnotherPerson))
            .count(),
        99
    );
}

async fn a_proof_must_hold(subject: Subject) {
    let store = subject.store;
    let login = opened(&*store, 1).await;
    let with = |proof| Transition { proof, ..scan("p") };
    for wrong in [
        Proof::ScanCode(ScanCode::from_random(login.id, [2; 5])),
        Proof::UserCode(new_login(2).user_code),
        Proof::ReceiveKey(digest("another key")),
        Proof::Seq(2),
    ] {
        assert_eq!(
            store.apply(login.id, &with(wrong)).await.unwrap(),
            Applied::Unknown,
            "{wrong:?}"
        );
    }
    changed(&*store, login.id, &with(Proof::ScanCode(login.scan_code))).await;
    let wrong = with(Proof::ScanCode(ScanCode::from_random(login.id, [2; 5])));
    assert!(
        matches!(
            store.apply(login.id, &wrong).await.unwrap(),
            Applied::Repeated(_)
        ),
        "a repeat needs no proof"
    );
    changed(
        &*store,
        login.id,
        &Transition {
            proof: Proof::ReceiveKey(digest("key")),
            ..cancel()
        },
    )
    .await;
}

async fn time_limits_are_kept(subject: Subject) {
    let store = subject.store;
    let mut login = new_login(1);
    login.code_lifetime = Duration::from_millis(40);
    store.open(&login).await.unwrap();
    let expire = transition(Event::Expire, saoma_gateway::store::Change::Expired);
    let early = store.apply(login.id, &expire).await.unwrap();
    assert_eq!(early, Applied::Refused(Refusal::TooEarly));
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(
        store.apply(login.id, &scan("p")).await.unwrap(),
        Applied::Refused(Refusal::TooLate)
    );
    changed(&*store, login.id, &expire).await;
    let late = store.apply(login.id, &scan("p")).await.unwrap();
    assert_eq!(late, Applied::Refused(Refusal::State(StateName::Expired)));
}

/// The rules stand once, in the protocol crate; a store that has them as a script must not read them differently.
async fn any_order_of_events_ends_as_the_state_machine_says(subject: Subject) {
    let store = subject.store;
    let mut runner = TestRunner::deterministic();
    let orders = proptest::collection::vec(0..8_u8, 1..12);
    for number in 0..60 {
        let order = orders.new_tree(&mut runner).unwrap().current();
        follow(&*store, number, &order).await;
    }
}

async fn follow(store: &dyn Store, number: u8, order: &[u8]) {
    let login = opened(store, number).await;
    let mut model = store.read(login.id).await.unwrap().unwrap().login;
    for (step, event) in order.iter().enumerate() {
        let transition = match event {
            0 => renew(login.id, u8::try_from(100 + step).unwrap()),
            1 => scan("p"),
            2 => scan("q"),
            3 => confirm("p", "personal", "code"),
            4 => confirm("p", "unit", "code"),
            5 => confirm("q", "personal", "code"),
            6 => reject("p"),
            _ => cancel(),
        };
        let record = store.read(login.id).await.unwrap().unwrap();
        let expected = model.apply(&transition.event, record.now);
        let answer = store.apply(login.id, &transition).await.unwrap();
        match (expected, answer) {
            (Ok(Outcome::Changed { state, seq }), Applied::Changed(instants)) => {
                model = Login {
                    state,
                    seq,
                    expires_at: instants.expires_at,
                };
            }
            (Ok(Outcome::Repeated), Applied::Repeated(instants)) => {
                assert_eq!(instants.expires_at, model.expires_at)
            }
            (Err(refusal), Applied::Refused(told)) => assert_eq!(refusal, told),
            (expected, answer) => panic!(
                "{:?} in {:?}: {expected:?}, but {answer:?}",
                transition.event, model.state
            ),
        }
        assert_eq!(
            store.read(login.id).await.unwrap().unwrap().login,
            model,
            "after {:?}",
            transition.event
        );
    }
}

async fn what_is_not_there_is_unknown(subject: Subject) {
    let store = subject.store;
    assert_eq!(store.read(id(1)).await.unwrap(), None);
    assert_eq!(
        store.apply(id(1), &scan("p")).await.unwrap(),
        Applied::Unknown
    );
    assert!(store.changes_after(&[(id(1), 0)]).await.unwrap().is_empty());
    assert!(store.grant(id(1), digest("code")).await.unwrap().is_none());
    store.count_failed_redemption(id(1)).await.unwrap();
    assert_eq!(
        store.read(id(1)).await.unwrap(),
        None,
        "nothing has come into being"
    );
    assert_eq!(person("p").as_str(), "p");
}
