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
    let what = prop_oneof![Just("personal".to_owned()), Just("unit".to_owned())];
    prop_oneof![
        Just(Event::Renew),
        who.clone().prop_map(|person| Event::Scan { person }),
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
