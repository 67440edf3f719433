//! The embedded register of cards. Cards are made by the passing of time: whoever asks finds them as far as they are.

use async_trait::async_trait;
use sqlx::sqlite::SqliteRow;
use sqlx::{FromRow, Row, SqliteConnection};

use super::Embedded;
use crate::accounts::id_number::IdNumber;
use crate::accounts::password;
use crate::db;
use crate::registers::{
    Card, CardAction, CardRefusesAction, CardRegister, Making, MakingStep, PasswordCheck, Region,
    RegisterError,
};

/// Wrong passwords after which a card's password is checked no more.
const MAX_WRONG_PASSWORDS: u32 = 5;

/// How long each step of making a card takes: short enough to be watched.
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
    async fn card(&self, id_number: &IdNumber) -> Result<Option<Card>, RegisterError> {
        let mut transaction = db::write(&self.db).await?;
        let card = card(&mut transaction, id_number).await?;
        transaction.commit().await?;
        Ok(card)
    }

    async fn check_password(
        &self,
        id_number: &IdNumber,
        password: &str,
    ) -> Result<PasswordCheck, RegisterError> {
        let Some(card) = self.card(id_number).await? else {
            return Ok(PasswordCheck::NoCard);
        };
        if !card.region.checks_passwords {
            return Ok(PasswordCheck::NotChecked);
        }
        // Counted before it is looked at, so that many at once are not free.
        let counted: Option<(String, u32)> = sqlx::query_as(
            "UPDATE register_cards SET wrong_passwords = wrong_passwords + 1 WHERE number = ?1 AND wrong_passwords < ?2
             RETURNING password_hash, wrong_passwords",
        )
        .bind(&card.number)
        .bind(MAX_WRONG_PASSWORDS)
        .fetch_optional(&self.db)
        .await?;
        let Some((hash, wrong)) = counted else {
            return Ok(PasswordCheck::Locked);
        };
        if !password::matches_hash(password.to_owned(), hash).await {
            let left = MAX_WRONG_PASSWORDS - wrong;
            return Ok(if left == 0 {
                PasswordCheck::Locked
            } else {
                PasswordCheck::Wrong(left)
            });
        }
        let forgive =
            sqlx::query("UPDATE register_cards SET wrong_passwords = 0 WHERE number = ?1");
        forgive.bind(&card.number).execute(&self.db).await?;
        Ok(PasswordCheck::Right)
    }

    async fn act(
        &self,
        id_number: &IdNumber,
        action: CardAction,
    ) -> Result<Result<Card, CardRefusesAction>, RegisterError> {
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
        let update = sqlx::query("UPDATE register_cards SET state = ?2 WHERE number = ?1");
        update
            .bind(&card.number)
            .bind(state)
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        card.state = state;
        Ok(Ok(card))
    }

    async fn making(&self, id_number: &IdNumber) -> Result<Option<Making>, RegisterError> {
        self.card(id_number).await?;
        let row: Option<(String, i64, i64)> = sqlx::query_as(
            "SELECT number, ordered_at, unixepoch() - ordered_at FROM register_makings WHERE id_number = ?1",
        )
        .bind(id_number.as_str())
        .fetch_optional(&self.db)
        .await?;
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

/// The person's card, after what has been made meanwhile has been issued.
async fn card(
    db: &mut SqliteConnection,
    id_number: &IdNumber,
) -> Result<Option<Card>, sqlx::Error> {
    let issue = sqlx::query(
        "INSERT INTO register_cards (number, id_number, state, phone, region, issued_on, password_hash)
         SELECT making.number, making.id_number, 'not_activated', old.phone, old.region,
                date(making.ordered_at + ?2, 'unixepoch', '+8 hours'), old.password_hash
         FROM register_makings AS making JOIN register_cards AS old ON old.serial =
              (SELECT max(serial) FROM register_cards WHERE id_number = making.id_number)
         WHERE making.id_number = ?1 AND making.ordered_at + ?2 <= unixepoch()",
    );
    let all_steps = SECONDS_A_STEP * STEPS.len() as i64;
    if issue
        .bind(id_number.as_str())
        .bind(all_steps)
        .execute(&mut *db)
        .await?
        .rows_affected()
        > 0
    {
        let made = sqlx::query("DELETE FROM register_makings WHERE id_number = ?1");
        made.bind(id_number.as_str()).execute(&mut *db).await?;
    }
    sqlx::query_as(SELECT_CARD)
        .bind(id_number.as_str())
        .fetch_optional(db)
        .await
}

/// Orders a replacement, unless one is being made: whether it did.
async fn order(db: &mut SqliteConnection, id_number: &IdNumber) -> Result<bool, sqlx::Error> {
    let order = sqlx::query(
        "INSERT INTO register_makings (id_number, number, ordered_at)
         SELECT ?1, printf('S%08d', 1 + max(CAST(substr(number, 2) AS INTEGER))), unixepoch()
         FROM (SELECT number FROM register_cards UNION ALL SELECT number FROM register_makings) WHERE true
         ON CONFLICT (id_number) DO NOTHING",
    );
    Ok(order
        .bind(id_number.as_str())
        .execute(db)
        .await?
        .rows_affected()
        > 0)
}

impl FromRow<'_, SqliteRow> for Card {
    fn from_row(row: &SqliteRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            number: row.try_get("number")?,
            state: row.try_get("state")?,
            phone: row.try_get("phone")?,
            region: Region::from_row(row)?,
            issued_on: row.try_get("issued_on")?,
        })
    }
}
