//! The page of each service for a card: what it means, then that it is done. Whether the holder may log in by scanning
//! follows from the card, so each changes that at once.

use askama::Template;
use axum::extract::{Form, Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;
use serde::Deserialize;

use super::card::{CardView, ServiceView};
use super::card_words::{MAKING, Pair, consequence, done, meaning, refusal};
use super::{Hall, VerifiedPerson, details, missing};
use crate::cards::CardService;
use crate::pages::{Failure, Frame, page};
use crate::records::Words;
use crate::records::inbox::{self, Notice};
use crate::records::person::mask;
use crate::registers::{CardRefusesAction, Making};

#[derive(Template)]
#[template(path = "home/card.html")]
struct CardPage<'a> {
    frame: Frame<'a>,
    person: &'a super::Person,
    card: CardView,
    service: ServiceView,
    meaning: &'static str,
    refusal: Option<&'static str>,
    done: Option<Done>,
    unconfirmed: bool,
    /// Whether the new card's number is shown in full.
    in_full: bool,
    making: Option<Making>,
}

/// What has just been done, and what follows.
struct Done {
    title: &'static str,
    consequence: &'static str,
}

/// What a person is told besides the state of things.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Told {
    Nothing,
    Done,
    /// The number of the new card, in full.
    Number,
    Unconfirmed,
    Refused(CardRefusesAction),
}

impl CardPage<'_> {
    fn steps(&self) -> [&'static str; 4] {
        MAKING.map(|(_, (zh, en))| self.frame.say(zh, en))
    }

    fn place(&self) -> usize {
        let at = |making: &Making| {
            MAKING
                .iter()
                .position(|(step, _)| *step == making.step)
                .map(|place| place + 1)
        };
        self.making.as_ref().and_then(at).unwrap_or(1)
    }

    fn number(&self, making: &Making) -> String {
        if self.in_full {
            making.number.clone()
        } else {
            mask(&making.number)
        }
    }

    /// Whether it ends something that the person has.
    fn is_dangerous(&self) -> bool {
        matches!(self.service.path, "report-loss" | "cancel" | "replace")
    }
}

/// Answers `GET /card/{service}`: what the service means for the card, or why it cannot be had.
pub async fn show(
    State(hall): State<Hall>,
    VerifiedPerson(person): VerifiedPerson,
    Path(service): Path<String>,
) -> Result<Response, Failure> {
    let Some(service) = CardService::at(&service) else {
        return missing(person.locale).await;
    };
    let is_done = person
        .session
        .take_flash(hall.db(), &flash(service))
        .await?;
    answer(
        &hall,
        &person,
        service,
        if is_done { Told::Done } else { Told::Nothing },
    )
    .await
}

/// What the page is told once it is done.
fn flash(service: CardService) -> String {
    format!("card-{}", service.path())
}

/// Whether the person has confirmed that they know what it means.
#[derive(Deserialize)]
pub struct Confirmation {
    confirmed: Option<String>,
}

/// Answers `POST /card/{service}`: does it, or shows the number of the card that is being made.
pub async fn act(
    State(hall): State<Hall>,
    VerifiedPerson(person): VerifiedPerson,
    Path(service): Path<String>,
    Form(confirmation): Form<Confirmation>,
) -> Result<Response, Failure> {
    let Some(service) = CardService::at(&service) else {
        return missing(person.locale).await;
    };
    let Some(action) = service.action() else {
        if hall
            .portal
            .registers
            .cards
            .making(&person.account.id_number)
            .await?
            .is_some()
        {
            details::note_shown(
                &hall,
                &person,
                "新卡的完整卡号",
                "the number of your new card",
            )
            .await?;
        }
        return answer(&hall, &person, service, Told::Number).await;
    };
    if confirmation.confirmed.as_deref() != Some("yes") {
        return answer(&hall, &person, service, Told::Unconfirmed).await;
    }
    match hall
        .portal
        .registers
        .cards
        .act(&person.account.id_number, action)
        .await?
    {
        Ok(_) => {
            let words = |(zh, en): Pair| Words::new(zh, en);
            let notice = Notice::new(words(done(service)), words(consequence(service)));
            inbox::notify(hall.db(), person.account_id(), &notice).await?;
            person.session.flash(hall.db(), &flash(service)).await?;
            Ok(Redirect::to(&format!("/card/{}", service.path())).into_response())
        }
        Err(refused) => answer(&hall, &person, service, Told::Refused(refused)).await,
    }
}

async fn answer(
    hall: &Hall,
    person: &super::Person,
    service: CardService,
    told: Told,
) -> Result<Response, Failure> {
    let making = hall
        .portal
        .registers
        .cards
        .making(&person.account.id_number)
        .await?;
    let card = CardView::of(hall, &person.account, person.locale).await?;
    let say = |(zh, en): Pair| person.locale.pick(zh, en);
    let refused = match told {
        Told::Refused(refused) => Some(refused),
        _ if service == CardService::Replace && making.is_some() => {
            Some(CardRefusesAction::BeingMade)
        }
        _ => card.refusal(service),
    };
    let path = format!("/card/{}", service.path());
    // Somebody at a counter may have changed the card back in between.
    let is_done = told == Told::Done && refused.is_some();
    let status = match told {
        Told::Refused(_) => StatusCode::CONFLICT,
        Told::Unconfirmed => StatusCode::UNPROCESSABLE_ENTITY,
        Told::Done | Told::Number | Told::Nothing => StatusCode::OK,
    };
    let card_page = CardPage {
        frame: person.frame(&path),
        person,
        service: card.service(service),
        card,
        meaning: say(meaning(service)),
        refusal: refused
            .map(|refused| say(refusal(service, refused)))
            .filter(|_| !is_done),
        done: is_done.then(|| Done {
            title: say(done(service)),
            consequence: say(consequence(service)),
        }),
        unconfirmed: told == Told::Unconfirmed,
        in_full: told == Told::Number,
        making,
    };
    page(status, &card_page)
}
