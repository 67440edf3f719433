//! The cards of a unit's employees: which cannot be used, and reminding their holders. What is done to a card its holder does.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;

use super::{ActingIn, Cards};
use crate::accounts::attempts::AttemptLimit;
use crate::accounts::{Account, AccountStanding};
use crate::home::card::state_words;
use crate::home::{Hall, UnitLogin, missing};
use crate::pages::{Failure, Frame, page};
use crate::records::inbox;
use crate::registers::CardState;
use crate::units::employees::{self, Employee};
use crate::units::notices;

const PATH: &str = "/unit/cards";

/// What the page is told once a reminder is sent.
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
    /// Whether there is somebody to be reminded.
    has_account: bool,
}

impl Row {
    fn can_be_reminded(&self) -> bool {
        self.has_account && self.state != Some(CardState::Active)
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
        state_words(row.state, self.frame.locale)
    }
}

/// Answers `GET /unit/cards`.
pub async fn list(
    State(hall): State<Hall>,
    ActingIn(login, _): ActingIn<Cards>,
) -> Result<Response, Failure> {
    answer(&hall, &login, StatusCode::OK, None).await
}

/// Answers `POST /unit/cards/{id}/remind`.
pub async fn remind(
    State(hall): State<Hall>,
    ActingIn(login, _): ActingIn<Cards>,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    let Some(employee) =
        employees::find(hall.db(), &login.unit, id.parse().unwrap_or_default()).await?
    else {
        return missing(login.locale).await;
    };
    let row = row(&hall, employee).await?;
    let account = verified_account(&hall, &row.employee).await?;
    let Some(account) = account.filter(|_| row.can_be_reminded()) else {
        let refusal = login.locale.pick(
            "该职工无需提醒，或没有已认证的账户。",
            "There is nothing to remind this employee of, or they have no verified account.",
        );
        return answer(&hall, &login, StatusCode::CONFLICT, Some(refusal)).await;
    };
    if REMINDERS
        .count(hall.db(), &row.employee.id.to_string())
        .await?
        .is_err()
    {
        let refusal = login.locale.pick(
            "24小时内已提醒过该职工。",
            "This employee was reminded within the last 24 hours.",
        );
        return answer(&hall, &login, StatusCode::TOO_MANY_REQUESTS, Some(refusal)).await;
    }
    inbox::notify(hall.db(), &account.id, &notices::card_reminder(&login.unit)).await?;
    login.session.flash(hall.db(), REMINDED).await?;
    Ok(Redirect::to(PATH).into_response())
}

async fn answer(
    hall: &Hall,
    login: &UnitLogin,
    status: StatusCode,
    refusal: Option<&'static str>,
) -> Result<Response, Failure> {
    let mut rows = Vec::new();
    for employee in employees::of_unit(hall.db(), &login.unit).await? {
        rows.push(row(hall, employee).await?);
    }
    let reminded = login.session.take_flash(hall.db(), REMINDED).await?;
    page(
        status,
        &CardsPage {
            frame: login.frame(PATH),
            login,
            rows,
            reminded,
            refusal,
        },
    )
}

async fn row(hall: &Hall, employee: Employee) -> Result<Row, Failure> {
    let card = hall
        .portal
        .registers
        .cards
        .card(&employee.id_number)
        .await?;
    let has_account = verified_account(hall, &employee).await?.is_some();
    Ok(Row {
        employee,
        state: card.map(|card| card.state),
        has_account,
    })
}

/// The account of somebody whom the hall shows their card; a provisional one is shown none.
async fn verified_account(hall: &Hall, employee: &Employee) -> Result<Option<Account>, Failure> {
    let account = Account::of(hall.db(), &employee.id_number).await?;
    Ok(account.filter(|account| account.standing == AccountStanding::Verified))
}
