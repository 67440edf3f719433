//! My applications: the catalogue, what was applied for, and how each application stands.

use askama::Template;
use axum::extract::{Form, Path};
use http::StatusCode;
use serde::Deserialize;

use super::list::{Fact, Facts, Section};
use crate::form_errors::FieldError;
use crate::home::ask::Ending;
use crate::home::{Answer, Person, missing, see_other};
use crate::pages::{Action, Badge, Frame, Locale, Row, page, shown};
use crate::records::Record;
use crate::records::applications::{self, Application, ApplicationState, Service};

/// Maximum length of a reason in characters.
const MAX_REASON_CHARS: usize = 500;

/// The colours of the states.
const TONES: [&str; 5] = ["info", "info", "done", "warning", ""];

#[derive(Template)]
#[template(path = "home/records/application_form.html")]
struct FormPage<'a> {
    frame: Frame<'a>,
    person: &'a Person,
    service: &'static Service,
    reason: &'a str,
    error: Option<String>,
}

impl Person {
    const fn application_state(&self, state: ApplicationState) -> Badge {
        (
            TONES[state as usize],
            self.texts().applications.states[state as usize],
        )
    }
}

pub(super) async fn list(person: Person) -> Answer {
    let (texts, locale) = (person.texts(), person.locale);
    let made = Application::all(person.db(), person.account_id()).await?;
    let made = made.into_iter().map(|application| Row {
        title: application.service.title.of(&locale).to_owned(),
        href: Some(format!("/applications/{}", application.id)),
        badge: Some(person.application_state(application.state)),
        time: application.submitted_at,
        ..Row::default()
    });
    let services = applications::catalogue().iter().map(|service| Row {
        title: service.title.of(&locale).to_owned(),
        about: vec![(service.about.of(&locale).to_owned(), String::new())],
        action: Some(Action::Link(
            format!("/applications/new/{}", service.id),
            texts.applications.submit,
        )),
        ..Row::default()
    });
    let sections = vec![
        Section::new(
            "",
            texts.applications.applied_for,
            made,
            [texts.applications.none, texts.applications.none_hint],
        ),
        Section::new("new", texts.applications.services, services, [""; 2]),
    ];
    person.list("/applications", texts.common.my_applications, sections)
}

pub(super) async fn show(person: Person, Path(id): Path<String>) -> Answer {
    let Some(application) = Application::find(person.db(), person.account_id(), &id).await? else {
        return missing(person.locale).await;
    };
    let (texts, path) = (person.texts(), format!("/applications/{}", application.id));
    let withdraw = Action::End(format!("{path}/withdraw"), texts.applications.withdraw);
    let facts = Facts {
        frame: person.frame(&path),
        person: &person,
        list: Some(("/applications", texts.common.my_applications)),
        title: application.service.title.of(&person.locale),
        facts: vec![
            (texts.applications.number, Fact::Number(application.id)),
            (
                texts.applications.state,
                Fact::State(person.application_state(application.state)),
            ),
            (
                texts.applications.applied_at,
                Fact::Time(&application.submitted_at),
            ),
            (texts.common.changed_at, Fact::Time(&application.changed_at)),
            (texts.applications.reason, Fact::Words(&application.reason)),
        ],
        answer: application.answer.as_ref(),
        empty: None,
        action: (application.state == ApplicationState::Submitted).then_some(withdraw),
    };
    shown(&facts)
}

pub(super) async fn form(person: Person, Path(service): Path<String>) -> Answer {
    match applications::service(&service) {
        Some(service) => answer_form(&person, service, "", None),
        None => missing(person.locale).await,
    }
}

#[derive(Deserialize)]
pub(super) struct ApplicationForm {
    reason: String,
}

pub(super) async fn submit(
    person: Person,
    Path(service): Path<String>,
    Form(form): Form<ApplicationForm>,
) -> Answer {
    let Some(service) = applications::service(&service) else {
        return missing(person.locale).await;
    };
    let (texts, reason) = (&person.texts().applications, form.reason.trim());
    let error = match (reason.chars().count(), FieldError::of_lines(reason)) {
        (0, _) => texts.reason_missing.to_owned(),
        (1..=MAX_REASON_CHARS, None) => {
            let id =
                applications::submit(person.db(), person.account_id(), service, reason).await?;
            let told = |locale: Locale| {
                let title = service.title.of(&locale);
                locale.texts().told.application_made(title, id)
            };
            person.tell(told).await?;
            return see_other(&format!("/applications/{id}"));
        }
        (1..=MAX_REASON_CHARS, Some(misleading)) => misleading.text(person.locale),
        _ => texts.reason_too_long.to_owned(),
    };
    answer_form(&person, service, &form.reason, Some(error))
}

/// Answers `GET /applications/{id}/withdraw`: asks whether to take the application back.
pub(super) async fn ask_to_withdraw(person: Person, Path(id): Path<String>) -> Answer {
    let Some(application) = Application::find(person.db(), person.account_id(), &id).await? else {
        return missing(person.locale).await;
    };
    let (texts, path) = (person.texts(), format!("/applications/{}", application.id));
    if application.state != ApplicationState::Submitted {
        return see_other(&path);
    }
    person.ask(&Ending {
        path: &format!("{path}/withdraw"),
        back: (&path, texts.ask.application_back),
        title: texts.ask.application,
        facts: vec![
            (
                texts.ask.application_name,
                application.service.title.of(&person.locale).to_owned(),
            ),
            (texts.applications.number, application.id.to_string()),
            (texts.applications.applied_at, application.submitted_at),
        ],
        warning: texts.ask.application_warning,
        keep: texts.ask.application_keep,
        act: texts.ask.application_act,
    })
}

pub(super) async fn withdraw(person: Person, Path(id): Path<String>) -> Answer {
    let id: i64 = id.parse().unwrap_or_default();
    if applications::withdraw(person.db(), person.account_id(), id).await? {
        let told = |locale: Locale| locale.texts().told.application_withdrawn(id);
        person.tell(told).await?;
    }
    see_other(&format!("/applications/{id}"))
}

fn answer_form(
    person: &Person,
    service: &'static Service,
    reason: &str,
    error: Option<String>,
) -> Answer {
    let path = format!("/applications/new/{}", service.id);
    let status = match error {
        None => StatusCode::OK,
        Some(_) => StatusCode::UNPROCESSABLE_ENTITY,
    };
    let form = FormPage {
        frame: person.frame(&path),
        person,
        service,
        reason,
        error,
    };
    page(status, &form)
}
