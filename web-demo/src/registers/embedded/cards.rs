//! The embedded register of cards. Time alone makes a card: each question finds it as far as it is.

use async_trait::async_trait;
use sqlx::SqliteConnection;

use super::Embedded;
use crate::accounts::id_number::IdNumber;
use crate::accounts::password;
use crate::db::{self, execute, fetch_optional};
use crate::registers::{
    Card, CardAction, CardRefusesAction, CardRegister, Making, MakingStep, PasswordCheck, Result,
};

/// Wrong passwords after which a card's password is checked no more.
const MAX_WRONG_PASSWORDS: u32 = 5;

/// Seconds for each step of making a card: few enough to be watched.
const SECONDS_A_STEP: i64 = 60;

const STEPS: [MakingStep; 3] = [
    MakingStep::Accepted,
    MakingStep::Printing,
    MakingStep::Delivering,
];

const SELECT_CARD: &str = "SELECT register_cards.*, code, name, e_card_open, checks_passwords
    FROM register_cards JOIN register_regions ON code = region WHERE id_number = ?1 ORDER BY serial DESC LIMIT 1";

#[async_trait]
impl CardRegister for Embedded {
    async fn card(&self, id_number: &IdNumber) -> Result<Option<Card>> {
        let mut transaction = db::write(&self.db).await?;
        let card = card(&mut transaction, id_number).await?;
        transaction.commit().await?;
        Ok(card)
    }

    async fn check_password(&self, id_number: &IdNumber, password: &str) -> Result<PasswordCheck> {
        let Some(card) = self.card(id_number).await? else {
            return Ok(PasswordCheck::NoCard);
        };
        if !card.region.checks_passwords {
            return Ok(PasswordCheck::NotChecked);
        }
        // Counted before it is looked at, so that many at once are not free.
        let count = "UPDATE register_cards SET wrong_passwords = wrong_passwords + 1
            WHERE number = ?1 AND wrong_passwords < ?2 RETURNING password_hash, wrong_passwords";
        let counted: Option<(String, u32)> =
            fetch_optional!(&self.db, count; &card.number, MAX_WRONG_PASSWORDS).await?;
        let Some((hash, wrong)) = counted else {
            return Ok(PasswordCheck::Locked);
        };
        if !password::matches_hash(password.to_owned(), hash).await {
            return Ok(match MAX_WRONG_PASSWORDS - wrong {
                0 => PasswordCheck::Locked,
                left => PasswordCheck::Wrong(left),
            });
        }
        let forgive = "UPDATE register_cards SET wrong_passwords = 0 WHERE number = ?1";
        execute!(&self.db, forgive; &card.number).await?;
        Ok(PasswordCheck::Right)
    }

    async fn act(
        &self,
        id_number: &IdNumber,
        action: CardAction,
    ) -> Result<Result<Card, CardRefusesAction>> {
        let mut transaction = db::write(&self.db).await?;
        let Some(mut card) = card(&mut transaction, id_number).await? else {
            return Ok(Err(CardRefusesAction::NoCard));
        };
        let Some(state) = card.state.after(action) else {
            return Ok(Err(CardRefusesAction::State(card.state)));
        };
        if action == CardAction::Replace && !order(&mut transaction, id_number).await? {
            return Ok(Err(CardRefusesAction::BeingMade));
        }
        let update = "UPDATE register_cards SET state = ?2 WHERE number = ?1";
        execute!(&mut *transaction, update; &card.number, state).await?;
        transaction.commit().await?;
        card.state = state;
        Ok(Ok(card))
    }

    async fn making(&self, id_number: &IdNumber) -> Result<Option<Making>> {
        self.card(id_number).await?;
        let query = "SELECT number, ordered_at, unixepoch() - ordered_at FROM register_makings
            WHERE id_number = ?1";
        let row: Option<(String, i64, i64)> =
            fetch_optional!(&self.db, query; id_number.as_str()).await?;
        Ok(row.map(|(number, ordered_at, age)| {
            let done = usize::try_from(age / SECONDS_A_STEP).unwrap_or_default();
            Making {
                number,
                step: STEPS.get(done).copied().unwrap_or(MakingStep::Ready),
                ordered_at,
            }
        }))
    }
}

/// Returns the person's card, after issuing the one that has been made meanwhile.
async fn card(db: &mut SqliteConnection, id_number: &IdNumber) -> sqlx::Result<Option<Card>> {
    let issue = "INSERT INTO register_cards (number, id_number, state, phone, region, issued_on, password_hash)
        SELECT making.number, making.id_number, 'not_activated', old.phone, old.region,
               date(making.ordered_at + ?2, 'unixepoch', '+8 hours'), old.password_hash
        FROM register_makings AS making JOIN register_cards AS old ON old.serial =
             (SELECT max(serial) FROM register_cards WHERE id_number = making.id_number)
        WHERE making.id_number = ?1 AND making.ordered_at + ?2 <= unixepoch()";
    let all_steps = SECONDS_A_STEP * STEPS.len() as i64;
    if execute!(&mut *db, issue; id_number.as_str(), all_steps).await? {
        let made = "DELETE FROM register_makings WHERE id_number = ?1";
        execute!(&mut *db, made; id_number.as_str()).await?;
    }
    fetch_optional!(db, SELECT_CARD; id_number.as_str()).await
}

/// Orders a replacement. Returns false if one is being made.
async fn order(db: &mut SqliteConnection, id_number: &IdNumber) -> sqlx::Result<bool> {
    let order = "INSERT INTO register_makings (id_number, number, ordered_at)
        SELECT ?1, printf('S%08d', 1 + max(CAST(substr(number, 2) AS INTEGER))), unixepoch()
        FROM (SELECT number FROM register_cards UNION ALL SELECT number FROM register_makings) WHERE true
        ON CONFLICT (id_number) DO NOTHING";
    execute!(db, order; id_number.as_str()).await
}
