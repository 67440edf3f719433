//! The two flows that give the electronic card a password, and their page at each step.

use askama::Template;
use axum::extract::{FromRequestParts, Path};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::request::Parts;
use serde::Deserialize;

use super::applicant::Applicant;
use crate::accounts::PhoneNumber;
use crate::cards::{self, Obstacle};
use crate::form_errors::{FieldError, FormErrors};
use crate::pages::{Failure, Frame, Locale, Surface, missing, page};
use crate::phone::Phone;
use crate::proof::Claimant;
use crate::purpose::Purpose;

/// A flow, by the end of its address. As an extractor it knows no other address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CardFlow {
    /// Applying for the card.
    Apply,
    /// Setting another password.
    Reset,
}

impl FromRequestParts<Phone> for CardFlow {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, phone: &Phone) -> Result<Self, Response> {
        if let Ok(Path(flow)) = Path::<Self>::from_request_parts(parts, phone).await {
            return Ok(flow);
        }
        let Ok(locale) = Locale::from_request_parts(parts, phone).await;
        Err(missing(Surface::Phone, locale).into_response())
    }
}

impl CardFlow {
    pub const fn purpose(self) -> Purpose {
        match self {
            Self::Apply => Purpose::ECard,
            Self::Reset => Purpose::CardPassword,
        }
    }

    pub const fn path(self) -> &'static str {
        self.purpose().page()
    }
}

/// The steps of a flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CardStep {
    /// The card or the account does not allow it.
    Refused(Obstacle),
    /// There is no electronic card whose password could be set.
    NotIssued,
    /// Choose how to prove who it is, and for an application accept the agreement.
    Beginning,
    /// Set the password, with the code that proves who it is unless a face check has.
    Password { by_code: bool },
    /// There is an electronic card.
    Issued,
    /// The password has been set.
    Set,
}

#[derive(Template)]
#[template(path = "phone/e_card.html")]
struct FlowPage<'a> {
    frame: Frame<'a>,
    flow: CardFlow,
    step: CardStep,
    /// The phone on file with the card, masked.
    phone: Option<String>,
    face_ready: bool,
    /// A code has just been sent.
    sent: bool,
    errors: &'a FormErrors,
}

impl FlowPage<'_> {
    fn error(&self, field: &str) -> Option<String> {
        self.errors.text(field, self.frame.locale)
    }
}

impl Applicant {
    /// Returns the step at which a flow ends before it has begun.
    pub async fn end(&self, phone: &Phone, flow: CardFlow) -> Result<Option<CardStep>, Failure> {
        let issued = cards::has_e_card(&phone.db, &self.account.id).await?;
        match flow {
            CardFlow::Apply if issued => return Ok(Some(CardStep::Issued)),
            CardFlow::Reset if !issued => return Ok(Some(CardStep::NotIssued)),
            CardFlow::Apply | CardFlow::Reset => {}
        }
        Ok(cards::obstacle(&self.account, self.card.as_ref()).map(CardStep::Refused))
    }

    pub const fn claimant<'a>(&'a self, phone: &'a Phone, flow: CardFlow) -> Claimant<'a, Phone> {
        Claimant {
            surface: phone,
            purpose: flow.purpose(),
            id_number: &self.account.id_number,
            holder: &self.holder,
        }
    }

    /// The page of a step, without errors.
    pub fn at(&self, phone: &Phone, flow: CardFlow, step: CardStep) -> Result<Response, Failure> {
        self.answer(phone, flow, step, false, &FormErrors::default())
    }

    /// The page of a step, with an error.
    pub fn refused(
        &self,
        phone: &Phone,
        flow: CardFlow,
        step: CardStep,
        (field, error): (&'static str, FieldError),
    ) -> Result<Response, Failure> {
        self.answer(phone, flow, step, false, &FormErrors::one(field, error))
    }

    /// The page of a step.
    pub fn answer(
        &self,
        phone: &Phone,
        flow: CardFlow,
        step: CardStep,
        sent: bool,
        errors: &FormErrors,
    ) -> Result<Response, Failure> {
        errors.page(&self.page(phone, flow, step, sent, errors))
    }

    fn page<'a>(
        &self,
        phone: &Phone,
        flow: CardFlow,
        step: CardStep,
        sent: bool,
        errors: &'a FormErrors,
    ) -> FlowPage<'a> {
        FlowPage {
            frame: self.frame(flow.path()),
            flow,
            step,
            phone: self.phone_on_file().as_ref().map(PhoneNumber::masked),
            face_ready: phone.face.is_ready(),
            sent,
            errors,
        }
    }

    /// Returns the answer of a flow that cannot go on: it ends here, or the agreement was not accepted.
    pub async fn not_begun(
        &self,
        phone: &Phone,
        flow: CardFlow,
        agreement: &Agreement,
    ) -> Result<Option<Response>, Failure> {
        if let Some(end) = self.end(phone, flow).await? {
            return self.ended(phone, flow, end).map(Some);
        }
        if flow == CardFlow::Apply && agreement.agreed.is_none() {
            let error = ("agreed", FieldError::NotAgreed);
            let answer = self.refused(phone, flow, CardStep::Beginning, error)?;
            return Ok(Some(answer));
        }
        Ok(None)
    }

    /// Answers a request for a flow that has ended.
    pub fn ended(&self, phone: &Phone, flow: CardFlow, end: CardStep) -> Result<Response, Failure> {
        let status = if end == CardStep::Issued {
            StatusCode::OK
        } else {
            StatusCode::CONFLICT
        };
        let errors = FormErrors::default();
        page(status, &self.page(phone, flow, end, false, &errors))
    }
}

/// The choice to accept the agreement.
#[derive(Deserialize)]
pub struct Agreement {
    agreed: Option<String>,
}
