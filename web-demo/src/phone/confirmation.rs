//! The confirmation: who asks, from where and when; then decline or confirm.
//!
//! ```text
//! GET /logins/{login_id} ── undecided: the question; once confirmed, until the computer agrees: "look at the computer"
//!                        └── decided: what came of it (`outcome.rs`)
//! POST …/confirm, …/reject ──► GET /logins/{login_id}
//! ```

use axum::extract::{Form, Query};
use axum::response::{IntoResponse, Redirect, Response};
use http::header::RETRY_AFTER;
use http::{HeaderValue, StatusCode};
use saoma_client::PhoneError;
use saoma_protocol::{Decision, ErrorCode, Problem};
use serde::Deserialize;

use super::claim::refused;
use super::confirmation_page::{ConfirmationPage, LookAtComputerPage};
use super::disowned_computers;
use super::identity_choice::IdentityChoice;
use super::login_at_hand::Confirmation;
use super::outcome;
use super::scan_error::{ScanError, SentForm, of_problem};
use super::scanned_login::{ScannedLogin, path_of};
use crate::pages::{Failure, Frame, has_script, page, shown};

/// Seconds until a confirm is repeated while the computer has to agree.
const RETRY_AFTER_SECONDS: u32 = 3;

/// The script that counts the seconds down, and repeats a confirm that the browser has to agree to.
const COUNTDOWN_SCRIPT: &str = "confirm-page.js";

#[derive(Deserialize)]
pub(super) struct Choice {
    #[serde(default)]
    identity: String,
}

/// What is asked for in the address of the page.
#[derive(Deserialize)]
pub(super) struct Asked {
    /// The question again, after a confirm to which the computer has not agreed.
    choose: Option<String>,
    /// The question again, after a form without a choice.
    missing: Option<String>,
}

impl Confirmation {
    /// Asks for the decision.
    async fn question(&self, identity_missing: bool) -> Result<Response, Failure> {
        let path = path_of(self.id());
        let (account_id, offered) = (&self.session.account_id, &self.login.context.identities);
        let choices = IdentityChoice::all(&self.phone.db, account_id, offered, self.locale);
        let requester = &self.login.context.requester;
        let disowned_on = disowned_computers::last_disowned(&self.phone.db, account_id, requester);
        let asking = ConfirmationPage {
            frame: Frame::phone(self.locale, &path),
            login: &self.login,
            choices: choices.await?,
            identity_missing,
            disowned_on: disowned_on.await?,
            countdown_script: countdown_script(),
        };
        if identity_missing {
            page(StatusCode::UNPROCESSABLE_ENTITY, &asking)
        } else {
            shown(&asking)
        }
    }

    /// Leads the person to the computer, which asks whether it is them.
    fn look_at_computer(&self, identity: &str) -> Result<Response, Failure> {
        let path = path_of(self.id());
        let chosen = self.login.chosen();
        let mut response = shown(&LookAtComputerPage {
            frame: Frame::phone(self.locale, &path),
            login: &self.login,
            identity,
            chosen: chosen.map(|identity| IdentityChoice::of(identity, self.locale)),
            countdown_script: countdown_script(),
        })?;
        // The page's script goes by it.
        let retry_after = HeaderValue::from(RETRY_AFTER_SECONDS);
        response.headers_mut().insert(RETRY_AFTER, retry_after);
        Ok(response)
    }

    /// Keeps the decision and sends the phone to the page that tells it, which can be reloaded without deciding again.
    async fn decided(
        self,
        decision: Result<Decision, PhoneError>,
        sent: SentForm<'_>,
    ) -> Result<Response, Failure> {
        let path = path_of(self.id());
        let (db, id) = (&self.phone.db, self.id());
        match decision {
            Ok(decision) => {
                let status = decision.status;
                ScannedLogin::decide(db, &self.session, id, status, sent.identity).await?;
                Ok(Redirect::to(&path).into_response())
            }
            Err(PhoneError::Refused { problem, .. }) if problem.error == ErrorCode::NotAgreed => {
                ScannedLogin::choose(db, &self.session, id, sent.identity).await?;
                Ok(Redirect::to(&path).into_response())
            }
            Err(PhoneError::Refused { problem, .. }) if waits_for_another(&problem) => {
                of_problem(&problem).answer_with_choice(self.locale, &path)
            }
            Err(error) => {
                let (phone, session) = (&self.phone, self.session);
                refused(phone, session, error, Some(&sent), self.locale, &path).await
            }
        }
    }
}

/// Returns true if the login still waits for a choice that may log in, or for a decline.
fn waits_for_another(problem: &Problem) -> bool {
    problem.may_choose_again || problem.error == ErrorCode::IdentityNotAllowed
}

fn countdown_script() -> Option<&'static str> {
    has_script(COUNTDOWN_SCRIPT).then_some(COUNTDOWN_SCRIPT)
}

pub(super) async fn show(
    confirmation: Confirmation,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    let (login, locale) = (&confirmation.login, confirmation.locale);
    match login.decision {
        Some(decision) => outcome::show(&confirmation, decision),
        None if login.seconds_left == 0 => {
            ScanError::Expired.answer(locale, &path_of(confirmation.id()))
        }
        None => match &login.identity_id {
            Some(identity) if asked.choose.is_none() && asked.missing.is_none() => {
                confirmation.look_at_computer(identity)
            }
            _ => confirmation.question(asked.missing.is_some()).await,
        },
    }
}

/// Answers `POST /logins/{login_id}/confirm`. A login that this phone has not scanned and shown is not confirmed (threat T1).
pub(super) async fn confirm(
    confirmation: Confirmation,
    Form(choice): Form<Choice>,
) -> Result<Response, Failure> {
    let (id, identity) = (confirmation.id(), &choice.identity);
    if identity.is_empty() {
        let path = format!("{}?missing=identity", path_of(id));
        return Ok(Redirect::to(&path).into_response());
    }
    let gateway = confirmation.gateway();
    // The page of a device shows its code, and its button says that the device shows the same.
    let decision = match confirmation.login.context.device {
        Some(_) => gateway.confirm_device(id, identity).await,
        None => gateway.confirm(id, identity).await,
    };
    let action = format!("{}/confirm", path_of(id));
    let sent = SentForm {
        action: &action,
        identity,
    };
    confirmation.decided(decision, sent).await
}

pub(super) async fn reject(confirmation: Confirmation) -> Result<Response, Failure> {
    let id = confirmation.id();
    let decision = confirmation.gateway().reject(id).await;
    let action = format!("{}/reject", path_of(id));
    let sent = SentForm {
        action: &action,
        identity: "",
    };
    confirmation.decided(decision, sent).await
}
