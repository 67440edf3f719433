//! Claims: a code of either kind is sent to the gateway for the phone's person.

use axum::response::{IntoResponse, Redirect, Response};
use saoma_client::PhoneError;
use saoma_protocol::{ErrorCode, ScanRequest};

use super::Phone;
use super::scan_barrier::Barrier;
use super::scan_error::{ScanError, SentForm};
use super::scanned_login::{ScannedLogin, path_of};
use super::sessions::PhoneSession;
use crate::pages::{Failure, Locale};

/// Address of the form that a refused code goes back to.
const SCAN_PATH: &str = "/scan";

/// Claims the login of a code for the phone's person, and answers with the way to its confirmation page. A code of a person
/// who cannot log in by scanning is not sent: it stays good for another person at the computer.
pub(super) async fn claim(
    phone: &Phone,
    session: PhoneSession,
    request: &ScanRequest,
    locale: Locale,
) -> Result<Response, Failure> {
    match claim_waiting(phone, session, request, locale).await? {
        Some(response) => Ok(response),
        None => ScanError::UnknownCode.answer(locale, SCAN_PATH),
    }
}

/// As [`claim`], but returns `None` if no login waits for the code: a form says so beside its field.
pub(super) async fn claim_waiting(
    phone: &Phone,
    session: PhoneSession,
    request: &ScanRequest,
    locale: Locale,
) -> Result<Option<Response>, Failure> {
    if let Some(barrier) = Barrier::of(phone, &session.account_id).await? {
        return barrier.refused_scan(locale, SCAN_PATH).map(Some);
    }
    let gateway = phone.gateway.phone_of(&session.access_token());
    match gateway.claim(request).await {
        Ok(context) => {
            ScannedLogin::keep(&phone.db, &session, &context).await?;
            Ok(Some(
                Redirect::to(&path_of(context.login_id)).into_response(),
            ))
        }
        Err(PhoneError::Refused { problem, .. }) if problem.error == ErrorCode::UnknownCode => {
            Ok(None)
        }
        Err(error) => refused(phone, session, error, None, locale, SCAN_PATH)
            .await
            .map(Some),
    }
}

/// Answers with the gateway's error to the form that was sent. If the gateway no longer takes the app's token, the person
/// logs in again.
pub(super) async fn refused(
    phone: &Phone,
    session: PhoneSession,
    error: PhoneError,
    sent: Option<&SentForm<'_>>,
    locale: Locale,
    here: &str,
) -> Result<Response, Failure> {
    if let PhoneError::Refused { problem, .. } = &error
        && problem.error == ErrorCode::InvalidToken
    {
        session.end(&phone.db).await?;
        return Ok(Redirect::to("/login").into_response());
    }
    let error = ScanError::from(error);
    // The registers say which step is missing, if it was taken away since they were asked before the scan.
    if error == ScanError::NoIdentity
        && let Some(barrier) = Barrier::of(phone, &session.account_id).await?
    {
        return match sent {
            Some(_) => barrier.refused_login(locale, here),
            None => barrier.refused_scan(locale, here),
        };
    }
    error.answer_to(sent, locale, here)
}
