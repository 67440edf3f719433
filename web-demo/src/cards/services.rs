//! The services for a card, as far as its state allows them.

use sqlx::SqlitePool;
use strum::{EnumString, IntoStaticStr, VariantArray};

use super::CardRefusal;
use crate::accounts::Account;
use crate::pages::Texts;
use crate::registers::{Card, CardAction, CardRegister, RegisterError};

/// A service for a card (S15), in the order of the home page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "kebab-case")]
pub(crate) enum CardService {
    /// 卡激活
    Activate,
    /// 卡跟踪
    Track,
    /// 卡挂失
    ReportLoss,
    /// 卡解挂
    UndoLoss,
    /// 卡注销
    Cancel,
    /// 卡补办
    Replace,
}

impl CardService {
    /// The name of the service.
    pub(crate) const fn name(self, texts: &Texts) -> &'static str {
        texts.card_services.names[self as usize]
    }

    /// The end of its page's address.
    pub(crate) fn path(self) -> &'static str {
        self.into()
    }

    /// The service by which a holder makes a refused card good again by themselves; `None` if a counter does that.
    pub(crate) const fn that_mends(refusal: CardRefusal) -> Option<Self> {
        match refusal {
            CardRefusal::NotActivated => Some(Self::Activate),
            CardRefusal::ReportedLost => Some(Self::UndoLoss),
            CardRefusal::Cancelled => Some(Self::Replace),
            CardRefusal::NoCard | CardRefusal::Sealed | CardRefusal::ApplicationLocked => None,
        }
    }

    /// The action on the card; `None` if the service only looks.
    pub(crate) const fn action(self) -> Option<CardAction> {
        match self {
            Self::Activate => Some(CardAction::Activate),
            Self::Track => None,
            Self::ReportLoss => Some(CardAction::ReportLoss),
            Self::UndoLoss => Some(CardAction::UndoLoss),
            Self::Cancel => Some(CardAction::Cancel),
            Self::Replace => Some(CardAction::Replace),
        }
    }
}

/// A person's physical card, and whether there is an electronic one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Holding {
    /// The card, as its register has it.
    pub card: Option<Card>,
    /// Whether the electronic card has been applied for.
    pub e_card: bool,
}

impl Holding {
    pub(crate) fn allows(&self, service: CardService) -> bool {
        let suits = |card: &Card, action| card.state.after(action).is_some();
        let card = self.card.as_ref();
        card.is_some_and(|card| service.action().is_none_or(|action| suits(card, action)))
    }
}

/// Returns the cards of an account's owner.
pub(crate) async fn holding(
    db: &SqlitePool,
    cards: &dyn CardRegister,
    account: &Account,
) -> Result<Holding, RegisterError> {
    Ok(Holding {
        card: cards.card(&account.id_number).await?,
        e_card: super::has_e_card(db, &account.id).await?,
    })
}
