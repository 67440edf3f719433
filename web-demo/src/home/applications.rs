//! My applications: what can be applied for, what was, and how each stands.

use askama::Template;
use axum::extract::{Form, Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;
use serde::Deserialize;

use super::{Hall, Person, missing};
use crate::pages::{Failure, Frame, page};
use crate::records::applications::{self, Application, Service, State as Stage};

/// The longest reason, in characters.
const MAX_REASON_CHARS: usize = 500;

#[derive(Template)]
#[template(path = "home/applications.html")]
struct ListPage<'a> {
    frame: Frame<'a>,
    person: &'a Person,
    applications: Vec<Application>,
    catalogue: &'static [Service],
}

#[derive(Template)]
#[template(path = "home/application_form.html")]
struct FormPage<'a> {
    frame: Frame<'a>,
    person: &'a Person,
    service: &'static Service,
    reason: String,
    error: Option<&'static str>,
}

#[derive(Template)]
#[template(path = "home/application.html")]
struct ApplicationPage<'a> {
    frame: Frame<'a>,
    person: &'a Person,
    application: Application,
}

impl Person {
    /// Where an application stands, as a colour and in words.
    pub const fn stage(&self, stage: Stage) -> (&'static str, &'static str) {
        match stage {
            Stage::Submitted => ("info", self.locale.pick("已提交", "Submitted")),
            Stage::InReview => ("info", self.locale.pick("审核中", "In review")),
            Stage::Approved => ("done", self.locale.pick("已办结", "Done")),
            Stage::Returned => ("warning", self.locale.pick("退回补正", "Returned")),
            Stage::Withdrawn => ("", self.locale.pick("已撤回", "Withdrawn")),
        }
    }
}

impl ApplicationPage<'_> {
    fn can_be_withdrawn(&self) -> bool {
        self.application.state == Stage::Submitted
    }
}

/// Answers `GET /applications`.
pub async fn list(State(hall): State<Hall>, person: Person) -> Result<Response, Failure> {
    let applications = applications::of(hall.db(), person.account_id()).await?;
    let (frame, catalogue) = (person.frame("/applications"), applications::catalogue());
    page(
        StatusCode::OK,
        &ListPage {
            frame,
            person: &person,
            applications,
            catalogue,
        },
    )
}

/// Answers `GET /applications/{id}`.
pub async fn show(
    State(hall): State<Hall>,
    person: Person,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    let number = id.parse().unwrap_or_default();
    let Some(application) = applications::find(hall.db(), person.account_id(), number).await?
    else {
        return missing(person.locale).await;
    };
    let path = format!("/applications/{}", application.id);
    page(
        StatusCode::OK,
        &ApplicationPage {
            frame: person.frame(&path),
            person: &person,
            application,
        },
    )
}

/// Answers `GET /applications/new/{service}`.
pub async fn form(person: Person, Path(service): Path<String>) -> Result<Response, Failure> {
    let Some(service) = applications::service(&service) else {
        return missing(person.locale).await;
    };
    answer_form(StatusCode::OK, &person, service, String::new(), None)
}

/// What is typed.
#[derive(Deserialize)]
pub struct ApplicationForm {
    reason: String,
}

/// Answers `POST /applications/new/{service}`.
pub async fn submit(
    State(hall): State<Hall>,
    person: Person,
    Path(service): Path<String>,
    Form(form): Form<ApplicationForm>,
) -> Result<Response, Failure> {
    let Some(service) = applications::service(&service) else {
        return missing(person.locale).await;
    };
    let reason = form.reason.trim();
    let error = match reason.chars().count() {
        0 => Some(person.locale.pick("请填写申请事由。", "Say why you apply.")),
        1..=MAX_REASON_CHARS => None,
        _ => Some(person.locale.pick(
            "申请事由不能超过500字。",
            "The reason has at most 500 characters.",
        )),
    };
    if error.is_some() {
        return answer_form(
            StatusCode::UNPROCESSABLE_ENTITY,
            &person,
            service,
            form.reason,
            error,
        );
    }
    let id = applications::submit(hall.db(), person.account_id(), service, reason).await?;
    Ok(Redirect::to(&format!("/applications/{id}")).into_response())
}

/// Answers `POST /applications/{id}/withdraw`.
pub async fn withdraw(
    State(hall): State<Hall>,
    person: Person,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    let number: i64 = id.parse().unwrap_or_default();
    applications::withdraw(hall.db(), person.account_id(), number).await?;
    Ok(Redirect::to(&format!("/applications/{number}")).into_response())
}

fn answer_form(
    status: StatusCode,
    person: &Person,
    service: &'static Service,
    reason: String,
    error: Option<&'static str>,
) -> Result<Response, Failure> {
    let path = format!("/applications/new/{}", service.id);
    page(
        status,
        &FormPage {
            frame: person.frame(&path),
            person,
            service,
            reason,
            error,
        },
    )
}
