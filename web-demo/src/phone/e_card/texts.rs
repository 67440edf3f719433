//! The texts of what can happen to the electronic card.

use crate::cards::{CardRefusal, Obstacle};
use crate::pages::texts::{ECard, ECardObstacle, ECardState};
use crate::records::Words;
use crate::records::inbox::Notice;

impl ECardState {
    /// The state of a person's electronic card.
    pub const fn of(&self, refusal: Option<CardRefusal>) -> &'static str {
        match refusal {
            None => self.active,
            Some(CardRefusal::NoCard) => self.no_card,
            Some(CardRefusal::NotActivated) => self.not_activated,
            Some(CardRefusal::Sealed) => self.sealed,
            Some(CardRefusal::ReportedLost) => self.reported_lost,
            Some(CardRefusal::ApplicationLocked) => self.application_locked,
            Some(CardRefusal::Cancelled) => self.cancelled,
        }
    }
}

impl ECardObstacle {
    /// Why a person cannot apply, in the manual's words, and what to do.
    pub const fn of(&self, obstacle: Obstacle) -> [&'static str; 2] {
        match obstacle {
            Obstacle::Provisional => self.provisional,
            Obstacle::RegionClosed => self.region_closed,
            Obstacle::Card(CardRefusal::NoCard) => self.no_card,
            Obstacle::Card(CardRefusal::NotActivated) => self.not_activated,
            Obstacle::Card(CardRefusal::Sealed) => self.sealed,
            Obstacle::Card(CardRefusal::ReportedLost) => self.reported_lost,
            Obstacle::Card(CardRefusal::ApplicationLocked) => self.application_locked,
            Obstacle::Card(CardRefusal::Cancelled) => self.cancelled,
        }
    }
}

/// A notice, by its title and body in both languages.
pub(super) fn notice(text: fn(&'static ECard) -> [&'static str; 2]) -> Notice {
    let part = |part: usize| Words::of_texts(|texts| text(&texts.e_card)[part]);
    Notice::new(part(0), part(1))
}
