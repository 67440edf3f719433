//! The authority's desk adds operators to units, and removes them (S16).

use askama::Template;
use axum::extract::{Form, Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;
use saoma_protocol::{Digest, typed};
use serde::Deserialize;

use super::state::Desk;
use crate::accounts::id_number::IdNumber;
use crate::form_errors::{FieldError, FormErrors};
use crate::pages::{Failure, Frame, Locale, Surface, missing, page, shown};
use crate::records::Words;
use crate::records::person::mask;
use crate::registers::{UnitMember, UnitRecord, UnitRole, all_units};
use crate::units::operators::{self, AddRefused};

pub(super) const PATH: &str = "/developer/desk/operators";

#[derive(Template)]
#[template(path = "developer/operators.html")]
struct OperatorsPage<'a> {
    frame: Frame<'a>,
    units: Vec<UnitRecord>,
    form: &'a OperatorForm,
    errors: &'a FormErrors,
    told: Option<Words>,
}

impl OperatorsPage<'_> {
    fn error(&self, field: &str) -> Option<String> {
        self.errors.text(field, self.frame.locale)
    }

    fn of<'m>(&self, record: &'m UnitRecord, role: UnitRole) -> Vec<&'m UnitMember> {
        let members = record.members.iter();
        members.filter(|member| member.role == role).collect()
    }

    fn number(&self, member: &UnitMember) -> String {
        mask(&member.id_number)
    }

    fn remove(&self, record: &UnitRecord, member: &UnitMember) -> String {
        removal(record, member)
    }
}

/// The form of a new operator.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct OperatorForm {
    unit: String,
    name: String,
    id_number: String,
}

/// Returns the page of an operator's removal. ID numbers do not stand in addresses.
fn removal(record: &UnitRecord, member: &UnitMember) -> String {
    format!("{PATH}/{}/{}/remove", record.unit.id, key(member))
}

fn key(member: &UnitMember) -> String {
    let digest = Digest::of(format!("operator {}", member.id_number).as_bytes());
    digest.to_string().chars().take(16).collect()
}

pub(super) async fn list(State(desk): State<Desk>, locale: Locale) -> Result<Response, Failure> {
    answer(
        &desk,
        locale,
        &OperatorForm::default(),
        &FormErrors::default(),
    )
    .await
}

/// Answers `POST /developer/desk/operators`.
pub(super) async fn add(
    State(desk): State<Desk>,
    locale: Locale,
    Form(form): Form<OperatorForm>,
) -> Result<Response, Failure> {
    let units = all_units(&desk.db).await?;
    let mut errors = FormErrors::default();
    let record = units.iter().find(|record| record.unit.id == form.unit);
    errors.require(record.is_some(), "unit", FieldError::UnitMissing);
    let name = typed::name(&form.name);
    errors.require(!name.is_empty(), "name", FieldError::NameMissing);
    if let Some(error) = FieldError::of_line(&name) {
        errors.add("name", error);
    }
    let id_number = IdNumber::try_from(form.id_number.clone());
    let id_number = errors.take("id_number", id_number.map_err(FieldError::IdNumber));
    let mut registered = None;
    if let (Some(id_number), true) = (&id_number, errors.is_empty()) {
        let population = &desk.registers.population;
        registered = population.registered_name(id_number, &name).await?;
        errors.require(registered.is_some(), "name", FieldError::NotInRegister);
    }
    if let (Some(record), Some(id_number), Some(name)) = (record, &id_number, &registered) {
        match operators::add(&desk.db, record, id_number, name).await? {
            Ok(()) => {
                let told =
                    |locale: Locale| locale.texts().told.operator_added(name, &record.unit.name);
                desk.tell(told);
                return Ok(Redirect::to(PATH).into_response());
            }
            Err(AddRefused::IsRepresentative) => {
                errors.add("id_number", FieldError::IsRepresentative);
            }
            Err(AddRefused::IsOperator) => errors.add("id_number", FieldError::IsOperator),
        }
    }
    answer(&desk, locale, &form, &errors).await
}

async fn answer(
    desk: &Desk,
    locale: Locale,
    form: &OperatorForm,
    errors: &FormErrors,
) -> Result<Response, Failure> {
    let status = match errors.of("id_number") {
        Some(FieldError::IsRepresentative | FieldError::IsOperator) => StatusCode::CONFLICT,
        _ => errors.status(),
    };
    let list = OperatorsPage {
        frame: Frame::portal(locale, PATH),
        units: all_units(&desk.db).await?,
        form,
        errors,
        told: desk.take_told(),
    };
    page(status, &list)
}

#[derive(Template)]
#[template(path = "developer/operator_removal.html")]
struct RemovalPage<'a> {
    frame: Frame<'a>,
    record: &'a UnitRecord,
    operator: &'a UnitMember,
    number: String,
}

/// Answers `GET /developer/desk/operators/{unit}/{operator}/remove`: asks for a confirmation.
pub(super) async fn ask_to_remove(
    State(desk): State<Desk>,
    locale: Locale,
    Path(path): Path<(String, String)>,
) -> Result<Response, Failure> {
    let units = all_units(&desk.db).await?;
    let Some((record, operator)) = find(&units, &path) else {
        return missing(Surface::Portal, locale);
    };
    let path = removal(record, operator);
    shown(&RemovalPage {
        frame: Frame::portal(locale, &path),
        record,
        operator,
        number: mask(&operator.id_number),
    })
}

/// Answers `POST` of the same. The second click of a double one finds no operator, and leads to the list.
pub(super) async fn remove(
    State(desk): State<Desk>,
    Path(path): Path<(String, String)>,
) -> Result<Response, Failure> {
    let units = all_units(&desk.db).await?;
    if let Some((record, operator)) = find(&units, &path)
        && let Ok(id_number) = IdNumber::try_from(operator.id_number.clone())
    {
        let name = &operator.name;
        let removed = operators::remove(&desk.db, &desk.logouts, record, &id_number, name);
        if removed.await? {
            desk.tell(|locale| {
                locale
                    .texts()
                    .told
                    .operator_removed(name, &record.unit.name)
            });
        }
    }
    Ok(Redirect::to(PATH).into_response())
}

fn find<'a>(
    units: &'a [UnitRecord],
    (unit, operator): &(String, String),
) -> Option<(&'a UnitRecord, &'a UnitMember)> {
    let record = units.iter().find(|record| record.unit.id == *unit)?;
    let mut members = record.members.iter();
    let found =
        members.find(|member| member.role == UnitRole::Operator && key(member) == *operator)?;
    Some((record, found))
}
