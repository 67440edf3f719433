//! A person at a page of the electronic card.

use axum::extract::FromRequestParts;
use axum::response::{IntoResponse, Redirect, Response};
use http::request::Parts;

use super::Phone;
use crate::accounts::{Account, AccountStanding, PhoneNumber};
use crate::cards;
use crate::pages::{Failure, Frame, Locale};
use crate::phone::sessions::PhoneSession;
use crate::registers::Card;
use crate::secret::Secret;

/// A person who is logged in, and their physical card as its register has it now. As an extractor
/// it redirects strangers to the login page.
pub(super) struct Applicant {
    pub account: Account,
    pub card: Option<Card>,
    /// A secret of this phone.
    pub holder: Secret,
    pub locale: Locale,
}

/// A person who has the electronic card. As an extractor it redirects the others to the application.
pub(super) struct CardHolder(pub Applicant);

impl Applicant {
    /// Returns the phone on file with the card.
    pub(super) fn phone_on_file(&self) -> Option<PhoneNumber> {
        PhoneNumber::try_from(self.card.as_ref()?.phone.as_deref()?).ok()
    }

    pub(super) fn is_provisional(&self) -> bool {
        self.account.standing == AccountStanding::Provisional
    }

    /// Returns the frame of a page at this path.
    pub(super) const fn frame<'a>(&self, path: &'a str) -> Frame<'a> {
        Frame::phone(self.locale, path)
    }

    async fn of(
        phone: &Phone,
        session: &PhoneSession,
        locale: Locale,
    ) -> Result<Option<Self>, Failure> {
        let Some(account) = Account::find(&phone.db, &session.account_id).await? else {
            return Ok(None);
        };
        Ok(Some(Self {
            card: phone.registers.cards.card(&account.id_number).await?,
            account,
            holder: session.holder(),
            locale,
        }))
    }
}

impl FromRequestParts<Phone> for Applicant {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, phone: &Phone) -> Result<Self, Response> {
        let session = PhoneSession::from_request_parts(parts, phone).await?;
        let Ok(locale) = Locale::from_request_parts(parts, phone).await;
        let applicant = Self::of(phone, &session, locale).await;
        applicant
            .map_err(IntoResponse::into_response)?
            .ok_or_else(|| Redirect::to("/login").into_response())
    }
}

impl FromRequestParts<Phone> for CardHolder {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, phone: &Phone) -> Result<Self, Response> {
        let applicant = Applicant::from_request_parts(parts, phone).await?;
        let e_card = cards::has_e_card(&phone.db, &applicant.account.id).await;
        if e_card.map_err(|error| Failure::from(error).into_response())? {
            Ok(Self(applicant))
        } else {
            Err(Redirect::to("/card/apply").into_response())
        }
    }
}
