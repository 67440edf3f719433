//! The flows that give the electronic card a password: the application, and setting another one in
//! place of one that was forgotten. Both ask for a fresh proof of the person.

use axum::extract::{Extension, Form, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::HeaderMap;
use serde::Deserialize;

use super::applicant::Applicant;
use super::flow_page::{Agreement, CardFlow, CardStep};
use super::texts::notice;
use crate::accounts::password;
use crate::cards;
use crate::db;
use crate::face::Claim;
use crate::form_errors::{FieldError, FormErrors};
use crate::pages::Failure;
use crate::phone::Phone;
use crate::proof::start_face_check;
use crate::records::inbox;
use crate::serving::Connection;

/// Why a flow begins anew.
const OVER: (&str, FieldError) = ("proof", FieldError::ProofOver);

/// Answers `GET /card/{flow}`.
pub async fn show(
    State(phone): State<Phone>,
    flow: CardFlow,
    applicant: Applicant,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let claimant = applicant.claimant(&phone, flow);
    let step = match applicant.end(&phone, flow).await? {
        Some(end) => end,
        None if claimant.passed_check(&headers).await?.is_some() => {
            CardStep::Password { by_code: false }
        }
        None => CardStep::Beginning,
    };
    applicant.at(&phone, flow, step)
}

/// Answers `POST /card/{flow}/face`: begins a face check.
pub async fn check_face(
    State(phone): State<Phone>,
    flow: CardFlow,
    Extension(connection): Extension<Connection>,
    applicant: Applicant,
    Form(agreement): Form<Agreement>,
) -> Result<Response, Failure> {
    if let Some(answer) = applicant.not_begun(&phone, flow, &agreement).await? {
        return Ok(answer);
    }
    // A stolen login must not get at the card by the first face shown: for another password the face
    // has to be known already.
    let claim = Claim {
        id_number: applicant.account.id_number.as_str().to_owned(),
        known: true,
        proved_otherwise: flow == CardFlow::Apply,
    };
    Ok(start_face_check(&phone.face, flow.purpose(), &claim, connection).await?)
}

/// Answers `POST /card/{flow}/code`: sends a code to the phone on file.
pub async fn send_code(
    State(phone): State<Phone>,
    flow: CardFlow,
    Extension(connection): Extension<Connection>,
    applicant: Applicant,
    Form(agreement): Form<Agreement>,
) -> Result<Response, Failure> {
    if let Some(answer) = applicant.not_begun(&phone, flow, &agreement).await? {
        return Ok(answer);
    }
    let Some(on_file) = applicant.phone_on_file() else {
        let error = ("phone", FieldError::Phone);
        return applicant.refused(&phone, flow, CardStep::Beginning, error);
    };
    let claimant = applicant.claimant(&phone, flow);
    let sent = claimant.send_code(&on_file, connection.peer, applicant.locale);
    let step = CardStep::Password { by_code: true };
    match sent.await? {
        Ok(()) => applicant.answer(&phone, flow, step, true, &FormErrors::default()),
        Err(error) => applicant.refused(&phone, flow, step, ("code", error)),
    }
}

/// The form of the new password.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct NewPassword {
    code: String,
    password: String,
    repeat: String,
}

/// Answers `POST /card/{flow}`: with a proof and a password the flow is done.
pub async fn finish(
    State(phone): State<Phone>,
    flow: CardFlow,
    applicant: Applicant,
    headers: HeaderMap,
    Form(new): Form<NewPassword>,
) -> Result<Response, Failure> {
    if let Some(end) = applicant.end(&phone, flow).await? {
        return applicant.ended(&phone, flow, end);
    }
    let claimant = applicant.claimant(&phone, flow);
    let passed = claimant.passed_check(&headers).await?;
    let by_code = passed.is_none();
    let refused = |error| applicant.refused(&phone, flow, CardStep::Password { by_code }, error);
    let begin_anew = || applicant.refused(&phone, flow, CardStep::Beginning, OVER);
    if let Err(error) = cards::check_card_password(&new.password, &applicant.account.id_number) {
        return refused(("password", FieldError::CardPassword(error)));
    }
    if new.password != new.repeat {
        return refused(("repeat", FieldError::Confirmation));
    }
    let proof = match (passed, applicant.phone_on_file()) {
        (None, None) => return begin_anew(),
        (passed, on_file) => claimant.proof(passed, on_file.as_ref(), &new.code).await?,
    };
    let proof = match proof {
        Ok(proof) => proof,
        Err(error) => return refused(("code", error)),
    };
    let hash = password::hash_later(new.password).await?;
    let mut transaction = db::write(&phone.db).await?;
    if !proof.take(&mut transaction).await? {
        return begin_anew();
    }
    let id = &applicant.account.id;
    let (done, notice) = match flow {
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
    match flow {
        CardFlow::Apply => Ok(Redirect::to(flow.path()).into_response()),
        CardFlow::Reset => applicant.at(&phone, flow, CardStep::Set),
    }
}
