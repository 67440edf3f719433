//! Social insurance: monthly contributions of unit and person.

use serde::Serialize;
use sqlx::SqlitePool;
use strum::{EnumString, IntoStaticStr, VariantArray};

use super::Yuan;
use crate::db::{fetch_all, fetch_one};
use crate::pages::Texts;

/// The five insurances, in the order of the home page.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Serialize,
    sqlx::Type,
    EnumString,
    IntoStaticStr,
    VariantArray,
)]
#[serde(rename_all = "snake_case")]
#[sqlx(rename_all = "snake_case")]
#[strum(serialize_all = "kebab-case")]
pub(crate) enum Insurance {
    /// 养老保险
    Pension,
    /// 医疗保险
    Medical,
    /// 失业保险
    Unemployment,
    /// 工伤保险
    WorkInjury,
    /// 生育保险
    Maternity,
}

impl Insurance {
    /// The end of its page's address.
    pub(crate) fn path(self) -> &'static str {
        self.into()
    }

    pub(crate) const fn name(self, texts: &Texts) -> &'static str {
        texts.insurance.names[self as usize]
    }

    /// Its name beside the word insurance.
    pub(crate) const fn short_name(self, texts: &Texts) -> &'static str {
        texts.insurance.short_names[self as usize]
    }

    /// The rates of unit and person, in basis points of the base.
    pub(crate) const fn rates(self) -> (i64, i64) {
        match self {
            Self::Pension => (1600, 800),
            Self::Medical => (750, 200),
            Self::Unemployment => (50, 50),
            Self::WorkInjury => (40, 0),
            Self::Maternity => (70, 0),
        }
    }
}

/// The contributions of one month.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(crate) struct Contribution {
    /// The month, `YYYY-MM`.
    pub month: String,
    /// The payer.
    pub unit: String,
    /// The wage that the amounts follow from.
    pub base: Yuan,
    pub by_unit: Yuan,
    pub by_person: Yuan,
}

/// The contributions of some months.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, sqlx::FromRow)]
pub(crate) struct Total {
    pub months: i64,
    pub by_unit: Yuan,
    pub by_person: Yuan,
}

impl Total {
    pub(crate) fn sum(&self) -> Yuan {
        self.by_unit + self.by_person
    }
}

/// The contributions of a unit for its people in one month.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(crate) struct UnitTotal {
    pub insurance: Insurance,
    pub people: i64,
    /// Their bases together.
    pub base: Yuan,
    pub by_unit: Yuan,
    pub by_people: Yuan,
}

/// Returns the last twelve months in which the unit of this name has paid, the latest first.
pub(crate) async fn months_of_unit(db: &SqlitePool, unit: &str) -> sqlx::Result<Vec<String>> {
    let months: Vec<(String,)> = fetch_all!(db,
        "SELECT DISTINCT month FROM contributions WHERE unit = ?1 ORDER BY month DESC LIMIT 12";
        unit)
    .await?;
    Ok(months.into_iter().map(|(month,)| month).collect())
}

/// Returns the contributions of the unit of this name in one month, by insurance.
pub(crate) async fn of_unit(
    db: &SqlitePool,
    unit: &str,
    month: &str,
) -> sqlx::Result<Vec<UnitTotal>> {
    let mut totals: Vec<UnitTotal> = fetch_all!(db,
        "SELECT insurance, count(*) AS people, sum(base) AS base, sum(by_unit) AS by_unit,
                sum(by_person) AS by_people
         FROM contributions WHERE unit = ?1 AND month = ?2 GROUP BY insurance"; unit, month)
    .await?;
    totals.sort_by_key(|total| total.insurance as usize);
    Ok(totals)
}

/// Returns the months of one year, the latest first.
pub(crate) async fn of_year(
    db: &SqlitePool,
    account_id: &str,
    insurance: Insurance,
    year: &str,
) -> sqlx::Result<Vec<Contribution>> {
    fetch_all!(db, "SELECT month, unit, base, by_unit, by_person FROM contributions
        WHERE account_id = ?1 AND insurance = ?2 AND substr(month, 1, 4) = ?3
        ORDER BY month DESC"; account_id, insurance, year)
    .await
}

/// Returns the sum of the years from `first` to `last`, both among them.
pub(crate) async fn total(
    db: &SqlitePool,
    account_id: &str,
    insurance: Insurance,
    first: &str,
    last: &str,
) -> sqlx::Result<Total> {
    fetch_one!(db, "SELECT count(*) AS months, coalesce(sum(by_unit), 0) AS by_unit,
            coalesce(sum(by_person), 0) AS by_person
        FROM contributions WHERE account_id = ?1 AND insurance = ?2
            AND substr(month, 1, 4) BETWEEN ?3 AND ?4"; account_id, insurance, first, last)
    .await
}

/// Returns the last month with contributions up to the end of a year, or an empty text.
pub(crate) async fn last_month(
    db: &SqlitePool,
    account_id: &str,
    year: &str,
) -> sqlx::Result<String> {
    let (month,): (String,) = fetch_one!(db, "SELECT coalesce(max(month), '') FROM contributions
        WHERE account_id = ?1 AND substr(month, 1, 4) <= ?2"; account_id, year)
    .await?;
    Ok(month)
}

/// Returns the years with contributions, the latest first; for one insurance, or for any.
pub(crate) async fn years(
    db: &SqlitePool,
    account_id: &str,
    insurance: Option<Insurance>,
) -> sqlx::Result<Vec<String>> {
    let years: Vec<(String,)> = fetch_all!(db,
        "SELECT DISTINCT substr(month, 1, 4) AS year FROM contributions
         WHERE account_id = ?1 AND (?2 IS NULL OR insurance = ?2) ORDER BY year DESC";
        account_id, insurance)
    .await?;
    Ok(years.into_iter().map(|(year,)| year).collect())
}
