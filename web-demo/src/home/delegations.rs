//! The legal representative's forms for appointing and withdrawing a unit's agents (S16).

use askama::Template;
use axum::extract::{Form, Path};
use http::StatusCode;
use saoma_protocol::typed;

use super::appointment_form::{AppointmentErrors, AppointmentForm};
use super::unit_login::{LegalRepresentative, PersonRefused};
use super::{Answer, UnitLogin, missing, see_other, unit};
use crate::accounts::id_number::IdNumber;
use crate::form_errors::FieldError;
use crate::pages::{Failure, Frame, Locale, shown};
use crate::records::person::mask;
use crate::units::delegations::{self, Delegation, NewDelegation};
use crate::units::{Affair, Scope};

/// Maximum length of a name in characters.
const MAX_NAME_CHARS: usize = 50;

pub(super) async fn appoint(
    login: LegalRepresentative,
    Form(form): Form<AppointmentForm>,
) -> Answer {
    match appointed(&login, &form).await? {
        Ok(()) => {
            let told = |locale: Locale| {
                let texts = &locale.texts().told;
                texts.agent_appointed(typed::name(&form.name), typed::date(&form.ends_on))
            };
            login.tell(told).await?;
            see_other("/")
        }
        Err((status, errors)) => unit::answer(&login, status, form, errors).await,
    }
}

/// Appoints the person of the form, or returns its errors.
async fn appointed(
    login: &UnitLogin,
    form: &AppointmentForm,
) -> Result<Result<(), (StatusCode, AppointmentErrors)>, Failure> {
    let texts = &login.texts().unit;
    let say = |text: &'static str| Some(text.to_owned());
    let id_number = IdNumber::try_from(form.id_number.clone());
    let name = typed::name(&form.name);
    let ends_on = typed::date(&form.ends_on);
    let scope = Scope::new(Affair::ALL.into_iter().filter(|affair| form.has(affair)));
    let end = delegations::refused_end(login.db(), &ends_on).await?;
    let nameless = name.is_empty() || name.chars().count() > MAX_NAME_CHARS;
    let misleading = FieldError::of_line(&name).map(|error| error.text(login.locale));
    let wrong_number = id_number.as_ref().err();
    let mut errors = AppointmentErrors {
        id_number: wrong_number.map(|error| FieldError::IdNumber(*error).text(login.locale)),
        name: say(texts.name_error).filter(|_| nameless).or(misleading),
        scope: say(texts.scope_error).filter(|_| scope.is_none()),
        ends_on: end.and_then(|refused| say(texts.end_errors[refused as usize])),
    };
    let (Ok(id_number), Some(scope), false) = (id_number, scope, errors.any()) else {
        return Ok(Err((StatusCode::UNPROCESSABLE_ENTITY, errors)));
    };
    if let Some(refusal) = no_agent(login, &id_number).await? {
        errors.id_number = say(refusal);
        return Ok(Err((StatusCode::CONFLICT, errors)));
    }
    let name = match login.check_person(&id_number, &name).await? {
        Ok(registered) => registered,
        Err(PersonRefused::TooMany(wait)) => {
            errors.id_number = Some(FieldError::TooMany(wait).text(login.locale));
            return Ok(Err((StatusCode::TOO_MANY_REQUESTS, errors)));
        }
        Err(PersonRefused::Unknown) => {
            errors.name = say(texts.unknown_person);
            return Ok(Err((StatusCode::UNPROCESSABLE_ENTITY, errors)));
        }
    };
    let new = NewDelegation {
        unit: &login.unit,
        id_number: &id_number,
        name: &name,
        scope: &scope,
        ends_on: &ends_on,
        by: &login.account,
    };
    if delegations::appoint(login.db(), &new).await? {
        return Ok(Ok(()));
    }
    errors.id_number = say(texts.agent_already);
    Ok(Err((StatusCode::CONFLICT, errors)))
}

/// Returns why a person who acts for the unit by the authority's records cannot be its agent.
async fn no_agent(
    login: &UnitLogin,
    id_number: &IdNumber,
) -> Result<Option<&'static str>, Failure> {
    let texts = &login.texts().unit;
    if *id_number == login.account.id_number {
        return Ok(Some(texts.not_yourself));
    }
    let posts = login.hall.portal.registers.units.posts(id_number).await?;
    let acts = posts.iter().any(|post| post.unit.id == login.unit.id);
    Ok(acts.then_some(texts.operator_already))
}

#[derive(Template)]
#[template(path = "home/withdrawal.html")]
struct WithdrawalPage<'a> {
    frame: Frame<'a>,
    login: &'a UnitLogin,
    delegation: &'a Delegation,
    number: String,
}

/// Answers `GET /delegations/{id}/withdraw`: asks for a confirmation.
pub(super) async fn ask_to_withdraw(login: LegalRepresentative, Path(id): Path<String>) -> Answer {
    let Some(delegation) = delegations::find(login.db(), &login.unit.id, &id).await? else {
        return missing(login.locale).await;
    };
    let path = format!("/delegations/{}/withdraw", delegation.id);
    let asked = WithdrawalPage {
        frame: login.frame(&path),
        login: &login,
        delegation: &delegation,
        number: mask(delegation.id_number.as_str()),
    };
    shown(&asked)
}

pub(super) async fn withdraw(login: LegalRepresentative, Path(id): Path<String>) -> Answer {
    if let Some(delegation) = delegations::find(login.db(), &login.unit.id, &id).await?
        && delegations::withdraw(login.db(), login.logouts(), &login.unit, &delegation).await?
    {
        let told = |locale: Locale| locale.texts().told.agent_withdrawn(&delegation.name);
        login.tell(told).await?;
        return see_other("/");
    }
    // The second click of a double one, or a page that stood open for long.
    if delegations::existed(login.db(), &login.unit.id, &id).await? {
        return see_other("/");
    }
    missing(login.locale).await
}
