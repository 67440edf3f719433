//! The authority's desk: whoever develops answers open applications and questions here, to see what their people are told.

use askama::Template;
use axum::extract::{Form, Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;
use serde::Deserialize;
use sqlx::SqlitePool;

use crate::pages::{Failure, Frame, Locale, page};
use crate::records::applications::{self, Decision, OpenApplication, State as Stage};
use crate::records::questions::{self, OpenQuestion};

pub const PATH: &str = "/developer/desk";

/// The longest answer, in characters.
const MAX_CHARS: usize = 500;

#[derive(Template)]
#[template(path = "developer/desk.html")]
struct DeskPage<'a> {
    frame: Frame<'a>,
    applications: Vec<OpenApplication>,
    questions: Vec<OpenQuestion>,
    wrong: Option<Wrong>,
    /// Somebody else was faster, or the applicant has withdrawn.
    gone: bool,
}

/// An answer that cannot be given, and why.
struct Wrong {
    /// To what: `application-1`, `question-1`.
    to: String,
    typed: String,
    /// What was chosen for an application.
    decision: Option<Decision>,
    error: &'static str,
}

impl DeskPage<'_> {
    /// What is chosen already: what was sent before, else the next step.
    fn chosen(&self, application: &OpenApplication) -> Decision {
        let sent = self
            .wrong("application", &application.id)
            .and_then(|wrong| wrong.decision);
        sent.unwrap_or(if application.state == Stage::Submitted {
            Decision::InReview
        } else {
            Decision::Approved
        })
    }

    fn wrong(&self, kind: &str, id: &i64) -> Option<&Wrong> {
        self.wrong
            .as_ref()
            .filter(|wrong| wrong.to == format!("{kind}-{id}"))
    }
}

/// Answers `GET /developer/desk`.
pub async fn show(State(db): State<SqlitePool>, locale: Locale) -> Result<Response, Failure> {
    answer(&db, locale, None, false).await
}

/// What is typed.
#[derive(Deserialize)]
pub struct ApplicationAnswer {
    decision: Decision,
    #[serde(default)]
    answer: String,
}

/// Answers `POST /developer/desk/applications/{id}`.
pub async fn answer_application(
    State(db): State<SqlitePool>,
    locale: Locale,
    Path(id): Path<String>,
    Form(form): Form<ApplicationAnswer>,
) -> Result<Response, Failure> {
    if let Some(error) = error(&form.answer, form.decision == Decision::InReview, locale) {
        let to = format!("application-{id}");
        let wrong = Wrong {
            to,
            typed: form.answer,
            decision: Some(form.decision),
            error,
        };
        return answer(&db, locale, Some(wrong), false).await;
    }
    answered(
        &db,
        locale,
        applications::decide(
            &db,
            id.parse().unwrap_or_default(),
            form.decision,
            form.answer.trim(),
        )
        .await?,
    )
    .await
}

/// What is typed.
#[derive(Deserialize)]
pub struct QuestionAnswer {
    #[serde(default)]
    answer: String,
}

/// Answers `POST /developer/desk/questions/{id}`.
pub async fn answer_question(
    State(db): State<SqlitePool>,
    locale: Locale,
    Path(id): Path<String>,
    Form(form): Form<QuestionAnswer>,
) -> Result<Response, Failure> {
    if let Some(error) = error(&form.answer, false, locale) {
        let wrong = Wrong {
            to: format!("question-{id}"),
            typed: form.answer,
            decision: None,
            error,
        };
        return answer(&db, locale, Some(wrong), false).await;
    }
    answered(
        &db,
        locale,
        questions::answer(&db, id.parse().unwrap_or_default(), form.answer.trim()).await?,
    )
    .await
}

fn error(typed: &str, may_be_empty: bool, locale: Locale) -> Option<&'static str> {
    match typed.trim().chars().count() {
        0 if !may_be_empty => Some(locale.pick("请填写答复。", "Write an answer.")),
        0..=MAX_CHARS => None,
        _ => Some(locale.pick(
            "答复不能超过500字。",
            "An answer has at most 500 characters.",
        )),
    }
}

async fn answered(db: &SqlitePool, locale: Locale, done: bool) -> Result<Response, Failure> {
    if done {
        Ok(Redirect::to(PATH).into_response())
    } else {
        answer(db, locale, None, true).await
    }
}

async fn answer(
    db: &SqlitePool,
    locale: Locale,
    wrong: Option<Wrong>,
    gone: bool,
) -> Result<Response, Failure> {
    let status = match (gone, &wrong) {
        (true, _) => StatusCode::CONFLICT,
        (false, Some(_)) => StatusCode::UNPROCESSABLE_ENTITY,
        (false, None) => StatusCode::OK,
    };
    let frame = Frame::portal(locale, PATH);
    let (applications, questions) = (applications::open(db).await?, questions::open(db).await?);
    page(
        status,
        &DeskPage {
            frame,
            applications,
            questions,
            wrong,
            gone,
        },
    )
}
