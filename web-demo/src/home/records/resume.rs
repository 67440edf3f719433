//! My resume: shown, and changed.

use askama::Template;
use axum::extract::Form;
use http::StatusCode;

use super::list::{Fact, Facts};
use crate::form_errors::FieldError;
use crate::home::{Answer, Person, VerifiedPerson, see_other};
use crate::pages::{Action, Frame, Locale, page, shown};
use crate::records::Record;
use crate::records::resume::Resume;

/// Maximum length of a part in characters.
const MAX_CHARS: usize = 2000;

/// Fields of the form, as [`Resume::parts`] orders their values.
const PARTS: [&str; 4] = ["education", "skills", "experience", "wish"];

#[derive(Template)]
#[template(path = "home/records/resume_form.html")]
struct FormPage<'a> {
    frame: Frame<'a>,
    person: &'a Person,
    resume: Resume,
    /// The parts that are refused, each with the reason.
    errors: Vec<(&'static str, String)>,
}

impl FormPage<'_> {
    fn error(&self, part: &str) -> Option<&str> {
        let mut errors = self.errors.iter();
        errors.find_map(|(name, error)| (*name == part).then_some(&**error))
    }
}

pub(super) async fn show(person: VerifiedPerson) -> Answer {
    let (texts, changed_at) = (&person.texts().resume, person.texts().common.changed_at);
    let resume = Resume::find(person.db(), person.account_id(), person.account_id()).await?;
    let (mut facts, mut label) = (Vec::new(), texts.write);
    if let Some(resume) = &resume {
        let labels = [
            texts.education,
            texts.skills,
            texts.experience,
            texts.looking,
        ];
        facts.extend(labels.into_iter().zip(resume.parts().map(Fact::Words)));
        facts.push((changed_at, Fact::Time(&resume.changed_at)));
        label = texts.change;
    }
    let view = Facts {
        frame: person.frame("/resume"),
        person: &person,
        list: None,
        title: texts.my_resume,
        empty: facts.is_empty().then_some([texts.none, texts.none_hint]),
        facts,
        answer: None,
        action: Some(Action::Link("/resume/edit".into(), label)),
    };
    shown(&view)
}

pub(super) async fn edit(person: VerifiedPerson) -> Answer {
    let resume = Resume::find(person.db(), person.account_id(), person.account_id()).await?;
    answer_form(&person, resume.unwrap_or_default(), Vec::new())
}

pub(super) async fn keep(person: VerifiedPerson, Form(resume): Form<Resume>) -> Answer {
    let texts = &person.texts().resume;
    let error_of = |part: &str| {
        if part.chars().count() > MAX_CHARS {
            return Some(texts.length_error.to_owned());
        }
        FieldError::of_lines(part).map(|error| error.text(person.locale))
    };
    let parts = PARTS.into_iter().zip(resume.parts());
    let mut errors: Vec<_> = parts
        .filter_map(|(name, part)| Some((name, error_of(part)?)))
        .collect();
    if resume.parts().iter().all(|part| part.trim().is_empty()) {
        errors = vec![(PARTS[0], texts.empty_error.to_owned())];
    }
    if errors.is_empty() {
        resume.keep(person.db(), person.account_id()).await?;
        let told = |locale: Locale| locale.texts().told.resume_kept.to_owned();
        person.tell(told).await?;
        return see_other("/resume");
    }
    answer_form(&person, resume, errors)
}

fn answer_form(person: &Person, resume: Resume, errors: Vec<(&'static str, String)>) -> Answer {
    let status = if errors.is_empty() {
        StatusCode::OK
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    let form = FormPage {
        frame: person.frame("/resume/edit"),
        person,
        resume,
        errors,
    };
    page(status, &form)
}
