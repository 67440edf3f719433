//! My training: taking courses and leaving them.

use axum::extract::Path;

use super::list::Section;
use crate::home::ask::Ending;
use crate::home::{Answer, VerifiedPerson, missing, see_other};
use crate::pages::{Action, Locale, Row};
use crate::records::Record;
use crate::records::courses::{self, Course};

const PATH: &str = "/training";

pub(super) async fn list(person: VerifiedPerson) -> Answer {
    let (texts, locale) = (&person.texts().training, person.locale);
    let row = |course: Course| {
        let path = |verb| format!("{PATH}/{}/{verb}", course.id);
        let lessons = format!("{} {}", course.lessons, texts.lessons);
        let mut about = vec![course.about.of(&locale).to_owned(), lessons];
        let action = match &course.enrolled_on {
            Some(day) => {
                about.push(format!("{} {day}", texts.since));
                Action::End(path("leave"), texts.leave)
            }
            None => Action::Post(path("enrol"), texts.enrol),
        };
        Row {
            title: course.title.of(&locale).to_owned(),
            badge: course
                .enrolled_on
                .is_some()
                .then_some(("done", texts.enrolled)),
            about: about
                .into_iter()
                .map(|text| (text, String::new()))
                .collect(),
            action: Some(action),
            ..Row::default()
        }
    };
    let courses = Course::all(person.db(), person.account_id())
        .await?
        .into_iter()
        .map(row);
    let (mine, others): (Vec<_>, Vec<_>) = courses.partition(|row| row.badge.is_some());
    let sections = vec![
        Section::new("mine", texts.courses, mine, [texts.none, texts.none_hint]),
        Section::new(
            "others",
            texts.choices,
            others,
            [texts.no_others, texts.no_others_hint],
        ),
    ];
    person.list(PATH, texts.my_training, sections)
}

pub(super) async fn enrol(person: VerifiedPerson, Path(id): Path<String>) -> Answer {
    let (db, account_id) = (person.db(), person.account_id());
    if courses::enrol(db, account_id, &id).await?
        && let Some(course) = Course::find(db, account_id, &id).await?
    {
        let told = |locale: Locale| {
            let title = course.title.of(&locale);
            locale.texts().told.course_joined(title, course.lessons)
        };
        person.tell(told).await?;
        return see_other(PATH);
    }
    missing(person.locale).await
}

/// Answers `GET /training/{id}/leave`: asks whether to leave the course.
pub(super) async fn ask_to_leave(person: VerifiedPerson, Path(id): Path<String>) -> Answer {
    let (texts, locale) = (person.texts(), person.locale);
    let course = Course::find(person.db(), person.account_id(), &id).await?;
    let since = course
        .as_ref()
        .and_then(|course| course.enrolled_on.clone());
    let (Some(course), Some(since)) = (course, since) else {
        return see_other(PATH);
    };
    person.ask(&Ending {
        path: &format!("{PATH}/{}/leave", course.id),
        back: (PATH, texts.training.my_training),
        title: texts.ask.course,
        facts: vec![
            (texts.ask.course_name, course.title.of(&locale).to_owned()),
            (texts.ask.course_since, since),
        ],
        warning: texts.ask.course_warning,
        keep: texts.ask.course_keep,
        act: texts.ask.course_act,
    })
}

pub(super) async fn leave(person: VerifiedPerson, Path(id): Path<String>) -> Answer {
    let (db, account_id) = (person.db(), person.account_id());
    if courses::leave(db, account_id, &id).await?
        && let Some(course) = Course::find(db, account_id, &id).await?
    {
        let told = |locale: Locale| locale.texts().told.course_left(course.title.of(&locale));
        person.tell(told).await?;
    }
    see_other(PATH)
}
