//! The page of each service for a card: its meaning, then that it is done. The card decides whether
//! its holder may log in by scanning, so each service changes that at once.

use askama::Template;
use axum::extract::{Form, Path};
use http::StatusCode;
use serde::Deserialize;

use super::card::{CardView, ServiceView};
use super::{Answer, Person, VerifiedPerson, details, missing, see_other};
use crate::cards::CardService;
use crate::logouts::LogoutReason;
use crate::pages::{Failure, Frame, Texts, page};
use crate::records::Words;
use crate::records::person::mask;
use crate::registers::{Card, CardAction, CardRefusesAction, CardState, Making};

#[derive(Template)]
#[template(path = "home/card.html")]
struct CardPage<'a> {
    frame: Frame<'a>,
    person: &'a Person,
    card: CardView,
    service: ServiceView,
    meaning: &'static str,
    /// The words of the way back, and of the act.
    keep: &'static str,
    act: &'static str,
    refusal: Option<&'static str>,
    /// The news of a service just done, and its consequence.
    done: Option<[&'static str; 2]>,
    unconfirmed: bool,
    /// Whether the new card's number is shown in full.
    in_full: bool,
    making: Option<Making>,
}

/// News on the page, besides the state of things.
#[derive(Clone, Copy, PartialEq, Eq)]
enum News {
    Nothing,
    Done,
    /// The number of the new card, in full.
    Number,
    Unconfirmed,
    Refused(CardRefusesAction),
}

impl CardPage<'_> {
    const fn steps(&self) -> [&'static str; 4] {
        self.frame.texts().card_services.making
    }

    /// The current step, from 1.
    fn place(&self) -> usize {
        self.making
            .as_ref()
            .map_or(1, |making| making.step as usize + 1)
    }

    /// The number of the card that is acted on, masked.
    fn masked_number(&self) -> Option<String> {
        self.card.number().map(|number| mask(&number))
    }

    fn number(&self, making: &Making) -> String {
        match self.in_full {
            true => making.number.clone(),
            false => mask(&making.number),
        }
    }

    /// Whether it ends something that the person has.
    fn is_dangerous(&self) -> bool {
        matches!(self.service.path, "report-loss" | "cancel" | "replace")
    }
}

/// Answers `GET /card/{service}`: the meaning of the service for the card, or why it cannot be had.
pub(super) async fn show(person: VerifiedPerson, Path(service): Path<String>) -> Answer {
    let Ok(service) = service.parse::<CardService>() else {
        return missing(person.locale).await;
    };
    let flash = flash(service);
    let is_done = person.session.take_flash(person.db(), &flash).await?;
    let news = if is_done { News::Done } else { News::Nothing };
    answer(&person, service, news).await
}

/// The flash that tells the page of a service done.
fn flash(service: CardService) -> String {
    format!("card-{}", service.path())
}

/// The holder's confirmation of the meaning.
#[derive(Deserialize)]
pub(super) struct Confirmation {
    confirmed: Option<String>,
}

/// Answers `POST /card/{service}`: does it, or shows the number of the card that is being made.
pub(super) async fn act(
    person: VerifiedPerson,
    Path(service): Path<String>,
    Form(confirmation): Form<Confirmation>,
) -> Answer {
    let Ok(service) = service.parse::<CardService>() else {
        return missing(person.locale).await;
    };
    let id_number = &person.account.id_number;
    let cards = &person.hall.portal.registers.cards;
    let Some(action) = service.action() else {
        if cards.making(id_number).await?.is_some() {
            details::note_shown(&person, |texts| texts.account.shown_new_number).await?;
        }
        return answer(&person, service, News::Number).await;
    };
    if confirmation.confirmed.as_deref() != Some("yes") {
        return answer(&person, service, News::Unconfirmed).await;
    }
    if let Err(refused) = act_on_card(&person, action).await? {
        // The second click of a double one: the first has done it, and its page was not shown yet.
        if person.session.awaits(&flash(service)) {
            return see_other(&format!("/card/{}", service.path()));
        }
        return answer(&person, service, News::Refused(refused)).await;
    }
    let [title, body] = [0, 1].map(|part| Words::of_texts(|texts| done(service, texts)[part]));
    person.notify(title, body).await?;
    person.session.flash(person.db(), &flash(service)).await?;
    see_other(&format!("/card/{}", service.path()))
}

