//! Appointing a unit's agents and withdrawing them: the legal representative's forms (S16).

use askama::Template;
use axum::extract::{Form, Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;
use serde::Deserialize;

use super::unit_login::LegalRepresentative;
use super::{Hall, UnitLogin, missing, unit};
use crate::accounts::attempts::AttemptLimit;
use crate::accounts::id_number::IdNumber;
use crate::form_errors::FieldError;
use crate::pages::{Failure, Frame, Locale, page};
use crate::records::person::mask;
use crate::units::delegations::{self, Delegation, EndRefused, NewDelegation};
use crate::units::{Affair, Scope};

/// Wrong names or numbers from one person who acts for a unit: ten, then one in ten minutes. Nobody is to find out here whose number
/// it is.
pub const WRONG_PERSONS: AttemptLimit = AttemptLimit {
    name: "appointment",
    burst: 10,
    interval: 600,
};

/// The longest name, in characters.
const MAX_NAME_CHARS: usize = 50;

/// An appointment as it is typed.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct AppointmentForm {
    pub id_number: String,
    pub name: String,
    pub ends_on: String,
    registration: Option<String>,
    contributions: Option<String>,
    cards: Option<String>,
}

/// What is wrong with it, each beside its field.
#[derive(Debug, Default)]
pub struct AppointmentErrors {
    pub id_number: Option<String>,
    pub name: Option<String>,
    pub scope: Option<String>,
    pub ends_on: Option<String>,
}

impl AppointmentForm {
    /// Whether this affair is chosen.
    pub const fn has(&self, affair: &Affair) -> bool {
        match affair {
            Affair::Registration => self.registration.is_some(),
            Affair::Contributions => self.contributions.is_some(),
            Affair::Cards => self.cards.is_some(),
        }
    }

    /// The name of an affair's field.
    pub const fn field(&self, affair: &Affair) -> &'static str {
        match affair {
            Affair::Registration => "registration",
            Affair::Contributions => "contributions",
            Affair::Cards => "cards",
        }
    }
}

impl AppointmentErrors {
    const fn any(&self) -> bool {
        self.id_number.is_some()
            || self.name.is_some()
            || self.scope.is_some()
            || self.ends_on.is_some()
    }
}

/// Answers `POST /delegations`.
pub async fn appoint(
    State(hall): State<Hall>,
    LegalRepresentative(login): LegalRepresentative,
    Form(form): Form<AppointmentForm>,
) -> Result<Response, Failure> {
    match appointed(&hall, &login, &form).await? {
        Ok(()) => Ok(Redirect::to("/").into_response()),
        Err((status, errors)) => unit::answer(&hall, &login, status, form, errors).await,
    }
}

/// Appoints whom the form names, or says what is wrong with it.
async fn appointed(
    hall: &Hall,
    login: &UnitLogin,
    form: &AppointmentForm,
) -> Result<Result<(), (StatusCode, AppointmentErrors)>, Failure> {
    let say = |zh: &str, en: &str| Some(login.locale.pick(zh, en).to_owned());
    let id_number = IdNumber::try_from(form.id_number.clone());
    let name = form.name.trim();
    let scope = Scope::new(Affair::ALL.into_iter().filter(|affair| form.has(affair)));
    let end = delegations::check_end(hall.db(), &form.ends_on).await?;
    let nameless = name.is_empty() || name.chars().count() > MAX_NAME_CHARS;
    let mut errors = AppointmentErrors {
        id_number: id_number
            .as_ref()
            .err()
            .map(|error| FieldError::IdNumber(*error).text(login.locale)),
        name: say(
            "请填写经办人姓名，不超过50字。",
            "Write the agent's name, of at most 50 characters.",
        )
        .filter(|_| nameless),
        scope: say("请至少选择一项授权事项。", "Choose at least one affair.")
            .filter(|_| scope.is_none()),
        ends_on: end
            .err()
            .map(|refused| end_words(refused, login.locale).to_owned()),
    };
    let (Ok(id_number), Some(scope), false) = (id_number, scope, errors.any()) else {
        return Ok(Err((StatusCode::UNPROCESSABLE_ENTITY, errors)));
    };
    if let Some(refusal) = no_agent(hall, login, &id_number).await? {
        errors.id_number = Some(refusal.to_owned());
        return Ok(Err((StatusCode::CONFLICT, errors)));
    }
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
        errors.name = say(
            "人口库中没有该姓名与身份证号对应的人，请核对后重填。",
            "The population register knows nobody of this name and number. Check both.",
        );
        return Ok(Err((StatusCode::UNPROCESSABLE_ENTITY, errors)));
    }
    WRONG_PERSONS.forgive(hall.db(), &login.account.id).await?;
    let (unit, by) = (&login.unit, &login.account);
    let new = NewDelegation {
        unit,
        id_number: &id_number,
        name,
        scope: &scope,
        ends_on: &form.ends_on,
        by,
    };
    if delegations::appoint(hall.db(), &new).await? {
        return Ok(Ok(()));
    }
    errors.id_number = say(
        "该人员已是本单位的授权经办人。如需变更授权，请先撤销。",
        "This person is an agent of the unit already. To change the appointment withdraw it first.",
    );
    Ok(Err((StatusCode::CONFLICT, errors)))
}

