//! The demo's records, put into an empty database.

use anyhow::Context;
use serde_json::{Value, json};
use sqlx::SqlitePool;
use sqlx::types::Json;
use strum::VariantArray;

use super::applications::SERVICES;
use super::insurance::Insurance;
use crate::db::{self, execute, fetch_one};

/// The statements that put in the records of the files below.
const SEED: &str = include_str!("../../data/records.sql");

const ANNOUNCEMENTS: &str = include_str!("../../data/announcements.toml");
const RECORDS: &str = include_str!("../../data/records.toml");

/// Puts all records in, if the database holds no announcement yet.
///
/// # Errors
/// Returns an error if a file in `data/` or a record in it is invalid, or the database fails; then
/// no record is put in.
pub(crate) async fn seed(db: &SqlitePool) -> anyhow::Result<()> {
    let mut transaction = db::write(db).await?;
    let seeded = "SELECT EXISTS (SELECT 1 FROM announcements)";
    let (seeded,): (bool,) = fetch_one!(&mut *transaction, seeded).await?;
    if seeded {
        return Ok(());
    }
    let [announcements, services, records] = [ANNOUNCEMENTS, SERVICES, RECORDS]
        .map(|file| toml::from_str::<Value>(file).context("invalid records in data/"));
    let rates = Insurance::VARIANTS.iter().map(|insurance| {
        let (unit, person) = insurance.rates();
        json!({ "insurance": insurance, "unit": unit, "person": person })
    });
    let files = json!({
        "announcements": announcements?, "services": services?, "records": records?, "rates": rates.collect::<Value>(),
    });
    execute!(&mut *transaction, SEED; Json(files)).await?;
    Ok(transaction.commit().await?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::records::Record;
    use crate::records::applications::Application;

    async fn seeded() -> (SqlitePool, tempfile::TempDir) {
        let (db, directory) = db::empty().await;
        let accounts = crate::accounts::DemoAccounts::load().unwrap();
        accounts.seed(&db).await.unwrap();
        seed(&db).await.unwrap();
        (db, directory)
    }

    #[tokio::test]
    async fn the_records_are_put_in_once() {
        let (db, _directory) = seeded().await;
        seed(&db).await.unwrap();
        let count = "SELECT (SELECT count(*) FROM announcements), (SELECT count(*) FROM courses),
            (SELECT count(*) FROM exams), (SELECT count(*) FROM resumes)";
        let count: (i64, i64, i64, i64) = fetch_one!(&db, count).await.unwrap();
        assert_eq!((count.0, count.3), (12, 1));
        assert!(count.1 > 0 && count.2 > 0);
    }

    #[tokio::test]
    async fn contributions_follow_each_other_over_the_end_of_a_year() {
        let (db, _directory) = seeded().await;
        let months = "SELECT count(DISTINCT month), min(month), max(month),
                sum(month BETWEEN '2024-12' AND '2025-01'), sum(substr(month, 6) NOT BETWEEN '01' AND '12')
            FROM contributions WHERE account_id = 'c-1001' AND insurance = 'pension'";
        let months: (i64, String, String, i64, i64) = fetch_one!(&db, months).await.unwrap();
        assert_eq!(months, (44, "2023-03".into(), "2026-10".into(), 2, 0));
    }

    #[tokio::test]
    async fn the_services_of_all_applications_are_in_the_catalogue() {
        let (db, _directory) = seeded().await;
        let applications = Application::all(&db, "c-1001").await.unwrap();
        assert_eq!(applications.len(), 2);
    }
}
