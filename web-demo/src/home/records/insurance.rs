//! My insurance: the months of each insurance, and the statement of rights over all of them.

use askama::Template;
use aws_lc_rs::digest::{SHA256, digest};
use axum::extract::{Path, Query};
use data_encoding::HEXUPPER;
use serde::Deserialize;
use strum::VariantArray;

use crate::db::fetch_one;
use crate::home::{Answer, Person, VerifiedPerson, details, missing};
use crate::pages::{Frame, has_script, shown};
use crate::records::insurance::{self, Contribution, Insurance, Total};
use crate::records::person::Details;

#[derive(Template)]
#[template(path = "home/insurance.html")]
struct InsurancePage<'a> {
    frame: Frame<'a>,
    person: &'a Person,
    insurance: Insurance,
    years: Vec<String>,
    year: String,
    months: Vec<Contribution>,
    of_year: Total,
    in_all: Total,
}

#[derive(Template)]
#[template(path = "home/statement.html")]
struct StatementPage<'a> {
    frame: Frame<'a>,
    person: &'a Person,
    details: Details,
    years: Vec<String>,
    year: String,
    rows: Vec<Row>,
    /// The number of this statement, the same whenever it is issued on a day.
    number: String,
    /// The day of its issue, in the province's time (UTC+8).
    issued_on: String,
    /// The last month that the totals count, `YYYY-MM`.
    paid_until: String,
    /// Whether the number is shown in full, such as to be printed.
    in_full: bool,
    script: Option<&'static str>,
}

/// Shows the button that prints.
const PRINT_SCRIPT: &str = "print-page.js";

/// An insurance on the statement.
struct Row {
    insurance: Insurance,
    of_year: Total,
    until_then: Total,
}

/// The wanted year.
#[derive(Deserialize)]
pub(super) struct Year {
    year: Option<String>,
}

impl Year {
    /// Returns the wanted year if it is one of these, else the latest.
    fn among(self, years: &[String]) -> String {
        let asked = self.year.filter(|year| years.contains(year));
        asked.or_else(|| years.first().cloned()).unwrap_or_default()
    }
}

pub(super) async fn show(
    person: VerifiedPerson,
    Path(insurance): Path<String>,
    Query(year): Query<Year>,
) -> Answer {
    let Ok(insurance) = insurance.parse::<Insurance>() else {
        return missing(person.locale).await;
    };
    let (db, id) = (person.db(), person.account_id());
    let years = insurance::years(db, id, Some(insurance)).await?;
    let year = year.among(&years);
    let path = format!("/insurance/{}?year={year}", insurance.path());
    let view = InsurancePage {
        frame: person.frame(&path),
        person: &person,
        insurance,
        months: insurance::of_year(db, id, insurance, &year).await?,
        of_year: insurance::total(db, id, insurance, &year, &year).await?,
        in_all: insurance::total(db, id, insurance, "0000", "9999").await?,
        years,
        year,
    };
    shown(&view)
}

pub(super) async fn statement(person: VerifiedPerson, Query(year): Query<Year>) -> Answer {
    answer_statement(&person, year, false).await
}

/// Answers `POST /insurance/statement` with the number in full: on this page only, and with a
/// notice in the inbox.
pub(super) async fn statement_in_full(person: VerifiedPerson, Query(year): Query<Year>) -> Answer {
    let years = insurance::years(person.db(), person.account_id(), None).await?;
    if !years.is_empty() {
        details::note_shown(&person, |texts| texts.account.shown_number).await?;
    }
    answer_statement(&person, year, true).await
}

async fn answer_statement(person: &Person, year: Year, in_full: bool) -> Answer {
    let (db, id) = (person.db(), person.account_id());
    let years = insurance::years(db, id, None).await?;
    let year = year.among(&years);
    let mut rows = Vec::new();
    for &insurance in Insurance::VARIANTS {
        rows.push(Row {
            insurance,
            of_year: insurance::total(db, id, insurance, &year, &year).await?,
            until_then: insurance::total(db, id, insurance, "0000", &year).await?,
        });
    }
    let (issued_on,): (String,) = fetch_one!(db, "SELECT date('now', '+8 hours')").await?;
    let number = statement_number(id, &year, &issued_on);
    let path = format!("/insurance/statement?year={year}");
    let view = StatementPage {
        frame: person.frame(&path),
        person,
        details: Details::of(&person.account, None).shown(in_full),
        paid_until: insurance::last_month(db, id, &year).await?,
        script: has_script(PRINT_SCRIPT).then_some(PRINT_SCRIPT),
        years,
        year,
        rows,
        number,
        issued_on,
        in_full,
    };
    shown(&view)
}

/// Returns the number of a statement: the year, and eight characters that tell nothing of the person.
fn statement_number(account_id: &str, year: &str, issued_on: &str) -> String {
    let full = digest(
        &SHA256,
        format!("{account_id} {year} {issued_on}").as_bytes(),
    );
    let check = HEXUPPER.encode(&full.as_ref()[..4]);
    format!("QYJL-{year}-{check}")
}
