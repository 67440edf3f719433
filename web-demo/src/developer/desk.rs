//! The authority's desk: a developer answers open applications and questions here, to see the
//! notices to their people.

use askama::Template;
use axum::extract::{Form, Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;
use serde::Deserialize;

use super::operators;
use super::state::Desk;
use crate::form_errors::FieldError;
use crate::pages::{Failure, Frame, Locale, Surface, missing, page};
use crate::records::applications::{self, Application, ApplicationState, Decision};
use crate::records::questions::{self, Question};
use crate::records::{OpenRecord, Words};

pub(super) const PATH: &str = "/developer/desk";

/// Maximum length of an answer in characters.
const MAX_CHARS: usize = 500;

#[derive(Template)]
#[template(path = "developer/desk.html")]
struct DeskPage<'a> {
    frame: Frame<'a>,
    applications: Vec<Application>,
    questions: Vec<Question>,
    wrong: Option<Wrong>,
    /// Another answer was faster, or the applicant has withdrawn.
    gone: bool,
    told: Option<Words>,
}

/// A refused answer.
struct Wrong {
    /// The record that it is to: `application-1`, `question-1`.
    to: String,
    typed: AnswerForm,
    error: String,
}

impl DeskPage<'_> {
    const fn operators(&self) -> &'static str {
        operators::PATH
    }

    /// The decision that is chosen already: the one that was sent before, else the next step.
    fn chosen(&self, application: &Application) -> Decision {
        let wrong = self.wrong("application", &application.id);
        let sent = wrong.and_then(|wrong| wrong.typed.decision);
        sent.unwrap_or(match application.state {
            ApplicationState::Submitted => Decision::InReview,
            _ => Decision::Approved,
        })
    }

    /// The field of the refused answer, with the reason.
    fn errors(&self) -> Vec<(&str, &str)> {
        let wrong = self.wrong.iter();
        wrong.map(|wrong| (&*wrong.to, &*wrong.error)).collect()
    }

    fn wrong(&self, kind: &str, id: &i64) -> Option<&Wrong> {
        let wrong = self.wrong.as_ref();
        wrong.filter(|wrong| wrong.to == format!("{kind}-{id}"))
    }
}

pub(super) async fn show(State(desk): State<Desk>, locale: Locale) -> Result<Response, Failure> {
    answer(&desk, locale, None, false).await
}

#[derive(Deserialize)]
pub(super) struct AnswerForm {
    /// For an application.
    decision: Option<Decision>,
    #[serde(default)]
    answer: String,
}

/// Answers `POST /developer/desk/{kind}/{id}`: a decision on an application, or an answer to a
/// question.
pub(super) async fn answer_record(
    State(desk): State<Desk>,
    locale: Locale,
    Path((kind, id)): Path<(String, String)>,
    Form(form): Form<AnswerForm>,
) -> Result<Response, Failure> {
    if !["applications", "questions"].contains(&&*kind) {
        return missing(Surface::Portal, locale);
    }
    let (texts, text) = (&locale.texts().developer, form.answer.trim());
    let may_be_empty = form.decision == Some(Decision::InReview);
    let error = match text.chars().count() {
        0 if !may_be_empty => Some(texts.answer_missing.to_owned()),
        0..=MAX_CHARS => FieldError::of_lines(text).map(|error| error.text(locale)),
        _ => Some(texts.answer_too_long.to_owned()),
    };
    if let Some(error) = error {
        let wrong = Wrong {
            to: format!("{}-{id}", kind.trim_end_matches('s')),
            typed: form,
            error,
        };
        return answer(&desk, locale, Some(wrong), false).await;
    }
    let done = match (&*kind, form.decision) {
        ("applications", Some(decision)) => {
            applications::decide(&desk.db, &id, decision, text).await?
        }
        ("applications", None) => return Ok(StatusCode::UNPROCESSABLE_ENTITY.into_response()),
        _ => questions::answer(&desk.db, &id, text).await?,
    };
    if done {
        desk.tell(|locale| locale.texts().told.answered.to_owned());
        return Ok(Redirect::to(PATH).into_response());
    }
    answer(&desk, locale, None, true).await
}

async fn answer(
    desk: &Desk,
    locale: Locale,
    wrong: Option<Wrong>,
    gone: bool,
) -> Result<Response, Failure> {
    let status = match (gone, &wrong) {
        (true, _) => StatusCode::CONFLICT,
        (false, Some(_)) => StatusCode::UNPROCESSABLE_ENTITY,
        (false, None) => StatusCode::OK,
    };
    let desk = DeskPage {
        frame: Frame::portal(locale, PATH),
        applications: Application::open(&desk.db).await?,
        questions: Question::open(&desk.db).await?,
        wrong,
        gone,
        told: desk.take_told(),
    };
    page(status, &desk)
}
