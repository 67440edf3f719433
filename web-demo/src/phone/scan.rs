//! Scanning: by camera, by pasted text, by typed code.

use askama::Template;
use axum::extract::{Form, State};
use axum::response::Response;
use saoma_protocol::{ScanRequest, typed};
use serde::Deserialize;

use super::claim::{claim, claim_waiting};
use super::scan_barrier::Barrier;
use super::scan_error::ScanError;
use super::sessions::PhoneSession;
use super::{Phone, linked_code};
use crate::form_errors::{FieldError, FormErrors, UserCodeRefused};
use crate::pages::{Cookies, Failure, Frame, Locale, has_script};

const PATH: &str = "/scan";

const CAMERA_SCRIPT: &str = "scan-camera.js";

#[derive(Template)]
#[template(path = "phone/scan.html")]
struct ScanPage<'a> {
    frame: Frame<'a>,
    camera_script: Option<&'static str>,
    user_code: &'a str,
    /// Why what was typed leads to no login.
    problem: Option<String>,
}

/// The form: one of the two fields is filled in.
#[derive(Deserialize)]
pub(super) struct ScanForm {
    #[serde(default)]
    text: String,
    #[serde(default)]
    user_code: String,
}

impl ScanForm {
    fn into_request(self) -> ScanRequest {
        if self.text.trim().is_empty() {
            ScanRequest::UserCode {
                user_code: self.user_code.trim().to_owned(),
            }
        } else {
            ScanRequest::Qr {
                qr: self.text.trim().to_owned(),
            }
        }
    }
}

/// Answers `GET /scan`: with the camera, or with what keeps this person from scanning.
pub(super) async fn show(
    State(phone): State<Phone>,
    session: PhoneSession,
    locale: Locale,
) -> Result<Response, Failure> {
    if let Some(barrier) = Barrier::of(&phone, &session.account_id).await? {
        return barrier.in_place_of_scan(locale, PATH);
    }
    answer(locale, "", &FormErrors::default())
}

fn answer(locale: Locale, user_code: &str, errors: &FormErrors) -> Result<Response, Failure> {
    errors.page(&ScanPage {
        frame: Frame::phone(locale, PATH),
        camera_script: has_script(CAMERA_SCRIPT).then_some(CAMERA_SCRIPT),
        user_code,
        problem: errors.text("user_code", locale),
    })
}

/// Answers `POST /scan`: on success with the way to the confirmation page. A link that was typed or pasted is asked about
/// first.
pub(super) async fn submit(
    State(phone): State<Phone>,
    session: PhoneSession,
    cookies: Cookies,
    locale: Locale,
    Form(form): Form<ScanForm>,
) -> Result<Response, Failure> {
    let request = form.into_request();
    match &request {
        ScanRequest::Qr { qr } if phone.gateway.check(qr).is_err() => {
            ScanError::NotALoginCode.answer(locale, PATH)
        }
        ScanRequest::UserCode { user_code } if typed::link(user_code).contains('/') => {
            linked_code::ask(&phone, &cookies, user_code, locale)
        }
        ScanRequest::UserCode { user_code } => {
            // Told beside the field, with what was typed in it. The gateway would refuse it too, and count no try.
            if let Some(refused) = UserCodeRefused::of(user_code) {
                if let Some(barrier) = Barrier::of(&phone, &session.account_id).await? {
                    return barrier.refused_scan(locale, PATH);
                }
                let errors = FormErrors::one("user_code", FieldError::UserCode(refused));
                return answer(locale, user_code, &errors);
            }
            // A code that is mistyped or out of date is corrected in the same field.
            match claim_waiting(&phone, session, &request, locale).await? {
                Some(response) => Ok(response),
                None => {
                    let errors = FormErrors::one("user_code", FieldError::UserCodeUnknown);
                    answer(locale, user_code, &errors)
                }
            }
        }
        ScanRequest::Qr { .. } => claim(&phone, session, &request, locale).await,
    }
}
