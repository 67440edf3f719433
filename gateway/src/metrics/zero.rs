//! Series at zero from the start: a series that begins with its first event hides that event from `rate()` (row K6).

use saoma_protocol::{CloseCode, ErrorCode, EventKind};

use super::{
    ChangeLabels, CloseLabels, CodeMisuse, GONE, LimitLabels, LogoutDelivery, Metrics,
    MisuseLabels, PushLabels, PushSource, ReasonLabels, RefusalLabels, ReloadResult, ResultLabels,
    Transport, TransportLabels,
};
use crate::jose::RefusalReason;
use crate::limits::LimitName;
use crate::metrics::AdmissionRefusal;
use crate::store::EndReason;

/// Steps at which requests are refused.
pub(super) const STEPS: [&str; 12] = [
    "upgrade",
    "open",
    "follow",
    "scan",
    "confirm",
    "reject",
    "sessions",
    "end_session",
    "sign_on",
    "session",
    "logout",
    "backend_logout",
];

impl Metrics {
    /// Creates the series of all label sets: each label has few values, which are known.
    pub(super) fn begin_at_zero(&self) {
        for transport in Transport::ALL.map(Transport::as_str) {
            let labels = TransportLabels { transport };
            drop(self.logins_opened.get_or_create(&labels));
            drop(self.attachments.get_or_create(&labels));
        }
        for event in EventKind::ALL {
            let event = event.as_str();
            drop(self.login_changes.get_or_create(&ChangeLabels { event }));
        }
        for source in PushSource::ALL.map(PushSource::as_str) {
            drop(self.pushes.get_or_create(&PushLabels { source }));
        }
        for code in CloseCode::ALL.iter().map(|code| code.name()).chain([GONE]) {
            drop(self.socket_closes.get_or_create(&CloseLabels { code }));
        }
        for step in STEPS {
            for error in ErrorCode::ALL.iter().map(|error| error.as_str()) {
                drop(self.refusals.get_or_create(&RefusalLabels { step, error }));
            }
        }
        for limit in LimitName::ALL.iter().map(|limit| limit.as_str()) {
            let labels = LimitLabels { limit };
            drop(self.limited.get_or_create(&labels));
            drop(self.limits_remembered.get_or_create(&labels));
        }
        for misuse in CodeMisuse::ALL.map(CodeMisuse::as_str) {
            drop(self.misused_codes.get_or_create(&MisuseLabels { misuse }));
        }
        for reason in EndReason::ALL.map(EndReason::as_str) {
            drop(self.sessions_ended.get_or_create(&ReasonLabels { reason }));
        }
        for result in LogoutDelivery::ALL.map(LogoutDelivery::as_str) {
            let labels = ResultLabels { result };
            drop(self.logout_deliveries.get_or_create(&labels));
        }
        for result in ReloadResult::ALL.map(ReloadResult::as_str) {
            drop(self.reloads.get_or_create(&ResultLabels { result }));
        }
        for reason in AdmissionRefusal::ALL.map(AdmissionRefusal::as_str) {
            let labels = ReasonLabels { reason };
            drop(self.admission_refusals.get_or_create(&labels));
        }
        for reason in RefusalReason::ALL.iter().map(|reason| reason.as_str()) {
            let labels = ReasonLabels { reason };
            drop(self.app_tokens_refused.get_or_create(&labels));
        }
    }
}
