//! The login's state machine, under any events in any order.

use proptest::prelude::*;
use saoma_protocol::{
    Event, EventKind, Login, LoginState, Outcome, PersonId, StateName, Timestamp, TransitionError,
};

fn person(name: &str) -> PersonId {
    PersonId::new(name)
}

fn any_event() -> impl Strategy<Value = Event> {
    let who = prop_oneof![Just("p"), Just("q")].prop_map(person);
    let scan = (who.clone(), any::<bool>());
    let what = prop_oneof![Just("personal".to_owned()), Just("unit".to_owned())];
    prop_oneof![
        Just(Event::Renew),
        scan.prop_map(|(person, asks)| Event::Scan { person, asks }),
        Just(Event::Agree),
        (who.clone(), what).prop_map(|(person, identity)| Event::Confirm { person, identity }),
        who.prop_map(|person| Event::Reject { person }),
        Just(Event::Cancel),
        Just(Event::Expire),
        Just(Event::Redeem),
    ]
}

fn waiting() -> Login {
    Login {
        state: LoginState::Waiting,
        seq: 1,
        expires_at: Timestamp::from_millis(100),
    }
}

proptest! {
    /// Threat T6.
    #[test]
    fn no_edge_leaves_a_terminal_state_and_numbers_only_grow(events in prop::collection::vec((any_event(), 0..200_u64), 0..20)) {
        let mut login = waiting();
        for (event, now) in events {
            let before = login.clone();
            if let Ok(Outcome::Changed { state, seq }) = login.apply(&event, Timestamp::from_millis(now)) {
                prop_assert!(!before.state.name().is_terminal(), "{event:?} left {:?}", before.state);
                let step = u32::from(event.kind() != EventKind::Redeem);
                prop_assert_eq!(seq, before.seq + step);
                login = Login { state, seq, expires_at: before.expires_at };
            }
        }
    }

    #[test]
    fn a_login_never_changes_its_owner(events in prop::collection::vec(any_event(), 0..20)) {
        let mut login = waiting();
        let mut owner: Option<PersonId> = None;
        for event in events {
            match login.apply(&event, Timestamp::from_millis(0)) {
                Ok(Outcome::Changed { state, seq }) => login = Login { state, seq, ..login },
                Ok(Outcome::Repeated) | Err(_) => {}
            }
            if let Some(now) = login.state.person() {
                prop_assert_eq!(owner.get_or_insert_with(|| now.clone()), now);
            }
        }
    }

    #[test]
    fn a_repeat_changes_nothing_and_is_never_refused(identity in "[a-z]{1,8}") {
        let confirm = Event::Confirm { person: person("p"), identity: identity.clone() };
        let scanned = Login { state: LoginState::Scanned { person: person("p") }, ..waiting() };
        let now = Timestamp::from_millis(0);
        let Ok(Outcome::Changed { state, seq }) = scanned.apply(&confirm, now) else { panic!("not confirmed") };
        let confirmed = Login { state, seq, ..scanned };
        prop_assert_eq!(confirmed.apply(&confirm, Timestamp::from_millis(1000)), Ok(Outcome::Repeated));
        let other = Event::Confirm { person: person("p"), identity: identity + "x" };
        prop_assert_eq!(confirmed.apply(&other, now), Err(TransitionError::State(StateName::Confirmed)));
    }
}

