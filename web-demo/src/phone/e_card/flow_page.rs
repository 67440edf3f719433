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

/// A flow, by the end of its address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum CardFlow {
    /// Applying for the card.
    Apply,
    /// Setting another password.
    Reset,
}

impl CardFlow {
    pub(super) const fn purpose(self) -> Purpose {
        match self {
            Self::Apply => Purpose::ECard,
            Self::Reset => Purpose::CardPassword,
        }
    }

    pub(super) const fn path(self) -> &'static str {
        self.purpose().page()
    }
}

/// The steps of a flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CardStep {
    /// The card or the account does not allow it.
    Refused(Obstacle),
    /// There is no electronic card whose password could be set.
    NotIssued,
    /// Choose how to prove who it is, and for an application accept the agreement.
    Beginning,
    /// Set the password, with the code that proves who it is unless a face check has.
    Password {
        by_code: bool,
    },
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
    /// The account is provisional, and verifying it is a way on.
    verifies: bool,
    /// A code has just been sent.
    sent: bool,
    errors: &'a FormErrors,
}

impl FlowPage<'_> {
    fn error(&self, field: &str) -> Option<String> {
        self.errors.text(field, self.frame.locale)
    }
}

/// A request of a flow. As an extractor it knows no other address than the flows'.
pub(super) struct FlowRequest {
    pub phone: Phone,
    pub flow: CardFlow,
    pub applicant: Applicant,
}

impl FromRequestParts<Phone> for FlowRequest {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, phone: &Phone) -> Result<Self, Response> {
        let Ok(Path(flow)) = Path::<CardFlow>::from_request_parts(parts, phone).await else {
            let Ok(locale) = Locale::from_request_parts(parts, phone).await;
            return Err(missing(Surface::Phone, locale).into_response());
        };
        Ok(Self {
            applicant: Applicant::from_request_parts(parts, phone).await?,
            phone: phone.clone(),
            flow,
        })
    }
}

impl FlowRequest {
    /// Returns the step at which the flow ends before it has begun.
    pub(super) async fn end(&self) -> Result<Option<CardStep>, Failure> {
        let Applicant { account, card, .. } = &self.applicant;
        let issued = cards::has_e_card(&self.phone.db, &account.id).await?;
        Ok(match self.flow {
            CardFlow::Apply if issued => Some(CardStep::Issued),
            CardFlow::Reset if !issued => Some(CardStep::NotIssued),
            _ => cards::obstacle(account, card.as_ref()).map(CardStep::Refused),
        })
    }

    /// Returns the applicant as the one who proves to be it.
    pub(super) const fn claimant(&self) -> Claimant<'_, Phone> {
        Claimant {
            surface: &self.phone,
            purpose: self.flow.purpose(),
            id_number: &self.applicant.account.id_number,
            holder: &self.applicant.holder,
        }
    }

    /// Answers with a step, without errors. `sent` says that a code has just been sent.
    pub(super) fn at(&self, step: CardStep, sent: bool) -> Result<Response, Failure> {
        let errors = FormErrors::default();
        errors.page(&self.page(step, sent, &errors))
    }

    /// Answers with a step and an error.
    pub(super) fn refused(
        &self,
        step: CardStep,
        (field, error): (&'static str, FieldError),
    ) -> Result<Response, Failure> {
        let errors = FormErrors::one(field, error);
        errors.page(&self.page(step, false, &errors))
    }

    /// Returns the answer to a request that cannot go on: the flow ends here, or the agreement was not accepted.
    pub(super) async fn not_begun(
        &self,
        agreement: &Agreement,
    ) -> Result<Option<Response>, Failure> {
        if let Some(end) = self.end().await? {
            return self.ended(end).map(Some);
        }
        if self.flow == CardFlow::Apply && agreement.agreed.is_none() {
            let error = ("agreed", FieldError::NotAgreed);
            return self.refused(CardStep::Beginning, error).map(Some);
        }
        Ok(None)
    }

    /// Answers a request for a flow that has ended.
    pub(super) fn ended(&self, end: CardStep) -> Result<Response, Failure> {
        let status = if end == CardStep::Issued {
            StatusCode::OK
        } else {
            StatusCode::CONFLICT
        };
        page(status, &self.page(end, false, &FormErrors::default()))
    }

    fn page<'a>(&self, step: CardStep, sent: bool, errors: &'a FormErrors) -> FlowPage<'a> {
        let on_file = self.applicant.phone_on_file();
        FlowPage {
            frame: self.applicant.frame(self.flow.path()),
            flow: self.flow,
            step,
            phone: on_file.as_ref().map(PhoneNumber::masked),
            face_ready: self.phone.face.is_ready(),
            verifies: match step {
                CardStep::Refused(obstacle) => {
                    self.applicant.is_provisional() && obstacle.allows_verification()
                }
                _ => false,
            },
            sent,
            errors,
        }
    }
}

/// The choice to accept the agreement.
#[derive(Deserialize)]
pub(super) struct Agreement {
    agreed: Option<String>,
}
