//! Why a person cannot log in by scanning, known before a code is scanned (rows S9 and S10): the code stays good, and the
//! person reads what to do in place of the way to scan.

use askama::Template;
use axum::response::Response;
use http::StatusCode;

use super::Phone;
use crate::accounts::Account;
use crate::cards::{self, CardRefusal, CardService, Obstacle};
use crate::pages::{Failure, Frame, Locale, page};

/// What stands between a person and a scan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Barrier {
    /// There is no electronic card, and the person can apply for it.
    NotApplied,
    /// There is no electronic card, and something forbids the application.
    CannotApply(Obstacle),
    /// The card of the electronic one does not allow it.
    Card(CardRefusal),
}

#[derive(Template)]
#[template(path = "phone/barred.html")]
struct BarredPage<'a> {
    frame: Frame<'a>,
    barrier: Barrier,
    /// The person has scanned a code, which was not used.
    code_kept: bool,
}

impl Barrier {
    /// Returns what keeps a person from scanning now, by the registers of this moment.
    pub(super) async fn of(phone: &Phone, account_id: &str) -> Result<Option<Self>, Failure> {
        let Some(account) = Account::find(&phone.db, account_id).await? else {
            return Ok(None);
        };
        let card = phone.registers.cards.card(&account.id_number).await?;
        if !cards::has_e_card(&phone.db, account_id).await? {
            let obstacle = cards::obstacle(&account, card.as_ref());
            return Ok(Some(obstacle.map_or(Self::NotApplied, Self::CannotApply)));
        }
        let refusal = match card {
            Some(card) => CardRefusal::of(card.state),
            None => Some(CardRefusal::NoCard),
        };
        Ok(refusal.map(Self::Card))
    }

    /// The page in place of the camera.
    pub(super) fn in_place_of_scan(self, locale: Locale, here: &str) -> Result<Response, Failure> {
        self.answer(StatusCode::OK, false, locale, here)
    }

    /// The answer to a scan that is not sent on.
    pub(super) fn refused_scan(self, locale: Locale, here: &str) -> Result<Response, Failure> {
        self.answer(StatusCode::FORBIDDEN, true, locale, here)
    }

    /// The answer to what the gateway has refused.
    pub(super) fn refused_login(self, locale: Locale, here: &str) -> Result<Response, Failure> {
        self.answer(StatusCode::FORBIDDEN, false, locale, here)
    }

    fn answer(
        self,
        status: StatusCode,
        code_kept: bool,
        locale: Locale,
        here: &str,
    ) -> Result<Response, Failure> {
        let barred = BarredPage {
            frame: Frame::phone(locale, here),
            barrier: self,
            code_kept,
        };
        page(status, &barred)
    }

    /// The reason in the manual's words, and what to do.
    pub(super) const fn words(self, locale: Locale) -> [&'static str; 2] {
        let texts = locale.texts();
        match self {
            Self::NotApplied => texts.scan_errors.no_card,
            Self::CannotApply(obstacle) => texts.e_card.obstacle.of(obstacle),
            Self::Card(refusal) => texts.e_card.obstacle.of(Obstacle::Card(refusal)),
        }
    }

    /// Returns true for a provisional user whom nothing else keeps from the electronic card.
    pub(super) fn is_provisional(self) -> bool {
        self == Self::CannotApply(Obstacle::Provisional)
    }

    /// The service of the portal that removes the barrier.
    pub(super) const fn service(self) -> Option<CardService> {
        match self {
            Self::NotApplied => None,
            Self::CannotApply(obstacle) => obstacle.service(),
            Self::Card(refusal) => CardService::that_mends(refusal),
        }
    }

    /// The step in this app that removes the barrier: address and name.
    pub(super) fn way_on(self, locale: Locale) -> Option<(&'static str, &'static str)> {
        let texts = locale.texts();
        match self {
            Self::NotApplied => Some(("/card/apply", texts.phone.apply_for_card)),
            Self::CannotApply(Obstacle::Provisional) => {
                Some(("/verify", texts.e_card.verify_identity))
            }
            Self::CannotApply(_) | Self::Card(_) => None,
        }
    }
}
