//! My questions: asking the authority, and what it has answered.

use askama::Template;
use axum::extract::{Form, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;
use serde::Deserialize;

use super::{Hall, Person, VerifiedPerson};
use crate::pages::{Failure, Frame, page};
use crate::records::questions::{self, Question};

/// The longest subject and question, in characters.
const MAX_CHARS: (usize, usize) = (60, 1000);

#[derive(Template)]
#[template(path = "home/questions.html")]
struct QuestionsPage<'a> {
    frame: Frame<'a>,
    person: &'a Person,
    questions: Vec<Question>,
    form: QuestionForm,
    subject_error: Option<&'static str>,
    body_error: Option<&'static str>,
}

/// What is typed.
#[derive(Default, Deserialize)]
pub struct QuestionForm {
    subject: String,
    body: String,
}

/// Answers `GET /questions`.
pub async fn list(
    State(hall): State<Hall>,
    VerifiedPerson(person): VerifiedPerson,
) -> Result<Response, Failure> {
    answer(&hall, &person, QuestionForm::default(), (None, None)).await
}

/// Answers `POST /questions`.
pub async fn ask(
    State(hall): State<Hall>,
    VerifiedPerson(person): VerifiedPerson,
    Form(form): Form<QuestionForm>,
) -> Result<Response, Failure> {
    let (subject, body) = (form.subject.trim(), form.body.trim());
    let wrong = |text: &str, most, zh, en| {
        (text.is_empty() || text.chars().count() > most).then(|| person.locale.pick(zh, en))
    };
    let errors = (
        wrong(
            subject,
            MAX_CHARS.0,
            "请填写主题，不超过60字。",
            "Write a subject of at most 60 characters.",
        ),
        wrong(
            body,
            MAX_CHARS.1,
            "请填写问题，不超过1000字。",
            "Write your question in at most 1000 characters.",
        ),
    );
    if errors != (None, None) {
        return answer(&hall, &person, form, errors).await;
    }
    questions::ask(hall.db(), person.account_id(), subject, body).await?;
    Ok(Redirect::to("/questions").into_response())
}

async fn answer(
    hall: &Hall,
    person: &Person,
    form: QuestionForm,
    (subject_error, body_error): (Option<&'static str>, Option<&'static str>),
) -> Result<Response, Failure> {
    let questions = questions::of(hall.db(), person.account_id()).await?;
    let wrong = subject_error.or(body_error).is_some();
    let status = if wrong {
        StatusCode::UNPROCESSABLE_ENTITY
    } else {
        StatusCode::OK
    };
    let frame = person.frame("/questions");
    page(
        status,
        &QuestionsPage {
            frame,
            person,
            questions,
            form,
            subject_error,
            body_error,
        },
    )
}
