//! The standing of an account, and the services that it allows.

use serde::Deserialize;

/// The extent to which a person has proved who they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(rename_all = "snake_case")]
pub(crate) enum AccountStanding {
    /// Registered, and no more: an ID number and a name prove nothing.
    Provisional,
    /// Has also shown to hold the phone on file with the card, or the card's password.
    Verified,
}

/// The services of the hall.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Service {
    /// To register for examinations.
    Exams,
    /// To apply for administrative decisions.
    Applications,
    /// To see and change what stands in their own account.
    OwnAccount,
    /// To see what they are insured for and entitled to.
    InsuranceRecords,
    /// To see their record of employment.
    EmploymentRecords,
    /// To act on their social-security card.
    CardServices,
}

impl Service {
    /// Every one.
    pub(crate) const ALL: [Self; 6] = [
        Self::Exams,
        Self::Applications,
        Self::OwnAccount,
        Self::InsuranceRecords,
        Self::EmploymentRecords,
        Self::CardServices,
    ];
}

impl AccountStanding {
    /// Returns true if an account may be used for a service. A provisional one shows nothing of the person's, because
    /// a stranger who knows their name and number can get one.
    pub(crate) const fn allows(self, service: Service) -> bool {
        match self {
            Self::Verified => true,
            Self::Provisional => matches!(
                service,
                Service::Exams | Service::Applications | Service::OwnAccount
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Row S4.
    #[test]
    fn a_provisional_account_registers_for_exams_and_applies_and_sees_no_insurance() {
        for (service, allowed) in [
            (Service::Exams, true),
            (Service::Applications, true),
            (Service::OwnAccount, true),
            (Service::InsuranceRecords, false),
            (Service::EmploymentRecords, false),
            (Service::CardServices, false),
        ] {
            let provisional = AccountStanding::Provisional.allows(service);
            assert_eq!(provisional, allowed, "{service:?}");
            assert!(AccountStanding::Verified.allows(service), "{service:?}");
        }
    }
}
