//! The proof that a person is who they say they are: a code by short message, or a passed face
//! check.
//!
//! ```text
//! send_code ───────► a message to the phone ──► typed code ──┐
//! start_face_check ─► /face/{purpose} ────────► cookie ──────┴─► proof ──► take, in the transaction
//! ```
//!
//! Registration, verification and the electronic card ask for a proof here, on either surface. Each
//! purpose says on its own page which of the two it takes.

use std::net::IpAddr;

use axum::response::{AppendHeaders, IntoResponse, Redirect, Response};
use http::HeaderValue;
use http::header::SET_COOKIE;
use sqlx::SqliteConnection;

use crate::accounts::PhoneNumber;
use crate::accounts::id_number::IdNumber;
use crate::face::{Claim, FaceChecks, PassedCheck};
use crate::form_errors::FieldError;
use crate::log_pace::LogPace;
use crate::pages::{CookieName, Cookies, Failure, Locale};
use crate::purpose::Purpose;
use crate::secret::Secret;
use crate::sms_codes::{Binding, NotSent, RightCode};
use crate::surface::SurfaceContext;

/// The cookie of the face check that a browser has been sent to.
const COOKIE: CookieName = CookieName::FaceCheck;

/// Lifetime of the cookie: the check, then ten minutes to use it.
const COOKIE_SECONDS: u32 = 1200;

static CARRIER_FAILURES: LogPace = LogPace::new();

/// A person who proves who they are, for one purpose on one surface.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Claimant<'a, S> {
    pub surface: &'a S,
    pub purpose: Purpose,
    pub id_number: &'a IdNumber,
    /// A secret of the browser or phone: a code counts only there.
    pub holder: &'a Secret,
}

/// A proof that was right when it was looked at.
#[derive(Debug)]
pub(crate) enum Proof {
    /// The code of a short message was typed.
    Code(RightCode),
    Face(PassedCheck),
}

impl Proof {
    /// Takes the proof, once. Returns false if another request was faster or it is over by now.
    pub(crate) async fn take(self, db: &mut SqliteConnection) -> Result<bool, sqlx::Error> {
        match self {
            Self::Code(code) => code.take(db).await,
            Self::Face(check) => check.take(db).await,
        }
    }
}

impl<S: SurfaceContext> Claimant<'_, S> {
    /// Sends a code to a phone. The inner error is for the field of the code.
    pub(crate) async fn send_code(
        &self,
        phone: &PhoneNumber,
        address: IpAddr,
        locale: Locale,
    ) -> Result<Result<(), FieldError>, Failure> {
        let text = |code: &str| locale.texts().registration.code_message(code);
        let (db, sms) = (self.surface.db(), &*self.surface.registers().sms);
        match self.binding(phone).send(db, sms, address, text).await {
            Ok(()) => Ok(Ok(())),
            Err(NotSent::TooMany(wait)) => Ok(Err(FieldError::CodeTooSoon(wait))),
            Err(NotSent::Carrier(error)) => {
                if let Some(unlogged) = CARRIER_FAILURES.admit() {
                    tracing::error!(%error, unlogged, "the carrier took no message");
                }
                Ok(Err(FieldError::CarrierDown))
            }
            Err(NotSent::Randomness(error)) => Err(error.into()),
            Err(NotSent::Database(error)) => Err(error.into()),
        }
    }

    /// Returns the face check that this browser has passed for the purpose within ten minutes.
    pub(crate) async fn passed_check(
        &self,
        cookies: &Cookies,
    ) -> Result<Option<PassedCheck>, Failure> {
        match (self.surface.face_checks(), ticket(cookies)) {
            (Some(face), Some(ticket)) => {
                let id_number = self.id_number.as_str();
                Ok(face.passed(&ticket, self.purpose, id_number).await?)
            }
            _ => Ok(None),
        }
    }

    /// Returns the passed check as the proof, or else the code that was typed. Each look at a code
    /// is one of its tries.
    pub(crate) async fn proof(
        &self,
        passed: Option<PassedCheck>,
        phone: Option<&PhoneNumber>,
        code: &str,
    ) -> Result<Result<Proof, FieldError>, Failure> {
        if let Some(check) = passed {
            return Ok(Ok(Proof::Face(check)));
        }
        let Some(phone) = phone else {
            return Ok(Err(FieldError::ProofOver));
        };
        let checked = self.binding(phone).check(self.surface.db(), code).await?;
        Ok(checked.map(Proof::Code).map_err(FieldError::Code))
    }

    const fn binding<'b>(&'b self, phone: &'b PhoneNumber) -> Binding<'b> {
        Binding {
            purpose: self.purpose,
            phone,
            holder: self.holder,
        }
    }
}

/// Sends a browser to the face check of a claim. `known_by` is the key of an allowance of its own, if it has one.
pub(crate) async fn start_face_check(
    face: &FaceChecks,
    purpose: Purpose,
    claim: &Claim,
    known_by: Option<&str>,
    cookies: &Cookies,
) -> Result<Response, Failure> {
    let ticket = face.ask(purpose, claim, known_by).await?;
    let cookie = cookies.set(COOKIE, ticket.expose(), COOKIE_SECONDS);
    let check = Redirect::to(&format!("/face/{}", purpose.name()));
    Ok((AppendHeaders([(SET_COOKIE, cookie)]), check).into_response())
}

/// Returns the ticket of the face check that this browser was sent to.
pub(crate) fn ticket(cookies: &Cookies) -> Option<Secret> {
    cookies.secret(COOKIE)
}

/// Ends the face check of this browser, under way or passed. Returns the `Set-Cookie` that forgets it.
pub(crate) async fn abandon_face_check(
    face: &FaceChecks,
    cookies: &Cookies,
) -> Result<HeaderValue, Failure> {
    if let Some(ticket) = ticket(cookies) {
        face.abandon(&ticket).await?;
    }
    Ok(cookies.expire(COOKIE))
}
