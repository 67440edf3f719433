//! The services for a card, and which of them its state allows: the seam between the home page and the pages of each.

use sqlx::SqlitePool;

use super::CardState;

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
    pub const ALL: [Self; 6] =
        [Self::Activate, Self::Track, Self::ReportLoss, Self::UndoLoss, Self::Cancel, Self::Replace];

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

    /// Whether a card of this state can have it.
    const fn suits(self, state: CardState) -> bool {
        match self {
            Self::Track => true,
            // Sealing and locking are the authority's alone: a person can undo neither.
            Self::Activate => false,
            Self::ReportLoss => matches!(state, CardState::Active),
            Self::UndoLoss => matches!(state, CardState::ReportedLost),
            Self::Cancel => matches!(state, CardState::Active | CardState::ReportedLost),
            Self::Replace => matches!(state, CardState::ReportedLost | CardState::Cancelled),
        }
    }
}

/// A person's physical card, and whether there is an electronic one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Holding {
    /// Its state; none without a card.
    pub state: Option<CardState>,
    /// Whether the electronic card has been applied for.
    pub e_card: bool,
}

impl Holding {
    /// Whether this service can be had now.
    pub fn allows(&self, service: CardService) -> bool {
        self.state.is_some_and(|state| service.suits(state))
    }
}

/// What a person holds.
///
/// # Errors
/// The database's.
pub async fn holding(db: &SqlitePool, citizen_id: &str) -> Result<Holding, sqlx::Error> {
    let row: Option<(CardState, bool)> =
        sqlx::query_as("SELECT state, e_card_since IS NOT NULL FROM cards WHERE citizen_id = ?1")
            .bind(citizen_id)
            .fetch_optional(db)
            .await?;
    Ok(Holding { state: row.map(|(state, _)| state), e_card: row.is_some_and(|(_, e_card)| e_card) })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Row S15.
    #[test]
    fn a_cards_state_decides_what_can_be_done_with_it() {
        let allowed = |state| {
            let holding = Holding { state, e_card: true };
            CardService::ALL.into_iter().filter(|service| holding.allows(*service)).collect::<Vec<_>>()
        };
        use CardService::{Cancel, Replace, ReportLoss, Track, UndoLoss};
        assert_eq!(allowed(None), []);
        assert_eq!(allowed(Some(CardState::Active)), [Track, ReportLoss, Cancel]);
        assert_eq!(allowed(Some(CardState::Sealed)), [Track]);
        assert_eq!(allowed(Some(CardState::ReportedLost)), [Track, UndoLoss, Cancel, Replace]);
        assert_eq!(allowed(Some(CardState::ApplicationLocked)), [Track]);
        assert_eq!(allowed(Some(CardState::Cancelled)), [Track, Replace]);
    }
}
