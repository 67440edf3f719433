//! The social-security card as the home page and the pages of its services show it.

use super::Hall;
use crate::accounts::Account;
use crate::cards::{self, CardService, Holding};
use crate::pages::Locale;
use crate::registers::{CardRefusesAction, CardState, RegisterError};

/// A card as its holder sees it.
#[derive(Debug, Clone)]
pub struct CardView {
    holding: Holding,
    locale: Locale,
}

/// A service for the card, in words.
#[derive(Debug, Clone, Copy)]
pub struct ServiceView {
    /// What its address ends in.
    pub path: &'static str,
    /// What it is called.
    pub name: &'static str,
    /// Whether the card's state allows it.
    pub allowed: bool,
}

impl CardView {
    /// The card of a person.
    ///
    /// # Errors
    /// The database's, or the register's.
    pub async fn of(hall: &Hall, account: &Account, locale: Locale) -> Result<Self, RegisterError> {
        let cards = &*hall.portal.registers.cards;
        Ok(Self {
            holding: cards::holding(hall.db(), cards, account).await?,
            locale,
        })
    }

    /// The state, as a colour and in words.
    pub fn state(&self) -> (&'static str, &'static str) {
        state_words(
            self.holding.card.as_ref().map(|card| card.state),
            self.locale,
        )
    }

    /// The number printed on it.
    pub fn number(&self) -> Option<String> {
        self.holding.card.as_ref().map(|card| card.number.clone())
    }

    /// Whether the electronic card has been applied for.
    pub const fn e_card(&self) -> bool {
        self.holding.e_card
    }

    /// All services, in the manual's order.
    pub fn services(&self) -> [ServiceView; 6] {
        CardService::ALL.map(|service| self.service(service))
    }

    /// Why a service cannot be had now, as far as the card's state tells.
    pub fn refusal(&self, service: CardService) -> Option<CardRefusesAction> {
        let Some(card) = &self.holding.card else {
            return Some(CardRefusesAction::NoCard);
        };
        (!self.holding.allows(service)).then_some(CardRefusesAction::State(card.state))
    }

    /// A service, in words.
    pub fn service(&self, service: CardService) -> ServiceView {
        let (zh, en) = match service {
            CardService::Activate => ("卡激活", "Activate"),
            CardService::Track => ("卡跟踪", "Track"),
            CardService::ReportLoss => ("卡挂失", "Report loss"),
            CardService::UndoLoss => ("卡解挂", "Undo loss"),
            CardService::Cancel => ("卡注销", "Cancel"),
            CardService::Replace => ("卡补办", "Replace"),
        };
        ServiceView {
            path: service.path(),
            name: self.locale.pick(zh, en),
            allowed: self.holding.allows(service),
        }
    }
}

/// A card's state, or that there is none, as a colour and in words.
pub const fn state_words(state: Option<CardState>, locale: Locale) -> (&'static str, &'static str) {
    match state {
        None => ("", locale.pick("未领卡", "No card")),
        Some(CardState::NotActivated) => ("warning", locale.pick("未激活", "Not activated")),
        Some(CardState::Active) => ("done", locale.pick("正常", "Active")),
        Some(CardState::Sealed) => ("warning", locale.pick("已封存", "Sealed")),
        Some(CardState::ReportedLost) => ("error", locale.pick("已挂失", "Reported lost")),
        Some(CardState::ApplicationLocked) => ("warning", locale.pick("应用锁定", "Locked")),
        Some(CardState::Cancelled) => ("error", locale.pick("已注销", "Cancelled")),
    }
}
