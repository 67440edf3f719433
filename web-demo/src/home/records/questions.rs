//! My questions to the authority, and its answers.

use askama::Template;
use axum::extract::Form;
use http::StatusCode;
use serde::Deserialize;

use crate::form_errors::FieldError;
use crate::home::{Answer, Person, VerifiedPerson, see_other};
use crate::pages::{self, Frame, Locale, page};
use crate::records::Record;
use crate::records::questions::{self, Question};

/// Maximum length of subject and question in characters.
const MAX_CHARS: [usize; 2] = [60, 1000];

#[derive(Template)]
#[template(path = "home/records/questions.html")]
struct QuestionsPage<'a> {
    frame: Frame<'a>,
    person: &'a Person,
    questions: Vec<Question>,
    form: QuestionForm,
    errors: [Option<String>; 2],
}

impl QuestionsPage<'_> {
    /// The fields that are wrong, each with its message.
    fn wrong(&self) -> Vec<(&str, &str)> {
        let [subject, body] = &self.errors;
        pages::errors(&[("subject", subject.as_deref()), ("body", body.as_deref())])
    }
}

#[derive(Default, Deserialize)]
pub(super) struct QuestionForm {
    subject: String,
    body: String,
}

pub(super) async fn list(person: VerifiedPerson) -> Answer {
    answer(&person, QuestionForm::default(), [None, None]).await
}

pub(super) async fn ask(person: VerifiedPerson, Form(form): Form<QuestionForm>) -> Answer {
    let (subject, body) = (form.subject.trim(), form.body.trim());
    let texts = &person.texts().questions;
    let wrong = |text: &str, most, error: &str, misleading: Option<FieldError>| {
        if text.is_empty() || text.chars().count() > most {
            return Some(error.to_owned());
        }
        misleading.map(|error| error.text(person.locale))
    };
    let misleading = (FieldError::of_line(subject), FieldError::of_lines(body));
    let errors = [
        wrong(subject, MAX_CHARS[0], texts.subject_error, misleading.0),
        wrong(body, MAX_CHARS[1], texts.body_error, misleading.1),
    ];
    if errors != [None, None] {
        return answer(&person, form, errors).await;
    }
    let number = questions::ask(person.db(), person.account_id(), subject, body).await?;
    let told = |locale: Locale| locale.texts().told.question_sent(number);
    person.tell(told).await?;
    see_other("/questions")
}

async fn answer(person: &Person, form: QuestionForm, errors: [Option<String>; 2]) -> Answer {
    let status = match errors {
        [None, None] => StatusCode::OK,
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    };
    let questions = QuestionsPage {
        frame: person.frame("/questions"),
        person,
        questions: Question::all(person.db(), person.account_id()).await?,
        form,
        errors,
    };
    page(status, &questions)
}
