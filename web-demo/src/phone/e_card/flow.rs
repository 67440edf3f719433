//! The flows that give the electronic card a password: the application, and setting another one in
//! place of one that was forgotten. Both ask for a fresh proof of the person.

use axum::extract::{Extension, Form};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::flow_page::{Agreement, CardFlow, CardStep, FlowRequest};
use super::texts::notice;
use crate::accounts::password;
use crate::cards;
use crate::db;
use crate::face::Claim;
use crate::form_errors::FieldError;
use crate::pages::{Cookies, Failure};
use crate::proof::start_face_check;
use crate::records::inbox;
use crate::serving::Connection;

/// Why a flow begins anew.
const OVER: (&str, FieldError) = ("proof", FieldError::ProofOver);

pub(super) async fn show(request: FlowRequest, cookies: Cookies) -> Result<Response, Failure> {
    let step = match request.end().await? {
        Some(end) => end,
        None => match request.claimant().passed_check(&cookies).await? {
            Some(_) => CardStep::Password { by_code: false },
            None => CardStep::Beginning,
        },
    };
    request.at(step, false)
}

/// Answers `POST /card/{flow}/face`: begins a face check.
pub(super) async fn check_face(
    request: FlowRequest,
    cookies: Cookies,
    Form(agreement): Form<Agreement>,
) -> Result<Response, Failure> {
    if let Some(answer) = request.not_begun(&agreement).await? {
        return Ok(answer);
    }
    // A stolen login must not get at the card by the first face shown: for another password the face
    // has to be known already.
    let claim = Claim {
        id_number: request.applicant.account.id_number.as_str().to_owned(),
        known: true,
        proved_otherwise: request.flow == CardFlow::Apply,
    };
    let (face, purpose) = (&request.phone.face, request.flow.purpose());
    let known_by = Some(&*request.applicant.account.id);
    start_face_check(face, purpose, &claim, known_by, &cookies).await
}

/// Answers `POST /card/{flow}/code`: sends a code to the phone on file.
pub(super) async fn send_code(
    request: FlowRequest,
    Extension(connection): Extension<Connection>,
    Form(agreement): Form<Agreement>,
) -> Result<Response, Failure> {
    if let Some(answer) = request.not_begun(&agreement).await? {
        return Ok(answer);
    }
    let Some(on_file) = request.applicant.phone_on_file() else {
        return request.refused(CardStep::Beginning, ("phone", FieldError::Phone));
    };
    let (claimant, locale) = (request.claimant(), request.applicant.locale);
    let sent = claimant.send_code(&on_file, connection.address, locale);
    let step = CardStep::Password { by_code: true };
    match sent.await? {
        Ok(()) => request.at(step, true),
        Err(error) => request.refused(step, ("code", error)),
    }
}

/// The form of the new password.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct NewPassword {
    code: String,
    #[serde(deserialize_with = "cards::card_password")]
    password: String,
    #[serde(deserialize_with = "cards::card_password")]
    repeat: String,
}

/// Answers `POST /card/{flow}`: with a proof and a password the flow is done.
pub(super) async fn finish(
    request: FlowRequest,
    cookies: Cookies,
    Form(new): Form<NewPassword>,
) -> Result<Response, Failure> {
    if let Some(end) = request.end().await? {
        return request.ended(end);
    }
    let (claimant, applicant) = (request.claimant(), &request.applicant);
    let passed = claimant.passed_check(&cookies).await?;
    let by_code = passed.is_none();
    let refused = |error| request.refused(CardStep::Password { by_code }, error);
    let begin_anew = || request.refused(CardStep::Beginning, OVER);
    if let Err(error) = cards::check_card_password(&new.password, &applicant.account.id_number) {
        return refused(("password", FieldError::CardPassword(error)));
    }
    if new.password != new.repeat {
        return refused(("repeat", FieldError::Confirmation));
    }
    let on_file = applicant.phone_on_file();
    let proof = match claimant.proof(passed, on_file.as_ref(), &new.code).await? {
        Ok(proof) => proof,
        Err(FieldError::ProofOver) => return begin_anew(),
        Err(error) => return refused(("code", error)),
    };
    let hash = password::hash_later(new.password).await?;
    let mut transaction = db::write(&request.phone.db).await?;
    if !proof.take(&mut transaction).await? {
        return begin_anew();
    }
    let id = &applicant.account.id;
    let (done, notice) = match request.flow {
        CardFlow::Apply => (
            cards::issue(&mut transaction, id, &hash).await?,
            notice(|texts| texts.issued_notice),
        ),
        CardFlow::Reset => (
            cards::reset_password(&mut transaction, id, &hash).await?,
            notice(|texts| texts.changed_notice),
        ),
    };
    if done {
        inbox::notify(&mut *transaction, id, &notice).await?;
    }
    transaction.commit().await?;
    match request.flow {
        CardFlow::Apply => Ok(Redirect::to(request.flow.path()).into_response()),
        CardFlow::Reset => request.at(CardStep::Set, false),
    }
}
