//! Events on a login.

use std::time::Duration;

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use saoma_gateway::store::{
    Agreement, Applied, CodeOrigin, NewLogin, Opening, Precondition, Redeemed, Store,
};
use saoma_protocol::{Login, LoginState, Outcome, ScanCode, StateName, TransitionError};
use tokio::task::JoinSet;

use super::{
    Subject, agree, apply, cancel, changed, confirm, digest, expire, id, knowing, new_login,
    on_each_store, open, opened, person, redemption, reject, renew, scan, uncounted,
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
    let scan_by_code = |code| scan("p").under(Precondition::UserCode(code));
    let old = apply(&*store, login.id, &scan_by_code(login.user_code)).await;
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
    assert_eq!(open(&*store, &second).await, Opening::UserCodeTaken);
    second.user_code = new_login(2).user_code;
    assert!(matches!(
        open(&*store, &second).await,
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
        scans.spawn(async move { apply(&*store, id, &scan(&format!("p{number}"))).await });
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
            .filter(|answer| **answer == Applied::Refused(TransitionError::AnotherPerson))
            .count(),
        99
    );
}

async fn a_proof_must_hold(subject: Subject) {
    let store = subject.store;
    let login = opened(&*store, 1).await;
    let with = |precondition| scan("p").under(precondition);
    for wrong in [
        Precondition::ScanCode(ScanCode::from_random(login.id, [2; 5])),
        Precondition::UserCode(new_login(2).user_code),
        Precondition::ReceiveKey(digest("another key")),
        Precondition::Seq(2),
    ] {
        assert_eq!(
            apply(&*store, login.id, &with(wrong)).await,
            Applied::Unknown,
            "{wrong:?}"
        );
    }
    changed(
        &*store,
        login.id,
        &with(Precondition::ScanCode(login.scan_code)),
    )
    .await;
    let wrong = with(Precondition::ScanCode(ScanCode::from_random(
        login.id, [2; 5],
    )));
    assert_eq!(
        apply(&*store, login.id, &wrong).await,
        Applied::Unknown,
        "a repeat needs the proof too"
    );
    let cancel_with = |key| cancel().under(Precondition::ReceiveKey(digest(key)));
    let wrong = cancel_with("another key");
    assert_eq!(
        apply(&*store, login.id, &wrong).await,
        Applied::Unknown,
        "while scanned"
    );
    changed(&*store, login.id, &cancel_with("key")).await;
    assert_eq!(
        apply(&*store, login.id, &wrong).await,
        Applied::Unknown,
        "once cancelled"
    );
    assert!(matches!(
        apply(&*store, login.id, &cancel_with("key")).await,
        Applied::Repeated(_)
    ));
}

async fn time_limits_are_kept(subject: Subject) {
    let store = subject.store;
    let mut login = new_login(1);
    login.code_lifetime = Duration::from_millis(40);
    open(&*store, &login).await;
    let expire = expire();
    let early = apply(&*store, login.id, &expire).await;
    assert_eq!(early, Applied::Refused(TransitionError::TooEarly));
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(
        apply(&*store, login.id, &scan("p")).await,
        Applied::Refused(TransitionError::TooLate)
    );
    changed(&*store, login.id, &expire).await;
    let late = apply(&*store, login.id, &scan("p")).await;
    assert_eq!(
        late,
        Applied::Refused(TransitionError::State(StateName::Expired))
    );
}

/// The protocol crate defines the rules. A store that implements them as a script must agree with
/// it.
async fn any_order_of_events_ends_as_the_state_machine_says(subject: Subject) {
    let store = subject.store;
    let mut runner = TestRunner::deterministic();
    let orders = proptest::collection::vec(0..9_u8, 1..12);
    for number in 0..60 {
        let order = orders.new_tree(&mut runner).unwrap().current();
        follow(&*store, number, &order).await;
    }
}

async fn follow(store: &dyn Store, number: u8, order: &[u8]) {
    let login = NewLogin {
        agreement: [Agreement::Off, knowing(&[]), knowing(&["q"])][usize::from(number % 3)].clone(),
        ..new_login(number)
    };
    assert!(matches!(open(store, &login).await, Opening::Opened { .. }));
    let mut model = store.read(login.id).await.unwrap().unwrap().login;
    for (step, number) in order.iter().enumerate() {
        let event = match number {
            0 => renew(login.id, u8::try_from(100 + step).unwrap()),
            1 => scan("p"),
            2 => scan("q"),
            3 => confirm("p", "personal", "code"),
            4 => confirm("p", "unit", "code"),
            5 => confirm("q", "personal", "code"),
            6 => reject("p"),
            7 => agree(),
            _ => cancel(),
        };
        let record = store.read(login.id).await.unwrap().unwrap();
        let applied = event.event(&login.agreement);
        let expected = model.apply(&applied, record.now);
        let answer = apply(store, login.id, &event).await;
        match (expected, answer) {
            (Ok(Outcome::Changed { state, seq }), Applied::Changed(instants)) => {
                model = Login {
                    state,
                    seq,
                    expires_at: instants.expires_at,
                };
            }
            (Ok(Outcome::Repeated), Applied::Repeated(instants)) => {
                assert_eq!(instants.expires_at, model.expires_at);
            }
            (Err(refusal), Applied::Refused(told)) => assert_eq!(refusal, told),
            (expected, answer) => panic!(
                "{applied:?} in {:?}: {expected:?}, but {answer:?}",
                model.state
            ),
        }
        assert_eq!(
            store.read(login.id).await.unwrap().unwrap().login,
            model,
            "after {applied:?}"
        );
    }
}

async fn what_is_not_there_is_unknown(subject: Subject) {
    let store = subject.store;
    assert_eq!(store.read(id(1)).await.unwrap(), None);
    assert_eq!(apply(&*store, id(1), &scan("p")).await, Applied::Unknown);
    assert!(store.changes_after(&[(id(1), 0)]).await.unwrap().is_empty());
    let redeemed = store.redeem(&[], id(1), &redemption("code", "token")).await;
    assert_eq!(uncounted(redeemed.unwrap()), Redeemed::Invalid);
    let undone = store
        .undo_redemption(id(1), CodeOrigin::Login, digest("token"))
        .await;
    undone.unwrap();
    assert_eq!(store.access(id(1), digest("token")).await.unwrap(), None);
    assert_eq!(
        store.read(id(1)).await.unwrap(),
        None,
        "nothing has come into being"
    );
    assert_eq!(person("p").as_str(), "p");
}
