//! A social-security card and its life.
//!
//! ```text
//! issued ──► not activated ──activate──► active ──report loss──► reported lost ──undo──► active
//!                   └──────────────────────┴── cancel ──────────────┴──► cancelled
//! reported lost, cancelled ── replace ──► cancelled, and a new one is made ──► not activated
//! ```
//!
//! Sealing and locking are the authority's alone: a person can undo neither, nor act on such a
//! card.

use serde::{Deserialize, Serialize};

/// The state of a physical card.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(rename_all = "snake_case")]
pub enum CardState {
    /// Issued and not yet taken into use.
    NotActivated,
    /// In use.
    Active,
    /// Sealed by the authority.
    Sealed,
    ReportedLost,
    /// Its application is locked by the authority.
    ApplicationLocked,
    /// Cancelled for good.
    Cancelled,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CardAction {
    /// Take it into use.
    Activate,
    /// Report it lost.
    ReportLoss,
    /// It has been found again.
    UndoLoss,
    /// Give it up for good.
    Cancel,
    /// Order a new one in its place.
    Replace,
}

/// Why a card refuses an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "reason", content = "state")]
pub(crate) enum CardRefusesAction {
    /// There is no card.
    NoCard,
    /// A card in this state does not allow it.
    State(CardState),
    /// A new card is being made already.
    BeingMade,
}

impl CardState {
    /// Returns the state after an action; `None` if a card in this state does not allow it.
    pub const fn after(self, action: CardAction) -> Option<Self> {
        match (self, action) {
            (Self::NotActivated, CardAction::Activate)
            | (Self::ReportedLost, CardAction::UndoLoss) => Some(Self::Active),
            (Self::Active | Self::NotActivated, CardAction::ReportLoss) => Some(Self::ReportedLost),
            (Self::NotActivated | Self::Active | Self::ReportedLost, CardAction::Cancel)
            | (Self::ReportedLost | Self::Cancelled, CardAction::Replace) => Some(Self::Cancelled),
            _ => None,
        }
    }
}

/// A place of issue, and its possibilities.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, sqlx::FromRow)]
pub(crate) struct Region {
    /// Its code (GB/T 2260).
    pub code: String,
    /// Its owner's name.
    pub name: String,
    /// Whether electronic cards can be applied for.
    pub e_card_open: bool,
    /// Whether passwords of its cards can be checked from afar.
    pub checks_passwords: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, sqlx::FromRow)]
pub(crate) struct Card {
    /// The number printed on it.
    pub number: String,
    pub state: CardState,
    /// The phone that its holder left when it was issued.
    pub phone: Option<String>,
    /// The place of issue.
    #[sqlx(flatten)]
    pub region: Region,
    /// The day of issue, `YYYY-MM-DD`.
    pub issued_on: String,
}

/// The outcome of a card's password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "result", content = "tries_left")]
pub(crate) enum PasswordCheck {
    /// It is right.
    Right,
    /// It is wrong; this number of further wrong ones locks the check.
    Wrong(u32),
    /// Too many wrong ones: to be unlocked at a counter.
    Locked,
    /// The card's region does not check passwords from afar.
    NotChecked,
    /// There is no card.
    NoCard,
}

/// A replacement card being made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Making {
    /// The number that the new card will have.
    pub number: String,
    /// Its progress.
    pub step: MakingStep,
    /// When it was ordered, Unix seconds.
    pub ordered_at: i64,
}

/// The progress of a card being made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum MakingStep {
    /// The order was accepted.
    Accepted,
    /// It is printed and its chip written.
    Printing,
    /// It is on its way to the counter.
    Delivering,
    /// It lies at the counter to be collected: from then on it is the person's card, not activated.
    Ready,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_action_undoes_nothing_that_is_final() {
        use CardAction::{Activate, Cancel, Replace, ReportLoss, UndoLoss};
        for state in [CardState::Sealed, CardState::ApplicationLocked] {
            for action in [Activate, ReportLoss, UndoLoss, Cancel, Replace] {
                assert_eq!(state.after(action), None, "{state:?} {action:?}");
            }
        }
        for action in [Activate, ReportLoss, UndoLoss, Cancel] {
            assert_eq!(CardState::Cancelled.after(action), None, "{action:?}");
        }
    }

    #[test]
    fn a_lost_card_is_found_again_or_replaced_and_an_active_one_is_neither() {
        let lost = CardState::Active.after(CardAction::ReportLoss).unwrap();
        assert_eq!(lost.after(CardAction::UndoLoss), Some(CardState::Active));
        assert_eq!(lost.after(CardAction::Replace), Some(CardState::Cancelled));
        assert_eq!(CardState::Active.after(CardAction::UndoLoss), None);
        assert_eq!(CardState::Active.after(CardAction::Replace), None);
    }
}
