//! The login as a state machine: pure, with time as an argument.
//!
//! The rules stand once, in [`EventKind::guard`]. [`Login::apply`] follows them here; a store that must decide inside
//! its own transaction takes the same guard as data and only compares and sets.

use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

/// A person's id at the app's backend: the `sub` of its answer (RFC 7662 §2.2).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PersonId(String);

impl PersonId {
    /// Creates an id from a `sub`.
    pub fn new(sub: impl Into<String>) -> Self {
        Self(sub.into())
    }

    /// Returns the `sub`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The state of a login. Each state holds its own data, so that a confirmed login always has an owner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LoginState {
    /// The code is shown.
    Waiting,
    /// A person has scanned it and owns it from here.
    Scanned {
        /// The owner.
        person: PersonId,
    },
    /// The owner has confirmed; the relying party may redeem.
    Confirmed {
        /// The owner.
        person: PersonId,
        /// The id of the chosen identity.
        identity: String,
    },
    /// The owner said no, or may not log in.
    Rejected {
        /// The owner.
        person: PersonId,
    },
    /// The browser gave up.
    Cancelled,
    /// Time ran out.
    Expired,
    /// The relying party has logged the browser in.
    Redeemed {
        /// The owner.
        person: PersonId,
        /// The id of the chosen identity.
        identity: String,
    },
}

/// A state without its data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StateName {
    /// [`LoginState::Waiting`]
    Waiting,
    /// [`LoginState::Scanned`]
    Scanned,
    /// [`LoginState::Confirmed`]
    Confirmed,
    /// [`LoginState::Rejected`]
    Rejected,
    /// [`LoginState::Cancelled`]
    Cancelled,
    /// [`LoginState::Expired`]
    Expired,
    /// [`LoginState::Redeemed`]
    Redeemed,
}

/// An event of a login.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The code is replaced.
    Renew,
    /// A phone claims the login.
    Scan {
        /// The person who scans.
        person: PersonId,
    },
    /// The owner confirms.
    Confirm {
        /// The person who confirms.
        person: PersonId,
        /// The id of the chosen identity.
        identity: String,
    },
    /// The owner declines, or the identity is refused.
    Reject {
        /// The person who declines.
        person: PersonId,
    },
    /// The browser gives up.
    Cancel,
    /// The state's time is up.
    Expire,
    /// The relying party redeems the authorization code.
    Redeem,
}

/// An event without its data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// [`Event::Renew`]
    Renew,
    /// [`Event::Scan`]
    Scan,
    /// [`Event::Confirm`]
    Confirm,
    /// [`Event::Reject`]
    Reject,
    /// [`Event::Cancel`]
    Cancel,
    /// [`Event::Expire`]
    Expire,
    /// [`Event::Redeem`]
    Redeem,
}

/// An event's relation to the state's time limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Due {
    /// Only before the limit.
    Before,
    /// Only from the limit on.
    After,
    /// At any time.
    Any,
}

/// The rule of one kind of event. A person, where the event has one, must be the owner, where the login has one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Guard {
    /// The states in which the event changes the login.
    pub from: &'static [StateName],
    /// The state that follows.
    pub to: StateName,
    /// The states in which the event, from the same person and with the same identity, is a repeat: it gets the
    /// first answer and changes nothing.
    pub repeats: &'static [StateName],
    /// The time at which the event is allowed.
    pub due: Due,
    /// True if the change gets a sequence number, because the browser is told about it.
    pub numbered: bool,
}

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
    /// The login belongs to another person.
    #[error("another person was first")]
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

impl EventKind {
    /// Every kind.
    pub const ALL: &'static [Self] = &[
        Self::Renew,
        Self::Scan,
        Self::Confirm,
        Self::Reject,
        Self::Cancel,
        Self::Expire,
        Self::Redeem,
    ];

    /// Returns the rule of this kind: the transition table's only copy.
    pub const fn guard(self) -> Guard {
        use Due::{After, Any, Before};
        use StateName::{Cancelled, Confirmed, Expired, Redeemed, Rejected, Scanned, Waiting};
        type States = &'static [StateName];
        let (from, to, repeats, due): (States, _, States, _) = match self {
            Self::Renew => (&[Waiting], Waiting, &[], Any),
            Self::Scan => (&[Waiting], Scanned, &[Scanned], Before),
            Self::Confirm => (&[Scanned], Confirmed, &[Confirmed, Redeemed], Before),
            Self::Reject => (&[Scanned], Rejected, &[Rejected], Before),
            Self::Cancel => (&[Waiting, Scanned], Cancelled, &[Cancelled], Any),
            Self::Expire => (&[Waiting, Scanned], Expired, &[Expired], After),
            Self::Redeem => (&[Confirmed], Redeemed, &[], Before),
        };
        Guard {
            from,
            to,
            repeats,
            due,
            numbered: !matches!(self, Self::Redeem),
        }
    }

    /// Returns the name in logs and metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Renew => "renew",
            Self::Scan => "scan",
            Self::Confirm => "confirm",
            Self::Reject => "reject",
            Self::Cancel => "cancel",
            Self::Expire => "expire",
            Self::Redeem => "redeem",
        }
    }
}

