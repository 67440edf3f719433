//! The services for a card, as far as its state allows them.

use sqlx::SqlitePool;

use crate::accounts::Account;
use crate::registers::{Card, CardAction, CardRegister, RegisterError};

/// A service for a card (S15).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
    /// All six, in the order of the home page.
    pub(crate) const ALL: [Self; 6] = [
        Self::Activate,
        Self::Track,
        Self::ReportLoss,
        Self::UndoLoss,
        Self::Cancel,
        Self::Replace,
    ];

    /// The end of its page's address.
    pub(crate) const fn path(self) -> &'static str {
        match self {
            Self::Activate => "activate",
            Self::Track => "track",
            Self::ReportLoss => "report-loss",
            Self::UndoLoss => "undo-loss",
            Self::Cancel => "cancel",
            Self::Replace => "replace",
        }
    }

    /// The service of this path.
    pub(crate) fn at(path: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|service| service.path() == path)
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
    /// Whether this service can be had now.
    pub(crate) fn allows(&self, service: CardService) -> bool {
        let suits = |card: &Card, action| card.state.after(action).is_some();
        let card = self.card.as_ref();
        card.is_some_and(|card| service.action().is_none_or(|action| suits(card, action)))
    }
}

/// Returns the cards of an account's owner.
///
/// # Errors
/// Returns an error if the database or the register fails.
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
