//! Counts of what a node refuses before it asks the store.

use prometheus_client::encoding::EncodeLabelSet;

use super::{CodeMisuse, LimitLabels, Metrics, MisuseLabels};
use crate::limits::LimitName;
use crate::store::EndReason;

/// Reason why a node did not admit a browser or a login.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AdmissionRefusal {
    /// The node is about to end.
    Draining,
    /// New browsers come too fast.
    Pace,
    /// The node has its maximum of browsers.
    Full,
    /// The node has its maximum of logins without a browser.
    Logins,
    /// A network has its maximum of browsers.
    Network,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct ReasonLabels {
    pub(super) reason: &'static str,
}

impl AdmissionRefusal {
    pub(super) const ALL: [Self; 5] = [
        Self::Draining,
        Self::Pace,
        Self::Full,
        Self::Logins,
        Self::Network,
    ];

    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Draining => "draining",
            Self::Pace => "pace",
            Self::Full => "full",
            Self::Logins => "logins",
            Self::Network => "network",
        }
    }
}

impl Metrics {
    /// An attempt met a refusal of the store that still lasts.
    pub(crate) fn limit_remembered(&self, limit: LimitName) {
        self.limits_remembered
            .get_or_create(&LimitLabels {
                limit: limit.as_str(),
            })
            .inc();
    }

    /// A right code was presented in a wrong way.
    pub(crate) fn code_misused(&self, misuse: CodeMisuse) {
        self.misused_codes
            .get_or_create(&MisuseLabels {
                misuse: misuse.as_str(),
            })
            .inc();
    }

    /// A session at the provider has ended before its time.
    pub(crate) fn session_ended(&self, reason: EndReason) {
        let reason = reason.as_str();
        self.sessions_ended
            .get_or_create(&ReasonLabels { reason })
            .inc();
    }

    /// A browser or a login was not admitted.
    pub(crate) fn not_admitted(&self, reason: AdmissionRefusal) {
        self.admission_refusals
            .get_or_create(&ReasonLabels {
                reason: reason.as_str(),
            })
            .inc();
    }

    /// So many logins wait without a browser.
    pub(crate) fn unattended(&self, logins: usize) {
        self.logins_unattended
            .set(i64::try_from(logins).unwrap_or(i64::MAX));
    }
}
