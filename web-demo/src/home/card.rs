//! The social-security card on the home page and the pages of its services.

use strum::VariantArray;

use super::Person;
use crate::cards::{self, CardService, Holding};
use crate::pages::Texts;
use crate::registers::{CardRefusesAction, CardState, RegisterError};

/// A card in its holder's language.
#[derive(Debug, Clone)]
pub(super) struct CardView {
    holding: Holding,
    texts: &'static Texts,
}

/// A service for the card.
#[derive(Debug, Clone, Copy)]
pub(super) struct ServiceView {
    /// The end of its address.
    pub path: &'static str,
    pub name: &'static str,
    pub allowed: bool,
}

impl ServiceView {
    /// The name of its icon, in `icons.html`.
    pub(super) const fn icon(&self) -> &'static str {
        self.path
    }
}

impl CardView {
    /// Returns the card of a person.
    pub(super) async fn of(person: &Person) -> Result<Self, RegisterError> {
        let cards = &*person.hall.portal.registers.cards;
        Ok(Self {
            holding: cards::holding(person.db(), cards, &person.account).await?,
            texts: person.texts(),
        })
    }

    /// The state, as a colour and in words.
    pub(super) fn state(&self) -> (&'static str, &'static str) {
        state_badge(
            self.holding.card.as_ref().map(|card| card.state),
            self.texts,
        )
    }

    /// The number printed on it.
    pub(super) fn number(&self) -> Option<String> {
        self.holding.card.as_ref().map(|card| card.number.clone())
    }

    /// Whether the electronic card has been applied for.
    pub(super) const fn e_card(&self) -> bool {
        self.holding.e_card
    }

    /// All services, in the manual's order.
    pub(super) fn services(&self) -> Vec<ServiceView> {
        let services = CardService::VARIANTS.iter();
        services.map(|service| self.service(*service)).collect()
    }

    /// Returns why the card's state does not allow a service now.
    pub(super) fn refusal(&self, service: CardService) -> Option<CardRefusesAction> {
        let Some(card) = &self.holding.card else {
            return Some(CardRefusesAction::NoCard);
        };
        (!self.holding.allows(service)).then_some(CardRefusesAction::State(card.state))
    }

    pub(super) fn service(&self, service: CardService) -> ServiceView {
        ServiceView {
            path: service.path(),
            name: service.name(self.texts),
            allowed: self.holding.allows(service),
        }
    }
}

/// The colours of the states.
const TONES: [&str; 6] = ["warning", "done", "warning", "error", "warning", "error"];

/// A card's state, or that there is no card, as a colour and in words.
pub(super) const fn state_badge(
    state: Option<CardState>,
    texts: &Texts,
) -> (&'static str, &'static str) {
    match state {
        None => ("", texts.card_services.no_card),
        Some(state) => (
            TONES[state as usize],
            texts.card_services.states[state as usize],
        ),
    }
}
