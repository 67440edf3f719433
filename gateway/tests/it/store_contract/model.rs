//! Model of the login in [`super::interleavings`]: the pure state machine and the data that a store
//! adds.

use saoma_gateway::store::{
    Applied, Change, InboxEvent, NewLogin, Precondition, Redeemed, StoredChange,
};
use saoma_protocol::{Event, Login, LoginId, LoginState, Outcome, Timestamp};

use super::{StoreEvent, digest};

/// A client that presents a code, proved by its secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Presenter {
    /// The code's own client, with the verifier.
    Owner,
    /// The code's own client, with a wrong verifier.
    OwnerWithoutVerifier,
    /// Another client, with a wrong verifier.
    AnotherClient,
}

/// Wrong tries that end a code.
const TRIES: u32 = 3;

/// Expected contents of a store after the same operations.
#[derive(Debug)]
pub(super) struct Model {
    pub(super) id: LoginId,
    pub(super) login: Login,
    /// Changes that a resuming browser can still receive.
    pub(super) kept: Vec<(u32, Change)>,
    /// Events delivered to each node.
    pub(super) delivered: [Vec<Delivery>; super::interleavings::NODES],
    /// Node that holds the browser, and the number of its attachments.
    pub(super) node: usize,
    pub(super) attachments: u64,
    /// Code of the accepted confirm.
    pub(super) code: Option<String>,
    /// Valid access token.
    pub(super) token: Option<String>,
    tries: u32,
    redeemed: u32,
}

/// An event delivered to a node, without its timestamps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Delivery {
    Changed(u32, Change),
    Superseded(u64),
}

impl Delivery {
    pub(super) fn of(event: InboxEvent) -> Option<(LoginId, Self)> {
        match event {
            InboxEvent::Changed { login_id, change } => {
                Some((login_id, Self::Changed(change.seq, change.change)))
            }
            InboxEvent::Superseded { login_id, number } => {
                Some((login_id, Self::Superseded(number)))
            }
            InboxEvent::Listening => None,
        }
    }
}

impl Model {
    pub(super) fn opened(id: LoginId, login: Login) -> Self {
        Self {
            id,
            login,
            kept: Vec::new(),
            delivered: Default::default(),
            node: 0,
            attachments: 1,
            code: None,
            token: None,
            tries: 0,
            redeemed: 0,
        }
    }

    /// Applies an event and checks the store's answer. `proved` is true if the proof held, `code`
    /// is that of a confirm.
    pub(super) fn applied(
        &mut self,
        event: &StoreEvent,
        first: &NewLogin,
        proved: bool,
        code: &str,
        now: Timestamp,
        said: &Applied,
    ) {
        let before = self.login.clone();
        if !proved && event.precondition().is_proof() {
            assert_eq!(*said, Applied::Unknown, "no state is told before the proof");
            return;
        }
        match (self.login.apply(&event.event(&first.agreement), now), said) {
            (Ok(Outcome::Changed { .. }), Applied::Unknown) => assert!(!proved, "the proof held"),
            (Ok(Outcome::Changed { state, seq }), Applied::Changed(instants)) => {
                assert!(proved, "the proof did not hold");
                self.login = Login {
                    state,
                    seq,
                    expires_at: instants.expires_at,
                };
                if event.keeps_the_time_limit() {
                    assert_eq!(self.login.expires_at, before.expires_at);
                }
                self.changed(&event.change(&first.request, &first.agreement));
                if matches!(event, StoreEvent::Confirm(_)) {
                    self.code = Some(code.to_owned());
                }
            }
            (Ok(Outcome::Repeated), Applied::Repeated(instants)) => {
                assert_eq!(
                    instants.expires_at, self.login.expires_at,
                    "the first answer holds"
                );
            }
            (Err(refusal), Applied::Refused(told)) => assert_eq!(refusal, *told),
            (expected, said) => panic!(
                "{:?} in {before:?}: {expected:?}, but the store: {said:?}",
                event.event(&first.agreement)
            ),
        }
        self.follows(&before);
    }

    pub(super) fn attached(&mut self, node: usize) {
        self.attachments += 1;
        if node != self.node {
            self.delivered[self.node].push(Delivery::Superseded(self.attachments));
        }
        self.node = node;
    }

