//! My training: courses, and taking them.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;

use super::{Hall, Person, VerifiedPerson, missing};
use crate::pages::{Failure, Frame, page};
use crate::records::training::{self, Course};

#[derive(Template)]
#[template(path = "home/training.html")]
struct TrainingPage<'a> {
    frame: Frame<'a>,
    person: &'a Person,
    mine: Vec<Course>,
    others: Vec<Course>,
}

/// Answers `GET /training`.
pub async fn list(
    State(hall): State<Hall>,
    VerifiedPerson(person): VerifiedPerson,
) -> Result<Response, Failure> {
    let courses = training::all(hall.db(), person.account_id()).await?;
    let (mine, others) = courses
        .into_iter()
        .partition(|course| course.enrolled_on.is_some());
    page(
        StatusCode::OK,
        &TrainingPage {
            frame: person.frame("/training"),
            person: &person,
            mine,
            others,
        },
    )
}

/// Answers `POST /training/{id}/enrol`.
pub async fn enrol(
    State(hall): State<Hall>,
    VerifiedPerson(person): VerifiedPerson,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    if !training::enrol(hall.db(), person.account_id(), &id).await? {
        return missing(person.locale).await;
    }
    Ok(Redirect::to("/training").into_response())
}

/// Answers `POST /training/{id}/leave`.
pub async fn leave(
    State(hall): State<Hall>,
    VerifiedPerson(person): VerifiedPerson,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    training::leave(hall.db(), person.account_id(), &id).await?;
    Ok(Redirect::to("/training").into_response())
}
