//! My exams: registering and cancelling.

use axum::extract::Path;

use super::list::Section;
use crate::home::ask::Ending;
use crate::home::{Answer, Person, missing, see_other};
use crate::pages::{Action, Locale, Row};
use crate::records::Record;
use crate::records::exams::{self, Exam, Refusal};

const PATH: &str = "/exams";

pub(super) async fn list(person: Person) -> Answer {
    answer(&person, None).await
}

pub(super) async fn register(person: Person, Path(id): Path<String>) -> Answer {
    change(&person, &id, true).await
}

/// Answers `GET /exams/{id}/cancel`: asks whether to give the seat up.
pub(super) async fn ask_to_cancel(person: Person, Path(id): Path<String>) -> Answer {
    let (db, texts, locale) = (person.db(), person.texts(), person.locale);
    let exam = Exam::find(db, person.account_id(), &id).await?;
    let Some(exam) = exam.filter(|exam| exam.registered) else {
        return see_other(PATH);
    };
    if !exam.open {
        return answer(&person, Some(texts.exams.registration_over)).await;
    }
    person.ask(&Ending {
        path: &format!("{PATH}/{}/cancel", exam.id),
        back: (PATH, texts.common.my_exams),
        title: texts.ask.exam,
        facts: vec![
            (texts.ask.exam_name, exam.title.of(&locale).to_owned()),
            (texts.exams.held_on, exam.held_on),
            (texts.exams.register_by, exam.closes_on),
        ],
        warning: texts.ask.exam_warning,
        keep: texts.ask.exam_keep,
        act: texts.ask.exam_act,
    })
}

pub(super) async fn cancel(person: Person, Path(id): Path<String>) -> Answer {
    change(&person, &id, false).await
}

async fn change(person: &Person, id: &str, wanted: bool) -> Answer {
    let texts = &person.texts().exams;
    match exams::register(person.db(), person.account_id(), id, wanted).await? {
        Ok(()) => {
            if let Some(exam) = Exam::find(person.db(), person.account_id(), id).await? {
                let told = |locale: Locale| {
                    let (texts, title) = (&locale.texts().told, exam.title.of(&locale));
                    if wanted {
                        let place = exam.place.of(&locale);
                        texts.exam_registered(title, &exam.held_on, place, &exam.closes_on)
                    } else {
                        texts.exam_cancelled(title, &exam.closes_on)
                    }
                };
                person.tell(told).await?;
            }
            see_other(PATH)
        }
        Err(Refusal::Unknown) => missing(person.locale).await,
        Err(Refusal::Closed) => answer(person, Some(texts.registration_over)).await,
        Err(Refusal::Full) => answer(person, Some(texts.seats_taken)).await,
    }
}

async fn answer(person: &Person, refusal: Option<&'static str>) -> Answer {
    let exams = Exam::all(person.db(), person.account_id()).await?;
    let rows = exams
        .into_iter()
        .map(|exam| (exam.registered, row(person, exam)));
    let (mine, others): (Vec<_>, Vec<_>) = rows.partition(|(registered, _)| *registered);
    let rows = |part: Vec<(bool, Row)>| part.into_iter().map(|(_, row)| row);
    let texts = person.texts();
    let sections = vec![
        Section::new(
            "mine",
            texts.exams.have_registered,
            rows(mine),
            [texts.exams.none, texts.exams.none_hint],
        ),
        Section::new(
            "others",
            texts.exams.exams,
            rows(others),
            [texts.exams.no_others, texts.exams.no_others_hint],
        ),
    ];
    person.list_refusing(PATH, texts.common.my_exams, sections, refusal)
}

fn row(person: &Person, exam: Exam) -> Row {
    let texts = &person.texts().exams;
    let path = |verb| format!("{PATH}/{}/{verb}", exam.id);
    let place = exam.place.of(&person.locale).to_owned();
    let mut about = vec![
        (texts.held_on.to_owned(), exam.held_on),
        (place, String::new()),
    ];
    let action = if exam.registered {
        exam.open.then(|| Action::End(path("cancel"), texts.cancel))
    } else {
        about.push((texts.register_by.to_owned(), exam.closes_on));
        if exam.open {
            about.push((
                format!("{} {}", texts.seats_left, exam.seats_left),
                String::new(),
            ));
        }
        Some(match (exam.open, exam.seats_left) {
            (false, _) => Action::Closed(("", texts.closed)),
            (true, ..=0) => Action::Closed(("warning", texts.full)),
            (true, _) => Action::Post(path("register"), texts.register),
        })
    };
    Row {
        title: exam.title.of(&person.locale).to_owned(),
        badge: exam.registered.then_some(("done", texts.registered)),
        about,
        action,
        ..Row::default()
    }
}