/// Has the register act on the card. An action after which its holder may not log in ends their logins at all
/// sites, but for the one that asks: there they may want to undo it.
async fn act_on_card(
    person: &Person,
    action: CardAction,
) -> Result<Result<Card, CardRefusesAction>, Failure> {
    let cards = &person.hall.portal.registers.cards;
    let id_number = &person.account.id_number;
    let reason = match action {
        CardAction::ReportLoss => LogoutReason::CardReportedLost,
        CardAction::Cancel => LogoutReason::CardCancelled,
        CardAction::Activate | CardAction::UndoLoss | CardAction::Replace => {
            return Ok(cards.act(id_number, action).await?);
        }
    };
    let logouts = &person.hall.portal.logouts;
    let prepared = logouts.prepare(person.account_id(), reason).await?;
    let acted = cards.act(id_number, action).await?;
    match acted {
        Ok(_) => logouts.confirm(prepared, &person.session.id).await?,
        Err(_) => logouts.cancel(prepared).await?,
    }
    Ok(acted)
}

/// The news of a service, and its consequence.
const fn done(service: CardService, texts: &Texts) -> [&'static str; 2] {
    let texts = &texts.card_services;
    [
        texts.done[service as usize],
        texts.consequences[service as usize],
    ]
}

/// Why a service is refused, and what to do.
const fn refusal(service: CardService, refused: CardRefusesAction, texts: &Texts) -> &'static str {
    let hint = texts.card_services.no_card_hint;
    let texts = &texts.card_services.refusals;
    let state = match refused {
        CardRefusesAction::NoCard => return hint,
        CardRefusesAction::BeingMade => return texts.being_made,
        CardRefusesAction::State(state) => state,
    };
    match (state, service) {
        (CardState::Sealed, _) => texts.sealed,
        (CardState::ApplicationLocked, _) => texts.locked,
        (CardState::Cancelled, _) => texts.cancelled,
        (CardState::ReportedLost, CardService::ReportLoss) => texts.lost_already,
        (CardState::ReportedLost, _) => texts.lost,
        (_, CardService::UndoLoss) => texts.not_lost,
        (_, CardService::Replace) => texts.report_first,
        (CardState::Active, _) => texts.active_already,
        (CardState::NotActivated, _) => texts.activate_first,
    }
}

async fn answer(person: &Person, service: CardService, news: News) -> Answer {
    let registers = &person.hall.portal.registers;
    let making = registers.cards.making(&person.account.id_number).await?;
    let card = CardView::of(person).await?;
    let refused = match news {
        News::Refused(refused) => Some(refused),
        _ if service == CardService::Replace && making.is_some() => {
            Some(CardRefusesAction::BeingMade)
        }
        _ => card.refusal(service),
    };
    // The card may have been changed back at a counter in between.
    let is_done = news == News::Done && refused.is_some();
    let status = match news {
        News::Refused(_) => StatusCode::CONFLICT,
        News::Unconfirmed => StatusCode::UNPROCESSABLE_ENTITY,
        News::Done | News::Number | News::Nothing => StatusCode::OK,
    };
    let (path, texts) = (format!("/card/{}", service.path()), person.texts());
    let refusal = refused.map(|refused| refusal(service, refused, texts));
    let shown = CardPage {
        frame: person.frame(&path),
        person,
        service: card.service(service),
        card,
        meaning: texts.card_services.meanings[service as usize],
        keep: texts.card_services.keeps[service as usize],
        act: texts.card_services.acts[service as usize],
        refusal: refusal.filter(|_| !is_done),
        done: is_done.then(|| done(service, texts)),
        unconfirmed: news == News::Unconfirmed,
        in_full: news == News::Number,
        making,
    };
    page(status, &shown)
}
