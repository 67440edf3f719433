//! My insurance: the months of each insurance, and the statement of rights over all of them.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use http::StatusCode;
use serde::Deserialize;

use super::{Hall, Person, VerifiedPerson, details, missing};
use crate::pages::{Failure, Frame, page};
use crate::records::insurance::{self, Contribution, Insurance, Total};
use crate::records::person::Details;

#[derive(Template)]
#[template(path = "home/insurance.html")]
struct InsurancePage<'a> {
    frame: Frame<'a>,
    person: &'a Person,
    insurance: Insurance,
    insurances: [Insurance; 5],
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
    insurances: [Insurance; 5],
    years: Vec<String>,
    year: String,
    rows: Vec<Row>,
    /// Whether the number is shown in full, such as to be printed.
    in_full: bool,
}

/// An insurance on the statement.
struct Row {
    insurance: Insurance,
    of_year: Total,
    until_then: Total,
}

/// Which year is asked for.
#[derive(Deserialize)]
pub struct Year {
    year: Option<String>,
}

impl Year {
    /// The one that is asked for, if there is anything of it, else the latest.
    fn among(self, years: &[String]) -> String {
        let asked = self.year.filter(|year| years.contains(year));
        asked.or_else(|| years.first().cloned()).unwrap_or_default()
    }
}

/// Answers `GET /insurance/{insurance}`.
pub async fn show(
    State(hall): State<Hall>,
    VerifiedPerson(person): VerifiedPerson,
    Path(insurance): Path<String>,
    Query(year): Query<Year>,
) -> Result<Response, Failure> {
    let Some(insurance) = Insurance::at(&insurance) else {
        return missing(person.locale).await;
    };
    let (db, id) = (hall.db(), person.account_id());
    let years = insurance::years(db, id, Some(insurance)).await?;
    let year = year.among(&years);
    let path = format!("/insurance/{}?year={year}", insurance.path());
    let shown = InsurancePage {
        frame: person.frame(&path),
        person: &person,
        insurance,
        insurances: Insurance::ALL,
        months: insurance::of_year(db, id, insurance, &year).await?,
        of_year: insurance::total(db, id, insurance, &year, &year).await?,
        in_all: insurance::total(db, id, insurance, "0000", "9999").await?,
        years,
        year,
    };
    page(StatusCode::OK, &shown)
}

/// Answers `GET /insurance/statement`.
pub async fn statement(
    State(hall): State<Hall>,
    VerifiedPerson(person): VerifiedPerson,
    Query(year): Query<Year>,
) -> Result<Response, Failure> {
    answer_statement(&hall, &person, year, false).await
}

/// Answers `POST /insurance/statement` with the number in full: on this page only, and with a notice in the inbox.
pub async fn statement_in_full(
    State(hall): State<Hall>,
    VerifiedPerson(person): VerifiedPerson,
    Query(year): Query<Year>,
) -> Result<Response, Failure> {
    if !insurance::years(hall.db(), person.account_id(), None)
        .await?
        .is_empty()
    {
        details::note_shown(
            &hall,
            &person,
            "您的完整社会保障号码",
            "your social-security number",
        )
        .await?;
    }
    answer_statement(&hall, &person, year, true).await
}

async fn answer_statement(
    hall: &Hall,
    person: &Person,
    year: Year,
    in_full: bool,
) -> Result<Response, Failure> {
    let (db, id) = (hall.db(), person.account_id());
    let details = Details::of(&person.account, None);
    let details = if in_full { details } else { details.masked() };
    let years = insurance::years(db, id, None).await?;
    let year = year.among(&years);
    let mut rows = Vec::new();
    for insurance in Insurance::ALL {
        let of_year = insurance::total(db, id, insurance, &year, &year).await?;
        let until_then = insurance::total(db, id, insurance, "0000", &year).await?;
        rows.push(Row {
            insurance,
            of_year,
            until_then,
        });
    }
    let path = format!("/insurance/statement?year={year}");
    let (frame, insurances) = (person.frame(&path), Insurance::ALL);
    page(
        StatusCode::OK,
        &StatementPage {
            frame,
            person,
            details,
            insurances,
            years,
            year,
            rows,
            in_full,
        },
    )
}
