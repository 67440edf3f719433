//! The confirmation: who asks, from where and when; then decline or confirm; then what came of it.

use askama::Template;
use axum::extract::{Form, FromRequestParts, Path};
use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;
use http::request::Parts;
use saoma_client::PhoneError;
use saoma_protocol::{Decision, LoginId, Place};
use serde::Deserialize;
use url::Url;

use super::Phone;
use super::identity_choice::IdentityChoice;
use super::scan::refused;
use super::scan_error::ScanError;
use super::scanned_login::ScannedLogin;
use super::sessions::PhoneSession;
use crate::pages::{Failure, Frame, Locale, has_script, page, shown};

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

#[derive(Deserialize)]
pub(super) struct Choice {
    #[serde(default)]
    identity: String,
}

/// A login that this phone has scanned. As an extractor it answers requests for any other login.
pub(super) struct Confirmation {
    phone: Phone,
    session: PhoneSession,
    login: ScannedLogin,
    locale: Locale,
}

impl FromRequestParts<Phone> for Confirmation {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, phone: &Phone) -> Result<Self, Response> {
        let session = PhoneSession::from_request_parts(parts, phone).await?;
        let Ok(locale) = Locale::from_request_parts(parts, phone).await;
        let id = Path::<LoginId>::from_request_parts(parts, phone).await;
        let login = match id {
            Ok(Path(id)) => ScannedLogin::find(&phone.db, &session, id).await,
            Err(_) => Ok(None),
        };
        match login.map_err(|error| Failure::from(error).into_response())? {
            Some(login) => Ok(Self {
                phone: phone.clone(),
                session,
                login,
                locale,
            }),
            None => Err(ScanError::NotScanned
                .answer(locale, "/scan")
                .into_response()),
        }
    }
}

impl Confirmation {
    const fn id(&self) -> LoginId {
        self.login.context.login_id
    }

    fn gateway(&self) -> saoma_client::Phone {
        self.phone.gateway.phone_of(&self.session.access_token())
    }

    /// Asks for the decision.
    async fn page(&self, identity_missing: bool) -> Result<Response, Failure> {
        let path = path_of(self.id());
        let frame = Frame::phone(self.locale, &path);
        let context = &self.login.context;
        // An international name in its ASCII form: look-alike letters do not pass for others.
        let host = Url::parse(&context.client.origin);
        let host = host.map(|origin| origin.authority().to_owned());
        let (account_id, offered) = (&self.session.account_id, &context.identities);
        let choices = IdentityChoice::all(&self.phone.db, account_id, offered, self.locale);
        let asking = ConfirmationPage {
            frame,
            login: &self.login,
            host: host.unwrap_or_else(|_| context.client.origin.clone()),
            choices: choices.await?,
            identity_missing,
            countdown_script: has_script(COUNTDOWN_SCRIPT).then_some(COUNTDOWN_SCRIPT),
        };
        let status = if identity_missing {
            StatusCode::UNPROCESSABLE_ENTITY
        } else {
            StatusCode::OK
        };
        page(status, &asking)
    }

    /// Keeps the decision and sends the phone to the page that tells it, which can be reloaded without deciding again.
    async fn decided(self, decision: Result<Decision, PhoneError>) -> Result<Response, Failure> {
        let path = path_of(self.id());
        match decision {
            Ok(decision) => {
                let (db, id) = (&self.phone.db, self.id());
                ScannedLogin::decide(db, &self.session, id, decision.status).await?;
                Ok(Redirect::to(&path).into_response())
            }
            Err(error) => refused(&self.phone, self.session, error, self.locale, &path).await,
        }
    }
}

pub(super) async fn show(confirmation: Confirmation) -> Result<Response, Failure> {
    let (login, locale) = (&confirmation.login, confirmation.locale);
    let path = path_of(confirmation.id());
    match login.confirmed {
        Some(confirmed) => shown(&OutcomePage {
            frame: Frame::phone(locale, &path),
            confirmed,
        }),
        None if login.seconds_left == 0 => ScanError::Expired.answer(locale, &path),
        None => confirmation.page(false).await,
    }
}

/// Answers `POST /logins/{login_id}/confirm`. A login that this phone has not scanned and shown is not confirmed (threat T1).
pub(super) async fn confirm(
    confirmation: Confirmation,
    Form(choice): Form<Choice>,
) -> Result<Response, Failure> {
    if choice.identity.is_empty() {
        return confirmation.page(true).await;
    }
    let (id, identity) = (confirmation.id(), &choice.identity);
    let decision = confirmation.gateway().confirm(id, identity).await;
    confirmation.decided(decision).await
}

pub(super) async fn reject(confirmation: Confirmation) -> Result<Response, Failure> {
    let decision = confirmation.gateway().reject(confirmation.id()).await;
    confirmation.decided(decision).await
}

impl ConfirmationPage<'_> {
    /// The origin of the request.
    fn place(&self) -> String {
        let (texts, requester) = (&self.frame.texts().phone, &self.login.context.requester);
        let place = match (&requester.place_name, requester.place) {
            (Some(name), _) => name,
            (None, Place::SameMachine) => texts.same_machine,
            (None, Place::LocalNetwork) => texts.local_network,
            (None, Place::Internet) => texts.internet,
            (None, Place::Unknown) => texts.unknown,
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
}

/// The address of a scanned login's pages.
pub(super) fn path_of(id: LoginId) -> String {
    format!("/logins/{id}")
}
