//! What a provisional account is told of itself.

use super::texts::Texts;
use crate::accounts::{Account, AccountStanding, Service};
use crate::pages::Locale;

/// What it may be used for, and what it lacks.
#[derive(Debug)]
pub struct Notice {
    /// The words around it.
    pub texts: &'static Texts,
    /// Services that it may be used for.
    pub allowed: Vec<&'static str>,
    /// Services that need a verified one.
    pub lacking: Vec<&'static str>,
}

impl Notice {
    /// The notice for an account; none for a verified one.
    pub fn of(account: &Account, locale: Locale) -> Option<Self> {
        if account.standing == AccountStanding::Verified {
            return None;
        }
        let texts = Texts::of(locale);
        let (allowed, lacking): (Vec<Service>, Vec<Service>) = Service::ALL
            .into_iter()
            .partition(|service| account.standing.allows(*service));
        let named = |services: Vec<Service>| {
            services
                .into_iter()
                .map(|service| texts.service(service))
                .collect()
        };
        Some(Self {
            texts,
            allowed: named(allowed),
            lacking: named(lacking),
        })
    }
}
