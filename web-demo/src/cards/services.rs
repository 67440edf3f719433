//! The services for a card, and which of them its state allows: the seam between the home page and the pages of each.

use sqlx::SqlitePool;

use crate::accounts::Account;
use crate::registers::{Card, CardAction, CardRegister, RegisterError};

/// What can be done with a card (S15).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CardService {
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
    pub const ALL: [Self; 6] = [
        Self::Activate,
        Self::Track,
        Self::ReportLoss,
        Self::UndoLoss,
        Self::Cancel,
        Self::Replace,
    ];

    /// What its page's address ends in.
    pub const fn path(self) -> &'static str {
        match self {
            Self::Activate => "activate",
            Self::Track => "track",
            Self::ReportLoss => "report-loss",
            Self::UndoLoss => "undo-loss",
            Self::Cancel => "cancel",
            Self::Replace => "replace",
        }
    }

    /// The one of this path.
    pub fn at(path: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|service| service.path() == path)
    }

    /// What it has done to the card; nothing when it only looks.
    pub const fn action(self) -> Option<CardAction> {
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
pub struct Holding {
    /// The card, as its register has it.
    pub card: Option<Card>,
    /// Whether the electronic card has been applied for.
    pub e_card: bool,
}

impl Holding {
    /// Whether this service can be had now.
    pub fn allows(&self, service: CardService) -> bool {
        let suits = |card: &Card| {
            service
                .action()
                .is_none_or(|action| card.state.after(action).is_some())
        };
        self.card.as_ref().is_some_and(suits)
    }
}

/// What the owner of an account holds.
///
/// # Errors
/// The database's, or the register's.
pub async fn holding(
    db: &SqlitePool,
    cards: &dyn CardRegister,
    account: &Account,
) -> Result<Holding, RegisterError> {
    Ok(Holding {
        card: cards.card(&account.id_number).await?,
        e_card: super::has_e_card(db, &account.id).await?,
    })
}
