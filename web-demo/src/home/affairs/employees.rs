//! Registering a unit's employees with the social insurance, and ending that.

use askama::Template;
use axum::extract::{Form, Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;
use serde::Deserialize;

use super::{ActingIn, Registration};
use crate::accounts::id_number::IdNumber;
use crate::form_errors::FieldError;
use crate::home::delegations::WRONG_PERSONS;
use crate::home::{Hall, UnitLogin, missing};
use crate::pages::{Failure, Frame, page};
use crate::records::person::mask;
use crate::units::employees::{self, Employee, NewEmployee};

const PATH: &str = "/unit/employees";

#[derive(Template)]
#[template(path = "home/affairs/employees.html")]
struct EmployeesPage<'a> {
    frame: Frame<'a>,
    login: &'a UnitLogin,
    employees: Vec<Employee>,
    form: EmployeeForm,
    errors: Errors,
}

impl EmployeesPage<'_> {
    fn number(&self, employee: &Employee) -> String {
        mask(employee.id_number.as_str())
    }
}

/// A registration as it is typed.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct EmployeeForm {
    id_number: String,
    name: String,
    base: String,
}

/// What is wrong with it, each beside its field.
#[derive(Debug, Default)]
struct Errors {
    id_number: Option<String>,
    name: Option<&'static str>,
    base: Option<&'static str>,
}

/// Answers `GET /unit/employees`.
pub async fn list(
    State(hall): State<Hall>,
    ActingIn(login, _): ActingIn<Registration>,
) -> Result<Response, Failure> {
    answer(
        &hall,
        &login,
        StatusCode::OK,
        EmployeeForm::default(),
        Errors::default(),
    )
    .await
}

/// Answers `POST /unit/employees`.
pub async fn register(
    State(hall): State<Hall>,
    ActingIn(login, _): ActingIn<Registration>,
    Form(form): Form<EmployeeForm>,
) -> Result<Response, Failure> {
    match registered(&hall, &login, &form).await? {
        Ok(()) => Ok(Redirect::to(PATH).into_response()),
        Err((status, errors)) => answer(&hall, &login, status, form, errors).await,
    }
}

/// Registers whom the form names, or says what is wrong with it.
async fn registered(
    hall: &Hall,
    login: &UnitLogin,
    form: &EmployeeForm,
) -> Result<Result<(), (StatusCode, Errors)>, Failure> {
    let say = |zh, en| Some(login.locale.pick(zh, en));
    let (id_number, name) = (IdNumber::try_from(form.id_number.clone()), form.name.trim());
    let base = employees::base(&form.base);
    let mut errors = Errors {
        id_number: id_number
            .as_ref()
            .err()
            .map(|error| FieldError::IdNumber(*error).text(login.locale)),
        name: say("请填写职工姓名。", "Write the employee's name.").filter(|_| name.is_empty()),
        base: say(
            "缴费基数为每月1000至100000元的整数。",
            "The base is a whole number of yuan from 1000 to 100000 a month.",
        )
        .filter(|_| base.is_none()),
    };
    let (Ok(id_number), Some(base), false) = (id_number, base, name.is_empty()) else {
        return Ok(Err((StatusCode::UNPROCESSABLE_ENTITY, errors)));
    };
    if let Err(wait) = WRONG_PERSONS.count(hall.db(), &login.account.id).await? {
        errors.id_number = Some(FieldError::TooMany(wait).text(login.locale));
        return Ok(Err((StatusCode::TOO_MANY_REQUESTS, errors)));
    }
    if !hall
        .portal
        .registers
        .population
        .matches(&id_number, name)
        .await?
    {
        errors.id_number = Some(FieldError::NotInRegister.text(login.locale));
        return Ok(Err((StatusCode::UNPROCESSABLE_ENTITY, errors)));
    }
    WRONG_PERSONS.forgive(hall.db(), &login.account.id).await?;
    let new = NewEmployee {
        id_number: &id_number,
        name,
        base,
    };
    if employees::register(hall.db(), &login.unit, &new).await? {
        return Ok(Ok(()));
    }
    let taken = login.locale.pick(
        "该职工已在本单位参保。",
        "This employee is registered by the unit already.",
    );
    errors.id_number = Some(taken.to_owned());
    Ok(Err((StatusCode::CONFLICT, errors)))
}

async fn answer(
    hall: &Hall,
    login: &UnitLogin,
    status: StatusCode,
    form: EmployeeForm,
    errors: Errors,
) -> Result<Response, Failure> {
    let employees = employees::of_unit(hall.db(), &login.unit).await?;
    page(
        status,
        &EmployeesPage {
            frame: login.frame(PATH),
            login,
            employees,
            form,
            errors,
        },
    )
}

#[derive(Template)]
#[template(path = "home/affairs/end.html")]
struct EndPage<'a> {
    frame: Frame<'a>,
    login: &'a UnitLogin,
    employee: Employee,
}

/// Answers `GET /unit/employees/{id}/end`: asks whether that is meant.
pub async fn ask_to_end(
    State(hall): State<Hall>,
    ActingIn(login, _): ActingIn<Registration>,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    let Some(employee) =
        employees::find(hall.db(), &login.unit, id.parse().unwrap_or_default()).await?
    else {
        return missing(login.locale).await;
    };
    let path = format!("{PATH}/{}/end", employee.id);
    page(
        StatusCode::OK,
        &EndPage {
            frame: login.frame(&path),
            login: &login,
            employee,
        },
    )
}

/// Answers `POST /unit/employees/{id}/end`.
pub async fn end(
    State(hall): State<Hall>,
    ActingIn(login, _): ActingIn<Registration>,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    if employees::end(hall.db(), &login.unit, id.parse().unwrap_or_default()).await? {
        Ok(Redirect::to(PATH).into_response())
    } else {
        missing(login.locale).await
    }
}
