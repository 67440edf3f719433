//! A person at a page of the electronic card.

use axum::extract::FromRequestParts;
use axum::response::{IntoResponse, Redirect, Response};
use http::request::Parts;

use super::Phone;
use crate::accounts::{Account, PhoneNumber};
use crate::cards;
use crate::pages::{Failure, Frame, Locale};
use crate::phone::sessions::PhoneSession;
use crate::registers::Card;
use crate::secret::Secret;

/// Who it is, and their physical card as its register has it now. As an extractor it sends strangers to the login page.
pub struct Visit {
    pub account: Account,
    pub card: Option<Card>,
    /// What only this phone knows.
    pub holder: Secret,
    pub locale: Locale,
}

/// A person who has the electronic card. As an extractor it sends the others to the application.
pub struct Holder(pub Visit);

impl Visit {
    /// The phone on file with the card.
    pub fn phone_on_file(&self) -> Option<PhoneNumber> {
        PhoneNumber::try_from(self.card.as_ref()?.phone.as_deref()?).ok()
    }

    /// The frame of a page at this path.
    pub const fn frame<'a>(&self, path: &'a str) -> Frame<'a> {
        Frame::phone(self.locale, path)
    }
}

impl FromRequestParts<Phone> for Visit {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, phone: &Phone) -> Result<Self, Response> {
        let session = PhoneSession::from_request_parts(parts, phone).await?;
        let Ok(locale) = Locale::from_request_parts(parts, phone).await;
        let failed = |error: Failure| error.into_response();
        let account = Account::find(&phone.db, &session.account_id)
            .await
            .map_err(|error| failed(error.into()))?;
        let Some(account) = account else {
            return Err(Redirect::to("/login").into_response());
        };
        let card = phone
            .registers
            .cards
            .card(&account.id_number)
            .await
            .map_err(|error| failed(error.into()))?;
        Ok(Self {
            account,
            card,
            holder: session.holder(),
            locale,
        })
    }
}

impl FromRequestParts<Phone> for Holder {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, phone: &Phone) -> Result<Self, Response> {
        let visit = Visit::from_request_parts(parts, phone).await?;
        let e_card = cards::has_e_card(&phone.db, &visit.account.id).await;
        if e_card.map_err(|error| Failure::from(error).into_response())? {
            Ok(Self(visit))
        } else {
            Err(Redirect::to("/card/apply").into_response())
        }
    }
}
