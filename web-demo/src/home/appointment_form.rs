//! The form for appointing an agent, and the errors beside its fields.

use serde::Deserialize;

use crate::units::Affair;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct AppointmentForm {
    pub id_number: String,
    pub name: String,
    pub ends_on: String,
    registration: Option<String>,
    contributions: Option<String>,
    cards: Option<String>,
}

/// The errors beside its fields.
#[derive(Debug, Default)]
pub(super) struct AppointmentErrors {
    pub id_number: Option<String>,
    pub name: Option<String>,
    pub scope: Option<String>,
    pub ends_on: Option<String>,
}

impl AppointmentForm {
    pub(super) const fn has(&self, affair: &Affair) -> bool {
        match affair {
            Affair::Registration => self.registration.is_some(),
            Affair::Contributions => self.contributions.is_some(),
            Affair::Cards => self.cards.is_some(),
        }
    }

    /// The name of an affair's field.
    pub(super) const fn field(&self, affair: &Affair) -> &'static str {
        match affair {
            Affair::Registration => "registration",
            Affair::Contributions => "contributions",
            Affair::Cards => "cards",
        }
    }
}

impl AppointmentErrors {
    /// Returns true if a field is wrong.
    pub(super) const fn any(&self) -> bool {
        self.id_number.is_some()
            || self.name.is_some()
            || self.scope.is_some()
            || self.ends_on.is_some()
    }
}
