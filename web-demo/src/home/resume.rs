//! My resume: shown, and changed.

use askama::Template;
use axum::extract::{Form, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;

use super::{Hall, Person, VerifiedPerson};
use crate::pages::{Failure, Frame, page};
use crate::records::resume::{self, Resume};

/// The longest part, in characters.
const MAX_CHARS: usize = 2000;

#[derive(Template)]
#[template(path = "home/resume.html")]
struct ResumePage<'a> {
    frame: Frame<'a>,
    person: &'a Person,
    resume: Option<Resume>,
}

#[derive(Template)]
#[template(path = "home/resume_form.html")]
struct FormPage<'a> {
    frame: Frame<'a>,
    person: &'a Person,
    resume: Resume,
    error: Option<&'static str>,
}

/// Answers `GET /resume`.
pub async fn show(
    State(hall): State<Hall>,
    VerifiedPerson(person): VerifiedPerson,
) -> Result<Response, Failure> {
    let resume = resume::of(hall.db(), person.account_id()).await?;
    page(
        StatusCode::OK,
        &ResumePage {
            frame: person.frame("/resume"),
            person: &person,
            resume,
        },
    )
}

/// Answers `GET /resume/edit`.
pub async fn edit(
    State(hall): State<Hall>,
    VerifiedPerson(person): VerifiedPerson,
) -> Result<Response, Failure> {
    let resume = resume::of(hall.db(), person.account_id())
        .await?
        .unwrap_or_default();
    let frame = person.frame("/resume/edit");
    page(
        StatusCode::OK,
        &FormPage {
            frame,
            person: &person,
            resume,
            error: None,
        },
    )
}

/// Answers `POST /resume`.
pub async fn keep(
    State(hall): State<Hall>,
    VerifiedPerson(person): VerifiedPerson,
    Form(resume): Form<Resume>,
) -> Result<Response, Failure> {
    let parts = [
        &resume.education,
        &resume.skills,
        &resume.experience,
        &resume.wish,
    ];
    let say = |zh, en| Some(person.locale.pick(zh, en));
    let error = if parts.iter().all(|part| part.trim().is_empty()) {
        say("请至少填写一项。", "Fill in at least one part.")
    } else if parts.iter().any(|part| part.chars().count() > MAX_CHARS) {
        say(
            "每项不能超过2000字。",
            "Each part has at most 2000 characters.",
        )
    } else {
        None
    };
    if error.is_some() {
        let frame = person.frame("/resume/edit");
        return page(
            StatusCode::UNPROCESSABLE_ENTITY,
            &FormPage {
                frame,
                person: &person,
                resume,
                error,
            },
        );
    }
    resume::keep(hall.db(), person.account_id(), &resume).await?;
    Ok(Redirect::to("/resume").into_response())
}
