//! The electronic card itself: its number is masked until its password is typed.

use askama::Template;
use axum::extract::{Form, State};
use axum::response::Response;
use http::StatusCode;
use http::header::RETRY_AFTER;
use serde::Deserialize;

use super::visit::{Holder, Visit};
use super::words;
use crate::cards::{self, CardRefusal, TypedPassword};
use crate::pages::{Failure, Frame, page};
use crate::phone::Phone;
use crate::records::inbox;
use crate::records::person::mask;

#[derive(Template)]
#[template(path = "phone/card.html")]
struct CardPage<'a> {
    frame: Frame<'a>,
    name: &'a str,
    number: Option<String>,
    region: &'a str,
    refusal: Option<CardRefusal>,
    has_password: bool,
    in_full: bool,
    problem: Option<String>,
}

#[derive(Deserialize)]
pub struct Typed {
    #[serde(default)]
    card_password: String,
}

/// Answers `GET /card`.
pub async fn show(State(phone): State<Phone>, Holder(visit): Holder) -> Result<Response, Failure> {
    answer(&phone, &visit, false, None).await
}

/// Answers `POST /card/number` with the number in full: on this page only, and with a notice in the inbox.
pub async fn show_number(
    State(phone): State<Phone>,
    Holder(visit): Holder,
    Form(typed): Form<Typed>,
) -> Result<Response, Failure> {
    let tried = cards::try_password(&phone.db, &visit.account.id, &typed.card_password).await?;
    if tried == TypedPassword::Right {
        if visit.card.is_some() {
            inbox::notify(
                &phone.db,
                &visit.account.id,
                &words::notice(|texts| texts.shown_notice),
            )
            .await?;
        }
        return answer(&phone, &visit, true, None).await;
    }
    let mut response = answer(&phone, &visit, false, Some(tried)).await?;
    if let TypedPassword::TooMany(wait) = tried {
        response.headers_mut().insert(RETRY_AFTER, wait.0.into());
    }
    Ok(response)
}

async fn answer(
    phone: &Phone,
    visit: &Visit,
    in_full: bool,
    tried: Option<TypedPassword>,
) -> Result<Response, Failure> {
    let card = visit.card.as_ref();
    let number = card.map(|card| {
        if in_full {
            card.number.clone()
        } else {
            mask(&card.number)
        }
    });
    let shown = CardPage {
        frame: visit.frame("/card"),
        name: &visit.account.name,
        number,
        region: card
            .map(|card| card.region.name.as_str())
            .unwrap_or_default(),
        refusal: card.map_or(Some(CardRefusal::NoCard), |card| {
            CardRefusal::of(card.state)
        }),
        has_password: cards::has_password(&phone.db, &visit.account.id).await?,
        in_full,
        problem: tried.and_then(|tried| words::typed_words(tried, visit.locale)),
    };
    page(status_of(tried), &shown)
}

/// The status of a page that tells what came of a typed password.
pub fn status_of(tried: Option<TypedPassword>) -> StatusCode {
    match tried {
        None | Some(TypedPassword::Right) => StatusCode::OK,
        Some(TypedPassword::Wrong) => StatusCode::UNPROCESSABLE_ENTITY,
        Some(TypedPassword::NotSet) => StatusCode::CONFLICT,
        Some(TypedPassword::TooMany(_)) => StatusCode::TOO_MANY_REQUESTS,
    }
}
