//! A unit's contributions for its people month by month, and the base that it declares for each
//! from the next month on.

use askama::Template;
use axum::extract::{Form, Path, Query};
use http::StatusCode;
use serde::Deserialize;

use super::{ActingIn, Contributions};
use crate::home::{Answer, UnitLogin, missing, see_other};
use crate::pages::{Frame, Locale, page, shown};
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

/// The wanted month.
#[derive(Deserialize)]
pub(super) struct Month {
    month: Option<String>,
}

pub(super) async fn show(login: ActingIn<Contributions>, Query(asked): Query<Month>) -> Answer {
    let (db, unit) = (login.db(), &login.unit);
    let months = insurance::months_of_unit(db, &unit.name).await?;
    let month = asked.month.filter(|month| months.contains(month));
    let month = month
        .or_else(|| months.first().cloned())
        .unwrap_or_default();
    let path = format!("{PATH}?month={month}");
    let view = ContributionsPage {
        frame: login.frame(&path),
        login: &login,
        totals: insurance::of_unit(db, &unit.name, &month).await?,
        employees: employees::of_unit(db, unit).await?,
        months,
        month,
    };
    shown(&view)
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

pub(super) async fn form(login: ActingIn<Contributions>, Path(id): Path<String>) -> Answer {
    answer_form(&login, &id, String::new(), None).await
}

/// The form of a declaration.
#[derive(Deserialize)]
pub(super) struct Declaration {
    #[serde(default)]
    base: String,
}

pub(super) async fn declare(
    login: ActingIn<Contributions>,
    Path(id): Path<String>,
    Form(Declaration { base }): Form<Declaration>,
) -> Answer {
    let Some(yuan) = employees::base(&base) else {
        let error = login.texts().contributions.base_error;
        return answer_form(&login, &id, base, Some(error)).await;
    };
    if employees::declare(login.db(), &login.unit, &id, yuan).await? {
        if let Some(employee) = employees::find(login.db(), &login.unit, &id).await? {
            let told = |locale: Locale| locale.texts().told.base_declared(&employee.name, yuan);
            login.tell(told).await?;
        }
        return see_other(PATH);
    }
    missing(login.locale).await
}

async fn answer_form(
    login: &UnitLogin,
    id: &str,
    base: String,
    error: Option<&'static str>,
) -> Answer {
    let Some(employee) = employees::find(login.db(), &login.unit, id).await? else {
        return missing(login.locale).await;
    };
    let path = format!("{PATH}/{}", employee.id);
    let status = error.map_or(StatusCode::OK, |_| StatusCode::UNPROCESSABLE_ENTITY);
    let form = DeclarationPage {
        frame: login.frame(&path),
        login,
        employee,
        base,
        error,
    };
    page(status, &form)
}
