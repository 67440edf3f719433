//! Events of a login, and the rule of each.

use serde::{Deserialize, Serialize};

use crate::login_state::{PersonId, StateName};

/// An event of a login.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The code is replaced.
    Renew,
    /// A phone claims the login.
    Scan {
        /// The person who scans.
        person: PersonId,
        /// True if the browser must agree first, because the person is new to it.
        asks: bool,
    },
    /// The browser agrees to be logged in as the person who scanned.
    Agree,
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
    /// [`Event::Agree`]
    Agree,
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

/// The rule of one kind of event. A person, where the event has one, must be the owner. Only a scan is admitted where the
/// login has no owner yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Guard {
    /// The states in which the event changes the login.
    pub from: &'static [StateName],
    /// The state that follows.
    pub to: StateName,
    /// The state that follows instead if the event asks for the browser's agreement.
    pub to_if_asked: Option<StateName>,
    /// The states in which the event, from the same person and with the same identity, is a repeat: it gets the
    /// first answer and changes nothing.
    pub repeats: &'static [StateName],
    /// The time at which the event is allowed.
    pub due: Due,
    /// True if the change gets a sequence number, because the browser is told about it.
    pub numbered: bool,
}

impl EventKind {
    /// Every kind.
    pub const ALL: &'static [Self] = &[
        Self::Renew,
        Self::Scan,
        Self::Agree,
        Self::Confirm,
        Self::Reject,
        Self::Cancel,
        Self::Expire,
        Self::Redeem,
    ];

    /// Returns the rule of this kind: the transition table's only copy.
    pub const fn guard(self) -> Guard {
        use Due::{After, Any, Before};
        use StateName::{
            Asked, Cancelled, Confirmed, Expired, Redeemed, Rejected, Scanned, Waiting,
        };
        type States = &'static [StateName];
        let (from, to, repeats, due): (States, _, States, _) = match self {
            Self::Renew => (&[Waiting], Waiting, &[], Any),
            Self::Scan => (&[Waiting], Scanned, &[Asked, Scanned], Before),
            Self::Agree => (&[Asked], Scanned, &[Scanned, Confirmed, Redeemed], Before),
            Self::Confirm => (&[Scanned], Confirmed, &[Confirmed, Redeemed], Before),
            Self::Reject => (&[Asked, Scanned], Rejected, &[Rejected], Before),
            Self::Cancel => (&[Waiting, Asked, Scanned], Cancelled, &[Cancelled], Any),
            Self::Expire => (&[Waiting, Asked, Scanned], Expired, &[Expired], After),
            Self::Redeem => (&[Confirmed], Redeemed, &[], Before),
        };
        Guard {
            from,
            to,
            to_if_asked: match self {
                Self::Scan => Some(Asked),
                _ => None,
            },
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
            Self::Agree => "agree",
            Self::Confirm => "confirm",
            Self::Reject => "reject",
            Self::Cancel => "cancel",
            Self::Expire => "expire",
            Self::Redeem => "redeem",
        }
    }
}

impl Event {
    /// Returns the event without its data.
    pub const fn kind(&self) -> EventKind {
        match self {
            Self::Renew => EventKind::Renew,
            Self::Scan { .. } => EventKind::Scan,
            Self::Agree => EventKind::Agree,
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
            Self::Scan { person, .. } | Self::Confirm { person, .. } | Self::Reject { person } => {
                Some(person)
            }
            Self::Renew | Self::Agree | Self::Cancel | Self::Expire | Self::Redeem => None,
        }
    }

    /// Returns the id of the identity that the event chooses.
    pub fn identity(&self) -> Option<&str> {
        match self {
            Self::Confirm { identity, .. } => Some(identity),
            _ => None,
        }
    }

    pub(crate) fn identity_agrees(&self, chosen: Option<&str>) -> bool {
        self.identity().is_none() || self.identity() == chosen
    }
}
