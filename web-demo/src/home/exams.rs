//! My exams: which are held, registering and cancelling.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;

use super::{Hall, Person, missing};
use crate::pages::{Failure, Frame, page};
use crate::records::exams::{self, Exam, Refusal};

#[derive(Template)]
#[template(path = "home/exams.html")]
struct ExamsPage<'a> {
    frame: Frame<'a>,
    person: &'a Person,
    mine: Vec<Exam>,
    others: Vec<Exam>,
    refusal: Option<&'static str>,
}

/// Answers `GET /exams`.
pub async fn list(State(hall): State<Hall>, person: Person) -> Result<Response, Failure> {
    answer(&hall, &person, StatusCode::OK, None).await
}

/// Answers `POST /exams/{id}/register`.
pub async fn register(
    State(hall): State<Hall>,
    person: Person,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    let done = exams::register(hall.db(), person.account_id(), &id).await?;
    answer_change(&hall, &person, done).await
}

/// Answers `POST /exams/{id}/cancel`.
pub async fn cancel(
    State(hall): State<Hall>,
    person: Person,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    let done = exams::cancel(hall.db(), person.account_id(), &id).await?;
    answer_change(&hall, &person, done).await
}

async fn answer_change(
    hall: &Hall,
    person: &Person,
    done: Result<(), Refusal>,
) -> Result<Response, Failure> {
    let say = |zh, en| Some(person.locale.pick(zh, en));
    let refusal = match done {
        Ok(()) => return Ok(Redirect::to("/exams").into_response()),
        Err(Refusal::Unknown) => return missing(person.locale).await,
        Err(Refusal::Closed) => say(
            "该考试的报名时间已过，不能再报名或取消。",
            "Registration for this exam is over: it can be neither made nor cancelled.",
        ),
        Err(Refusal::Full) => say("该考试名额已满。", "All seats of this exam are taken."),
    };
    answer(hall, person, StatusCode::CONFLICT, refusal).await
}

async fn answer(
    hall: &Hall,
    person: &Person,
    status: StatusCode,
    refusal: Option<&'static str>,
) -> Result<Response, Failure> {
    let exams = exams::all(hall.db(), person.account_id()).await?;
    let (mine, others) = exams.into_iter().partition(|exam| exam.registered);
    page(
        status,
        &ExamsPage {
            frame: person.frame("/exams"),
            person,
            mine,
            others,
            refusal,
        },
    )
}
