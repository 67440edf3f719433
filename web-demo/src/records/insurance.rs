//! Social insurance: what was paid for a person each month, by unit and person.

use serde::Deserialize;
use sqlx::SqlitePool;

use super::Yuan;

/// The five insurances.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(rename_all = "snake_case")]
pub enum Insurance {
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
    /// All five, in the order of the home page.
    pub const ALL: [Self; 5] = [
        Self::Pension,
        Self::Medical,
        Self::Unemployment,
        Self::WorkInjury,
        Self::Maternity,
    ];

    /// What its page's address ends in.
    pub const fn path(self) -> &'static str {
        match self {
            Self::Pension => "pension",
            Self::Medical => "medical",
            Self::Unemployment => "unemployment",
            Self::WorkInjury => "work-injury",
            Self::Maternity => "maternity",
        }
    }

    /// The one of this path.
    pub fn at(path: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|insurance| insurance.path() == path)
    }

    /// Its names in Chinese and English.
    pub const fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Pension => ("养老保险", "Pension insurance"),
            Self::Medical => ("医疗保险", "Medical insurance"),
            Self::Unemployment => ("失业保险", "Unemployment insurance"),
            Self::WorkInjury => ("工伤保险", "Work-injury insurance"),
            Self::Maternity => ("生育保险", "Maternity insurance"),
        }
    }

    /// The English name where what it is a name of is said beside it.
    pub fn short_name(self) -> &'static str {
        let (_, name) = self.names();
        name.trim_end_matches(" insurance")
    }

    /// What unit and person pay of the base, in basis points.
    pub const fn rates(self) -> (i64, i64) {
        match self {
            Self::Pension => (1600, 800),
            Self::Medical => (750, 200),
            Self::Unemployment => (50, 50),
            Self::WorkInjury => (40, 0),
            Self::Maternity => (70, 0),
        }
    }
}

/// What was paid for one month.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Contribution {
    /// The month, `YYYY-MM`.
    pub month: String,
    /// Who has paid.
    pub unit: String,
    /// What the amounts follow from.
    #[sqlx(try_from = "i64")]
    pub base: Yuan,
    /// The unit's part.
    #[sqlx(try_from = "i64")]
    pub by_unit: Yuan,
    /// The person's part.
    #[sqlx(try_from = "i64")]
    pub by_person: Yuan,
}

/// What was paid for some months.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct Total {
    /// The number of months.
    pub months: i64,
    /// By units.
    #[sqlx(try_from = "i64")]
    pub by_unit: Yuan,
    /// By the person.
    #[sqlx(try_from = "i64")]
    pub by_person: Yuan,
}

impl Total {
    /// Both parts.
    pub fn sum(&self) -> Yuan {
        self.by_unit + self.by_person
    }
}

/// What a unit has paid for its people in one month.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct UnitTotal {
    /// For which insurance.
    pub insurance: Insurance,
    /// The number of people.
    pub people: i64,
    /// Their bases together.
    #[sqlx(try_from = "i64")]
    pub base: Yuan,
    /// The unit's part.
    #[sqlx(try_from = "i64")]
    pub by_unit: Yuan,
    /// Theirs.
    #[sqlx(try_from = "i64")]
    pub by_people: Yuan,
}

/// The last twelve months in which the unit of this name has paid, the latest first.
///
/// # Errors
/// The database's.
pub async fn months_of_unit(db: &SqlitePool, unit: &str) -> Result<Vec<String>, sqlx::Error> {
    let months = sqlx::query_scalar(
        "SELECT DISTINCT month FROM contributions WHERE unit = ?1 ORDER BY month DESC LIMIT 12",
    );
    months.bind(unit).fetch_all(db).await
}

/// What the unit of this name has paid in one month, by insurance.
///
/// # Errors
/// The database's.
pub async fn of_unit(
    db: &SqlitePool,
    unit: &str,
    month: &str,
) -> Result<Vec<UnitTotal>, sqlx::Error> {
    let mut totals: Vec<UnitTotal> = sqlx::query_as(
        "SELECT insurance, count(*) AS people, sum(base) AS base, sum(by_unit) AS by_unit, sum(by_person) AS by_people
         FROM contributions WHERE unit = ?1 AND month = ?2 GROUP BY insurance",
    )
    .bind(unit)
    .bind(month)
    .fetch_all(db)
    .await?;
    totals.sort_by_key(|total| {
        Insurance::ALL
            .iter()
            .position(|insurance| *insurance == total.insurance)
    });
    Ok(totals)
}

/// The months of one year, the latest first.
///
/// # Errors
/// The database's.
pub async fn of_year(
    db: &SqlitePool,
    account_id: &str,
    insurance: Insurance,
    year: &str,
) -> Result<Vec<Contribution>, sqlx::Error> {
    sqlx::query_as(
        "SELECT month, unit, base, by_unit, by_person FROM contributions
         WHERE account_id = ?1 AND insurance = ?2 AND substr(month, 1, 4) = ?3 ORDER BY month DESC",
    )
    .bind(account_id)
    .bind(insurance)
    .bind(year)
    .fetch_all(db)
    .await
}

/// What was paid in the years from `first` to `last`, both among them.
///
/// # Errors
/// The database's.
pub async fn total(
    db: &SqlitePool,
    account_id: &str,
    insurance: Insurance,
    first: &str,
    last: &str,
) -> Result<Total, sqlx::Error> {
    sqlx::query_as(
        "SELECT count(*) AS months, coalesce(sum(by_unit), 0) AS by_unit, coalesce(sum(by_person), 0) AS by_person
         FROM contributions
         WHERE account_id = ?1 AND insurance = ?2 AND substr(month, 1, 4) BETWEEN ?3 AND ?4",
    )
    .bind(account_id)
    .bind(insurance)
    .bind(first)
    .bind(last)
    .fetch_one(db)
    .await
}

/// The years in which anything was paid, the latest first; for one insurance, or for any.
///
/// # Errors
/// The database's.
pub async fn years(
    db: &SqlitePool,
    account_id: &str,
    insurance: Option<Insurance>,
) -> Result<Vec<String>, sqlx::Error> {
    sqlx::query_scalar(
        "SELECT DISTINCT substr(month, 1, 4) AS year FROM contributions
         WHERE account_id = ?1 AND (?2 IS NULL OR insurance = ?2) ORDER BY year DESC",
    )
    .bind(account_id)
    .bind(insurance)
    .fetch_all(db)
    .await
}
