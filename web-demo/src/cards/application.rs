//! Applying for the electronic card (S9): obstacles, and the issue.

use sqlx::SqliteConnection;

use super::{CardRefusal, CardService};
use crate::accounts::{Account, AccountStanding};
use crate::db::execute;
use crate::registers::Card;

/// Why a person cannot apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Obstacle {
    /// The account is a provisional one, and nothing else is in the way.
    Provisional,
    /// There is no physical card, or its state does not allow it.
    Card(CardRefusal),
    /// The card's region issues no electronic cards yet.
    RegionClosed,
}

/// Returns the obstacle between a person and the electronic card; `None` if they can apply.
pub(crate) fn obstacle(account: &Account, card: Option<&Card>) -> Option<Obstacle> {
    // The card comes first: a person without one cannot verify themselves by it either.
    if let Some(obstacle) = obstacle_of_card(card) {
        return Some(obstacle);
    }
    (account.standing != AccountStanding::Verified).then_some(Obstacle::Provisional)
}

/// Returns the obstacle that the physical card is.
fn obstacle_of_card(card: Option<&Card>) -> Option<Obstacle> {
    let Some(card) = card else {
        return Some(Obstacle::Card(CardRefusal::NoCard));
    };
    if let Some(refusal) = CardRefusal::of(card.state) {
        return Some(Obstacle::Card(refusal));
    }
    (!card.region.e_card_open).then_some(Obstacle::RegionClosed)
}

impl Obstacle {
    /// Returns true if a provisional user gets on by verifying their identity first, since the card still proves who they are.
    pub(crate) const fn allows_verification(self) -> bool {
        !matches!(
            self,
            Self::Card(CardRefusal::NoCard | CardRefusal::Cancelled)
        )
    }

    /// The service by which the person removes it on the portal.
    pub(crate) const fn service(self) -> Option<CardService> {
        match self {
            Self::Card(refusal) => CardService::that_mends(refusal),
            Self::Provisional | Self::RegionClosed => None,
        }
    }

    /// Returns the obstacle to the use of an electronic card that there is already: only the physical card's state is one.
    pub(crate) fn to_use(card: Option<&Card>) -> Option<Self> {
        obstacle_of_card(card).filter(|obstacle| matches!(obstacle, Self::Card(_)))
    }
}

/// Issues the electronic card of an account. Returns false if it has one.
pub(crate) async fn issue(
    db: &mut SqliteConnection,
    account_id: &str,
    password_hash: &str,
) -> sqlx::Result<bool> {
    execute!(db, "INSERT INTO e_cards (account_id, since, password_hash) VALUES (?1, unixepoch(), ?2)
        ON CONFLICT (account_id) DO NOTHING"; account_id, password_hash).await
}
