//! Personal details: masked until the person asks for them, which is noted.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use http::StatusCode;

use super::card::CardView;
use super::{Hall, Person, VerifiedPerson};
use crate::pages::{Failure, Frame, page};
use crate::records::Words;
use crate::records::inbox::{self, Notice};
use crate::records::person::Details;

#[derive(Template)]
#[template(path = "home/details.html")]
struct DetailsPage<'a> {
    frame: Frame<'a>,
    person: &'a Person,
    details: Details,
    in_full: bool,
}

/// Answers `GET /details`.
pub async fn show(
    State(hall): State<Hall>,
    VerifiedPerson(person): VerifiedPerson,
) -> Result<Response, Failure> {
    answer(&hall, &person, false).await
}

/// Answers `POST /details` with the numbers in full: on this page only, and with a notice in the inbox.
pub async fn show_in_full(
    State(hall): State<Hall>,
    VerifiedPerson(person): VerifiedPerson,
) -> Result<Response, Failure> {
    note_shown(
        &hall,
        &person,
        "您的完整社会保障号码和卡号",
        "your social-security number and card number",
    )
    .await?;
    answer(&hall, &person, true).await
}

/// Notes in the inbox what was shown in full.
///
/// # Errors
/// The database's.
pub async fn note_shown(hall: &Hall, person: &Person, zh: &str, en: &str) -> Result<(), Failure> {
    let notice = Notice::new(
        Words::new("您的完整个人信息被查看", "Your details were shown in full"),
        Words::new(
            format!("在网上服务大厅中显示了{zh}。如果不是您本人操作，请立即修改密码。"),
            format!(
                "Shown in full in the hall: {en}. If this was not you, change your password now."
            ),
        ),
    );
    Ok(inbox::notify(hall.db(), person.account_id(), &notice).await?)
}

async fn answer(hall: &Hall, person: &Person, in_full: bool) -> Result<Response, Failure> {
    let card = CardView::of(hall, &person.account, person.locale).await?;
    let details = Details::of(&person.account, card.number());
    let details = if in_full { details } else { details.masked() };
    page(
        StatusCode::OK,
        &DetailsPage {
            frame: person.frame("/details"),
            person,
            details,
            in_full,
        },
    )
}
