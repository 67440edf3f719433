//! The texts of what can happen to the electronic card.

use crate::cards::{CardPasswordRefused, CardRefusal, Obstacle, TypedPassword};
use crate::pages::Locale;
use crate::pages::texts::{ECard, ECardObstacle, ECardProblems, ECardState};
use crate::records::Words;
use crate::records::inbox::Notice;
use crate::registration::Problem;

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
    /// Why somebody cannot apply, and what to do.
    pub const fn of(&self, obstacle: Obstacle) -> &'static str {
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

impl ECardProblems {
    /// Why a password is refused.
    pub const fn of(&self, refused: CardPasswordRefused) -> &'static str {
        match refused {
            CardPasswordRefused::NotSixDigits => self.not_six_digits,
            CardPasswordRefused::Simple => self.simple,
            CardPasswordRefused::OwnNumber => self.own_number,
        }
    }
}

/// A notice, by its title and body in both languages.
pub fn notice(text: fn(&'static ECard) -> [&'static str; 2]) -> Notice {
    let part = |part: usize| Words::of_texts(|texts| text(&texts.e_card)[part]);
    Notice::new(part(0), part(1))
}

/// What is said to a typed password that does not count.
pub fn typed_words(typed: TypedPassword, locale: Locale) -> Option<String> {
    let texts = &locale.texts().e_card.problems;
    match typed {
        TypedPassword::Right => None,
        TypedPassword::TooMany(wait) => Some(Problem::TooMany(wait).text(locale)),
        TypedPassword::Wrong => Some(texts.wrong.to_owned()),
        TypedPassword::NotSet => Some(texts.not_set.to_owned()),
    }
}