impl Login {
    /// Returns the effect of `event` at the instant `now`.
    ///
    /// # Errors
    /// Returns an error if the login belongs to another person, if its state does not admit the event, or if the time is
    /// wrong.
    pub fn apply(&self, event: &Event, now: Timestamp) -> Result<Outcome, TransitionError> {
        let guard = event.kind().guard();
        let name = self.state.name();
        if let (Some(owner), Some(person)) = (self.state.person(), event.person())
            && owner != person
        {
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
            Event::Scan { person } => LoginState::Scanned { person },
            Event::Confirm { person, identity } => LoginState::Confirmed { person, identity },
            Event::Reject { person } => LoginState::Rejected { person },
            Event::Cancel => LoginState::Cancelled,
            Event::Expire => LoginState::Expired,
            Event::Redeem => self.state.clone().redeemed(),
        }
    }
}

impl LoginState {
    /// Returns the state without its data.
    pub const fn name(&self) -> StateName {
        match self {
            Self::Waiting => StateName::Waiting,
            Self::Scanned { .. } => StateName::Scanned,
            Self::Confirmed { .. } => StateName::Confirmed,
            Self::Rejected { .. } => StateName::Rejected,
            Self::Cancelled => StateName::Cancelled,
            Self::Expired => StateName::Expired,
            Self::Redeemed { .. } => StateName::Redeemed,
        }
    }

    /// Returns the owner, once there is one.
    pub const fn person(&self) -> Option<&PersonId> {
        match self {
            Self::Scanned { person }
            | Self::Confirmed { person, .. }
            | Self::Rejected { person }
            | Self::Redeemed { person, .. } => Some(person),
            Self::Waiting | Self::Cancelled | Self::Expired => None,
        }
    }

    /// Returns the id of the chosen identity.
    pub fn identity(&self) -> Option<&str> {
        match self {
            Self::Confirmed { identity, .. } | Self::Redeemed { identity, .. } => Some(identity),
            _ => None,
        }
    }

    fn redeemed(self) -> Self {
        match self {
            Self::Confirmed { person, identity } => Self::Redeemed { person, identity },
            other => other,
        }
    }
}

impl StateName {
    /// Every state.
    pub const ALL: &'static [Self] = &[
        Self::Waiting,
        Self::Scanned,
        Self::Confirmed,
        Self::Rejected,
        Self::Cancelled,
        Self::Expired,
        Self::Redeemed,
    ];

    /// Returns the name in the store, in logs and in metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Scanned => "scanned",
            Self::Confirmed => "confirmed",
            Self::Rejected => "rejected",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
            Self::Redeemed => "redeemed",
        }
    }

    /// Returns true if the browser knows the result and has nothing left to wait for.
    pub const fn is_settled(self) -> bool {
        !matches!(self, Self::Waiting | Self::Scanned)
    }

    /// Returns true if no other state can follow.
    pub const fn is_terminal(self) -> bool {
        self.is_settled() && !matches!(self, Self::Confirmed)
    }
}

impl Event {
    /// Returns the event without its data.
    pub const fn kind(&self) -> EventKind {
        match self {
            Self::Renew => EventKind::Renew,
            Self::Scan { .. } => EventKind::Scan,
            Self::Confirm { .. } => EventKind::Confirm,
            Self::Reject { .. } => EventKind::Reject,
            Self::Cancel => EventKind::Cancel,
            Self::Expire => EventKind::Expire,
            Self::Redeem => EventKind::Redeem,
        }
    }

    /// Returns the person who caused the event.
    pub const fn person(&self) -> Option<&PersonId> {
        match self {
            Self::Scan { person } | Self::Confirm { person, .. } | Self::Reject { person } => {
                Some(person)
            }
            Self::Renew | Self::Cancel | Self::Expire | Self::Redeem => None,
        }
    }

    /// Returns the id of the identity that the event chooses.
    pub fn identity(&self) -> Option<&str> {
        match self {
            Self::Confirm { identity, .. } => Some(identity),
            _ => None,
        }
    }

    fn identity_agrees(&self, chosen: Option<&str>) -> bool {
        self.identity().is_none() || self.identity() == chosen
    }
}
