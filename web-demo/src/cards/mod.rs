//! Electronic cards, which the hall issues, and whether their holder may log in by scanning: that
//! follows from the physical card, as its register has it at that moment.

mod application;
mod password;
mod services;

pub(crate) use application::{Obstacle, issue, obstacle};
pub(crate) use password::{
    CardPasswordRefused, TypedPassword, card_password, change_password, check_card_password,
    has_password, hash_of, reset_password, try_password,
};
pub(crate) use services::{CardService, Holding, holding};
use sqlx::SqlitePool;
use strum::{EnumString, IntoStaticStr};

use crate::accounts::Account;
use crate::db::fetch_one;
use crate::registers::{CardRegister, CardState, RegisterError};

/// Why a citizen may not log in by scanning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumString, IntoStaticStr)]
pub enum CardRefusal {
    /// There is no electronic card: the first scan needs it.
    #[strum(serialize = "no_card")]
    NoCard,
    /// The card is not activated.
    #[strum(serialize = "card_not_activated")]
    NotActivated,
    /// The card is sealed.
    #[strum(serialize = "card_sealed")]
    Sealed,
    /// The card is reported lost.
    #[strum(serialize = "card_reported_lost")]
    ReportedLost,
    /// The card is locked against applications.
    #[strum(serialize = "card_application_locked")]
    ApplicationLocked,
    /// The card is cancelled.
    #[strum(serialize = "card_cancelled")]
    Cancelled,
}

impl CardRefusal {
    /// The refusal as the gateway passes it on (`reason` of `identity_refused`).
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// The refusal by a card of this state, once there is an electronic one.
    pub const fn of(state: CardState) -> Option<Self> {
        match state {
            CardState::Active => None,
            CardState::NotActivated => Some(Self::NotActivated),
            CardState::Sealed => Some(Self::Sealed),
            CardState::ReportedLost => Some(Self::ReportedLost),
            CardState::ApplicationLocked => Some(Self::ApplicationLocked),
            CardState::Cancelled => Some(Self::Cancelled),
        }
    }
}

/// Returns why the owner of this account may not log in by scanning now; `None` in good standing.
pub(crate) async fn refusal(
    db: &SqlitePool,
    cards: &dyn CardRegister,
    account: &Account,
) -> Result<Option<CardRefusal>, RegisterError> {
    if !has_e_card(db, &account.id).await? {
        return Ok(Some(CardRefusal::NoCard));
    }
    let card = cards.card(&account.id_number).await?;
    Ok(card.map_or(Some(CardRefusal::NoCard), |card| {
        CardRefusal::of(card.state)
    }))
}

/// Returns whether the electronic card has been applied for.
pub(crate) async fn has_e_card(db: &SqlitePool, account_id: &str) -> sqlx::Result<bool> {
    let query = "SELECT EXISTS (SELECT 1 FROM e_cards WHERE account_id = ?1)";
    let (found,) = fetch_one!(db, query; account_id).await?;
    Ok(found)
}
