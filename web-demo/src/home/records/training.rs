//! My training: taking courses and leaving them.

use axum::extract::Path;

use super::list::Section;
use crate::home::{Answer, VerifiedPerson, missing, see_other};
use crate::pages::{Action, Row};
use crate::records::Record;
use crate::records::courses::{self, Course};

pub(super) async fn list(person: VerifiedPerson) -> Answer {
    let (texts, locale) = (&person.texts().training, person.locale);
    let row = |course: Course| {
        let path = |verb| format!("/training/{}/{verb}", course.id);
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
    person.list("/training", texts.my_training, sections)
}

pub(super) async fn enrol(person: VerifiedPerson, Path(id): Path<String>) -> Answer {
    if courses::enrol(person.db(), person.account_id(), &id).await? {
        return see_other("/training");
    }
    missing(person.locale).await
}

pub(super) async fn leave(person: VerifiedPerson, Path(id): Path<String>) -> Answer {
    courses::leave(person.db(), person.account_id(), &id).await?;
    see_other("/training")
}