    /// Applies a redemption and checks the store's answer.
    pub(super) fn redeemed(
        &mut self,
        (code, token, presenter): (&str, &str, Presenter),
        now: Timestamp,
        said: Redeemed,
    ) {
        let before = self.login.clone();
        let grant = match &said {
            Redeemed::Granted(grant) => Some(grant.clone()),
            _ => None,
        };
        let expected = if self.code.as_deref() != Some(code) {
            Redeemed::Invalid
        } else if matches!(self.login.state, LoginState::Redeemed { .. }) {
            if presenter == Presenter::AnotherClient {
                Redeemed::Mismatched
            } else {
                self.token = None;
                Redeemed::Replayed {
                    ends_session: false,
                }
            }
        } else if !self.is_good(code) {
            Redeemed::Invalid
        } else if presenter != Presenter::Owner {
            self.tries += u32::from(presenter == Presenter::OwnerWithoutVerifier);
            Redeemed::Mismatched
        } else if let Ok(Outcome::Changed { state, .. }) = self.login.apply(&Event::Redeem, now) {
            self.login.state = state;
            self.kept
                .retain(|(_, change)| !matches!(change, Change::Confirmed { .. }));
            self.redeemed += 1;
            self.token = Some(token.to_owned());
            let grant = grant.expect("a code that is good and in time redeems");
            assert_eq!(self.login.state.person(), Some(&grant.person));
            assert_eq!(self.login.state.identity(), Some(&*grant.identity.id));
            Redeemed::Granted(grant)
        } else {
            Redeemed::Invalid
        };
        assert_eq!(said, expected, "the redemption of {code} in {before:?}");
        assert!(self.redeemed <= 1, "a code redeems once");
        self.follows(&before);
    }

    /// Undoes the redemption that issued this token.
    pub(super) fn undone(&mut self, token: &str) {
        if self.token.as_deref() != Some(token) {
            return;
        }
        if let LoginState::Redeemed { person, identity } = self.login.state.clone() {
            self.login.state = LoginState::Confirmed { person, identity };
            self.token = None;
            self.redeemed -= 1;
        }
    }

    /// Returns true if the code belongs to the login and has tries left.
    pub(super) fn is_good(&self, code: &str) -> bool {
        self.code.as_deref() == Some(code) && self.tries < TRIES
    }

    pub(super) fn kept_after(&self, seq: u32) -> Vec<(u32, Change)> {
        self.kept
            .iter()
            .filter(|(kept, _)| *kept > seq)
            .cloned()
            .collect()
    }

    /// Returns true if the precondition holds for the login now.
    pub(super) fn proves(&self, precondition: Precondition, first: &NewLogin) -> bool {
        let renewed = self.kept.iter().rev().find_map(|(_, change)| match change {
            Change::Renewed {
                scan_code,
                user_code,
            } => Some((*scan_code, *user_code)),
            _ => None,
        });
        let (scan_code, user_code) = renewed.unwrap_or((first.scan_code, first.user_code));
        match precondition {
            Precondition::None => true,
            Precondition::ScanCode(code) => code == scan_code,
            Precondition::UserCode(code) => code == user_code,
            Precondition::ReceiveKey(key) => key == digest("key"),
            Precondition::Seq(seq) => seq == self.login.seq,
        }
    }

    fn changed(&mut self, change: &Change) {
        if matches!(change, Change::Renewed { .. }) {
            self.kept
                .retain(|(_, kept)| !matches!(kept, Change::Renewed { .. }));
        }
        self.kept.push((self.login.seq, change.clone()));
        self.delivered[self.node].push(Delivery::Changed(self.login.seq, change.clone()));
    }

    /// Checks the invariants of every transition.
    fn follows(&self, before: &Login) {
        let after = &self.login;
        assert!(
            after.seq == before.seq || after.seq == before.seq + 1,
            "{before:?} to {after:?}"
        );
        if before.state.name().is_terminal() {
            assert_eq!(after, before, "terminal is terminal");
        }
        if let (Some(before), Some(after)) = (before.state.person(), after.state.person()) {
            assert_eq!(before, after, "the first scanner owns it");
        }
        let told = self.delivered.iter().flatten();
        let confirmed = told
            .filter(|told| matches!(told, Delivery::Changed(_, Change::Confirmed { .. })))
            .count();
        assert!(confirmed <= 1, "confirmed once");
    }
}

/// Changes without their timestamps.
pub(super) fn without_instants(changes: &[StoredChange]) -> Vec<(u32, Change)> {
    changes
        .iter()
        .map(|stored| (stored.seq, stored.change.clone()))
        .collect()
}
