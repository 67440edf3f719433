//! The electronic card itself: its number is masked until its password is typed.

use askama::Template;
use axum::extract::{Form, State};
use axum::response::Response;
use serde::Deserialize;

use super::applicant::{Applicant, CardHolder};
use super::texts::notice;
use crate::cards::{self, CardRefusal, Obstacle};
use crate::form_errors::{FieldError, FormErrors};
use crate::pages::{Failure, Frame};
use crate::phone::Phone;
use crate::records::inbox;
use crate::records::person::mask;

const FIELD: &str = "card_password";

#[derive(Template)]
#[template(path = "phone/card.html")]
struct CardPage<'a> {
    frame: Frame<'a>,
    name: &'a str,
    number: Option<String>,
    region: &'a str,
    refusal: Option<CardRefusal>,
    obstacle: Option<Obstacle>,
    has_password: bool,
    in_full: bool,
    problem: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Typed {
    #[serde(default, deserialize_with = "cards::card_password")]
    card_password: String,
}

pub(super) async fn show(
    State(phone): State<Phone>,
    CardHolder(holder): CardHolder,
) -> Result<Response, Failure> {
    answer(&phone, &holder, false, &FormErrors::default()).await
}

/// Answers `POST /card/number` with the number in full: on this page only, and with a notice in the inbox.
pub(super) async fn show_number(
    State(phone): State<Phone>,
    CardHolder(holder): CardHolder,
    Form(typed): Form<Typed>,
) -> Result<Response, Failure> {
    let tried = cards::try_password(&phone.db, &holder.account.id, &typed.card_password).await?;
    if let Some(error) = FieldError::of_card_password(tried) {
        return answer(&phone, &holder, false, &FormErrors::one(FIELD, error)).await;
    }
    if holder.card.is_some() {
        let shown = notice(|texts| texts.shown_notice);
        inbox::notify(&phone.db, &holder.account.id, &shown).await?;
    }
    answer(&phone, &holder, true, &FormErrors::default()).await
}

async fn answer(
    phone: &Phone,
    Applicant {
        account,
        card,
        locale,
        ..
    }: &Applicant,
    in_full: bool,
    errors: &FormErrors,
) -> Result<Response, Failure> {
    let shown = |number: &String| {
        if in_full {
            number.clone()
        } else {
            mask(number)
        }
    };
    errors.page(&CardPage {
        frame: Frame::phone(*locale, "/card"),
        name: &account.name,
        number: card.as_ref().map(|card| shown(&card.number)),
        region: card.as_ref().map_or("", |card| &card.region.name),
        refusal: match card {
            Some(card) => CardRefusal::of(card.state),
            None => Some(CardRefusal::NoCard),
        },
        obstacle: Obstacle::to_use(card.as_ref()),
        has_password: cards::has_password(&phone.db, &account.id).await?,
        in_full,
        problem: errors.text(FIELD, *locale),
    })
}
