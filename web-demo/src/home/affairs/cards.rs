//! The cards of a unit's employees: unusable ones, and reminders to their holders. Only its holder
//! acts on a card.

use askama::Template;
use axum::extract::Path;
use http::StatusCode;

use super::{ActingIn, Cards};
use crate::accounts::attempts::AttemptLimit;
use crate::accounts::{Account, AccountStanding};
use crate::home::card::state_badge;
use crate::home::{Answer, UnitLogin, missing, see_other};
use crate::pages::{Failure, Frame, page};
use crate::records::inbox;
use crate::registers::CardState;
use crate::units::employees::{self, Employee};
use crate::units::notices;

const PATH: &str = "/unit/cards";

/// The flash that tells the page of a reminder.
const REMINDED: &str = "card-reminder";

/// Reminders to one employee: one in 24 hours.
const REMINDERS: AttemptLimit = AttemptLimit {
    name: "card_reminder",
    burst: 1,
    interval: 24 * 3600,
};

/// An employee and their card.
struct Row {
    employee: Employee,
    state: Option<CardState>,
    /// The account to be reminded. The hall shows a card to a verified account only.
    account: Option<Account>,
}

impl Row {
    fn can_be_reminded(&self) -> bool {
        self.account.is_some() && self.state != Some(CardState::Active)
    }
}

#[derive(Template)]
#[template(path = "home/affairs/cards.html")]
struct CardsPage<'a> {
    frame: Frame<'a>,
    login: &'a UnitLogin,
    rows: Vec<Row>,
    reminded: bool,
    refusal: Option<&'static str>,
}

impl CardsPage<'_> {
    const fn state(&self, row: &Row) -> (&'static str, &'static str) {
        state_badge(row.state, self.frame.texts())
    }
}

pub(super) async fn list(login: ActingIn<Cards>) -> Answer {
    answer(&login, StatusCode::OK, None).await
}

pub(super) async fn remind(login: ActingIn<Cards>, Path(id): Path<String>) -> Answer {
    let (db, texts) = (login.db(), &login.texts().unit_cards);
    let Some(employee) = employees::find(db, &login.unit, &id).await? else {
        return missing(login.locale).await;
    };
    let row = row(&login, employee).await?;
    let Some(account) = row.account.as_ref().filter(|_| row.can_be_reminded()) else {
        return answer(&login, StatusCode::CONFLICT, Some(texts.no_reminder)).await;
    };
    let key = row.employee.id.to_string();
    if REMINDERS.count(db, &key).await?.is_err() {
        let refusal = Some(texts.reminded_already);
        return answer(&login, StatusCode::TOO_MANY_REQUESTS, refusal).await;
    }
    inbox::notify(db, &account.id, &notices::card_reminder(&login.unit)).await?;
    login.session.flash(db, REMINDED).await?;
    see_other(PATH)
}

async fn answer(login: &UnitLogin, status: StatusCode, refusal: Option<&'static str>) -> Answer {
    let mut rows = Vec::new();
    for employee in employees::of_unit(login.db(), &login.unit).await? {
        rows.push(row(login, employee).await?);
    }
    let shown = CardsPage {
        frame: login.frame(PATH),
        login,
        rows,
        reminded: login.session.take_flash(login.db(), REMINDED).await?,
        refusal,
    };
    page(status, &shown)
}

async fn row(login: &UnitLogin, employee: Employee) -> Result<Row, Failure> {
    let cards = &login.hall.portal.registers.cards;
    let card = cards.card(&employee.id_number).await?;
    let account = Account::of(login.db(), &employee.id_number).await?;
    Ok(Row {
        employee,
        state: card.map(|card| card.state),
        account: account.filter(|account| account.standing == AccountStanding::Verified),
    })
}
