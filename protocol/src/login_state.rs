//! States of a login.

use serde::{Deserialize, Serialize};

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
    /// A person new to the browser has scanned it and owns it from here. The browser names the person and must agree
    /// before anything goes on.
    Asked {
        /// The owner.
        person: PersonId,
    },
    /// A person has scanned it and owns it from here; the browser knows the person, or has agreed.
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
    Cancelled {
        /// The owner, if a person had scanned it.
        person: Option<PersonId>,
    },
    /// Time ran out.
    Expired {
        /// The owner, if a person had scanned it.
        person: Option<PersonId>,
    },
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
    /// [`LoginState::Asked`]
    Asked,
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

impl LoginState {
    /// Returns the state without its data.
    pub const fn name(&self) -> StateName {
        match self {
            Self::Waiting => StateName::Waiting,
            Self::Asked { .. } => StateName::Asked,
            Self::Scanned { .. } => StateName::Scanned,
            Self::Confirmed { .. } => StateName::Confirmed,
            Self::Rejected { .. } => StateName::Rejected,
            Self::Cancelled { .. } => StateName::Cancelled,
            Self::Expired { .. } => StateName::Expired,
            Self::Redeemed { .. } => StateName::Redeemed,
        }
    }

    /// Returns the owner, once there is one.
    pub const fn person(&self) -> Option<&PersonId> {
        match self {
            Self::Asked { person }
            | Self::Scanned { person }
            | Self::Confirmed { person, .. }
            | Self::Rejected { person }
            | Self::Redeemed { person, .. } => Some(person),
            Self::Cancelled { person } | Self::Expired { person } => person.as_ref(),
            Self::Waiting => None,
        }
    }

    /// Returns the id of the chosen identity.
    pub fn identity(&self) -> Option<&str> {
        match self {
            Self::Confirmed { identity, .. } | Self::Redeemed { identity, .. } => Some(identity),
            _ => None,
        }
    }

    pub(crate) fn agreed(self) -> Self {
        match self {
            Self::Asked { person } => Self::Scanned { person },
            other => other,
        }
    }

    pub(crate) fn redeemed(self) -> Self {
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
        Self::Asked,
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
            Self::Asked => "asked",
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
        !matches!(self, Self::Waiting | Self::Asked | Self::Scanned)
    }

    /// Returns true if no other state can follow.
    pub const fn is_terminal(self) -> bool {
        self.is_settled() && !matches!(self, Self::Confirmed)
    }
}
