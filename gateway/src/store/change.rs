//! Changes of a login as its browser is told of them.

use std::fmt;

use saoma_protocol::{CancelReason, RejectReason, ScanCode, Timestamp, UserCode};
use serde::{Deserialize, Serialize};

use super::KnownPerson;

/// A change, without its time limits: those are in the [`StoredChange`] around it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "change", rename_all = "snake_case")]
pub enum Change {
    /// The code was replaced.
    Renewed {
        /// The scan code in the new QR code.
        scan_code: ScanCode,
        /// The user code to type instead.
        user_code: UserCode,
    },
    /// A person has scanned.
    Scanned {
        /// The person's masked name.
        person: String,
        /// True if the browser must agree first, because the person is new to it.
        #[serde(default, skip_serializing_if = "is_false")]
        agree: bool,
    },
    /// The browser has agreed to the person.
    Agreed,
    /// The person has confirmed.
    Confirmed {
        /// The address where the browser goes. It holds the authorization code: never log it.
        redirect_to: String,
        /// The person, whom the browser will know; absent where browsers are not asked.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        known: Option<Box<KnownPerson>>,
    },
    /// The login was declined or refused.
    Rejected {
        /// The reason.
        reason: RejectReason,
    },
    /// The browser gave up.
    Cancelled {
        /// The browser's reason.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<CancelReason>,
    },
    /// Time ran out.
    Expired,
}

/// Returns true for the value that a member stands for when it is left out.
const fn is_false(value: &bool) -> bool {
    !*value
}

impl fmt::Debug for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Renewed { .. } => "Renewed",
            Self::Scanned { .. } => "Scanned",
            Self::Agreed => "Agreed",
            Self::Confirmed { .. } => "Confirmed",
            Self::Rejected { .. } => "Rejected",
            Self::Cancelled { .. } => "Cancelled",
            Self::Expired => "Expired",
        })
    }
}

/// A change with its place in the login's history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredChange {
    /// Sequence number of the change.
    pub seq: u32,
    /// Time of the change.
    pub at: Timestamp,
    /// Time limit of the state that the change led to.
    pub expires_at: Timestamp,
    /// The change.
    #[serde(flatten)]
    pub change: Change,
}
