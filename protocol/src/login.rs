//! The login as a state machine: pure, with time as an argument.
//!
//! The rules stand once, in [`EventKind::guard`](crate::EventKind::guard). [`Login::apply`] follows them here; a store that
//! must decide inside its own transaction takes the same guard as data and only compares and sets.

use crate::login_event::{Due, Event};
use crate::login_state::{LoginState, StateName};
use crate::time::Timestamp;

/// The process of logging one browser in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Login {
    /// The state.
    pub state: LoginState,
    /// The number of its newest change; 1 when it is opened.
    pub seq: u32,
    /// The state's time limit.
    pub expires_at: Timestamp,
}

/// The effect of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The state and sequence number that follow; their time limit is the caller's to set.
    Changed {
        /// The new state.
        state: LoginState,
        /// Its sequence number.
        seq: u32,
    },
    /// A repeat: nothing changed, and the first answer holds.
    Repeated,
}

/// An event does not apply to a login.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum TransitionError {
    /// The login belongs to another person, or to no person yet.
    #[error("the login is not this person's")]
    AnotherPerson,
    /// The state does not admit the event.
    #[error("the login is {}", .0.as_str())]
    State(StateName),
    /// The state's time is up.
    #[error("the login's time is up")]
    TooLate,
    /// The state's time is not up yet.
    #[error("the login still has time")]
    TooEarly,
}

impl Login {
    /// Returns the effect of `event` at the instant `now`.
    ///
    /// # Errors
    /// Returns an error if the login is not the person's, if its state does not admit the event, or if the time is wrong.
    pub fn apply(&self, event: &Event, now: Timestamp) -> Result<Outcome, TransitionError> {
        let guard = event.kind().guard();
        let name = self.state.name();
        // Compared before the state, which is not for strangers (row A11).
        let is_stranger = match (self.state.person(), event.person()) {
            (Some(owner), Some(person)) => owner != person,
            (None, Some(_)) => !matches!(event, Event::Scan { .. }),
            (_, None) => false,
        };
        if is_stranger {
            return Err(TransitionError::AnotherPerson);
        }
        if guard.repeats.contains(&name) && event.identity_agrees(self.state.identity()) {
            return Ok(Outcome::Repeated);
        }
        if !guard.from.contains(&name) {
            return Err(TransitionError::State(name));
        }
        match guard.due {
            Due::Before if now >= self.expires_at => return Err(TransitionError::TooLate),
            Due::After if now < self.expires_at => return Err(TransitionError::TooEarly),
            _ => {}
        }
        let seq = if guard.numbered {
            self.seq + 1
        } else {
            self.seq
        };
        Ok(Outcome::Changed {
            state: self.next_state(event),
            seq,
        })
    }

    fn next_state(&self, event: &Event) -> LoginState {
        match event.clone() {
            Event::Renew => LoginState::Waiting,
            Event::Scan { person, asks: true } => LoginState::Asked { person },
            Event::Scan { person, .. } => LoginState::Scanned { person },
            Event::Agree => self.state.clone().agreed(),
            Event::Confirm { person, identity } => LoginState::Confirmed { person, identity },
            Event::Reject { person } => LoginState::Rejected { person },
            Event::Cancel => LoginState::Cancelled {
                person: self.state.person().cloned(),
            },
            Event::Expire => LoginState::Expired {
                person: self.state.person().cloned(),
            },
            Event::Redeem => self.state.clone().redeemed(),
        }
    }
}
