//! The confirmation: who asks, from where and when; then decline or confirm; then what came of it.

use askama::Template;
use axum::extract::{Form, Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;
use saoma_protocol::{DecisionStatus, LoginId, Place};
use serde::Deserialize;
use url::Url;

use super::Phone;
use super::identity_choice::IdentityChoice;
use super::scan::refused;
use super::scan_error::ScanError;
use super::scanned_login::ScannedLogin;
use super::sessions::PhoneSession;
use crate::pages::{Failure, Frame, Locale, has_script, page};

/// The script that counts the seconds down.
const COUNTDOWN_SCRIPT: &str = "confirm-page.js";

#[derive(Template)]
#[template(path = "phone/confirmation.html")]
struct ConfirmationPage<'a> {
    frame: Frame<'a>,
    login: &'a ScannedLogin,
    host: String,
    choices: Vec<IdentityChoice>,
    identity_missing: bool,
    countdown_script: Option<&'static str>,
}

#[derive(Template)]
#[template(path = "phone/outcome.html")]
struct OutcomePage<'a> {
    frame: Frame<'a>,
    confirmed: bool,
}

/// The choice of the person.
#[derive(Deserialize)]
pub struct Choice {
    #[serde(default)]
    identity: String,
}

/// Answers `GET /logins/{login_id}`.
pub async fn show(
    State(phone): State<Phone>,
    session: PhoneSession,
    Path(login_id): Path<String>,
    locale: Locale,
) -> Result<Response, Failure> {
    let Some(login) = scanned(&phone, &session, &login_id).await? else {
        return ScanError::NotScanned.answer(locale, "/scan");
    };
    let path = path_of(login.context.login_id);
    let frame = Frame::phone(locale, &path);
    match login.decision {
        Some(decision) => {
            let confirmed = decision == DecisionStatus::Confirmed;
            page(StatusCode::OK, &OutcomePage { frame, confirmed })
        }
        None if login.seconds_left == 0 => ScanError::Expired.answer(locale, &path),
        None => page(
            StatusCode::OK,
            &ConfirmationPage::new(&phone, &session, frame, &login, false).await?,
        ),
    }
}

/// Answers `POST /logins/{login_id}/confirm`. What this phone has not scanned and shown is not confirmed (threat T1).
pub async fn confirm(
    State(phone): State<Phone>,
    session: PhoneSession,
    Path(login_id): Path<String>,
    locale: Locale,
    Form(choice): Form<Choice>,
) -> Result<Response, Failure> {
    let Some(login) = scanned(&phone, &session, &login_id).await? else {
        return ScanError::NotScanned.answer(locale, "/scan");
    };
    let id = login.context.login_id;
    if choice.identity.is_empty() {
        let path = path_of(id);
        let frame = Frame::phone(locale, &path);
        return page(
            StatusCode::UNPROCESSABLE_ENTITY,
            &ConfirmationPage::new(&phone, &session, frame, &login, true).await?,
        );
    }
    match phone
        .gateway
        .confirm(&session.access_token(), id, choice.identity)
        .await
    {
        Ok(decision) => decided(&phone, &session, id, decision.status).await,
        Err(error) => refused(&phone, session, error, locale, &path_of(id)).await,
    }
}

/// Answers `POST /logins/{login_id}/reject`.
pub async fn reject(
    State(phone): State<Phone>,
    session: PhoneSession,
    Path(login_id): Path<String>,
    locale: Locale,
) -> Result<Response, Failure> {
    let Some(login) = scanned(&phone, &session, &login_id).await? else {
        return ScanError::NotScanned.answer(locale, "/scan");
    };
    let id = login.context.login_id;
    match phone.gateway.reject(&session.access_token(), id).await {
        Ok(decision) => decided(&phone, &session, id, decision.status).await,
        Err(error) => refused(&phone, session, error, locale, &path_of(id)).await,
    }
}

impl<'a> ConfirmationPage<'a> {
    /// The origin of the request.
    fn place(&self) -> String {
        let (texts, requester) = (&self.frame.texts().phone, &self.login.context.requester);
        let place = match (&requester.place_name, requester.place) {
            (Some(name), _) => name,
            (None, Place::SameMachine) => texts.same_machine,
            (None, Place::LocalNetwork) => texts.local_network,
            (None, Place::Internet) => texts.internet,
        };
        texts.requester_place(&requester.address, place)
    }

    /// Browser and system, as far as the browser says.
    fn browser(&self) -> String {
        let requester = &self.login.context.requester;
        let parts = [&requester.browser, &requester.system];
        let parts: Vec<&str> = parts.into_iter().flatten().map(String::as_str).collect();
        if parts.is_empty() {
            self.frame.texts().phone.unknown.to_owned()
        } else {
            parts.join(" · ")
        }
    }

    async fn new(
        phone: &Phone,
        session: &PhoneSession,
        frame: Frame<'a>,
        login: &'a ScannedLogin,
        identity_missing: bool,
    ) -> Result<Self, Failure> {
        let origin = &login.context.client.origin;
        // An international name in its ASCII form: look-alike letters do not pass for others.
        let host = Url::parse(origin)
            .map_or_else(|_| origin.clone(), |origin| origin.authority().to_owned());
        let countdown_script = has_script(COUNTDOWN_SCRIPT).then_some(COUNTDOWN_SCRIPT);
        let choices = IdentityChoice::all(
            &phone.db,
            &session.account_id,
            &login.context.identities,
            frame.locale,
        )
        .await?;
        Ok(Self {
            frame,
            login,
            host,
            choices,
            identity_missing,
            countdown_script,
        })
    }
}

async fn scanned(
    phone: &Phone,
    session: &PhoneSession,
    login_id: &str,
) -> Result<Option<ScannedLogin>, Failure> {
    let Ok(id) = login_id.parse::<LoginId>() else {
        return Ok(None);
    };
    ScannedLogin::find(&phone.db, session, id).await
}

/// Keeps the decision and sends the phone to the page that tells it, which can be reloaded without deciding again.
async fn decided(
    phone: &Phone,
    session: &PhoneSession,
    id: LoginId,
    decision: DecisionStatus,
) -> Result<Response, Failure> {
    ScannedLogin::decide(&phone.db, session, id, decision).await?;
    Ok(Redirect::to(&path_of(id)).into_response())
}

/// The address of a scanned login's pages.
pub fn path_of(id: LoginId) -> String {
    format!("/logins/{id}")
}
