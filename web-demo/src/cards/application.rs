//! Applying for the electronic card (S9): who may, and that it is issued.

use sqlx::SqliteConnection;

use super::CardRefusal;
use crate::accounts::{Account, AccountStanding};
use crate::registers::Card;

/// Why somebody cannot apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Obstacle {
    /// The account is a provisional one.
    Provisional,
    /// There is no physical card, or its state does not allow it.
    Card(CardRefusal),
    /// The card's region issues no electronic cards yet.
    RegionClosed,
}

/// What stands between a person and the electronic card; nothing if they can apply.
pub fn obstacle(account: &Account, card: Option<&Card>) -> Option<Obstacle> {
    if account.standing != AccountStanding::Verified {
        return Some(Obstacle::Provisional);
    }
    let Some(card) = card else {
        return Some(Obstacle::Card(CardRefusal::NoCard));
    };
    if let Some(refusal) = CardRefusal::of(card.state) {
        return Some(Obstacle::Card(refusal));
    }
    (!card.region.e_card_open).then_some(Obstacle::RegionClosed)
}

/// Issues the electronic card of an account: false if it has one.
///
/// # Errors
/// The database's.
pub async fn issue(
    db: &mut SqliteConnection,
    account_id: &str,
    password_hash: &str,
) -> Result<bool, sqlx::Error> {
    let issue = sqlx::query(
        "INSERT INTO e_cards (account_id, since, password_hash) VALUES (?1, unixepoch(), ?2)
         ON CONFLICT (account_id) DO NOTHING",
    );
    Ok(issue
        .bind(account_id)
        .bind(password_hash)
        .execute(db)
        .await?
        .rows_affected()
        > 0)
}
