//! Registering a unit's employees with the social insurance, and ending that.

use askama::Template;
use axum::extract::{Form, Path};
use http::StatusCode;
use saoma_protocol::typed;
use serde::Deserialize;

use super::{ActingIn, Registration};
use crate::accounts::id_number::IdNumber;
use crate::form_errors::FieldError;
use crate::home::unit_login::PersonRefused;
use crate::home::{Answer, UnitLogin, missing, see_other};
use crate::pages::{Failure, Frame, Locale, page, shown};
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

/// The form of a registration.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct EmployeeForm {
    id_number: String,
    name: String,
    base: String,
}

/// The errors beside its fields.
#[derive(Debug, Default)]
struct Errors {
    id_number: Option<String>,
    name: Option<String>,
    base: Option<&'static str>,
}

pub(super) async fn list(login: ActingIn<Registration>) -> Answer {
    let (form, errors) = (EmployeeForm::default(), Errors::default());
    answer(&login, StatusCode::OK, form, errors).await
}

pub(super) async fn register(
    login: ActingIn<Registration>,
    Form(form): Form<EmployeeForm>,
) -> Answer {
    match registered(&login, &form).await? {
        Ok(()) => {
            let told = |locale: Locale| {
                locale
                    .texts()
                    .told
                    .employee_registered(typed::name(&form.name))
            };
            login.tell(told).await?;
            see_other(PATH)
        }
        Err((status, errors)) => answer(&login, status, form, errors).await,
    }
}

/// Registers the person of the form, or returns its errors.
async fn registered(
    login: &UnitLogin,
    form: &EmployeeForm,
) -> Result<Result<(), (StatusCode, Errors)>, Failure> {
    let texts = &login.texts().employees;
    let id_number = IdNumber::try_from(form.id_number.clone());
    let name = typed::name(&form.name);
    let base = employees::base(&form.base);
    let wrong_name = match FieldError::of_line(&name) {
        _ if name.is_empty() => Some(texts.name_error.to_owned()),
        misleading => misleading.map(|error| error.text(login.locale)),
    };
    let wrong_number = id_number.as_ref().err();
    let mut errors = Errors {
        id_number: wrong_number.map(|error| FieldError::IdNumber(*error).text(login.locale)),
        name: wrong_name,
        base: base.is_none().then_some(texts.base_error),
    };
    let (Ok(id_number), Some(base), None) = (id_number, base, &errors.name) else {
        return Ok(Err((StatusCode::UNPROCESSABLE_ENTITY, errors)));
    };
    let name = match login.check_person(&id_number, &name).await? {
        Ok(registered) => registered,
        Err(refused) => {
            let (status, problem) = match refused {
                PersonRefused::TooMany(wait) => {
                    (StatusCode::TOO_MANY_REQUESTS, FieldError::TooMany(wait))
                }
                PersonRefused::Unknown => {
                    (StatusCode::UNPROCESSABLE_ENTITY, FieldError::NotInRegister)
                }
            };
            errors.id_number = Some(problem.text(login.locale));
            return Ok(Err((status, errors)));
        }
    };
    let new = NewEmployee {
        id_number: &id_number,
        name: &name,
        base,
    };
    if employees::register(login.db(), &login.unit, &new).await? {
        return Ok(Ok(()));
    }
    errors.id_number = Some(texts.registered_already.to_owned());
    Ok(Err((StatusCode::CONFLICT, errors)))
}

async fn answer(
    login: &UnitLogin,
    status: StatusCode,
    form: EmployeeForm,
    errors: Errors,
) -> Answer {
    let view = EmployeesPage {
        frame: login.frame(PATH),
        login,
        employees: employees::of_unit(login.db(), &login.unit).await?,
        form,
        errors,
    };
    page(status, &view)
}

#[derive(Template)]
#[template(path = "home/affairs/end.html")]
struct EndPage<'a> {
    frame: Frame<'a>,
    login: &'a UnitLogin,
    employee: Employee,
}

/// Answers `GET /unit/employees/{id}/end`: asks for a confirmation.
pub(super) async fn ask_to_end(login: ActingIn<Registration>, Path(id): Path<String>) -> Answer {
    let Some(employee) = employees::find(login.db(), &login.unit, &id).await? else {
        return missing(login.locale).await;
    };
    let path = format!("{PATH}/{}/end", employee.id);
    let asked = EndPage {
        frame: login.frame(&path),
        login: &login,
        employee,
    };
    shown(&asked)
}

pub(super) async fn end(login: ActingIn<Registration>, Path(id): Path<String>) -> Answer {
    let (db, unit) = (login.db(), &login.unit);
    if let Some(employee) = employees::find(db, unit, &id).await?
        && employees::end(db, unit, &id).await?
    {
        let told = |locale: Locale| locale.texts().told.employee_ended(&employee.name);
        login.tell(told).await?;
        return see_other(PATH);
    }
    // The second click of a double one, or a page that stood open for long.
    if employees::existed(db, unit, &id).await? {
        return see_other(PATH);
    }
    missing(login.locale).await
}
