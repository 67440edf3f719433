//! How far an errand at the electronic card has come, and the page that tells it.

use askama::Template;
use axum::extract::{FromRequestParts, Path};
use axum::response::{IntoResponse, Response};
use http::request::Parts;
use http::{HeaderMap, StatusCode};
use serde::Deserialize;

use super::visit::Visit;
use crate::accounts::PhoneNumber;
use crate::cards::{self, Obstacle};
use crate::face::Purpose as FacePurpose;
use crate::pages::{Failure, Frame, Locale, Surface, missing, page};
use crate::phone::Phone;
use crate::phone::face::has_passed;
use crate::registration::Problem;
use crate::sms_codes::Purpose;

/// Which of the two; the end of its address. As an extractor it knows no other address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Errand {
    /// Applying for the card.
    Apply,
    /// Setting another password.
    Reset,
}

impl FromRequestParts<Phone> for Errand {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, phone: &Phone) -> Result<Self, Response> {
        if let Ok(Path(errand)) = Path::<Self>::from_request_parts(parts, phone).await {
            return Ok(errand);
        }
        let Ok(locale) = Locale::from_request_parts(parts, phone).await;
        Err(missing(Surface::Phone, locale).into_response())
    }
}

impl Errand {
    pub const fn path(self) -> &'static str {
        match self {
            Self::Apply => "/card/apply",
            Self::Reset => "/card/reset",
        }
    }

    pub const fn face(self) -> FacePurpose {
        match self {
            Self::Apply => FacePurpose::ECard,
            Self::Reset => FacePurpose::CardPassword,
        }
    }

    pub const fn code(self) -> Purpose {
        match self {
            Self::Apply => Purpose::ECard,
            Self::Reset => Purpose::CardPassword,
        }
    }
}

/// How far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// It cannot be done.
    Refused(Obstacle),
    /// There is no electronic card whose password could be set.
    NotIssued,
    /// The way to prove who it is is to be chosen, and for an application the agreement to be accepted.
    Beginning,
    /// The password is to be set, with the code that proves who it is if no face check has.
    Password { by_code: bool },
    /// There is an electronic card.
    Issued,
    /// The password has been set.
    Set,
}

#[derive(Template)]
#[template(path = "phone/e_card.html")]
struct ErrandPage<'a> {
    frame: Frame<'a>,
    errand: Errand,
    stage: Stage,
    /// The phone on file with the card, masked.
    phone: Option<String>,
    face_ready: bool,
    told: Told,
}

/// What is wrong, and beside which field.
#[derive(Debug, Default)]
pub struct Told {
    /// Why it begins anew.
    pub over: Option<&'static str>,
    pub agreed: Option<&'static str>,
    /// A code has just been sent.
    pub sent: bool,
    pub code: Option<String>,
    pub password: Option<&'static str>,
    pub repeat: Option<&'static str>,
    pub status: StatusCode,
}

impl Told {
    pub fn refused() -> Self {
        Self {
            status: StatusCode::UNPROCESSABLE_ENTITY,
            ..Self::default()
        }
    }

    pub fn over(locale: Locale) -> Self {
        Self {
            over: Some(locale.texts().e_card.problems.proof_over),
            ..Self::refused()
        }
    }

    pub fn code(problem: Problem, locale: Locale) -> Self {
        Self {
            code: Some(problem.text(locale)),
            ..Self::refused()
        }
    }
}

impl Visit {
    /// Where an errand ends before it has begun.
    pub async fn end(&self, phone: &Phone, errand: Errand) -> Result<Option<Stage>, Failure> {
        let issued = cards::has_e_card(&phone.db, &self.account.id).await?;
        match errand {
            Errand::Apply if issued => return Ok(Some(Stage::Issued)),
            Errand::Reset if !issued => return Ok(Some(Stage::NotIssued)),
            Errand::Apply | Errand::Reset => {}
        }
        Ok(cards::obstacle(&self.account, self.card.as_ref()).map(Stage::Refused))
    }

    pub async fn has_passed(
        &self,
        phone: &Phone,
        errand: Errand,
        headers: &HeaderMap,
    ) -> Result<bool, Failure> {
        Ok(has_passed(
            &phone.face,
            errand.face(),
            self.account.id_number.as_str(),
            headers,
        )
        .await?)
    }

    pub fn answer(
        &self,
        phone: &Phone,
        errand: Errand,
        stage: Stage,
        told: Told,
    ) -> Result<Response, Failure> {
        let masked = self.phone_on_file().as_ref().map(PhoneNumber::masked);
        let face_ready = phone.face.is_ready();
        let frame = self.frame(errand.path());
        page(
            told.status,
            &ErrandPage {
                frame,
                errand,
                stage,
                phone: masked,
                face_ready,
                told,
            },
        )
    }

    /// What is answered where there is nothing to prove: because it ends here, or the agreement has not been accepted.
    pub async fn not_begun(
        &self,
        phone: &Phone,
        errand: Errand,
        agreement: &Agreement,
    ) -> Result<Option<Response>, Failure> {
        if let Some(end) = self.end(phone, errand).await? {
            return self.ended(phone, errand, end).map(Some);
        }
        if errand == Errand::Apply && agreement.agreed.is_none() {
            let told = Told {
                agreed: Some(self.locale.texts().problems.not_agreed),
                ..Told::refused()
            };
            return self.answer(phone, errand, Stage::Beginning, told).map(Some);
        }
        Ok(None)
    }

    pub fn ended(&self, phone: &Phone, errand: Errand, stage: Stage) -> Result<Response, Failure> {
        let status = if stage == Stage::Issued {
            StatusCode::OK
        } else {
            StatusCode::CONFLICT
        };
        self.answer(
            phone,
            errand,
            stage,
            Told {
                status,
                ..Told::default()
            },
        )
    }
}

/// Whether the agreement is accepted.
#[derive(Deserialize)]
pub struct Agreement {
    agreed: Option<String>,
}
