//! What a unit has paid for its people month by month, and the base that it declares for each from the next month on.

use askama::Template;
use axum::extract::{Form, Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;
use serde::Deserialize;

use super::{ActingIn, Contributions};
use crate::home::{Hall, UnitLogin, missing};
use crate::pages::{Failure, Frame, page};
use crate::records::insurance::{self, UnitTotal};
use crate::units::employees::{self, Employee};

const PATH: &str = "/unit/contributions";

#[derive(Template)]
#[template(path = "home/affairs/contributions.html")]
struct ContributionsPage<'a> {
    frame: Frame<'a>,
    login: &'a UnitLogin,
    months: Vec<String>,
    month: String,
    totals: Vec<UnitTotal>,
    employees: Vec<Employee>,
}

/// Which month is asked for.
#[derive(Deserialize)]
pub struct Month {
    month: Option<String>,
}

/// Answers `GET /unit/contributions`.
pub async fn show(
    State(hall): State<Hall>,
    ActingIn(login, _): ActingIn<Contributions>,
    Query(asked): Query<Month>,
) -> Result<Response, Failure> {
    let (db, unit) = (hall.db(), &login.unit);
    let months = insurance::months_of_unit(db, &unit.name).await?;
    let month = asked
        .month
        .filter(|month| months.contains(month))
        .or_else(|| months.first().cloned());
    let month = month.unwrap_or_default();
    let path = format!("{PATH}?month={month}");
    let shown = ContributionsPage {
        frame: login.frame(&path),
        login: &login,
        totals: insurance::of_unit(db, &unit.name, &month).await?,
        employees: employees::of_unit(db, unit).await?,
        months,
        month,
    };
    page(StatusCode::OK, &shown)
}

#[derive(Template)]
#[template(path = "home/affairs/declaration.html")]
struct DeclarationPage<'a> {
    frame: Frame<'a>,
    login: &'a UnitLogin,
    employee: Employee,
    base: String,
    error: Option<&'static str>,
}

/// Answers `GET /unit/contributions/{id}`.
pub async fn form(
    State(hall): State<Hall>,
    ActingIn(login, _): ActingIn<Contributions>,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    answer_form(&hall, &login, &id, String::new(), false).await
}

/// What is typed.
#[derive(Deserialize)]
pub struct Declaration {
    #[serde(default)]
    base: String,
}

/// Answers `POST /unit/contributions/{id}`.
pub async fn declare(
    State(hall): State<Hall>,
    ActingIn(login, _): ActingIn<Contributions>,
    Path(id): Path<String>,
    Form(Declaration { base }): Form<Declaration>,
) -> Result<Response, Failure> {
    let Some(yuan) = employees::base(&base) else {
        return answer_form(&hall, &login, &id, base, true).await;
    };
    if employees::declare(hall.db(), &login.unit, id.parse().unwrap_or_default(), yuan).await? {
        Ok(Redirect::to(PATH).into_response())
    } else {
        missing(login.locale).await
    }
}

async fn answer_form(
    hall: &Hall,
    login: &UnitLogin,
    id: &str,
    base: String,
    wrong: bool,
) -> Result<Response, Failure> {
    let Some(employee) =
        employees::find(hall.db(), &login.unit, id.parse().unwrap_or_default()).await?
    else {
        return missing(login.locale).await;
    };
    let path = format!("{PATH}/{}", employee.id);
    let error = login.locale.pick(
        "请填写1000至100000的整数。",
        "Write a whole number from 1000 to 100000.",
    );
    let error = wrong.then_some(error);
    let status = if wrong {
        StatusCode::UNPROCESSABLE_ENTITY
    } else {
        StatusCode::OK
    };
    page(
        status,
        &DeclarationPage {
            frame: login.frame(&path),
            login,
            employee,
            base,
            error,
        },
    )
}
