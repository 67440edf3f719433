//! The notice on a provisional account.

use crate::accounts::{Account, AccountStanding, Service};
use crate::pages::Locale;
use crate::pages::texts::Services;

/// The services that the account has, and those that it lacks.
#[derive(Debug)]
pub(crate) struct Notice {
    /// Services that it may be used for.
    pub allowed: Vec<&'static str>,
    /// Services that need a verified one.
    pub lacking: Vec<&'static str>,
}

impl Services {
    /// The name of a service.
    const fn of(&self, service: Service) -> &'static str {
        match service {
            Service::Exams => self.exams,
            Service::Applications => self.applications,
            Service::OwnAccount => self.own_account,
            Service::InsuranceRecords => self.insurance_records,
            Service::EmploymentRecords => self.employment_records,
            Service::CardServices => self.card_services,
        }
    }
}

impl Notice {
    /// The notice for an account; none for a verified one.
    pub(crate) fn of(account: &Account, locale: Locale) -> Option<Self> {
        if account.standing == AccountStanding::Verified {
            return None;
        }
        let texts = &locale.texts().services;
        let (allowed, lacking): (Vec<Service>, Vec<Service>) = Service::ALL
            .into_iter()
            .partition(|service| account.standing.allows(*service));
        let named = |services: Vec<Service>| {
            services
                .into_iter()
                .map(|service| texts.of(service))
                .collect()
        };
        Some(Self {
            allowed: named(allowed),
            lacking: named(lacking),
        })
    }
}
