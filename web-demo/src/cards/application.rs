//! Applying for the electronic card (S9): who may, which password it takes, and that it is issued.

use sqlx::SqliteConnection;

use super::CardRefusal;
use crate::accounts::id_number::IdNumber;
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

/// Why a password is none for an electronic card.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CardPasswordRefused {
    /// It is not six digits.
    NotSixDigits,
    /// One digit six times, or digits in a row.
    Simple,
    /// It stands in its owner's ID number, as the date of birth does.
    OwnNumber,
}

/// Whether this may be the password of a person's electronic card.
///
/// # Errors
/// See [`CardPasswordRefused`].
pub fn check_card_password(password: &str, owner: &IdNumber) -> Result<(), CardPasswordRefused> {
    let digits = password.as_bytes();
    if digits.len() != 6 || !digits.iter().all(u8::is_ascii_digit) {
        return Err(CardPasswordRefused::NotSixDigits);
    }
    let steps = |by: i16| digits.windows(2).all(|pair| i16::from(pair[1]) - i16::from(pair[0]) == by);
    if [0, 1, -1].into_iter().any(steps) {
        return Err(CardPasswordRefused::Simple);
    }
    if owner.as_str().contains(password) { Err(CardPasswordRefused::OwnNumber) } else { Ok(()) }
}

/// Issues the electronic card of an account: false if it has one.
///
/// # Errors
/// The database's.
pub async fn issue(db: &mut SqliteConnection, account_id: &str, password_hash: &str) -> Result<bool, sqlx::Error> {
    let issue = sqlx::query(
        "INSERT INTO e_cards (account_id, since, password_hash) VALUES (?1, unixepoch(), ?2)
         ON CONFLICT (account_id) DO NOTHING",
    );
    Ok(issue.bind(account_id).bind(password_hash).execute(db).await?.rows_affected() > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_card_password_is_six_digits_that_are_not_easily_guessed() {
        let owner = IdNumber::try_from("990000200001011058".to_owned()).unwrap();
        for (password, refused) in [
            ("12345", CardPasswordRefused::NotSixDigits),
            ("12345a", CardPasswordRefused::NotSixDigits),
            ("777777", CardPasswordRefused::Simple),
            ("234567", CardPasswordRefused::Simple),
            ("987654", CardPasswordRefused::Simple),
            ("000101", CardPasswordRefused::OwnNumber),
            ("011058", CardPasswordRefused::OwnNumber),
        ] {
            assert_eq!(check_card_password(password, &owner), Err(refused), "{password}");
        }
        assert_eq!(check_card_password("492716", &owner), Ok(()));
    }
}
