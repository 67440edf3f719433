//! The social-security card on the home page, and the page of each service for it.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use http::StatusCode;
use sqlx::SqlitePool;

use super::{Hall, VerifiedPerson, missing};
use crate::cards::{self, CardService, CardState, Holding};
use crate::pages::{Failure, Frame, Locale, page};

/// A card as its holder sees it.
#[derive(Debug, Clone, Copy)]
pub struct CardView {
    holding: Holding,
    locale: Locale,
}

/// A service for the card, in words.
#[derive(Debug, Clone, Copy)]
pub struct ServiceView {
    /// What its address ends in.
    pub path: &'static str,
    /// What it is called.
    pub name: &'static str,
    /// Whether the card's state allows it.
    pub allowed: bool,
}

impl CardView {
    /// The card of a person.
    ///
    /// # Errors
    /// The database's.
    pub async fn of(db: &SqlitePool, account_id: &str, locale: Locale) -> Result<Self, sqlx::Error> {
        Ok(Self { holding: cards::holding(db, account_id).await?, locale })
    }

    /// The state, as a colour and in words.
    pub const fn state(&self) -> (&'static str, &'static str) {
        match self.holding.state {
            None => ("", self.locale.pick("未领卡", "No card")),
            Some(CardState::Active) => ("done", self.locale.pick("正常", "Active")),
            Some(CardState::Sealed) => ("warning", self.locale.pick("已封存", "Sealed")),
            Some(CardState::ReportedLost) => ("error", self.locale.pick("已挂失", "Reported lost")),
            Some(CardState::ApplicationLocked) => ("warning", self.locale.pick("应用锁定", "Locked")),
            Some(CardState::Cancelled) => ("error", self.locale.pick("已注销", "Cancelled")),
        }
    }

    /// Whether the electronic card has been applied for.
    pub const fn e_card(&self) -> bool {
        self.holding.e_card
    }

    /// All services, in the manual's order.
    pub fn services(&self) -> [ServiceView; 6] {
        CardService::ALL.map(|service| self.service(service))
    }

    fn service(&self, service: CardService) -> ServiceView {
        let (zh, en) = match service {
            CardService::Activate => ("卡激活", "Activate"),
            CardService::Track => ("卡跟踪", "Track"),
            CardService::ReportLoss => ("卡挂失", "Report loss"),
            CardService::UndoLoss => ("卡解挂", "Undo loss"),
            CardService::Cancel => ("卡注销", "Cancel"),
            CardService::Replace => ("卡补办", "Replace"),
        };
        ServiceView { path: service.path(), name: self.locale.pick(zh, en), allowed: self.holding.allows(service) }
    }
}

#[derive(Template)]
#[template(path = "home/card.html")]
struct CardPage<'a> {
    frame: Frame<'a>,
    person: &'a super::Person,
    card: CardView,
    service: ServiceView,
}

/// Answers `GET /card/{service}`: the card's state and whether it allows the service. What changes the card goes here.
pub async fn show(
    State(hall): State<Hall>,
    VerifiedPerson(person): VerifiedPerson,
    Path(service): Path<String>,
) -> Result<Response, Failure> {
    let Some(service) = CardService::at(&service) else {
        return missing(person.locale).await;
    };
    let card = CardView::of(hall.db(), person.account_id(), person.locale).await?;
    let path = format!("/card/{}", service.path());
    let service = card.service(service);
    page(StatusCode::OK, &CardPage { frame: person.frame(&path), person: &person, card, service })
}
