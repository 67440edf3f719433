//! The password of an electronic card (S9): its rules, its check, its replacement.
//!
//! It is set at the application. It is asked for before the app shows the card's full number, and
//! before it is changed. Scanning does not ask for it: the manual's scan login has no such step,
//! and the person who confirms is logged in to the app.

use saoma_protocol::typed;
use serde::{Deserialize, Deserializer};
use sqlx::{SqliteConnection, SqlitePool};

use crate::accounts::attempts::{AttemptLimit, Wait};
use crate::accounts::id_number::IdNumber;
use crate::accounts::password;
use crate::db::{execute, fetch_optional};

/// Passwords typed for one card: five, then one in ten minutes. At that pace all of them take
/// nineteen years.
const TYPED: AttemptLimit = AttemptLimit {
    name: "e_card_password",
    burst: 5,
    interval: 600,
};

/// Why a password is refused for an electronic card.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CardPasswordRefused {
    NotSixDigits,
    /// One digit six times, or digits in a row.
    Simple,
    /// It stands in its owner's ID number, as the date of birth does.
    OwnNumber,
}

/// The outcome of a typed password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TypedPassword {
    Right,
    Wrong,
    /// The card has none yet.
    NotSet,
    /// It cannot be one: it is not six digits, and no try was counted.
    NotSixDigits,
    /// Too many wrong ones: it was not looked at.
    TooMany(Wait),
}

/// Checks the rules for the password of a person's electronic card.
pub(crate) fn check_card_password(
    password: &str,
    owner: &IdNumber,
) -> Result<(), CardPasswordRefused> {
    if !is_six_digits(password) {
        return Err(CardPasswordRefused::NotSixDigits);
    }
    let digits = password.as_bytes();
    let steps = |by: i16| {
        digits
            .windows(2)
            .all(|pair| i16::from(pair[1]) - i16::from(pair[0]) == by)
    };
    if [0, 1, -1].into_iter().any(steps) {
        return Err(CardPasswordRefused::Simple);
    }
    if owner.as_str().contains(password) {
        Err(CardPasswordRefused::OwnNumber)
    } else {
        Ok(())
    }
}

/// Reads the field of a password, in any spelling: six digits are no less hard to guess for being full-width. The hashes
/// that exist are of six ASCII digits, so none of them is lost.
pub(crate) fn card_password<'de, D: Deserializer<'de>>(field: D) -> Result<String, D::Error> {
    Ok(typed::code(&String::deserialize(field)?))
}

fn is_six_digits(password: &str) -> bool {
    password.len() == 6 && password.bytes().all(|byte| byte.is_ascii_digit())
}

/// Returns whether the card of this account has a password.
pub(crate) async fn has_password(db: &SqlitePool, account_id: &str) -> sqlx::Result<bool> {
    Ok(hash_of(db, account_id).await?.is_some())
}

/// Compares a password with that of the account's card. An attempt is counted before it is looked
/// at, and taken back if it is right.
pub(crate) async fn try_password(
    db: &SqlitePool,
    account_id: &str,
    typed: &str,
) -> sqlx::Result<TypedPassword> {
    let Some(hash) = hash_of(db, account_id).await? else {
        return Ok(TypedPassword::NotSet);
    };
    if !is_six_digits(typed) {
        return Ok(TypedPassword::NotSixDigits);
    }
    if let Err(wait) = TYPED.count(db, account_id).await? {
        return Ok(TypedPassword::TooMany(wait));
    }
    if !password::matches_hash(typed.to_owned(), hash).await {
        return Ok(TypedPassword::Wrong);
    }
    TYPED.forgive(db, account_id).await?;
    Ok(TypedPassword::Right)
}

/// Replaces a forgotten password of an account's card. Returns false if there is no card. Wrong
/// passwords that were typed before count no longer.
pub(crate) async fn reset_password(
    db: &mut SqliteConnection,
    account_id: &str,
    password_hash: &str,
) -> sqlx::Result<bool> {
    TYPED.forgive_all(db, account_id).await?;
    let update = "UPDATE e_cards SET password_hash = ?2 WHERE account_id = ?1";
    execute!(db, update; account_id, password_hash).await
}

/// Replaces the password with the hash `known` of an account's card. Returns false if that is not
/// the card's any more: a reset meanwhile has the better proof.
pub(crate) async fn change_password(
    db: &mut SqliteConnection,
    account_id: &str,
    known: &str,
    password_hash: &str,
) -> sqlx::Result<bool> {
    let update =
        "UPDATE e_cards SET password_hash = ?3 WHERE account_id = ?1 AND password_hash = ?2";
    execute!(db, update; account_id, known, password_hash).await
}

/// Returns the hash of the card's password, if it has one.
pub(crate) async fn hash_of(db: &SqlitePool, account_id: &str) -> sqlx::Result<Option<String>> {
    let hash: Option<(String,)> = fetch_optional!(db, "SELECT password_hash FROM e_cards
        WHERE account_id = ?1 AND password_hash IS NOT NULL"; account_id)
    .await?;
    Ok(hash.map(|(hash,)| hash))
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
            assert_eq!(
                check_card_password(password, &owner),
                Err(refused),
                "{password}"
            );
        }
        assert_eq!(check_card_password("492716", &owner), Ok(()));
    }
}
