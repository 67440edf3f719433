//! Events that move a login to its next state.

use std::time::Duration;

use saoma_protocol::{
    CancelReason, Digest, Event, PersonId, RejectReason, ScanCode, Timestamp, TransitionError,
    UserCode,
};

use super::{Change, LoginRequest, PersonTag};

/// An extra precondition, besides the event's guard.
///
/// A proof is compared before anything else, so that a caller without it cannot tell the states of a login apart, nor a
/// login from none (threat T4). A sequence number is compared last, and a repeat of an event does not need it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Precondition {
    /// No precondition: the caller has proved itself already.
    None,
    /// The login's current scan code is this.
    ScanCode(ScanCode),
    /// The login's current user code is this.
    UserCode(UserCode),
    /// The digest of the login's receive key is this.
    ReceiveKey(Digest),
    /// The login's newest sequence number is this.
    Seq(u32),
}

impl Precondition {
    /// Returns true if the precondition proves that the caller may act on the login.
    pub const fn is_proof(self) -> bool {
        matches!(
            self,
            Self::ScanCode(_) | Self::UserCode(_) | Self::ReceiveKey(_)
        )
    }
}

/// An event that [`super::Store::apply`] applies whole, under the event's guard, or not at all.
///
/// A scan, a confirm and a redemption have verbs of their own, because they answer more or count attempts.
#[derive(Debug, Clone)]
pub enum Transition {
    /// The code is replaced.
    Renew {
        /// Extra precondition.
        precondition: Precondition,
        /// The new scan code.
        scan_code: ScanCode,
        /// The new user code.
        user_code: UserCode,
        /// Time that the new code lives.
        lifetime: Duration,
    },
    /// The login's owner declines, or the identity is refused.
    Reject {
        /// The owner.
        person: PersonId,
        /// The reason that the browser is told.
        reason: RejectReason,
    },
    /// The browser agrees to be logged in as the login's owner.
    Agree {
        /// Extra precondition.
        precondition: Precondition,
    },
    /// The browser gives up.
    Cancel {
        /// Extra precondition.
        precondition: Precondition,
        /// The browser's reason.
        reason: Option<CancelReason>,
    },
    /// The state's time is up.
    Expire {
        /// Extra precondition.
        precondition: Precondition,
    },
}

impl Transition {
    /// Returns the event for the state machine.
    pub fn event(&self) -> Event {
        match self {
            Self::Renew { .. } => Event::Renew,
            Self::Reject { person, .. } => Event::Reject {
                person: person.clone(),
            },
            Self::Agree { .. } => Event::Agree,
            Self::Cancel { .. } => Event::Cancel,
            Self::Expire { .. } => Event::Expire,
        }
    }

    /// Returns the change that the browser is told.
    pub const fn change(&self) -> Change {
        match self {
            Self::Renew {
                scan_code,
                user_code,
                ..
            } => Change::Renewed {
                scan_code: *scan_code,
                user_code: *user_code,
            },
            Self::Reject { reason, .. } => Change::Rejected { reason: *reason },
            Self::Agree { .. } => Change::Agreed,
            Self::Cancel { reason, .. } => Change::Cancelled { reason: *reason },
            Self::Expire { .. } => Change::Expired,
        }
    }

    /// Returns the extra precondition.
    pub const fn precondition(&self) -> Precondition {
        match self {
            Self::Renew { precondition, .. }
            | Self::Agree { precondition }
            | Self::Cancel { precondition, .. }
            | Self::Expire { precondition } => *precondition,
            // The guard compares the person.
            Self::Reject { .. } => Precondition::None,
        }
    }

    /// Returns the time that the next state lives, or `None` if the time limit stays as it is. An ended login has no time
    /// limit to wait for.
    pub const fn lifetime(&self) -> Option<Duration> {
        match self {
            Self::Renew { lifetime, .. } => Some(*lifetime),
            // An agreement that prolonged the time would let a browser keep a login for ever.
            Self::Agree { .. } => None,
            Self::Reject { .. } | Self::Cancel { .. } | Self::Expire { .. } => Some(Duration::ZERO),
        }
    }
}

/// An answer to [`super::Store::apply`] and [`super::Store::confirm`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Applied {
    /// The login has changed, and its browser's node has been told.
    Changed(Instants),
    /// The event had been applied before: the first answer holds.
    Repeated(Instants),
    /// The state machine refuses the event.
    Refused(TransitionError),
    /// A device's login is confirmed without a comparison of its user code: nothing has changed.
    NotCompared,
    /// The login is for one person only, with whom the one who confirms was not compared: nothing has changed.
    NotExpected,
    /// No such login, or the [`Precondition`] does not hold.
    Unknown,
}

/// A phone's claim of a login.
#[derive(Debug, Clone)]
pub struct Scan {
    /// The person who scans.
    pub person: PersonId,
    /// The person in place of the id, once for each secret of the cluster.
    pub person_tags: Vec<PersonTag>,
    /// The person's masked name, which the browser shows.
    pub masked_name: String,
    /// Extra precondition: the code that the phone has read.
    pub precondition: Precondition,
    /// Time until the person must have decided.
    pub lifetime: Duration,
    /// Requests that the person must be compared with before the claim.
    pub compare: Compare,
}

/// The requests with which a person is compared before a scan claims their login.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compare {
    /// None: the person was compared with this one.
    Done,
    /// Those that are for one person only.
    Expecting,
    /// All of them: a client may be for the persons of one source.
    All,
}

impl Compare {
    /// Returns true if this request must be compared first.
    pub const fn includes(self, request: &LoginRequest) -> bool {
        match self {
            Self::Done => false,
            Self::Expecting => request.expected_subject.is_some(),
            Self::All => true,
        }
    }
}

impl Scan {
    /// Returns the event for the state machine, for a login whose browser is asked or not.
    pub fn event(&self, asks: bool) -> Event {
        Event::Scan {
            person: self.person.clone(),
            asks,
        }
    }

    /// Returns the change that the browser is told, if it is asked or not.
    pub fn change(&self, asks: bool) -> Change {
        Change::Scanned {
            person: self.masked_name.clone(),
            agree: asks,
        }
    }
}

/// An answer to [`super::Store::scan`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scanned {
    /// The login belongs to the person who scans.
    Claimed {
        /// The browser's request, for the person to see.
        request: Box<LoginRequest>,
        /// Time at which the browser opened the login.
        opened_at: Timestamp,
        /// Clock and time limit.
        instants: Instants,
        /// The person had scanned the login before.
        repeated: bool,
        /// The browser is asked to agree, and has not yet.
        asks: bool,
    },
    /// The person must be compared with the browser's request first: nothing has changed.
    ToCompare(Box<LoginRequest>),
    /// The state machine refuses the scan.
    Refused(TransitionError),
    /// No such login, or the [`Precondition`] does not hold.
    Unknown,
}

/// The instants of an answer, by the store's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Instants {
    /// Time of the answer.
    pub now: Timestamp,
    /// Time limit of the login's state.
    pub expires_at: Timestamp,
}