/// Row A11: the machine refuses a person who has not scanned a login before it looks at the login's state.
#[test]
fn a_decision_of_a_stranger_is_refused_alike_in_every_state() {
    let (p, personal) = (|| person("p"), || "personal".to_owned());
    let states = [
        LoginState::Waiting,
        LoginState::Asked { person: p() },
        LoginState::Scanned { person: p() },
        LoginState::Confirmed {
            person: p(),
            identity: personal(),
        },
        LoginState::Rejected { person: p() },
        LoginState::Cancelled { person: None },
        LoginState::Cancelled { person: Some(p()) },
        LoginState::Expired { person: None },
        LoginState::Expired { person: Some(p()) },
        LoginState::Redeemed {
            person: p(),
            identity: personal(),
        },
    ];
    assert!(StateName::ALL.iter().all(|name| {
        let named = |state: &LoginState| state.name() == *name;
        states.iter().any(named)
    }));
    let decisions = [
        Event::Confirm {
            person: person("q"),
            identity: personal(),
        },
        Event::Reject {
            person: person("q"),
        },
    ];
    for state in states {
        let login = Login { state, ..waiting() };
        for decision in &decisions {
            for now in [0, 1000] {
                let refused = login.apply(decision, Timestamp::from_millis(now));
                assert_eq!(
                    refused,
                    Err(TransitionError::AnotherPerson),
                    "{:?}",
                    login.state
                );
            }
        }
    }
}

/// The owner of a login that its browser has given up, or that ran out, is told so.
#[test]
fn an_ended_login_keeps_its_owner() {
    let owner = person("p");
    let scanned = Login {
        state: LoginState::Scanned {
            person: owner.clone(),
        },
        ..waiting()
    };
    for (event, name) in [
        (Event::Cancel, StateName::Cancelled),
        (Event::Expire, StateName::Expired),
    ] {
        let Ok(Outcome::Changed { state, seq }) =
            scanned.apply(&event, Timestamp::from_millis(100))
        else {
            panic!("{event:?}")
        };
        assert_eq!((state.name(), state.person()), (name, Some(&owner)));
        let ended = Login {
            state,
            seq,
            ..waiting()
        };
        let reject = Event::Reject {
            person: owner.clone(),
        };
        assert_eq!(
            ended.apply(&reject, Timestamp::from_millis(0)),
            Err(TransitionError::State(name))
        );
    }
}

/// Fault A16, threat T34: without the browser's agreement a person who is new to it cannot confirm.
#[test]
fn a_person_new_to_the_browser_cannot_confirm_before_it_agrees() {
    let now = Timestamp::from_millis(0);
    let follow = |login: &Login, event: &Event| match login.apply(event, now) {
        Ok(Outcome::Changed { state, seq }) => Login {
            state,
            seq,
            expires_at: login.expires_at,
        },
        other => panic!("{event:?}: {other:?}"),
    };
    let confirm = Event::Confirm {
        person: person("p"),
        identity: "personal".to_owned(),
    };
    let scan = |asks| Event::Scan {
        person: person("p"),
        asks,
    };
    let asked = follow(&waiting(), &scan(true));
    assert_eq!(
        asked.apply(&confirm, now),
        Err(TransitionError::State(StateName::Asked))
    );
    assert_eq!(asked.apply(&scan(true), now), Ok(Outcome::Repeated));
    let agreed = follow(&asked, &Event::Agree);
    assert_eq!(agreed.seq, 3);
    assert_eq!(agreed.apply(&Event::Agree, now), Ok(Outcome::Repeated));
    assert_eq!(agreed.apply(&scan(true), now), Ok(Outcome::Repeated));
    let known = follow(&waiting(), &scan(false));
    for login in [agreed, known] {
        assert_eq!(follow(&login, &confirm).state.name(), StateName::Confirmed);
    }
    let cancelled = follow(&asked, &Event::Cancel);
    assert_eq!(
        cancelled.apply(&Event::Agree, now),
        Err(TransitionError::State(StateName::Cancelled))
    );
}

/// The table in docs/protocol.md is the one in the code.
#[test]
fn the_documents_table_is_the_codes() {
    let document = include_str!("../../../docs/protocol.md");
    for kind in EventKind::ALL {
        let guard = kind.guard();
        let from = guard
            .from
            .iter()
            .map(|state| state.as_str())
            .collect::<Vec<_>>()
            .join(", ");
        let row = format!("| `{}` | {from} | {}", kind.as_str(), guard.to.as_str());
        assert!(
            document.contains(&row),
            "docs/protocol.md lacks the row {row}"
        );
    }
}
