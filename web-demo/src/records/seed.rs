//! The demo's records, put into an empty database.

use serde::Deserialize;
use sqlx::{Sqlite, SqlitePool, Transaction};

use super::applications::{Service, State, UnknownService, service};
use super::insurance::Insurance;
use super::resume::Resume;
use super::words::Words;

const ANNOUNCEMENTS: &str = include_str!("../../data/announcements.toml");
const SERVICES: &str = include_str!("../../data/services.toml");
const RECORDS: &str = include_str!("../../data/records.toml");

/// Why the records could not be put in.
#[derive(Debug, thiserror::Error)]
pub enum RecordsError {
    /// A file is wrong.
    #[error("a file of records in data/ is wrong: {0}")]
    File(#[from] toml::de::Error),
    /// A file names a service that is not in the catalogue.
    #[error(transparent)]
    Service(#[from] UnknownService),
    /// A month is none.
    #[error("{0:?} in data/records.toml is no month")]
    Month(String),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// What is in `data/services.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Services {
    /// The catalogue of applications.
    pub applications: Vec<Service>,
    exams: Vec<SeedExam>,
    courses: Vec<SeedCourse>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SeedExam {
    id: String,
    title: Words,
    place: Words,
    held_in_days: i64,
    closes_in_days: i64,
    seats: i64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SeedCourse {
    id: String,
    title: Words,
    about: Words,
    lessons: i64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Announcements {
    announcements: Vec<SeedAnnouncement>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SeedAnnouncement {
    id: String,
    published_on: String,
    title: Words,
    body: Words,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Records {
    citizens: Vec<SeedCitizen>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SeedCitizen {
    id: String,
    #[serde(default)]
    employments: Vec<SeedEmployment>,
    #[serde(default)]
    applications: Vec<SeedApplication>,
    #[serde(default)]
    questions: Vec<SeedQuestion>,
    #[serde(default)]
    exams: Vec<String>,
    #[serde(default)]
    courses: Vec<String>,
    resume: Option<Resume>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SeedEmployment {
    unit: String,
    from: String,
    to: String,
    base: i64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SeedApplication {
    service: String,
    reason: String,
    state: State,
    days_ago: i64,
    answer: Option<Words>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SeedQuestion {
    subject: String,
    body: String,
    days_ago: i64,
    answer: Words,
}

impl Services {
    /// The services of the file.
    ///
    /// # Errors
    /// The file does not parse.
    pub fn load() -> Result<Self, toml::de::Error> {
        toml::from_str(SERVICES)
    }
}

/// Puts all records in, or none, if the database holds no announcement yet.
///
/// # Errors
/// See [`RecordsError`].
pub async fn seed(db: &SqlitePool) -> Result<(), RecordsError> {
    let mut transaction = db.begin().await?;
    let seeded: bool = sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM announcements)")
        .fetch_one(&mut *transaction)
        .await?;
    if seeded {
        return Ok(());
    }
    for announcement in toml::from_str::<Announcements>(ANNOUNCEMENTS)?.announcements {
        insert_announcement(&mut transaction, announcement).await?;
    }
    let Services { exams, courses, .. } = Services::load()?;
    for exam in exams {
        insert_exam(&mut transaction, exam).await?;
    }
    for course in courses {
        insert_course(&mut transaction, course).await?;
    }
    for citizen in toml::from_str::<Records>(RECORDS)?.citizens {
        insert_citizen(&mut transaction, citizen).await?;
    }
    Ok(transaction.commit().await?)
}

async fn insert_announcement(
    db: &mut Transaction<'_, Sqlite>,
    new: SeedAnnouncement,
) -> Result<(), sqlx::Error> {
    let insert = sqlx::query(
        "INSERT INTO announcements (id, published_on, title, body) VALUES (?1, ?2, ?3, ?4)",
    );
    let insert = insert
        .bind(new.id)
        .bind(new.published_on)
        .bind(new.title.to_json())
        .bind(new.body.to_json());
    insert.execute(&mut **db).await.map(drop)
}

async fn insert_exam(db: &mut Transaction<'_, Sqlite>, new: SeedExam) -> Result<(), sqlx::Error> {
    let insert = sqlx::query(
        "INSERT INTO exams (id, title, place, held_at, closes_at, seats)
         VALUES (?1, ?2, ?3, unixepoch() + ?4 * 86400, unixepoch() + ?5 * 86400, ?6)",
    );
    let insert = insert
        .bind(new.id)
        .bind(new.title.to_json())
        .bind(new.place.to_json());
    let insert = insert
        .bind(new.held_in_days)
        .bind(new.closes_in_days)
        .bind(new.seats);
    insert.execute(&mut **db).await.map(drop)
}

async fn insert_course(
    db: &mut Transaction<'_, Sqlite>,
    new: SeedCourse,
) -> Result<(), sqlx::Error> {
    let insert =
        sqlx::query("INSERT INTO courses (id, title, about, lessons) VALUES (?1, ?2, ?3, ?4)");
    let insert = insert
        .bind(new.id)
        .bind(new.title.to_json())
        .bind(new.about.to_json())
        .bind(new.lessons);
    insert.execute(&mut **db).await.map(drop)
}

async fn insert_citizen(
    db: &mut Transaction<'_, Sqlite>,
    new: SeedCitizen,
) -> Result<(), RecordsError> {
    let id = new.id.as_str();
    for employment in &new.employments {
        insert_contributions(db, id, employment).await?;
    }
    for application in new.applications {
        insert_application(db, id, application).await?;
    }
    for question in new.questions {
        insert_question(db, id, question).await?;
    }
    for exam in new.exams {
        let insert = "INSERT INTO exam_registrations (exam_id, account_id, registered_at) VALUES (?1, ?2, unixepoch())";
        sqlx::query(insert)
            .bind(exam)
            .bind(id)
            .execute(&mut **db)
            .await?;
    }
    for course in new.courses {
        let insert = "INSERT INTO enrolments (course_id, account_id, enrolled_at) VALUES (?1, ?2, unixepoch())";
        sqlx::query(insert)
            .bind(course)
            .bind(id)
            .execute(&mut **db)
            .await?;
    }
    if let Some(resume) = new.resume {
        let insert = sqlx::query("INSERT INTO resumes VALUES (?1, ?2, ?3, ?4, ?5, unixepoch())");
        let insert = insert
            .bind(id)
            .bind(resume.education)
            .bind(resume.skills)
            .bind(resume.experience);
        insert.bind(resume.wish).execute(&mut **db).await?;
    }
    Ok(())
}

async fn insert_contributions(
    db: &mut Transaction<'_, Sqlite>,
    account_id: &str,
    employment: &SeedEmployment,
) -> Result<(), RecordsError> {
    let month = |text: &str| month_number(text).ok_or_else(|| RecordsError::Month(text.to_owned()));
    for number in month(&employment.from)?..=month(&employment.to)? {
        for insurance in Insurance::ALL {
            let (unit_rate, person_rate) = insurance.rates();
            // Yuan times basis points are hundredths of a yuan, which are fen.
            let (by_unit, by_person) = (
                employment.base * unit_rate / 100,
                employment.base * person_rate / 100,
            );
            let insert =
                sqlx::query("INSERT INTO contributions VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)");
            let insert = insert
                .bind(account_id)
                .bind(insurance)
                .bind(month_name(number))
                .bind(&employment.unit);
            insert
                .bind(employment.base * 100)
                .bind(by_unit)
                .bind(by_person)
                .execute(&mut **db)
                .await?;
        }
    }
    Ok(())
}

async fn insert_application(
    db: &mut Transaction<'_, Sqlite>,
    account_id: &str,
    new: SeedApplication,
) -> Result<(), RecordsError> {
    let service = service(&new.service).ok_or(UnknownService(new.service))?;
    let insert = sqlx::query(
        "INSERT INTO applications (account_id, service, reason, state, answer, submitted_at, changed_at)
         VALUES (?1, ?2, ?3, ?4, ?5, unixepoch() - ?6 * 86400, unixepoch() - (?6 - 1) * 86400)",
    );
    let insert = insert
        .bind(account_id)
        .bind(&service.id)
        .bind(new.reason)
        .bind(new.state);
    let insert = insert
        .bind(new.answer.map(|answer| answer.to_json()))
        .bind(new.days_ago);
    insert.execute(&mut **db).await?;
    Ok(())
}

async fn insert_question(
    db: &mut Transaction<'_, Sqlite>,
    account_id: &str,
    new: SeedQuestion,
) -> Result<(), sqlx::Error> {
    let insert = sqlx::query(
        "INSERT INTO questions (account_id, subject, body, answer, asked_at, answered_at)
         VALUES (?1, ?2, ?3, ?4, unixepoch() - ?5 * 86400, unixepoch() - (?5 - 1) * 86400)",
    );
    let insert = insert
        .bind(account_id)
        .bind(new.subject)
        .bind(new.body)
        .bind(new.answer.to_json());
    insert.bind(new.days_ago).execute(&mut **db).await.map(drop)
}

/// Months counted from the year 0.
fn month_number(text: &str) -> Option<i64> {
    let (year, month) = text.split_once('-')?;
    let month: i64 = month
        .parse()
        .ok()
        .filter(|month| (1..=12).contains(month))?;
    Some(year.parse::<i64>().ok()? * 12 + month - 1)
}

fn month_name(number: i64) -> String {
    format!("{:04}-{:02}", number / 12, number % 12 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_records_are_put_in_once() {
        let directory = tempfile::tempdir().unwrap();
        let db = crate::db::open(&directory.path().join("hall.sqlite"))
            .await
            .unwrap();
        seed(&db).await.unwrap();
        seed(&db).await.unwrap();
        let announcements: i64 = sqlx::query_scalar("SELECT count(*) FROM announcements")
            .fetch_one(&db)
            .await
            .unwrap();
        assert_eq!(announcements, 12);
    }

    #[test]
    fn months_follow_each_other_over_the_end_of_a_year() {
        let december = month_number("2024-12").unwrap();
        assert_eq!(
            [month_name(december), month_name(december + 1)],
            ["2024-12", "2025-01"]
        );
        assert_eq!(month_number("2024-13"), None);
    }
}