/// Why a person who acts for the unit by the authority's records cannot be its agent.
async fn no_agent(
    hall: &Hall,
    login: &UnitLogin,
    id_number: &IdNumber,
) -> Result<Option<&'static str>, Failure> {
    if *id_number == login.account.id_number {
        return Ok(Some(login.locale.pick(
            "您是法定代表人，不能授权给自己。",
            "You are the legal representative: you cannot appoint yourself.",
        )));
    }
    let posts = hall.portal.registers.units.posts(id_number).await?;
    let acts = posts.iter().any(|post| post.unit.id == login.unit.id);
    Ok(acts.then(|| {
        login.locale.pick(
            "该人员已由人社主管部门登记为本单位的业务操作员，无需授权。",
            "The authority has added this person to the unit as an operator: no appointment is needed.",
        )
    }))
}

const fn end_words(refused: EndRefused, locale: Locale) -> &'static str {
    let (zh, en) = match refused {
        EndRefused::NoDay => (
            "请填写正确的日期，例如 2027-06-30。",
            "This is no date, such as 2027-06-30.",
        ),
        EndRefused::TooSoon => (
            "授权最早到明天为止。",
            "An appointment lasts until tomorrow at least.",
        ),
        EndRefused::TooLate => (
            "授权最长三年。",
            "An appointment lasts three years at most.",
        ),
    };
    locale.pick(zh, en)
}

#[derive(Template)]
#[template(path = "home/withdrawal.html")]
struct WithdrawalPage<'a> {
    frame: Frame<'a>,
    login: &'a UnitLogin,
    delegation: &'a Delegation,
    number: String,
}

/// Answers `GET /delegations/{id}/withdraw`: asks whether that is meant.
pub async fn ask_to_withdraw(
    State(hall): State<Hall>,
    LegalRepresentative(login): LegalRepresentative,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    let Some(delegation) =
        delegations::find(hall.db(), &login.unit.id, id.parse().unwrap_or_default()).await?
    else {
        return missing(login.locale).await;
    };
    let path = format!("/delegations/{}/withdraw", delegation.id);
    let number = mask(delegation.id_number.as_str());
    let asked = WithdrawalPage {
        frame: login.frame(&path),
        login: &login,
        delegation: &delegation,
        number,
    };
    page(StatusCode::OK, &asked)
}

/// Answers `POST /delegations/{id}/withdraw`.
pub async fn withdraw(
    State(hall): State<Hall>,
    LegalRepresentative(login): LegalRepresentative,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    let delegation =
        delegations::find(hall.db(), &login.unit.id, id.parse().unwrap_or_default()).await?;
    match delegation {
        Some(delegation) if delegations::withdraw(hall.db(), &login.unit, &delegation).await? => {
            Ok(Redirect::to("/").into_response())
        }
        _ => missing(login.locale).await,
    }
}
